"""The stand-in of XHuoAPI and a client of it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.apis.xhuo import XHuoServer
from tests.sandbox.apis.client import Client


@pytest.fixture
async def api() -> AsyncIterator[XHuoServer]:
    """Run the stand-in."""
    async with XHuoServer(key="right", seconds=0) as server:
        yield server


@pytest.fixture
async def client(api: XHuoServer) -> AsyncIterator[Client]:
    """Give a client of the stand-in that repeats nothing."""
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(20)) as http:
        yield Client(api, http)
