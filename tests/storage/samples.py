"""What the storage tests have in common: jobs, budgets and limits with a name for each interesting value."""

import asyncio
import sqlite3
import sys
import zlib
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from storage.calls import CallStore
from storage.database import Database
from storage.jobs import JobStore
from storage.records import (
    BudgetLimit,
    Draw,
    JobRecord,
    JobState,
    NewCall,
    NewJob,
    PictureKind,
    PictureRecord,
    Place,
    QueueLimits,
    Ticket,
)
from storage.standing import Payment, Whose

ROOT = Path(__file__).parents[2]
NO_LIMITS = QueueLimits(member=10_000, total=10_000)
MEMBER = BudgetLimit("member:1:7", 0.0, 86_400.0, 10)
BOT = BudgetLimit("bot", 0.0, 86_400.0, 2_000, of_operator=True)
OPEN_AND_CLOSE = """
import asyncio, sys
from pathlib import Path
from storage.database import Database

async def main():
    async with Database(Path(sys.argv[1])):
        pass

asyncio.run(main())
"""


def new_job(job_id: str = "job", **changes: object) -> NewJob:
    """A job of member 7 in server 1 for one credit, with some values changed."""
    job = NewJob(
        id=job_id,
        request_id=zlib.crc32(job_id.encode()),
        user_id=7,
        guild_id=1,
        channel_id=5,
        place=Place.GUILD,
        prompt="a banana",
        model="nano-banana",
        asked_model=None,
        resolution="1K",
        aspect_ratio="1:1",
        count=1,
        spoiler=False,
        private=False,
        price=1,
        interaction_token="token",
        token_expires_at=900.0,
        progress_message_id=11,
        file_limit=10_000_000,
        accepted_at=100.0,
    )
    return replace(job, **changes)  # type: ignore[arg-type]  # a test names fields that exist


def new_call(position: int = 1, images: int = 1, *, job_id: str = "job", sent_at: float = 200.0) -> NewCall:
    """A call for so many pictures of a job, under secrets of its own."""
    name = f"{job_id}-{position}"
    return NewCall(
        job_id=job_id,
        position=position,
        images=images,
        provider="xhuo",
        callback_hash=f"callback-{name}",
        inputs_hash=f"inputs-{name}",
        sent_at=sent_at,
    )


def ticket(pictures: int = 0) -> Ticket:
    """What an API says of a call that has brought so many pictures."""
    return Ticket("task", "trace", tuple(f"https://cdn.example/{number}.png" for number in range(pictures)))


async def accepted(
    store: JobStore, job: NewJob, *budgets: BudgetLimit, limits: QueueLimits = NO_LIMITS
) -> JobRecord:
    """Accept a job without input pictures, paid by the member and the bot unless others are named."""
    return await store.accept(job, [], paid_by(*(budgets or (MEMBER, BOT)), user_id=job.user_id), limits)


def paid_by(*budgets: BudgetLimit, user_id: int = 7) -> Payment:
    """A payment out of these, members' ones in this order, whatever rules there are."""
    draw = Draw(
        tuple(budget for budget in budgets if not budget.of_operator),
        tuple(budget for budget in budgets if budget.of_operator),
    )
    return Payment(Whose(None, user_id, user_id, draw.purse[0].holder), lambda _: draw)


async def brought_to(database: Database, job_id: str, state: JobState) -> JobRecord:
    """Take an accepted job to a state, by one call for all of its pictures."""
    store, calls = JobStore(database), CallStore(database)
    count = (await store.get(job_id)).count
    sent = partial(calls.start, new_call(images=count, job_id=job_id))
    done = partial(calls.done, job_id, 1, 208.0, ticket(count))
    saved = partial(store.save_results, job_id, 209.0, results(count), of=count)
    failed = partial(store.fail, job_id, 210.0, outcome="failed.lost")
    ways: dict[JobState, list[Callable[[], Awaitable[object]]]] = {
        JobState.ACCEPTED: [],
        JobState.SUBMITTING: [sent],
        JobState.SUBMITTED: [sent, done],
        JobState.READY: [sent, done, saved],
        JobState.HELD: [sent, done, saved, partial(store.hold, job_id, "failed.undeliverable")],
        JobState.DELIVERED: [
            sent,
            done,
            saved,
            partial(store.deliver, job_id, 210.0, message_id=12, images=count),
        ],
        JobState.FAILED: [sent, done, saved, failed],
        JobState.CANCELLED: [partial(store.cancel, job_id, 210.0)],
        JobState.UNKNOWN: [sent, failed],
    }
    for step in ways[state]:
        await step()
    return await store.get(job_id)


def results(number: int) -> list[PictureRecord]:
    """So many finished pictures, as they lie on disk."""
    return [
        PictureRecord(
            PictureKind.RESULT,
            position,
            f"https://cdn.example/{position}",
            f"{position}.png",
            "image/png",
            8,
            6,
            99,
        )
        for position in range(1, number + 1)
    ]


async def everything(database: Database) -> list[str]:
    """All rows of all tables, to see whether anything changed."""
    tables = ("budgets", "jobs", "calls", "pictures", "ledger")
    found = [await asked(database, f"SELECT * FROM {table} ORDER BY rowid") for table in tables]
    return [f"{table}: {row}" for table, rows in zip(tables, found, strict=True) for row in rows]


async def asked(database: Database, statement: str) -> list[tuple[Any, ...]]:
    """What a look at the database gives."""
    return await database.read(lambda connection: connection.execute(statement).fetchall())


async def change(database: Database, *statements: str) -> None:
    """Run statements in one transaction."""

    def run(connection: sqlite3.Connection) -> None:
        for statement in statements:
            connection.execute(statement)

    await database.write(run)


async def start(code: str, path: Path, packages: Path = ROOT) -> Process:
    """Run a program over a database file, with the packages that lie in a folder."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(path), stdout=PIPE, stderr=PIPE, cwd=packages
    )
