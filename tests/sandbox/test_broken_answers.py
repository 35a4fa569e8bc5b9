"""The planned failures happen on the wire as planned."""

import asyncio
import socket
import time
from contextlib import suppress
from dataclasses import replace
from typing import Literal

import aiohttp
import pytest
from yarl import URL

from sandbox.faults import Fault
from tests.sandbox.counter import Counter


@pytest.mark.parametrize(
    ("reset", "path", "effects"), [("before", "/", 0), ("after", "/", 1), ("after", "/refused", 1)]
)
async def test_a_reset_cuts_the_connection(
    server: Counter, http: aiohttp.ClientSession, reset: str, path: str, effects: int
) -> None:
    """The client gets no answer, and the effect happened only where the cut comes after it."""
    server.faults.plan("POST", path, Fault(reset="before" if reset == "before" else "after"))
    with pytest.raises(aiohttp.ClientConnectionError):
        await http.post(f"{server.url}{path}")
    assert server.effects == effects
    assert server.faults.seen[0].status is None


async def test_a_hang_ends_only_with_the_client(server: Counter, http: aiohttp.ClientSession) -> None:
    """The request is seen at its arrival, is never answered and has no effect."""
    server.faults.plan("GET", "/slow", Fault(hang=True))
    call = asyncio.create_task(http.get(f"{server.url}/slow"))
    await server.faults.until_seen("GET", "/slow")
    done, _ = await asyncio.wait([call], timeout=0.2)
    assert not done
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert server.effects == 0


@pytest.mark.parametrize(("reset", "effects"), [(None, 0), ("after", 1)])
async def test_the_log_tells_when_a_request_hangs(
    server: Counter, http: aiohttp.ClientSession, reset: Literal["after"] | None, effects: int
) -> None:
    """By then it has had its effect, if it was to have one."""
    server.faults.plan("GET", "/slow", Fault(delay=0.1, hang=True, reset=reset))
    call = asyncio.create_task(http.get(f"{server.url}/slow"))
    await server.faults.until_seen("GET", "/slow")
    log = server.faults.seen
    assert [seen.held for seen in log] == [False]
    async with asyncio.timeout(5):
        while not log[0].held:  # noqa: ASYNC110  (the log has no event for it)
            await asyncio.sleep(0.01)
    assert server.effects == effects
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_delay_comes_before_the_effect(server: Counter, http: aiohttp.ClientSession) -> None:
    """While the delay runs the request is known and has not taken effect; then it is answered."""
    server.faults.plan("GET", "/late", Fault(delay=0.3))
    async with asyncio.TaskGroup() as tasks:
        call = tasks.create_task(http.get(f"{server.url}/late"))
        await server.faults.until_seen("GET", "/late")
        assert server.effects == 0
    async with call.result() as response:
        assert response.status == 200
    assert server.effects == 1


async def test_a_hang_after_the_effect(server: Counter, http: aiohttp.ClientSession) -> None:
    """With a reset "after" the request takes effect first, and is not answered either."""
    server.faults.plan("POST", "/", Fault(hang=True, reset="after"))
    call = asyncio.create_task(http.post(server.url))
    async with asyncio.timeout(10):
        await server.took_effect.wait()
    done, _ = await asyncio.wait([call], timeout=0.2)
    assert not done
    call.cancel()
    await asyncio.wait([call])
    assert server.effects == 1


@pytest.mark.parametrize(("fault", "body"), [(Fault(), b"fine"), (Fault(503, body=b"no"), b"no")])
async def test_a_drip_sends_the_body_byte_by_byte(
    server: Counter, http: aiohttp.ClientSession, fault: Fault, body: bytes
) -> None:
    """Status, length and bytes are those of the answer, with a pause behind each byte."""
    server.faults.plan("GET", "/", replace(fault, drip=0.1))
    before = time.monotonic()
    async with http.get(server.url) as response:
        assert (response.status, response.content_length) == (fault.status or 200, len(body))
        assert [piece async for piece in response.content.iter_any()] == [bytes([byte]) for byte in body]
    assert time.monotonic() - before >= 0.1 * (len(body) - 1)


@pytest.mark.parametrize("bytes_sent", [0, 2])
async def test_a_cut_breaks_the_body_off(
    server: Counter, http: aiohttp.ClientSession, bytes_sent: int
) -> None:
    """The whole length is announced, and so many bytes arrive; the effect stands."""
    server.faults.plan("GET", "/", Fault(cut=bytes_sent))
    head, _, body = (await asyncio.to_thread(all_that_comes, server.url)).partition(b"\r\n\r\n")
    assert b"content-length: 4" in head.lower()
    assert body == b"fine"[:bytes_sent]
    server.faults.plan("GET", "/", Fault(cut=bytes_sent))
    with pytest.raises(aiohttp.ClientPayloadError):
        async with http.get(server.url) as response:
            await response.read()
    assert server.effects == 2


async def test_an_endless_body_goes_on_until_the_client_goes(
    server: Counter, http: aiohttp.ClientSession
) -> None:
    """Zeros follow the body without an announced end, and the server stops once nobody reads them."""
    server.faults.plan("GET", "/", Fault(endless=True))
    before = len(asyncio.all_tasks())
    async with http.get(server.url) as response:
        assert response.content_length is None
        assert await response.content.readexactly(2**21) == b"fine" + bytes(2**21 - 4)
    async with asyncio.timeout(10):
        while len(asyncio.all_tasks()) > before:  # noqa: ASYNC110  (a task of aiohttp's own)
            await asyncio.sleep(0.02)


def all_that_comes(url: str) -> bytes:
    """Ask for the root, and read until the connection ends, however it ends."""
    address = URL(url)
    with socket.create_connection((str(address.host), address.port or 80), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b""
        with suppress(ConnectionResetError):
            while piece := connection.recv(4096):
                received += piece
        return received
