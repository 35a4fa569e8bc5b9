"""What the page's server tells of the services and takes for them, without a browser."""

from typing import Any

import aiohttp
import pytest

from tests.browser.conftest import Scene
from tests.browser.toy_service import Toy

TOLD_OF_TROUBLES = {"troubles", "struck"}
NORMAL = {"on": True, "empty": False, "slow": False}


@pytest.fixture
def toys() -> tuple[Toy, ...]:
    """Return two services."""
    return Toy("xhuo", "XHuoAPI"), Toy("ruxa", "Ruxa AI")


@pytest.fixture
def address(scene: Scene) -> str:
    """Return where the services are."""
    return f"{scene.world.url}/page/services"


async def test_every_service_is_told_with_its_figures(toys: tuple[Toy, ...], address: str) -> None:
    """Name, title, switches and figures, in the order in which they were given; Discord comes last."""
    toys[1].switches.count(billed=7, in_flight=2)
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        told = [
            {key: service[key] for key in service if key not in TOLD_OF_TROUBLES}
            for service in await response.json()
        ]
    assert told == [
        {"name": "xhuo", "title": "XHuoAPI", **NORMAL, "billed": 0, "in_flight": 0},
        {"name": "ruxa", "title": "Ruxa AI", **NORMAL, "billed": 7, "in_flight": 2},
        {"name": "discord", "title": "Discord"},
    ]


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"on": False}, {**NORMAL, "on": False}),
        ({"empty": True}, {**NORMAL, "empty": True}),
        ({"slow": True}, {**NORMAL, "slow": True}),
    ],
)
async def test_a_change_reaches_one_service_and_every_page(
    toys: tuple[Toy, ...],
    scene: Scene,
    address: str,
    change: dict[str, bool],
    state: dict[str, bool],
) -> None:
    """Everybody who has the page open is told, and told nothing else."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{scene.world.url}/page/live?user={scene.ada.id}") as ada,
        session.ws_connect(f"{scene.world.url}/page/live?user={scene.linus.id}") as linus,
    ):
        for socket in (ada, linus):
            assert (await socket.receive_json(timeout=5))["fresh"]
        async with session.post(f"{address}/ruxa", json=change) as response:
            assert response.status == 204
        for socket in (ada, linus):
            push = await socket.receive_json(timeout=5)
            told = [{"name": "xhuo", **NORMAL}, {"name": "ruxa", **state}]
            assert push == {"fresh": False, "set": {"services": told}, "gone": []}
    assert toys[0].state.on


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("nobody", {"on": False}, 404),
        ("ruxa", {"off": True}, 400),
        ("ruxa", {"on": "no"}, 400),
        ("ruxa", [], 400),
        ("discord", {"on": False}, 400),
    ],
)
async def test_what_cannot_be_switched_is_said(
    toys: tuple[Toy, ...], address: str, name: str, body: Any, status: int
) -> None:
    """An unknown service, an unknown switch and a wrong value change nothing."""
    before = toys[1].state
    async with aiohttp.ClientSession() as session, session.post(f"{address}/{name}", json=body) as response:
        assert response.status == status
        assert (await response.json())["message"].endswith(".")
    assert toys[1].state == before


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://example.com"}, {"Origin": "null"}, {"Host": "example.com"}],
    ids=["another site", "a sandboxed frame", "a name bound to loopback"],
)
async def test_strangers_switch_nothing(toys: tuple[Toy, ...], address: str, headers: dict[str, str]) -> None:
    """Another site's script is kept out, also under a name of its own."""
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.post(f"{address}/ruxa", json={"on": False}) as response:
            assert response.status == 403
        async with session.get(address) as response:
            assert response.status == 403
    assert toys[1].state.on


async def test_a_form_of_another_site_is_no_change(toys: tuple[Toy, ...], address: str) -> None:
    """Only JSON is read, which a browser sends nowhere else without asking."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{address}/ruxa", data='{"on": false}', headers={"Content-Type": "text/plain"}
        ) as response,
    ):
        assert response.status == 415
    assert toys[1].state.on
