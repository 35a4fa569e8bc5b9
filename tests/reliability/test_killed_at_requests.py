"""SIGKILL at every request that Discord and the image APIs see, as it arrives and after its effect."""

import time
from collections.abc import Iterable
from itertools import count, product
from pathlib import Path

import pytest

from sandbox.discord.model import Interaction
from sandbox.faults import Fault, Faults
from storage.records import JobState
from tests.api_cases import WAYS, Way
from tests.fault_table import Figures
from tests.journeys.restarts import until
from tests.local_world import LocalWorld, local_world
from tests.reliability import kills

pytestmark = pytest.mark.row("killed")

MOMENTS = {"arrives": Fault(hang=True), "took-effect": Fault(hang=True, reset="after")}
SERVERS = ("discord", "api")
PICTURES = 6  # of the three jobs


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("way", "server", "moment"),
    [
        pytest.param(WAYS[way], server, fault, id=f"{way}-{server}-{moment}")
        for way, server, (moment, fault) in product(WAYS, SERVERS, MOMENTS.items())
    ],
)
async def test_killed_at_every_request(
    tmp_path: Path, figures: Figures, way: Way, server: str, moment: Fault
) -> None:
    """Whatever it was about, each job is delivered once or refunded once, and no call is made again."""
    assert await walk(tmp_path, figures, way, server, moment, count(1)) > PICTURES


@pytest.mark.parametrize(
    ("way", "server", "moment", "numbers"),
    [
        pytest.param(WAYS["xhuo-sync"], "api", MOMENTS["took-effect"], (2, 5), id="xhuo-sync-api"),
        pytest.param(WAYS["ruxa-callback"], "discord", MOMENTS["took-effect"], (9, 11), id="ruxa-discord"),
        pytest.param(WAYS["ruxa-callback"], "api", MOMENTS["arrives"], (3, 8), id="ruxa-api"),
    ],
)
async def test_killed_at_some_requests(
    tmp_path: Path, figures: Figures, way: Way, server: str, moment: Fault, numbers: tuple[int, ...]
) -> None:
    """A few of them."""
    assert await walk(tmp_path, figures, way, server, moment, numbers) == len(numbers)


async def walk(
    folder: Path, figures: Figures, way: Way, server: str, moment: Fault, numbers: Iterable[int]
) -> int:
    """Kill at each of these requests in a world of its own, until there are no more; how many it were."""
    killed = 0
    for nth in numbers:
        inside = folder / str(nth)
        inside.mkdir()
        async with local_world(inside, default_allowance="100/day", direct_allowance="100/day") as world:
            if not await killed_at(world, figures, way, server, moment, nth):
                break
        killed += 1
    figures.add(kills=killed)
    return killed


async def killed_at(
    world: LocalWorld, figures: Figures, way: Way, server: str, moment: Fault, nth: int
) -> bool:
    """Kill the bot at this request, and see the next one finish its work; whether there was this request."""
    api = kills.arrange(world, way)
    faults = world.discord.faults if server == "discord" else api.faults
    async with world.bot_process() as bot:
        faults.plan("*", "*", moment, skip=nth - 1)
        orders = three_jobs(world)
        await until(lambda: is_held(faults) or all(map(is_done, orders)))
        found = is_held(faults)
        await kills.kill(world, bot)
    cut_off = kills.being_sent(world)
    restarted_at = time.monotonic()
    async with world.bot() as services:
        await kills.finishes_everything(world, services)
        figures.most(slowest_recovery_s=round(time.monotonic() - restarted_at, 1))
        await kills.each_is_told(world, services, world.ada, world.linus)
        jobs = await services.store.in_states(JobState)
    assert {job.prompt for job in jobs if job.state is JobState.UNKNOWN and job.id not in cut_off} == set()
    assert api.posts <= sum(way.calls(job.count) for job in jobs)
    figures.add(jobs=len(jobs))
    return found


def three_jobs(world: LocalWorld) -> list[Interaction]:
    """One picture in a server's channel, four in direct messages, and one that is made of another."""
    return [
        world.order("a boat"),
        world.linus.slash(world.linus.dm(), "generate", prompt="a barn", count=4),
        world.order("a bird", command="edit"),
    ]


def is_held(faults: Faults) -> bool:
    """Whether the request has come at which the bot is killed, and had its effect if it was to."""
    return any(seen.held for seen in faults.seen)


def is_done(interaction: Interaction) -> bool:
    """Whether the last word on it has been said."""
    return interaction.answer is not None and "Done" in interaction.answer.content
