"""A server to call, and a session to call it with."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.providers.http import api_session
from tests.bot.providers.broken_server import Server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Listen on a free port."""
    server = Server()
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=2**24) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session as the API clients do."""
    async with api_session({"Authorization": "Bearer key"}) as opened:
        yield opened
