"""The spool: each job's files in a folder of their own, gone after a day and not before."""

import asyncio
import os
from pathlib import Path

import pytest

from bot.services.spool import FOR_DISCORD, KEPT_FOR, Spool

NOW = 1_790_000_000.0


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """A spool in a folder that does not exist yet."""
    return Spool(tmp_path / "data" / "spool")


def fill(folder: Path, written: float) -> None:
    """Put a picture into a job's folder, last written at some time."""
    (folder / "1.png").write_bytes(b"picture")
    os.utime(folder / "1.png", (written, written))


async def test_a_job_has_a_folder_of_its_own(spool: Spool) -> None:
    """It is made when needed, once or again, and holds the files that `path` names."""
    folder = await spool.open("a")
    assert await spool.open("a") == folder
    fill(folder, NOW)
    assert spool.path("a", "1.png") == folder / "1.png"
    assert await spool.open("b") != folder
    assert spool.path("a", "1.png").exists()


async def test_dropping_takes_one_job_alone(spool: Spool) -> None:
    """All files of the job go; a job that has none may be dropped too."""
    first, second = await spool.open("a"), await spool.open("b")
    fill(first, NOW)
    fill(second, NOW)
    await spool.drop("a")
    await spool.drop("nobody")
    assert [first.exists(), second.exists()] == [False, True]


async def test_purging_takes_what_is_older(spool: Spool) -> None:
    """The folders of before that moment go, with all that is in them, and are counted."""
    folders = [await spool.open(name) for name in ("old", "older", "new")]
    for folder, written in zip(folders, (NOW - KEPT_FOR - 1, NOW - 9e6, NOW - KEPT_FOR + 1), strict=True):
        fill(folder, written)
    assert await spool.purge(NOW - KEPT_FOR) == 2
    assert [folder.exists() for folder in folders] == [False, False, True]
    assert await spool.purge(NOW - KEPT_FOR) == 0


async def test_what_is_made_smaller_later_is_as_old_as_its_picture(spool: Spool) -> None:
    """Whoever has a result shown at the last moment does not keep it for another day."""
    folder = await spool.open("old")
    fill(folder, NOW - KEPT_FOR - 1)
    (folder / f"1{FOR_DISCORD}.jpeg").write_bytes(b"smaller")
    assert await spool.purge(NOW - KEPT_FOR) == 1
    assert not folder.exists()


async def test_an_empty_spool_can_be_purged(spool: Spool) -> None:
    """Before the first picture there is no folder at all."""
    assert await spool.purge(NOW) == 0


async def test_purging_and_dropping_at_once(spool: Spool) -> None:
    """Folders that vanish while the spool is looked through do no harm."""
    folders = [await spool.open(f"job{number}") for number in range(100)]
    for folder in folders:
        fill(folder, NOW)
    await asyncio.gather(spool.purge(NOW + 1), *(spool.drop(folder.name) for folder in folders))
    assert not any(folder.exists() for folder in folders)
