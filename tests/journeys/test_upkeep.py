"""An operator looks after the database while the bot runs, and goes back to last night's copy."""

import asyncio
import sqlite3
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import closing
from pathlib import Path
from shutil import copyfile
from sys import executable

from tests.local_world import LocalWorld


async def command(world: LocalWorld, *arguments: str) -> tuple[int | None, str]:
    """Run `python -m bot …` as the operator would; gives its exit status and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(executable, "-m", "bot", *arguments),
        cwd=world.folder,
        env=world.environment(),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    said, errors = await asyncio.wait_for(process.communicate(), 20)
    assert errors == b""
    return process.returncode, said.decode()


async def test_a_backup_is_made_and_gone_back_to(world: LocalWorld, tmp_path: Path) -> None:
    """While jobs run it is whole and audited; a bot started on it knows what was spent by then."""
    copy = tmp_path / "last-night.sqlite3"
    async with world.bot_process() as bot:
        await world.answer(world.order(count=2), "18 credits left")
        status, said = await command(world, "backup", str(copy))
        assert (status, said) == (
            0,
            f"{copy} is a backup, opened and audited: 1 jobs, 6 lines in the ledger\n",
        )
        await world.answer(world.order(), "17 credits left")
        assert (await command(world, "audit"))[0] == 0
        assert (await command(world, "backup", str(copy))) == (
            1,
            f"no backup was made: {copy} exists already\n",
        )
        bot.terminate()
        await bot.wait()
    await asyncio.to_thread(copyfile, copy, world.folder / "bot.sqlite3")
    async with world.bot():
        await world.answer(world.order(), "17 credits left")


async def test_an_audit_names_what_somebody_changed(world: LocalWorld) -> None:
    """A balance that does not follow from the ledger is told by its holder; no such file becomes a backup."""
    async with world.bot():
        await world.answer(world.order(count=2), "Done")
    with closing(sqlite3.connect(world.folder / "bot.sqlite3")) as database, database:
        database.execute("UPDATE budgets SET spent = 1 WHERE holder = 'bot'")
    status, said = await command(world, "audit")
    assert status == 1
    assert said.startswith("bot in the period from ")
    assert said.endswith(": 1 credits spent, 2 by the ledger\n")
    status, said = await command(world, "backup", str(world.folder / "copy"))
    assert status == 1
    assert said.startswith("no backup was made")


async def test_before_the_first_start_there_is_nothing_to_save(world: LocalWorld) -> None:
    """Both commands say so, and make no file."""
    for arguments in (["audit"], ["backup", str(world.folder / "copy")]):
        status, said = await command(world, *arguments)
        assert status == 1
        assert "there is no " in said
    assert await asyncio.to_thread(lambda: list(world.folder.iterdir())) == []
