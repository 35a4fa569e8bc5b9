"""SIGTERM while a hundred jobs are alive."""

import asyncio
import signal
import time
from dataclasses import dataclass
from itertools import product

import pytest

from sandbox.faults import Fault
from storage.records import JobState
from tests.api_cases import WAYS, Way
from tests.fault_table import Figures
from tests.journeys.restarts import until
from tests.local_world import LocalWorld
from tests.reliability import kills
from tests.reliability.load import CALLS, SETTINGS, Load

pytestmark = pytest.mark.row("SIGTERM")

JOBS = 100  # alive
OUT_WITHIN = 10.0  # seconds, beyond those for which answers are awaited
PLENTY = 60.0  # seconds after which a bot that is to end counts as stuck


@dataclass(frozen=True)
class Stop:
    """How a bot is stopped: the grace in seconds, and what the API does meanwhile."""

    grace: int
    seconds: float
    """How long a picture takes."""
    silent: bool = False
    """Whether paid calls are never answered."""

    def awaited(self, way: Way) -> float:
        """Seconds for which the last answer lets the bot wait."""
        if self.silent:
            return self.grace
        return 0 if way.later else min(self.seconds, self.grace)

    def loses(self, way: Way) -> bool:
        """Whether answers are given up that were waited for."""
        return self.silent or (not way.later and self.seconds > self.grace)


STOPS = {
    "in-time": Stop(grace=30, seconds=10),
    "too-slow": Stop(grace=5, seconds=25),
    "silent": Stop(grace=2, seconds=1, silent=True),
}
ALWAYS = {("xhuo-sync", "in-time")}


@pytest.mark.parametrize(
    ("way", "stop"),
    [
        pytest.param(
            WAYS[way],
            STOPS[stop],
            id=f"{way}-{stop}",
            marks=() if (way, stop) in ALWAYS else pytest.mark.long,
        )
        for way, stop in product(WAYS, STOPS)
    ],
)
async def test_stopped_under_load(world: LocalWorld, figures: Figures, way: Way, stop: Stop) -> None:
    """Nothing new is taken or sent, the bot is out in time, and the next one finishes everything."""
    world.changes |= SETTINGS | {"shutdown_grace": stop.grace}
    api = kills.arrange(world, way)
    world.changes["image_apis"] = "xhuo,ruxa" if way.api == "xhuo" else "ruxa,xhuo"
    world.api.seconds = world.ruxa.seconds = stop.seconds
    if stop.silent:
        api.faults.plan("POST", api.paid_path, Fault(hang=True), times=1_000)
    async with world.bot_process() as bot:
        await Load(world, seed=1).keep_alive(JOBS)
        bot.send_signal(signal.SIGTERM)
        stopped_at = time.monotonic()
        posts = await refuses_everything(world)
        assert await asyncio.wait_for(bot.wait(), PLENTY) == 0
        beyond = max(0.0, time.monotonic() - stopped_at - stop.awaited(way))
    assert world.api.posts + world.ruxa.posts == posts
    assert beyond < OUT_WITHIN
    jobs = kills.number(world, "SELECT count(*) FROM jobs")
    api.faults.clear()
    world.api.seconds = world.ruxa.seconds = 0.02
    async with world.bot() as services:
        ends = await kills.finishes_everything(world, services)
    assert ends.total() == jobs
    assert (ends[JobState.UNKNOWN] > 0) is stop.loses(way)
    assert ends[JobState.UNKNOWN] <= CALLS  # what was being sent, of all that lived
    assert ends[JobState.FAILED] == 0
    assert kills.posted_again(world) == 0
    figures.add(jobs=jobs)
    figures.most(slowest_exit_beyond_answers_s=round(beyond, 1))


async def refuses_everything(world: LocalWorld) -> int:
    """Wait until the bot is stopping, and refuses what is asked for now; how many paid calls it has made."""
    await until(lambda: b"stopping" in (world.folder / "bot.log").read_bytes())
    for late in [world.order(f"too late {n}") for n in range(5)]:
        await world.reads(late, "refused.restarting")
    return world.api.posts + world.ruxa.posts
