"""Killed while it writes: what was committed stays, what was not has never been, and the file opens."""

import asyncio
import random
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from storage.database import Database
from storage.jobs import JobStore
from storage.migrations import head
from storage.records import JobState
from tests.audits import problems
from tests.fault_table import Figures
from tests.reliability.writers import WRITERS, Killed, Word, accept_for_ever, open_and_close
from tests.storage.first_version import first_version, insert

pytestmark = pytest.mark.row("database")

KILLS = 60
SAMPLE = 6  # kills of one file, one after the other
OLD_JOBS = 3_000
OLD_JOB: dict[str, object] = {
    "state": "unknown",
    "user_id": 7,
    "channel_id": 5,
    "place": "direct",
    "model": "nano-banana",
    "resolution": "1K",
    "count": 1,
    "spoiler": 0,
    "private": 0,
    "price": 0,
    "token_expires_at": 900.0,
    "file_limit": 10_000_000,
    "provider": "xhuo",
    "told": 1,
    "accepted_at": 100.0,
    "sent_at": 200.0,
}
ROUNDS = [
    pytest.param(first, marks=() if first == 0 else pytest.mark.long) for first in range(0, KILLS, SAMPLE)
]


def ask(path: Path, statement: str) -> list[tuple[object, ...]]:
    """Ask a file past our own code."""
    with closing(sqlite3.connect(path)) as file:
        return file.execute(statement).fetchall()


async def is_whole(path: Path, told: list[Word]) -> int:
    """Open what a kill has left: all that was said is there, the books balance; gives the number of jobs."""
    async with Database(path) as database:
        store = JobStore(database)
        jobs = {job.id: job for job in await store.in_states(JobState)}
        assert {job_id for job_id, _ in told} - jobs.keys() == set()
        said = dict(told)  # the last word on each
        ends = {job_id: state for job_id, state in said.items() if state is not None and state.ended}
        assert {job_id: jobs[job_id].state for job_id in ends} == ends
        assert problems(store) == ()
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
    assert ask(path, "PRAGMA foreign_key_check") == []
    assert ask(path, ODD_BOOKS) == []
    return len(jobs)


# Jobs whose lines in the ledger do not fit their state: 2 credits from 2 budgets each, closed at the end.
ODD_BOOKS = """
SELECT id, state FROM jobs LEFT JOIN (
    SELECT job_id, sum(credits) FILTER (WHERE kind = 'reserve') AS taken,
           coalesce(sum(credits) FILTER (WHERE kind <> 'reserve'), 0) AS closed
    FROM ledger GROUP BY job_id
) ON job_id = id
WHERE taken IS NOT 4 OR closed <> CASE WHEN ended_at IS NULL THEN 0 ELSE 4 END
"""


@pytest.mark.parametrize("first", ROUNDS)
def test_no_acknowledged_write_is_lost(path: Path, first: int, figures: Figures) -> None:
    """SIGKILL at a random moment, again and again on one file: each word that came out is true."""
    told: list[Word] = []
    for seed in range(first, first + SAMPLE):
        dice = random.Random(seed)
        with Killed(accept_for_ever, path) as program:
            heard = program.words(dice.randrange(1, 60))
            time.sleep(dice.uniform(0, 0.02))  # anywhere in a transaction
            program.kill()
            heard += program.last_words()
        assert (path.with_name("bot.sqlite3-wal")).exists()
        told += heard
        there = asyncio.run(is_whole(path, told))
        assert there <= len(dict(told)) + WRITERS * (seed - first + 1)  # whose word was cut off
        figures.add(kills=1, acknowledged=len(heard))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a database file that does not exist yet."""
    return tmp_path / "bot.sqlite3"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Make a file of the first version with many jobs, so that bringing it up to date takes a while."""
    old = tmp_path / "old.sqlite3"
    first_version(old)
    with closing(sqlite3.connect(old)) as file:
        for number in range(OLD_JOBS):
            ids = {"id": str(number), "interaction_id": number, "prompt": "a banana " * 40}
            insert(file, "jobs", **OLD_JOB | ids)
        file.commit()
    return old


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=() if seed < 1 else pytest.mark.long) for seed in range(4)]
)
def test_a_migration_is_done_or_has_never_been(old: Path, path: Path, seed: int, figures: Figures) -> None:
    """Killed while it brings an older file up to date: the next start does it, and the copy is whole."""
    dice, needed = random.Random(seed), 0.0
    for number in range(6):
        for left in path.parent.glob("bot.sqlite3*"):
            left.unlink()
        shutil.copyfile(old, path)
        with Killed(open_and_close, path) as program:
            program.words(1)
            if number == 0:
                started = time.monotonic()
                program.words(1)
                needed = time.monotonic() - started
            else:
                time.sleep(dice.uniform(0, needed))
        is_new = ask(path, "SELECT version_num FROM alembic_version") == [(head(),)]
        has_calls = ask(path, "SELECT name FROM sqlite_master WHERE name = 'calls'") != []
        assert is_new == has_calls
        asyncio.run(is_up_to_date(path))
        figures.add(kills=number > 0)


async def is_up_to_date(path: Path) -> None:
    """Open the file: all its jobs are there, each with its call, and the copy has them as they were."""
    async with Database(path) as database:
        assert len(await JobStore(database).in_states([JobState.UNKNOWN])) == OLD_JOBS
    assert ask(path, "SELECT count(*) FROM calls") == [(OLD_JOBS,)]
    copy = path.with_name(f"bot.sqlite3.before-{head()}")
    for file in (path, copy):
        assert ask(file, "PRAGMA integrity_check") == [("ok",)]
    assert ask(copy, "SELECT count(*), count(provider) FROM jobs") == [(OLD_JOBS, OLD_JOBS)]


def test_a_damaged_log_costs_its_last_lines_alone(path: Path, figures: Figures) -> None:
    """Noise in what a kill has left beside the file: it opens, whole and balanced, up to there."""
    with Killed(accept_for_ever, path) as program:
        program.words(120)
    log = path.with_name("bot.sqlite3-wal")
    whole, file = log.read_bytes(), path.read_bytes()
    dice, jobs = random.Random(1), dict[int, int]()
    for number in range(12):
        at = dice.randrange(len(whole))
        cut_off = number % 3 == 0
        path.write_bytes(file)
        log.write_bytes(whole[:at] if cut_off else whole[:at] + dice.randbytes(64) + whole[at + 64 :])
        asyncio.run(is_whole(path, []))
        jobs[at] = len(ask(path, "SELECT id FROM jobs"))
        figures.add(damaged=1)
    kept = [jobs[at] for at in sorted(jobs)]
    assert kept == sorted(kept)
    assert kept[0] < kept[-1]  # the later the wound, the more is kept
