"""A file of the first version, with a job in each state: nothing is lost, and every job goes on."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.calls import CallStore
from storage.database import Database
from storage.jobs import JobStore
from storage.migrations import head
from storage.records import CallState, JobState, PictureKind
from tests.audits import problems
from tests.storage.first_version import first_version, insert

SENT: dict[str, object] = {"sent_at": 200.0}
ANSWERED = SENT | {"answered_at": 208.0, "made": 2, "task_id": "task", "trace_id": "trace"}
READY = ANSWERED | {"ready_at": 209.0}
ENDED: dict[str, object] = {"ended_at": 210.0}
# The jobs by their names: state, what else stands in the row, and the lines that close the credits of the
# member and of the bot (settled, refunded). Each job is for 2 images at 3 credits.
JOBS: dict[str, tuple[str, dict[str, object], tuple[int, int], tuple[int, int]]] = {
    "accepted": ("accepted", {}, (0, 0), (0, 0)),
    "submitting": ("submitting", SENT, (0, 0), (0, 0)),
    "submitted": ("submitted", ANSWERED | {"made": 1}, (0, 0), (0, 0)),
    "ready": ("ready", READY, (0, 0), (0, 0)),
    "delivered": ("delivered", READY | ENDED | {"result_message_id": 12, "told": 1}, (6, 0), (6, 0)),
    "unsent": ("failed", ENDED | {"outcome": "failed.offline"}, (0, 6), (0, 6)),
    "refused": ("failed", SENT | ENDED | {"outcome": "failed.refused", "trace_id": "trace"}, (0, 6), (0, 6)),
    "blocked": ("failed", READY | ENDED | {"outcome": "failed.explicit", "made": 1}, (3, 3), (3, 3)),
    "cancelled": ("cancelled", ENDED | {"told": 1}, (0, 6), (0, 6)),
    "unknown": ("unknown", SENT | ENDED | {"outcome": "failed.restart"}, (0, 6), (6, 0)),
}
BILLED = {"submitted": 1, "ready": 2, "delivered": 2, "blocked": 1, "unknown": 2}  # images; 0 for the rest
CALLS = {  # state, task, trace, outcome
    "submitting": (CallState.SUBMITTING, None, None, None),
    "submitted": (CallState.DONE, "task", "trace", None),
    "ready": (CallState.DONE, "task", "trace", None),
    "delivered": (CallState.DONE, "task", "trace", None),
    "refused": (CallState.FAILED, None, "trace", "failed.refused"),
    "blocked": (CallState.DONE, "task", "trace", "failed.explicit"),
    "unknown": (CallState.UNKNOWN, None, None, "failed.restart"),
}


def query(path: Path, statement: str) -> list[tuple[object, ...]]:
    """Ask a file past our own code."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def insert_job(connection: sqlite3.Connection, number: int, job_id: str) -> None:
    """Write one of the jobs with a picture that its member gave, and its lines in the ledger."""
    state, more, *closings = JOBS[job_id]
    row: dict[str, object] = {
        "id": job_id,
        "state": state,
        "interaction_id": number,
        "user_id": 7,
        "channel_id": 5,
        "place": "direct",
        "prompt": "a banana",
        "model": "nano-banana",
        "resolution": "1K",
        "count": 2,
        "spoiler": 0,
        "private": 0,
        "price": 3,
        "token_expires_at": 900.0,
        "file_limit": 10_000_000,
        "provider": "xhuo",
        "told": 0,
        "accepted_at": 100.0 + number,
    }
    insert(connection, "jobs", **row | more)
    insert(connection, "pictures", job_id=job_id, kind="source", position=1, path="1.png")
    for budget, (settled, refunded) in enumerate(closings, start=1):
        for kind, credits_ in (("reserve", 6), ("settle", settled), ("refund", refunded)):
            if credits_:
                line = {"at": 1.0, "job_id": job_id, "budget_id": budget, "kind": kind, "credits": credits_}
                insert(connection, "ledger", **line)


@pytest.fixture
def old(path: Path) -> Path:
    """Write a file as the first version left it."""
    first_version(path)
    with closing(sqlite3.connect(path)) as file:
        for holder, number in (("member", 0), ("bot", 1)):
            refunded = sum(closings[number][1] for _, _, *closings in JOBS.values())
            budget = {"holder": holder, "period_start": 0, "period_end": 86_400, "ceiling": 999}
            spent = 6 * len(JOBS) - refunded
            insert(file, "budgets", **budget, of_operator=holder == "bot", spent=spent)
        for number, job_id in enumerate(JOBS):
            insert_job(file, number, job_id)
        file.commit()
    return path


async def test_each_job_keeps_its_one_call(old: Path) -> None:
    """What stood in the job stands in a call for all of its pictures; what was never sent has none."""
    async with Database(old) as database:
        calls = CallStore(database)
        found = {job_id: await calls.of_job(job_id) for job_id in JOBS}
        assert {job_id for job_id in JOBS if not found[job_id]} == set(JOBS) - set(CALLS)
        for job_id, expected in CALLS.items():
            [call] = found[job_id]
            assert (call.state, call.task_id, call.trace_id, call.outcome) == expected
            assert (call.position, call.images, call.provider, call.sent_at) == (1, 2, "xhuo", 200.0)


async def test_each_job_stands_as_it_stood(old: Path) -> None:
    """State, times, reason and pictures are kept; none is late, and the bill is remembered."""
    names = "state, sent_at, answered_at, ready_at, ended_at, outcome, told, result_message_id, prompt"
    before = query(old, f"SELECT id, {names} FROM jobs ORDER BY id")
    async with Database(old) as database:
        store = JobStore(database)
        for job_id in JOBS:
            job = await store.get(job_id)
            assert (job.perhaps_billed, job.late, job.asked_model) == (BILLED.get(job_id, 0), False, None)
            assert [each.path for each in await store.pictures(job_id, PictureKind.SOURCE)] == ["1.png"]
    assert query(old, f"SELECT id, {names} FROM jobs ORDER BY id") == before


async def test_the_books_are_not_touched(old: Path) -> None:
    """Ledger and balances are the same, row by row, and every reference leads somewhere."""
    columns = "id, holder, period_start, period_end, ceiling, of_operator, spent"
    statements = ["SELECT * FROM ledger ORDER BY id", f"SELECT {columns} FROM budgets ORDER BY id"]
    before = [query(old, statement) for statement in statements]
    async with Database(old) as database:
        assert problems(JobStore(database)) == ()
    assert [query(old, statement) for statement in statements] == before
    assert query(old, "PRAGMA foreign_key_check") == []
    assert query(old, "PRAGMA integrity_check") == [("ok",)]


async def test_the_ledger_stays_append_only(old: Path) -> None:
    """The triggers of the first version still stand."""
    async with Database(old):
        pass
    for statement in ("UPDATE ledger SET credits = 1", "DELETE FROM ledger"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            query(old, statement)


async def test_the_file_is_copied_as_it_was(old: Path) -> None:
    """The copy is of the first version, with every job and line."""
    everything = "SELECT * FROM jobs ORDER BY id", "SELECT * FROM ledger ORDER BY id"
    before = [query(old, statement) for statement in everything]
    async with Database(old):
        pass
    copy = old.with_name(f"bot.sqlite3.before-{head()}")
    assert query(old, "SELECT version_num FROM alembic_version") == [(head(),)]
    assert query(copy, "SELECT version_num FROM alembic_version") == [("0001",)]
    assert [query(copy, statement) for statement in everything] == before


async def test_every_job_that_was_alive_comes_to_its_end(old: Path) -> None:
    """After a restart each goes on from where it stood, and its credits are closed evenly."""
    async with Database(old) as database:
        store, calls = JobStore(database), CallStore(database)
        [cut_off] = await calls.lose_unanswered("failed.restart")
        assert (cut_off.id, cut_off.state, cut_off.perhaps_billed) == ("submitting", JobState.SUBMITTED, 2)
        await store.save_results("submitted", 300.0, [], of=0)
        ends = [
            await store.cancel("accepted", 301.0),
            await store.fail("submitting", 301.0, outcome="failed.restart"),
            await store.fail("submitted", 301.0, outcome="failed.result_gone"),
            await store.deliver("ready", 301.0, message_id=12, images=2),
        ]
        assert [job.state for job in ends] == [
            JobState.CANCELLED,
            JobState.UNKNOWN,
            JobState.FAILED,
            JobState.DELIVERED,
        ]
        for job in ends:
            lines = [(line.holder, line.kind, line.credits) for line in await store.ledger(job.id)][2:]
            member, bot = {"ready": (6, 6), "submitting": (0, 6), "submitted": (0, 3)}.get(job.id, (0, 0))
            expected = [("member", "settle", member), ("member", "refund", 6 - member)]
            expected += [("bot", "settle", bot), ("bot", "refund", 6 - bot)]
            assert lines == [line for line in expected if line[2]]
        assert problems(store) == ()
