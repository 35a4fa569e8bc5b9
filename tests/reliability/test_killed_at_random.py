"""SIGKILL at random moments while two hundred jobs are alive."""

import asyncio
import time
from itertools import product
from random import Random

import pytest

from storage.records import JobState
from tests.api_cases import WAYS, Way
from tests.fault_table import Figures
from tests.journeys.restarts import change
from tests.local_world import LocalWorld
from tests.reliability import kills
from tests.reliability.load import SETTINGS, Load

pytestmark = pytest.mark.row("killed")

JOBS = 200  # alive at once
TIMES = 20  # for each of the ways and seeds
SEEDS = (1, 2)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("way", "seed"),
    [pytest.param(WAYS[way], seed, id=f"{way}-{seed}") for way, seed in product(WAYS, SEEDS)],
)
async def test_killed_again_and_again(world: LocalWorld, figures: Figures, way: Way, seed: int) -> None:
    """After the last restart every job ends within a minute: delivered once or refunded once."""
    await killed(world, figures, way, seed, times=TIMES, jobs=JOBS)


async def test_killed_twice(world: LocalWorld, figures: Figures) -> None:
    """The same with fewer jobs, for a start."""
    await killed(world, figures, WAYS["ruxa-callback"], seed=3, times=2, jobs=40)


async def killed(world: LocalWorld, figures: Figures, way: Way, seed: int, *, times: int, jobs: int) -> None:
    """Kill a busy bot so often, each time with another API preferred, then let it end its work."""
    world.changes |= SETTINGS
    kills.arrange(world, way)
    load = Load(world, seed)
    moments, durations = Random(seed), Random(seed)
    world.api.seconds = world.ruxa.seconds = lambda: durations.uniform(1, 5)
    cut_off = set[str]()
    for _ in range(times):
        world.changes["image_apis"] = moments.choice(("xhuo,ruxa", "ruxa,xhuo"))
        async with world.bot_process() as bot:
            await load.keep_alive(jobs)
            load.ask(10)  # some of them are just being accepted then
            await asyncio.sleep(moments.uniform(0, 1.5))
            await kills.kill(world, bot)
            cut_off |= kills.being_sent(world)
        change(world, "DELETE FROM logins")  # as after an hour: these restarts are not to be spaced
    world.api.seconds = world.ruxa.seconds = 0.02
    restarted_at = time.monotonic()
    async with world.bot() as services:
        ends = await kills.finishes_everything(world, services)
        recovery = time.monotonic() - restarted_at
        accepted = await services.store.in_states(JobState)
        known = {job.user_id for job in accepted}
        asked = [member for member in load.members if member.user.id in known]
        await kills.each_is_told(world, services, *asked[:3])
    assert {job.id for job in accepted if job.state is JobState.UNKNOWN} <= cut_off
    assert ends[JobState.FAILED] == 0
    assert {each.id for each in load.told()} <= {job.request_id for job in accepted}
    assert kills.posted_again(world) == 0
    assert recovery <= kills.RECOVERY
    figures.add(kills=times, jobs=ends.total(), held=ends[JobState.HELD])
    figures.most(slowest_recovery_s=round(recovery, 1))
