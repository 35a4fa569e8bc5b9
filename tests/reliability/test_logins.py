"""A bot that crashes again and again keeps its token: it waits before it logs in once more."""

import asyncio
import sqlite3
import time
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import closing
from sys import executable

import pytest

from bot.services.logins import APART, AT_ONCE
from tests.fault_table import Figures
from tests.journeys.restarts import Rows, look, until
from tests.local_world import LocalWorld

pytestmark = pytest.mark.row("gateway")
WAIT = 3.0  # seconds until the next login may be made
STARTS = 2 * AT_ONCE


def logins(world: LocalWorld) -> Rows:
    """When the bot has logged in."""
    return look(world, "SELECT at FROM logins ORDER BY at")


async def crashed_often(world: LocalWorld, *, until_next: float) -> None:
    """Let the bot have logged in as often as it may at once; the next login is due in so many seconds."""
    async with world.bot():
        await world.answer(world.order(), "Done")
    assert len(logins(world)) == 1
    earlier = time.time() - APART + until_next
    with closing(sqlite3.connect(world.folder / "bot.sqlite3")) as database, database:
        database.execute("DELETE FROM logins")
        database.executemany("INSERT INTO logins (at) VALUES (?)", [[earlier]] * AT_ONCE)


async def test_a_crash_loop_is_slowed_down(world: LocalWorld, figures: Figures) -> None:
    """After twenty logins the next process waits for the next one, and then serves its members."""
    await crashed_often(world, until_next=WAIT)
    async with world.bot():
        await world.answer(world.order(), "Done")
    [*_, (before,), (last,)] = logins(world)
    assert float(str(last)) - float(str(before)) >= APART
    assert world.discord.connect_count == 2
    figures.add(logins_held_back=1)


async def waits_at_its_start(world: LocalWorld) -> bool:
    """Start the bot and kill it as soon as it logs in, or says that it waits for that; whether it waits."""
    log = world.folder / "bot.log"
    before, said = world.discord.login_count, log.stat().st_size if log.exists() else 0

    def waits() -> bool:
        return b"logins in an hour" in log.read_bytes()[said:]

    async with world.bot_process(ready=False):
        await until(lambda: world.discord.login_count > before or waits(), 30)
        return waits()


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_refused_and_killed_at_every_start(world: LocalWorld, figures: Figures) -> None:
    """Whoever starts it again and again, and whatever the gateway says: it has logged in twenty times."""
    world.discord.refuse_gateway(4000, 100)
    waited = sum([await waits_at_its_start(world) for _ in range(STARTS)])
    assert world.discord.login_count == AT_ONCE
    assert waited >= STARTS - AT_ONCE
    figures.add(logins_held_back=waited)


async def test_stopped_while_it_waits_for_its_login(world: LocalWorld) -> None:
    """SIGTERM ends the bot at once and in order, although it may not log in for minutes."""
    await crashed_often(world, until_next=APART)
    process = await asyncio.create_subprocess_exec(
        *(executable, "-m", "bot", "run"),
        cwd=world.folder,
        env=world.environment(),
        stdin=DEVNULL,
        stderr=PIPE,
    )
    assert process.stderr is not None
    async with asyncio.timeout(30):
        while b"logins in an hour" not in await process.stderr.readline():
            assert process.returncode is None
    process.terminate()
    _, rest = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 0, rest
    assert world.discord.connect_count == 1
