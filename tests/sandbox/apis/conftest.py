"""The stand-ins of the image APIs, clients of them, and a receiver of callbacks."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.xhuo import XHuoServer
from tests.sandbox.apis.client import Client, RuxaClient
from tests.sandbox.apis.listener import Listener


@pytest.fixture
async def api() -> AsyncIterator[XHuoServer]:
    """Run the stand-in of XHuoAPI."""
    async with XHuoServer(key="right", seconds=0) as server:
        yield server


@pytest.fixture
async def ruxa_api() -> AsyncIterator[RuxaServer]:
    """Run the stand-in of Ruxa AI."""
    async with RuxaServer(key="right", seconds=0) as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Give a session that repeats nothing."""
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(20)) as session:
        yield session


@pytest.fixture
def client(api: XHuoServer, http: aiohttp.ClientSession) -> Client:
    """Give a client of the stand-in of XHuoAPI."""
    return Client(api, http)


@pytest.fixture
def ruxa_client(ruxa_api: RuxaServer, http: aiohttp.ClientSession) -> RuxaClient:
    """Give a client of the stand-in of Ruxa AI."""
    return RuxaClient(ruxa_api, http)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    """Run a receiver of callbacks."""
    async with Listener() as server:
        yield server
