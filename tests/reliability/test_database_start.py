"""A start over a database that cannot be used: one line that names the file and says what to do, status 2."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage.database import Database
from storage.errors import DatabaseDamaged
from storage.jobs import JobStore
from storage.records import JobState
from tests.fault_table import Figures
from tests.storage.samples import ROOT, accepted, brought_to, new_job

pytestmark = pytest.mark.row("database")

PAGE = 4096
DAMAGED = "is damaged: put your latest backup in its place"
# Root may write anywhere: without this capability it is stopped by permissions like everybody else.
LIKE_ANYBODY = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@dataclass(frozen=True)
class Ailment:
    """What is done to the file, and the words of the one line about it."""

    does: Callable[[Path], object]
    words: str


def page(file: Path, table: str) -> int:
    """Give the number of a table's first page, from 0."""
    with closing(sqlite3.connect(file)) as database:
        [[number]] = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchall()
    return int(number) - 1


def overwrite(file: Path, at: int, content: bytes) -> None:
    """Put these bytes in the place of others."""
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(content)


def cut(file: Path) -> None:
    """Leave half of the file."""
    os.truncate(file, file.stat().st_size // PAGE // 2 * PAGE)


def make_newer(file: Path) -> None:
    """Write that a later version has been here."""
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")


def become_folder(file: Path) -> None:
    """Put a folder in the file's place."""
    file.unlink()
    file.mkdir()


AILMENTS = {
    "noise in the header": Ailment(lambda file: overwrite(file, 0, random.Random(1).randbytes(100)), DAMAGED),
    "a page of zeros": Ailment(lambda file: overwrite(file, page(file, "jobs") * PAGE, bytes(PAGE)), DAMAGED),
    "a page of noise": Ailment(
        lambda file: overwrite(file, page(file, "ledger") * PAGE, random.Random(1).randbytes(PAGE)), DAMAGED
    ),
    "cut in half": Ailment(cut, DAMAGED),
    "a text": Ailment(lambda file: file.write_text("a banana " * 999), DAMAGED),
    "newer": Ailment(make_newer, "was written by a newer version of this bot: run that version"),
    "read-only file": Ailment(
        lambda file: file.chmod(0o444), "cannot be used: attempt to write a readonly database"
    ),
    "read-only folder": Ailment(lambda file: file.parent.chmod(0o555), "cannot be used: "),
    "a folder": Ailment(become_folder, "cannot be used: unable to open database file"),
}


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """Make a database with a job in each state, in a folder of its own."""
    file = tmp_path / "data" / "bot.sqlite3"
    async with Database(file) as database:
        for state in JobState:
            await accepted(JobStore(database), new_job(state))
            await brought_to(database, state, state)
    file.with_name("bot.sqlite3.lock").unlink(missing_ok=True)
    return file


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """Start the bot over a folder; it has no other way than to end by itself."""
    return subprocess.run(
        [sys.executable, "-c", LIKE_ANYBODY, "-m", "bot", "run"],
        cwd=folder.parent,
        env={
            "PYTHONPATH": str(ROOT),
            "DISCORD_TOKEN": "no-token",
            "DISCORD_API_URL": "http://127.0.0.1:9",
            "XHUO_API_KEY": "no-key",
            "DATA_DIR": str(folder),
            "LOG_LEVEL": "ERROR",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


SAMPLE = {"a page of noise", "read-only file"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in SAMPLE else pytest.mark.long) for name in AILMENTS]
)
def test_the_bot_says_what_to_do_and_ends(file: Path, name: str, figures: Figures) -> None:
    """Status 2 and a single line, without a traceback; what is left of the file is left alone."""
    ailment = AILMENTS[name]
    ailment.does(file)
    before = file.read_bytes() if file.is_file() else b""
    ended = run(file.parent)
    file.parent.chmod(0o755)
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert f"{file} {ailment.words}" in line
    assert (file.read_bytes() if file.is_file() else b"") == before
    figures.add(starts_refused=1)


async def test_no_damaged_page_is_overlooked(file: Path, tmp_path: Path, figures: Figures) -> None:
    """Whichever page of the file is lost, the start finds it, and not the member who needs it later."""
    copy = tmp_path / "copy.sqlite3"
    pages = file.stat().st_size // PAGE  # noqa: ASYNC240  (nobody else waits)
    for number in range(pages):
        shutil.copyfile(file, copy)
        overwrite(copy, number * PAGE, random.Random(number).randbytes(PAGE))
        with pytest.raises(DatabaseDamaged):
            async with Database(copy):
                pytest.fail(f"page {number} is noise, and the file was opened")
        figures.add(damaged=1)
