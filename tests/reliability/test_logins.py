"""A bot that crashes again and again keeps its token: it waits before it logs in once more."""

import sqlite3
import time
from contextlib import closing

import pytest

from bot.services.logins import APART, AT_ONCE
from tests.fault_table import Figures
from tests.journeys.restarts import Rows, look
from tests.local_world import LocalWorld

pytestmark = pytest.mark.row("gateway")
WAIT = 3.0  # seconds until the next login may be made


def logins(world: LocalWorld) -> Rows:
    """When the bot has logged in."""
    return look(world, "SELECT at FROM logins ORDER BY at")


async def test_a_crash_loop_is_slowed_down(world: LocalWorld, figures: Figures) -> None:
    """After twenty logins the next process waits for the next one, and then serves its members."""
    async with world.bot():
        await world.answer(world.order(), "Done")
    assert len(logins(world)) == 1
    earlier = time.time() - APART + WAIT
    with closing(sqlite3.connect(world.folder / "bot.sqlite3")) as database, database:
        database.execute("DELETE FROM logins")
        database.executemany("INSERT INTO logins (at) VALUES (?)", [[earlier]] * AT_ONCE)
    async with world.bot():
        await world.answer(world.order(), "Done")
    [*_, (before,), (last,)] = logins(world)
    assert float(str(last)) - float(str(before)) >= APART
    assert world.discord.connect_count == 2
    figures.add(logins_held_back=1)
