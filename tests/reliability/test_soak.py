"""Soak: after an hour of mixed use the bot is as small as before, and nothing is left over."""

import asyncio
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bot.client import Services
from storage.records import JobState
from tests.fault_table import Figures
from tests.journeys.restarts import look, until
from tests.local_world import LocalWorld
from tests.reliability.measures import memory, open_files
from tests.reliability.mixed_use import MixedUse
from tests.reliability.plenty import PLENTY

pytestmark = [
    pytest.mark.row("soak"),
    pytest.mark.settings(**PLENTY),
]

HOUR = 3600.0  # seconds of mixed use
GROWTH = 1.05
APART = 0.5  # seconds between two things that members do
QUIET = 60.0  # seconds until connections that nobody uses any more must be closed, and memory be given back
# Housekeeping, which sleeps until it is due again, and the deadline of the test's own wait.
EXPECTED = Counter({"_set_result_unless_cancelled": 1, "Timeout._on_timeout": 1})
CONNECTIONS = {"RequestHandler.start", "RequestHandler._process_keepalive", "_weakref_handle"}
AT_REST = 4  # sockets: the gateway, our own port, and two with which the loop wakes itself


async def comes_to_rest(world: LocalWorld, bot: Process) -> list[str]:
    """Wait until no job is alive and no connection is kept; give what is open then."""
    alive = "SELECT id FROM jobs WHERE ended_at IS NULL OR NOT told"
    await until(lambda: look(world, alive) == [], QUIET)
    await until(lambda: open_files(bot.pid).count("socket") <= AT_REST, QUIET)
    return open_files(bot.pid)


async def size_at_rest(bot: Process) -> float:
    """The least memory in MiB of a quiet minute, in which the bot gives back what it has freed."""
    sizes = []
    with suppress(TimeoutError):
        async with asyncio.timeout(QUIET):
            while True:
                sizes.append(memory(bot.pid))
                await asyncio.sleep(1)
    return min(sizes)


@pytest.mark.long
@pytest.mark.timeout(HOUR + 600)
async def test_an_hour_leaves_nothing_behind(world: LocalWorld, figures: Figures) -> None:
    """The memory of the bot grows by 5 % at most after the first minutes, and it opens no file for good."""
    async with world.bot_process() as bot:
        use = MixedUse(world)
        await use.all_at_once()  # so that what the bot keeps for a busy moment is there
        await use.go_on(HOUR / 10, apart=APART)
        files, size = await comes_to_rest(world, bot), await size_at_rest(bot)
        await use.go_on(HOUR * 9 / 10, apart=APART)
        files_then, size_then = await comes_to_rest(world, bot), await size_at_rest(bot)
    was_of_use(world, use)
    figures.add(requests=use.asked)
    figures.most(memory_mib=round(size_then), growth_percent=round((size_then / size - 1) * 100, 1))
    assert Counter(files_then) - Counter(files) == {}
    assert size_then <= size * GROWTH


def was_of_use(world: LocalWorld, use: MixedUse) -> None:
    """Most got their pictures, and some stood in line and thought better of it."""
    ends = Counter(str(state) for (state,) in look(world, "SELECT state FROM jobs"))
    assert ends["delivered"] > 0.7 * use.asked
    assert ends["cancelled"]


async def comes_to(look_at: Callable[[], Counter[str]], wanted: Counter[str]) -> None:
    """Wait until something is so."""
    with suppress(TimeoutError):
        await until(lambda: look_at() == wanted, QUIET)
    assert look_at() == wanted


def timers() -> Counter[str]:
    """What the loop has to do later, by what it is."""
    loop: Any = asyncio.get_running_loop()
    return named(handle._callback for handle in loop._scheduled if not handle.cancelled())


def tasks() -> Counter[str]:
    """What runs, by what it is."""
    return named(task.get_coro() for task in asyncio.all_tasks())


def named(things: Iterable[object]) -> Counter[str]:
    """How many there are of each name, but for what belongs to connections that are kept open a while."""
    names = (getattr(thing, "__qualname__", repr(thing)) for thing in things)
    return Counter(name for name in names if name not in CONNECTIONS)


def remembered(services: Services) -> Counter[str]:
    """How much the bot keeps in mind, by what it is: buttons, jobs, their progress, places in line, calls."""
    jobs: Any = services.jobs
    queue, client = jobs._shop.queue, jobs._shop.messenger._client
    views, progress = client._connection._view_store, jobs._shop.messenger._progress
    return Counter(
        views=len(views._views) + len(views._synced_message_views) + len(views._modals),
        buttons=len(views._dynamic_items),
        jobs=len(jobs._tasks) + len(jobs._once_more),
        admissions=len(jobs.admissions._entering) + len(jobs.admissions._closed) + len(jobs._intake._takings),
        progress=len(progress._replies) + len(progress._tried),
        line=len(queue._waiting) + len(queue._turns) + len(queue._running),
        alarms=len(jobs._shop.alarms._alarms),
    )


@pytest.mark.parametrize(
    "seconds", [5.0, pytest.param(90.0, marks=[pytest.mark.long, pytest.mark.timeout(300)])]
)
async def test_no_task_timer_or_button_is_left(world: LocalWorld, figures: Figures, seconds: float) -> None:
    """Once all is done the bot has nothing more in hand, and its folder holds the pictures of jobs alone."""
    async with world.bot() as services:
        use = MixedUse(world)
        at_rest = Counter(buttons=remembered(services)["buttons"])
        await use.asks(use.people[0])
        await comes_to(lambda: remembered(services), at_rest)
        await until(lambda: "Housekeeping.run" in tasks())
        running, later = tasks(), timers() + EXPECTED
        await use.go_on(seconds, apart=APART / 2)
        await comes_to(lambda: remembered(services), at_rest)
        await comes_to(lambda: tasks() - running, Counter())
        await comes_to(lambda: timers() - later, Counter())
        jobs = {job.id for job in await services.store.in_states(JobState)}
    was_of_use(world, use)
    figures.add(requests=use.asked)
    nothing_but_results(world.folder, jobs)


def nothing_but_results(folder: Path, jobs: set[str]) -> None:
    """Each folder of pictures is a job's, and no half of a file lies in it."""
    spool = folder / "spool"
    assert {path.name for path in spool.iterdir()} <= jobs
    assert [
        path for path in spool.rglob("*") if path.name.endswith(".part") or path.name.startswith("raw")
    ] == []
