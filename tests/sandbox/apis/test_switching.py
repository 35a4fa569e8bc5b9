"""A stand-in can be switched off and on, as an API that is down for a while."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.server import ApiServer
from sandbox.apis.xhuo import XHuoServer
from tests.sandbox.apis.client import GENERATE, Client


@pytest.fixture(params=[XHuoServer, RuxaServer])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[ApiServer]:
    """Run each of the stand-ins."""
    async with request.param() as server:
        yield server


async def status(http: aiohttp.ClientSession, server: ApiServer) -> int:
    """Return what an unknown path answers."""
    async with http.get(f"http://{server.authority}/unknown") as response:
        return response.status


async def test_connections_are_refused_while_it_is_off(
    server: ApiServer, http: aiohttp.ClientSession
) -> None:
    """Off means no connection at all, on means the same port as before; twice is as good as once."""
    before = server.authority
    assert (server.is_on, await status(http, server)) == (True, 404)
    for _ in range(2):
        await server.switch(on=False)
        assert not server.is_on
        with pytest.raises(aiohttp.ClientConnectorError):
            await status(http, server)
    for _ in range(2):
        await server.switch(on=True)
        assert (server.is_on, server.authority, await status(http, server)) == (True, before, 404)


async def test_kept_connections_end(server: ApiServer) -> None:
    """A client that keeps its connection is refused as well."""
    async with aiohttp.ClientSession() as keeping:
        assert await status(keeping, server) == 404
        await server.switch(on=False)
        with pytest.raises(aiohttp.ClientConnectionError):
            await status(keeping, server)


async def test_it_can_end_while_it_is_off() -> None:
    """A server that is off closes like any other."""
    async with RuxaServer() as server:
        await server.switch(on=False)
    async with XHuoServer() as server_on:
        pass
    assert (server.is_on, server_on.is_on) == (False, False)


async def test_what_runs_goes_on(client: Client, api: XHuoServer) -> None:
    """A call in flight is answered, and its picture is there when the server is on again."""
    api.seconds = 0.2
    call = asyncio.create_task(client.post(GENERATE))
    await api.faults.until_seen("POST", "*")
    await api.switch(on=False)
    _, answer = await call
    [item] = answer["data"]
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.get(item["image_url"])
    await api.switch(on=True)
    assert await client.get(item["image_url"])
