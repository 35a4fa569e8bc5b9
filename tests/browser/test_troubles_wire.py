"""What the page's server tells of the troubles and lets a person strike, without a browser."""

from typing import Any

import aiohttp
import pytest

from sandbox.discord.gateway_troubles import GATEWAY
from sandbox.discord.troubles import TROUBLES
from sandbox.faults import Fault, Plan
from tests.browser.conftest import Scene
from tests.browser.toy_service import TROUBLES as TOY_TROUBLES
from tests.browser.toy_service import Toy

RESET = {"trouble": "reset-after", "times": 3}


@pytest.fixture
def toys() -> tuple[Toy, ...]:
    """Return two services."""
    return Toy("xhuo", "XHuoAPI"), Toy("ruxa", "Ruxa AI")


@pytest.fixture
def address(scene: Scene) -> str:
    """Return where the services are."""
    return f"{scene.world.url}/page/services"


async def _told(address: str) -> dict[str, Any]:
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        return {service["name"]: service for service in await response.json()}


async def _post(address: str, body: object) -> int:
    async with aiohttp.ClientSession() as session, session.post(address, json=body) as response:
        return response.status


async def test_the_troubles_are_told_as_in_the_tables(address: str) -> None:
    """In their order, with the requests that meet them, and whether these are counted."""
    told = await _told(address)
    assert told["ruxa"]["troubles"] == [
        {"name": "reset-after", "words": "cuts the connection", "group": "POST /paid", "counted": True},
        {"name": "busy", "words": "has no time", "group": "Any request", "counted": True},
        {"name": "short", "words": "makes half of the pictures", "group": "From now on", "counted": False},
    ]
    assert [trouble["name"] for trouble in told["discord"]["troubles"]] == [*GATEWAY, *TROUBLES]
    assert told["discord"]["troubles"][0]["group"] == "At once"
    assert [told[name]["struck"] for name in ("xhuo", "ruxa", "discord")] == [[], [], []]


async def test_a_strike_reaches_one_service_until_it_is_cleared(
    toys: tuple[Toy, ...], scene: Scene, address: str
) -> None:
    """It is planned on the server itself, and told with the requests that are left."""
    assert await _post(f"{address}/ruxa", RESET) == 204
    assert await _post(f"{address}/ruxa", {"trouble": "short", "times": 1}) == 204
    fault = TOY_TROUBLES["reset-after"].fault
    assert fault is not None
    assert toys[1].server.faults.planned == [Plan("POST", "/paid", fault, 3, 0)]
    assert toys[1].server.share == 0.5
    told = await _told(address)
    assert told["ruxa"]["struck"] == [
        {"words": "cuts the connection", "left": 3},
        {"words": "makes half of the pictures", "left": None},
    ]
    assert told["xhuo"]["struck"] == told["discord"]["struck"] == []
    assert await _post(f"{address}/ruxa", {"clear": True}) == 204
    assert toys[1].server.faults.planned == toys[0].server.faults.planned == scene.world.faults.planned == []
    assert toys[1].server.share == 1
    assert (await _told(address))["ruxa"]["struck"] == []


async def test_discord_itself_is_struck(scene: Scene, address: str) -> None:
    """Its troubles are planned for the world's own server."""
    name, trouble = next((name, each) for name, each in TROUBLES.items() if each.fault)
    assert await _post(f"{address}/discord", {"trouble": name, "times": 50}) == 204
    assert [plan.fault for plan in scene.world.faults.planned] == [trouble.fault]
    assert (await _told(address))["discord"]["struck"] == [{"words": trouble.words, "left": 50}]


@pytest.mark.parametrize(
    "body",
    [
        {"trouble": "nothing-known", "times": 1},
        {"trouble": "reset-after"},
        {"times": 1},
        *({"trouble": "reset-after", "times": times} for times in (0, -1, 51, 1.5, "3", True, None)),
        {"trouble": 7, "times": 1},
        {"trouble": "", "times": 1},
        {**RESET, "clear": True},
        {**RESET, "method": "GET"},
        {"clear": False},
        [RESET],
    ],
)
async def test_what_cannot_be_struck_is_said(toys: tuple[Toy, ...], address: str, body: object) -> None:
    """An unknown trouble and numbers that are none, or too many, change nothing."""
    async with aiohttp.ClientSession() as session, session.post(f"{address}/ruxa", json=body) as response:
        assert response.status == 400
        assert (await response.json())["message"].endswith(".")
    assert toys[1].server.faults.planned == []


@pytest.mark.parametrize("is_announced", [True, False])
async def test_a_long_body_is_not_read(toys: tuple[Toy, ...], address: str, is_announced: bool) -> None:
    """A kilobyte is enough for everything; a body of unknown length may be any."""
    body = b'{"trouble": "busy", "times": 1}'.ljust(2000 if is_announced else 0)
    headers = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{address}/ruxa", data=body, chunked=None if is_announced else True) as response,
    ):
        assert response.status == 413
        assert await response.json() == {"message": "This is too long."}
    assert toys[1].server.faults.planned == []


@pytest.mark.parametrize("headers", [{"Origin": "https://example.com"}, {"Host": "example.com"}])
async def test_strangers_strike_nothing(
    toys: tuple[Toy, ...], scene: Scene, address: str, headers: dict[str, str]
) -> None:
    """Another site's script is kept out, also under a name of its own."""
    async with aiohttp.ClientSession(headers=headers) as session:
        for name in ("ruxa", "discord"):
            async with session.post(f"{address}/{name}", json=RESET) as response:
                assert response.status == 403
    assert toys[1].server.faults.planned == scene.world.faults.planned == []


async def test_the_page_itself_meets_no_fault(scene: Scene, address: str) -> None:
    """A Discord that fails in everything can still be cleared, and the page's requests are not counted."""
    scene.world.faults.plan("*", "*", Fault(500), times=9)
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/page/files/main.js", "/page/services"):
            async with session.get(f"{scene.world.url}{path}") as response:
                assert response.status == 200
        async with session.get(f"{scene.world.api_url}/users/@me") as response:
            assert response.status == 500
        assert [seen.path for seen in scene.world.faults.seen] == ["/api/v10/users/@me"]
    assert await _post(f"{address}/discord", {"clear": True}) == 204
    assert scene.world.faults.planned == []
