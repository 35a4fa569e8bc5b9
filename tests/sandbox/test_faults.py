"""Plans are met by the requests they are meant for, and the log tells what was asked."""

import aiohttp
import pytest

from sandbox.faults import Fault, Plan
from tests.sandbox.counter import Counter


async def test_headers_alone_change_the_handlers_answer(server: Counter, http: aiohttp.ClientSession) -> None:
    """What the handler answers stays, under other headers."""
    server.faults.plan("POST", "/a", Fault(headers={"Content-Type": "text/html", "X-More": "1"}))
    async with http.post(f"{server.url}/a") as response:
        assert (response.status, await response.text(), server.effects) == (200, "fine", 1)
        assert response.headers["Content-Type"] == "text/html"
        assert response.headers["X-More"] == "1"


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


async def test_a_plan_lets_others_pass_first(server: Counter, http: aiohttp.ClientSession) -> None:
    """With `skip` the fault meets a later request; one for another path is not counted."""
    server.faults.plan("GET", "/a", Fault(500), skip=2)
    statuses = [await status(http, "GET", f"{server.url}{path}") for path in ("/a", "/b", "/a", "/a", "/a")]
    assert statuses == [200, 200, 200, 500, 200]


async def test_a_plan_for_any_method(server: Counter, http: aiohttp.ClientSession) -> None:
    """The method "*" fits them all."""
    server.faults.plan("*", "/a", Fault(500), times=2)
    statuses = [await status(http, method, f"{server.url}/a") for method in ("GET", "DELETE", "PUT")]
    assert statuses == [500, 500, 200]


async def test_what_is_planned_can_be_read(server: Counter, http: aiohttp.ClientSession) -> None:
    """Each plan tells what is left of it, until it is used up; who changes what was told changes nothing."""
    first, second = Fault(500), Fault(501)
    server.faults.plan("GET", "/a", first, times=2)
    server.faults.plan("*", "/*", second, skip=1)
    await status(http, "GET", f"{server.url}/a")
    assert server.faults.planned == [Plan("GET", "/a", first, 1, 0), Plan("*", "/*", second, 1, 1)]
    server.faults.planned[0].times = 9
    await status(http, "GET", f"{server.url}/a")
    assert server.faults.planned == [Plan("*", "/*", second, 1, 1)]
    server.faults.clear()
    assert server.faults.planned == []


async def test_random_faults_meet_their_share(server: Counter, http: aiohttp.ClientSession) -> None:
    """About so many requests meet one of them, each of them comes up, and one seed always gives the same."""

    async def outcomes(seed: int) -> list[int]:
        server.faults.at_random(0.2, [Fault(500), Fault(501)], seed)
        return [await status(http, "GET", server.url) for _ in range(200)]

    first = await outcomes(1)
    assert set(first) == {200, 500, 501}
    assert 20 <= 200 - first.count(200) <= 60
    assert await outcomes(1) == first
    assert await outcomes(2) != first


async def test_plans_come_before_chance(server: Counter, http: aiohttp.ClientSession) -> None:
    """A planned fault is met whatever the dice say; clear() ends both."""
    server.faults.at_random(1, [Fault(500)], seed=1)
    server.faults.plan("GET", "*", Fault(404))
    assert [await status(http, "GET", server.url) for _ in range(3)] == [404, 500, 500]
    server.faults.clear()
    assert await status(http, "GET", server.url) == 200


async def status(http: aiohttp.ClientSession, method: str, url: str) -> int:
    """Ask and tell the status of the answer."""
    async with http.request(method, url) as response:
        return response.status
