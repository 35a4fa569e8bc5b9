"""The planned failures happen on the wire as planned."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from sandbox.faults import Fault, Faults


class Counter:
    """A server with one route that counts what took effect."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.effects = 0
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        """Count the request."""
        self.effects += 1
        if request.path == "/refused":
            raise web.HTTPForbidden
        return web.Response(text="fine")


@pytest.fixture
async def server() -> AsyncIterator[Counter]:
    """Serve the counter on loopback."""
    counter = Counter()
    app = web.Application(middlewares=[counter.faults.middleware])
    app.router.add_route("*", "/{tail:.*}", counter.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    counter.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield counter
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Give a client that repeats nothing by itself."""
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


async def test_a_plan_answers_instead_of_the_handler(server: Counter, http: aiohttp.ClientSession) -> None:
    """Status, JSON and headers are the planned ones, as often as planned, and then all is well again."""
    server.faults.plan(
        "POST", "/a/*", Fault(status=429, json={"x": 1}, headers={"Retry-After": "2"}), times=2
    )
    for _ in range(2):
        async with http.post(f"{server.url}/a/b") as response:
            assert response.status == 429
            assert response.headers["Retry-After"] == "2"
            assert response.headers["Content-Type"] == "application/json"
            assert await response.json() == {"x": 1}
    async with http.post(f"{server.url}/a/b") as response:
        assert (response.status, await response.text()) == (200, "fine")
    assert server.effects == 1


async def test_a_raw_body_keeps_its_content_type(server: Counter, http: aiohttp.ClientSession) -> None:
    """A gateway's HTML page can be answered byte for byte."""
    server.faults.plan("GET", "*", Fault(status=502, body=b"<html>", headers={"content-type": "text/html"}))
    async with http.get(f"{server.url}/") as response:
        assert (response.status, response.content_type, await response.read()) == (
            502,
            "text/html",
            b"<html>",
        )


async def test_plans_match_method_and_path_in_their_order(
    server: Counter, http: aiohttp.ClientSession
) -> None:
    """A fault for another method or path is left alone, and the first plan that fits is taken first."""
    server.faults.plan("PUT", "/one", Fault(status=500))
    server.faults.plan("GET", "/two", Fault(status=501))
    server.faults.plan("GET", "/one", Fault(status=502))
    server.faults.plan("GET", "/*", Fault(status=503))
    statuses = []
    for _ in range(3):
        async with http.get(f"{server.url}/one") as response:
            statuses.append(response.status)
    assert statuses == [502, 503, 200]


async def test_cleared_plans_do_nothing(server: Counter, http: aiohttp.ClientSession) -> None:
    """After clear() the server answers as ever, and the log is still there."""
    server.faults.plan("GET", "*", Fault(status=500), times=9)
    async with http.get(f"{server.url}/"):
        server.faults.clear()
    async with http.get(f"{server.url}/") as response:
        assert response.status == 200
    assert server.faults.count("GET", "/") == 2


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


async def test_the_log_tells_each_request_in_order(server: Counter, http: aiohttp.ClientSession) -> None:
    """Method, path, status and fault of each request can be read afterwards."""
    fault = Fault(status=404)
    server.faults.plan("GET", "/missing", fault)
    for path in ("/first", "/missing", "/refused"):
        async with http.get(f"{server.url}{path}"):
            pass
    log = [(seen.method, seen.path, seen.status, seen.fault) for seen in server.faults.seen]
    assert log == [
        ("GET", "/first", 200, None),
        ("GET", "/missing", 404, fault),
        ("GET", "/refused", 403, None),
    ]
    assert server.faults.seen[0].at <= server.faults.seen[1].at


async def test_waiting_for_a_request_that_never_comes_has_a_deadline(server: Counter) -> None:
    """until_seen gives up with TimeoutError."""
    with pytest.raises(TimeoutError):
        await server.faults.until_seen("GET", "/never", timeout=0.05)
