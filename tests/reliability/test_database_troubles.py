"""A database that cannot be written for a while: clear refusals, and what was accepted goes on afterwards."""

import asyncio
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from storage.records import JobState
from tests.fault_table import Figures
from tests.journeys.restarts import until
from tests.local_world import LocalWorld, booked, ended

pytestmark = pytest.mark.row("database")

HOLD = """
import sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
file.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""
SMALL_DISK = 'mount -t tmpfs -o size=6m none "$DATA_DIR" && exec "$0" -m bot run'
IN_A_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")


@asynccontextmanager
async def held_by_another(world: LocalWorld) -> AsyncIterator[None]:
    """Another program has begun to write and does not end."""
    path = world.folder / "bot.sqlite3"
    other = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLD, str(path)), stdin=PIPE, stdout=PIPE
    )
    assert other.stdout is not None
    assert await other.stdout.readline() == b"held\n"
    try:
        yield
    finally:
        other.kill()
        await other.communicate()


async def test_locked_for_longer_than_we_wait(world: LocalWorld, figures: Figures) -> None:
    """Who asks meanwhile is told to come again; what an API makes meanwhile is delivered afterwards."""
    world.api.seconds = 1
    async with world.bot() as services:
        running = [world.order(f"boat {number}") for number in range(2)]
        await world.api.faults.until_seen("POST", world.api.paid_path, count=2)
        async with held_by_another(world):
            late = [world.order(f"late boat {number}") for number in range(3)]
            for interaction in late:
                await world.reads(interaction, "refused.database_busy")
            assert world.posted(world.images) == []  # the answers came long ago, and wait as well
        for interaction in running:
            await world.answer(interaction, "Done")
        assert await booked(services.store) == {"reserve": 2, "settle": 2}
        assert world.api.posts == 2
    figures.add(refused=3, jobs=2)


@asynccontextmanager
async def on_a_small_disk(world: LocalWorld) -> AsyncIterator[Path]:
    """Run the bot with a disk of 6 MiB of its own; gives the way to it from outside."""
    data = world.folder / "data"
    data.mkdir()
    world.changes["data_dir"] = data
    with (world.folder / "bot.log").open("ab") as log:
        bot = await asyncio.create_subprocess_exec(
            *(*IN_A_NAMESPACE, SMALL_DISK, sys.executable),
            cwd=world.folder,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **world.environment()},
            stdout=log,
            stderr=log,
        )
    try:
        await world.discord.bot_ready()
        yield Path(f"/proc/{bot.pid}/root") / data.relative_to("/")
    finally:
        with suppress(ProcessLookupError):
            bot.kill()
        await bot.wait()


def fill(disk: Path) -> Path:
    """Take all the room that is left; gives the file that takes it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return filler


@pytest.mark.long  # on a machine where a disk of its own can be mounted
async def test_a_full_disk_refuses_and_recovers(world: LocalWorld, figures: Figures) -> None:
    """Words and pictures are refused while there is no room; with room again, what was paid for arrives."""
    world.api.seconds = 0.8
    async with on_a_small_disk(world) as disk:
        running = world.order("a boat")
        await world.api.faults.until_seen("POST", world.api.paid_path)
        filler = await asyncio.to_thread(fill, disk)
        for command in ("generate", "edit"):
            await world.reads(world.order("no room", command=command), "refused.disk_full")
        await until(lambda: len(world.api.calls) == 1)
        assert world.posted(world.images) == []
        await asyncio.to_thread(filler.unlink)
        await world.answer(running, "Done")
        await world.answer(world.order("again", command="edit"), "Done")
        shutil.copytree(disk, world.folder, dirs_exist_ok=True)
    async with world.store() as store:
        assert [job.state for job in await ended(store)] == [JobState.DELIVERED] * 2
        assert await booked(store) == {"reserve": 2, "settle": 2}
    figures.add(refused=2, jobs=2)
