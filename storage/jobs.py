"""Jobs and their pictures: each step is one transaction that starts from the state it names."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import credits as credit_rules
from storage.admission import check_queue, refuse_pressed
from storage.calls import lose_open_calls
from storage.database import Database
from storage.errors import AlreadyAccepted
from storage.job_rows import add_pictures, get_job, job_of, move, picture_of, replace_results
from storage.records import (
    BudgetLimit,
    CallState,
    JobRecord,
    JobState,
    LedgerLine,
    NewJob,
    PictureKind,
    PictureRecord,
    QueueLimits,
)
from storage.tables import calls, jobs, pictures

ALIVE = [state for state in JobState if not state.ended]
RUNNING = [state for state in ALIVE if state is not JobState.HELD]

# Built once, as in `job_rows`.
_NEW_JOB = insert(jobs).returning(jobs)
_PICTURES = (
    select(pictures)
    .where(pictures.c.job_id == bindparam("of_job"), pictures.c.kind == bindparam("of_kind"))
    .order_by(pictures.c.position)
)
_DURATIONS = (
    select(jobs.c.answered_at - jobs.c.sent_at)
    .where(
        jobs.c.model == bindparam("model"),
        jobs.c.resolution == bindparam("resolution"),
        jobs.c.ready_at.is_not(None),
        ~jobs.c.late,
    )
    .order_by(jobs.c.answered_at.desc())
    .limit(bindparam("last"))
)


class JobStore:
    """Every statement about jobs; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(
        self,
        job: NewJob,
        sources: Sequence[PictureRecord],
        budgets: Sequence[BudgetLimit],
        queue: QueueLimits,
    ) -> JobRecord:
        """Write the job and reserve its credits in one transaction.

        Raises `TooManyWaiting`, `BudgetExhausted`, `AlreadyAccepted` or `AlreadyPressed`, and then nothing
        was written.
        """
        async with self._database.write() as connection:
            values = asdict(job) | {
                "state": JobState.ACCEPTED,
                "told": False,
                "perhaps_billed": 0,
                "late": False,
            }
            written = await connection.execute(_NEW_JOB, values)
            record = job_of(written.mappings().one())  # what comes a second time ends here
            await refuse_pressed(connection, job)
            await check_queue(connection, job.user_id, queue, written=1)
            await credit_rules.reserve(connection, job.id, job.credits, budgets, job.accepted_at)
            await add_pictures(connection, job.id, sources)
            return record

    async def check(
        self,
        request_id: int,
        user_id: int,
        credits_: int,
        budgets: Sequence[BudgetLimit],
        queue: QueueLimits,
    ) -> None:
        """Raise what `accept` would raise now; a look beforehand, before pictures are fetched for nothing."""
        async with self._database.read() as connection:
            same = select(jobs.c.id).where(jobs.c.request_id == request_id)
            if (await connection.execute(same)).first():
                raise AlreadyAccepted(f"request {request_id}")
            await check_queue(connection, user_id, queue)
            await credit_rules.check(connection, credits_, budgets)

    async def save_results(self, job_id: str, now: float, results: Sequence[PictureRecord]) -> JobRecord:
        """Note the pictures that are on disk now; the ones that could not be had are left out."""
        async with self._database.write() as connection:
            values = {"state": JobState.READY, "ready_at": now}
            job = await move(connection, job_id, [JobState.SUBMITTING, JobState.SUBMITTED], values)
            await replace_results(connection, job_id, results)
            return job

    async def hold(self, job_id: str, outcome: str) -> JobRecord:
        """Keep a result that cannot be shown where it belongs, until its member comes for it."""
        return await self._step(job_id, [JobState.READY], state=JobState.HELD, outcome=outcome, told=False)

    async def deliver(self, job_id: str, now: float, *, message_id: int | None, images: int) -> JobRecord:
        """End the job: settle the images that the member got, refund the others."""
        values = {"state": JobState.DELIVERED, "result_message_id": message_id, "outcome": None, "told": True}
        async with self._database.write() as connection:
            return await _end(connection, job_id, [JobState.READY, JobState.HELD], now, images, values)

    async def fail(self, job_id: str, now: float, *, outcome: str, images: int = 0) -> JobRecord:
        """End the job without a result: settle only what `images` names, refund the rest, remember why.

        It ends as unknown where a call may have been billed; what is still open then is lost.
        """
        async with self._database.write() as connection:
            await lose_open_calls(connection, job_id, outcome)
            is_lost = (calls.c.job_id == job_id) & (calls.c.state == CallState.UNKNOWN)
            lost = (await connection.execute(select(exists().where(is_lost)))).scalar_one()
            state = JobState.UNKNOWN if lost else JobState.FAILED
            return await _end(connection, job_id, ALIVE, now, images, {"state": state, "outcome": outcome})

    async def note_progress(self, job_id: str, message_id: int | None) -> None:
        """Remember the message that shows how far the job is, or that it is gone."""
        await self._set(job_id, progress_message_id=message_id)

    async def forget_message(self, job_id: str) -> None:
        """The message of a result was deleted."""
        await self._set(job_id, result_message_id=None)

    async def note_message(self, job_id: str, message_id: int) -> JobRecord:
        """Remember the message that a result is being put into."""
        return await self._step(job_id, [JobState.READY], result_message_id=message_id)

    async def cancel(self, job_id: str, now: float) -> JobRecord:
        """End a job that was not sent yet, and refund all of it."""
        values = {"state": JobState.CANCELLED, "told": True}
        async with self._database.write() as connection:
            return await _end(connection, job_id, [JobState.ACCEPTED], now, 0, values)

    async def mark_told(self, job_id: str) -> None:
        """Note that the member has heard how the job ended."""
        await self._set(job_id, told=True)

    async def get(self, job_id: str) -> JobRecord:
        """One job; raises `WrongState` when there is none of this id."""
        async with self._database.read() as connection:
            return await get_job(connection, job_id)

    async def in_states(self, states: Iterable[JobState]) -> list[JobRecord]:
        """All jobs in these states, oldest first."""
        return await self._select(jobs.c.state.in_(list(states)))

    async def untold(self) -> list[JobRecord]:
        """The jobs that brought no result to their place, and whose member has not heard of it."""
        without = [JobState.FAILED, JobState.UNKNOWN, JobState.HELD]
        return await self._select(jobs.c.state.in_(without), ~jobs.c.told)

    async def running(self, user_id: int) -> list[JobRecord]:
        """What a member has in the works, oldest first."""
        return await self._select(jobs.c.user_id == user_id, jobs.c.state.in_(RUNNING))

    async def recent(self, user_id: int, *, skip: int, limit: int) -> list[JobRecord]:
        """A member's jobs, newest first: so many after those that are skipped."""
        query = select(jobs).where(jobs.c.user_id == user_id).order_by(jobs.c.accepted_at.desc(), jobs.c.id)
        async with self._database.read() as connection:
            rows = await connection.execute(query.offset(skip).limit(limit))
            return [job_of(row) for row in rows.mappings()]

    async def held_since(self, before: float) -> list[JobRecord]:
        """The results that have been held for their members since before this moment."""
        return await self._select(jobs.c.state == JobState.HELD, jobs.c.ready_at < before)

    async def pictures(self, job_id: str, kind: PictureKind) -> list[PictureRecord]:
        """The job's pictures of one kind, in order."""
        async with self._database.read() as connection:
            rows = await connection.execute(_PICTURES, {"of_job": job_id, "of_kind": kind})
            return [picture_of(row) for row in rows.mappings()]

    async def durations(self, model: str, resolution: str, *, last: int) -> list[float]:
        """How many seconds the API took for the last requests of this kind."""
        values = {"model": model, "resolution": resolution, "last": last}
        async with self._database.read() as connection:
            return list((await connection.execute(_DURATIONS, values)).scalars())

    async def spent(self, limit: BudgetLimit) -> int:
        """What a holder has reserved and spent in a period."""
        async with self._database.read() as connection:
            return await credit_rules.spent(connection, limit)

    async def paid(self, job_ids: Sequence[str]) -> dict[str, int]:
        """What members have paid for these jobs for good; jobs that cost nothing are left out."""
        async with self._database.read() as connection:
            return await credit_rules.paid(connection, job_ids)

    async def ledger(self, job_id: str | None = None) -> list[LedgerLine]:
        """The ledger's lines, of one job or of all."""
        async with self._database.read() as connection:
            return await credit_rules.ledger_lines(connection, job_id)

    async def forget_tokens(self, now: float) -> None:
        """Drop the interaction tokens that are no longer good for anything."""
        async with self._database.write() as connection:
            await connection.execute(
                update(jobs)
                .where(jobs.c.interaction_token.is_not(None), jobs.c.token_expires_at < now)
                .values(interaction_token=None)
            )

    async def _set(self, job_id: str, **values: Any) -> None:
        async with self._database.write() as connection:
            await connection.execute(update(jobs).where(jobs.c.id == job_id).values(values))

    async def _step(self, job_id: str, start: Collection[JobState], **values: Any) -> JobRecord:
        async with self._database.write() as connection:
            return await move(connection, job_id, start, values)

    async def _select(self, *conditions: ColumnElement[bool]) -> list[JobRecord]:
        async with self._database.read() as connection:
            rows = await connection.execute(select(jobs).where(*conditions).order_by(jobs.c.accepted_at))
            return [job_of(row) for row in rows.mappings()]


async def _end(
    connection: AsyncConnection,
    job_id: str,
    start: Collection[JobState],
    now: float,
    images: int,
    values: dict[str, Any],
) -> JobRecord:
    """End a job and close its credits; those of a late one were closed when it ended first."""
    job = await move(connection, job_id, start, {"ended_at": now, **values})
    if not job.late:
        billed = job.perhaps_billed * job.price
        await credit_rules.close(connection, job_id, now, delivered=images * job.price, billed=billed)
    return job
