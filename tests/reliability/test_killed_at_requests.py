"""SIGKILL at every request that Discord and the image APIs see, as it arrives and after its effect."""

import time
from dataclasses import dataclass
from itertools import count, product
from pathlib import Path

import pytest

from sandbox.apis.xhuo import XHuoServer
from sandbox.discord.model import Interaction
from sandbox.faults import Fault, Faults
from storage.records import JobState
from tests.api_cases import RUXA_QUERY, WAYS, XHUO_CALL, Way
from tests.fault_table import Figures
from tests.journeys.restarts import SEND, until
from tests.local_world import LocalWorld, local_world
from tests.reliability import kills

pytestmark = pytest.mark.row("killed")

ARRIVES = Fault(hang=True)
TOOK_EFFECT = Fault(hang=True, reset="after")
MOMENTS = {"arrives": ARRIVES, "took-effect": TOOK_EFFECT}
PICTURE = f"{XHuoServer.pictures_path}/*"
PICTURES = 6  # of the three jobs


@dataclass(frozen=True)
class Request:
    """One that Discord or the API of the way sees: the first to this path, after some others."""

    server: str
    path: str = "*"
    skip: int = 0


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("way", "server", "moment"),
    [
        pytest.param(WAYS[way], server, fault, id=f"{way}-{server}-{moment}")
        for way, server, (moment, fault) in product(WAYS, ("discord", "api"), MOMENTS.items())
    ],
)
async def test_killed_at_every_request(
    tmp_path: Path, figures: Figures, way: Way, server: str, moment: Fault
) -> None:
    """Whatever it was about, each job is delivered once or refunded once, and no call is made again."""
    for skip in count():
        folder = tmp_path / str(skip)
        folder.mkdir()
        async with local_world(folder) as world:
            if not await killed_at(world, figures, way, Request(server, skip=skip), moment):
                break
    assert skip > PICTURES


@pytest.mark.parametrize(
    ("way", "at", "moment"),
    [
        pytest.param(WAYS["xhuo-sync"], Request("api", XHUO_CALL), TOOK_EFFECT, id="xhuo-call"),
        pytest.param(WAYS["xhuo-callback"], Request("api", PICTURE), ARRIVES, id="xhuo-picture"),
        pytest.param(WAYS["ruxa-polling"], Request("api", RUXA_QUERY), TOOK_EFFECT, id="ruxa-question"),
        pytest.param(WAYS["ruxa-callback"], Request("discord", SEND), TOOK_EFFECT, id="ruxa-result"),
    ],
)
async def test_killed_at_some_requests(
    world: LocalWorld, figures: Figures, way: Way, at: Request, moment: Fault
) -> None:
    """The same at a few of them."""
    assert await killed_at(world, figures, way, at, moment)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("way", "server"),
    [
        pytest.param(WAYS[way], server, id=f"{way}-{server}")
        for way, server in product(WAYS, ("discord", "api"))
    ],
)
async def test_killed_again_at_every_request(tmp_path: Path, figures: Figures, way: Way, server: str) -> None:
    """The bot that takes the work up is killed as well: at its login, or at any step of what it takes up."""
    for skip in count():
        folder = tmp_path / str(skip)
        folder.mkdir()
        async with local_world(folder) as world:
            first = Request("api", way.arrange(world).pictures_path + "/*")
            again = Request(server, skip=skip)
            if not await killed_at(world, figures, way, first, ARRIVES, again=again):
                break
    assert skip > 0


async def test_killed_again_at_its_login(world: LocalWorld, figures: Figures) -> None:
    """The same at one of them."""
    again = Request("discord", "/api/v10/gateway/bot")
    first = Request("api", PICTURE)
    assert await killed_at(world, figures, WAYS["xhuo-async"], first, ARRIVES, again=again)


async def killed_at(
    world: LocalWorld,
    figures: Figures,
    way: Way,
    request: Request,
    moment: Fault,
    *,
    again: Request | None = None,
) -> bool:
    """Kill the bot at this request, the next one at another, and see the last one finish their work.

    Gives whether there was such a request.
    """
    world.changes |= {"default_allowance": "100/day", "direct_allowance": "100/day"}
    api = kills.arrange(world, way)
    faults = world.discord.faults if request.server == "discord" else api.faults
    async with world.bot_process() as bot:
        faults.plan("*", request.path, moment, skip=request.skip)
        orders = three_jobs(world)
        await until(lambda: held(faults) > 0 or all(map(is_done, orders)), kills.STUCK)
        found = held(faults) > 0
        if moment.reset:
            await kills.until_noted(world)
        await kills.kill(world, bot)
    told = {order.id for order in orders if order.answer and order.answer.content}
    cut_off = kills.being_sent(world)
    if again:
        assert found  # or the next one had nothing to take up
        found = await killed_while_it_recovers(world, way, again)
        cut_off |= kills.being_sent(world)
    restarted_at = time.monotonic()
    async with world.bot() as services:
        await kills.finishes_everything(world, services)
        recovery = time.monotonic() - restarted_at
        await kills.each_is_told(world, services, world.ada, world.linus)
        jobs = await services.store.in_states(JobState)
    assert {job.prompt for job in jobs if job.state is JobState.UNKNOWN and job.id not in cut_off} == set()
    assert told <= {job.request_id for job in jobs}
    assert api.posts <= sum(way.calls(job.count) for job in jobs)
    assert recovery <= kills.RECOVERY
    figures.add(kills=2 if again else 1, jobs=len(jobs))
    figures.most(slowest_recovery_s=round(recovery, 1))
    return found


def three_jobs(world: LocalWorld) -> list[Interaction]:
    """One picture in a server's channel, four in direct messages, and one that is made of another."""
    return [
        world.order("a boat"),
        world.linus.slash(world.linus.dm(), "generate", prompt="a barn", count=4),
        world.order("a bird", command="edit"),
    ]


async def killed_while_it_recovers(world: LocalWorld, way: Way, request: Request) -> bool:
    """Start a bot on what a killed one has left, and kill it after this request; whether there was one."""
    api = world.api if way.api == "xhuo" else world.ruxa
    faults = world.discord.faults if request.server == "discord" else api.faults
    before = held(faults)
    faults.plan("*", request.path, TOOK_EFFECT, skip=request.skip)
    async with world.bot_process(ready=False) as bot:
        await until(lambda: held(faults) > before or kills.all_is_over(world), kills.STUCK)
        found = held(faults) > before
        await kills.kill(world, bot)
    return found


def held(faults: Faults) -> int:
    """How many of the requests have come at which a bot is killed, and had their effect if they were to."""
    return sum(seen.held for seen in faults.seen)


def is_done(interaction: Interaction) -> bool:
    """Whether the last word on it has been said."""
    return interaction.answer is not None and "Done" in interaction.answer.content
