"""Jobs and their pictures: each step is one transaction that starts from the state it names."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import credits as credit_rules
from storage.database import Database
from storage.errors import AlreadyAccepted, TooManyWaiting
from storage.job_rows import add_pictures, get_job, job_of, move, picture_of
from storage.records import (
    BudgetLimit,
    JobRecord,
    JobState,
    LedgerLine,
    NewJob,
    PictureKind,
    PictureRecord,
    QueueLimits,
)
from storage.tables import jobs, pictures

ALIVE = [state for state in JobState if not state.ended]


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

        Raises `TooManyWaiting`, `BudgetExhausted` or `AlreadyAccepted`, and then nothing was written.
        """
        async with self._database.write() as connection:
            await self._check_queue(connection, job.user_id, queue)
            values = asdict(job) | {"state": JobState.ACCEPTED, "told": False}
            await connection.execute(insert(jobs).values(values))
            await credit_rules.reserve(connection, job.id, job.credits, budgets, job.accepted_at)
            await add_pictures(connection, job.id, sources)
            return await get_job(connection, job.id)

    async def check(
        self,
        interaction_id: int,
        user_id: int,
        credits_: int,
        budgets: Sequence[BudgetLimit],
        queue: QueueLimits,
    ) -> None:
        """Raise what `accept` would raise now; a look beforehand, before pictures are fetched for nothing."""
        async with self._database.read() as connection:
            same = select(jobs.c.id).where(jobs.c.interaction_id == interaction_id)
            if (await connection.execute(same)).first():
                raise AlreadyAccepted(f"interaction {interaction_id}")
            await self._check_queue(connection, user_id, queue)
            await credit_rules.check(connection, credits_, budgets)

    async def start_submitting(self, job_id: str, now: float) -> JobRecord:
        """Commit the intent to pay, before the call that may be billed."""
        return await self._step(job_id, [JobState.ACCEPTED], state=JobState.SUBMITTING, sent_at=now)

    async def save_answer(
        self, job_id: str, now: float, *, task_id: str | None, trace_id: str | None, urls: Sequence[str]
    ) -> JobRecord:
        """Commit the API's answer before anything is done with it."""
        results = [
            PictureRecord(PictureKind.RESULT, position, url=url) for position, url in enumerate(urls, start=1)
        ]
        return await self._step(
            job_id,
            [JobState.SUBMITTING],
            results,
            state=JobState.SUBMITTED,
            answered_at=now,
            made=len(urls),
            task_id=task_id,
            trace_id=trace_id,
        )

    async def save_results(self, job_id: str, now: float, results: Sequence[PictureRecord]) -> JobRecord:
        """Note the pictures that are on disk now; the ones that could not be had are left out."""
        return await self._step(job_id, [JobState.SUBMITTED], results, state=JobState.READY, ready_at=now)

    async def deliver(self, job_id: str, now: float, *, message_id: int | None, images: int) -> JobRecord:
        """End the job: settle the images that the member got, refund the others."""
        return await self._end(
            job_id, [JobState.READY], JobState.DELIVERED, now, images, result_message_id=message_id, told=True
        )

    async def fail(
        self,
        job_id: str,
        now: float,
        *,
        outcome: str,
        state: JobState = JobState.FAILED,
        images: int = 0,
        start: Collection[JobState] = ALIVE,
    ) -> JobRecord:
        """End the job without a result: settle only what `images` names, refund the rest, remember why."""
        return await self._end(job_id, start, state, now, images, outcome=outcome)

    async def take_back(self, job_id: str) -> JobRecord:
        """The call was not made after all, and nothing can have been billed: it may be made later."""
        return await self._step(job_id, [JobState.SUBMITTING], state=JobState.ACCEPTED, sent_at=None)

    async def note_message(self, job_id: str, message_id: int) -> JobRecord:
        """Remember the message that a result is being put into."""
        return await self._step(job_id, [JobState.READY], result_message_id=message_id)

    async def cancel(self, job_id: str, now: float) -> JobRecord:
        """End a job that was not sent yet, and refund all of it."""
        return await self._end(job_id, [JobState.ACCEPTED], JobState.CANCELLED, now, 0, told=True)

    async def mark_told(self, job_id: str) -> None:
        """Note that the member has heard how the job ended."""
        async with self._database.write() as connection:
            await connection.execute(update(jobs).where(jobs.c.id == job_id).values(told=True))

    async def get(self, job_id: str) -> JobRecord:
        """One job; raises `WrongState` when there is none of this id."""
        async with self._database.read() as connection:
            return await get_job(connection, job_id)

    async def in_states(self, states: Iterable[JobState]) -> list[JobRecord]:
        """All jobs in these states, oldest first."""
        return await self._select(jobs.c.state.in_(list(states)))

    async def untold(self) -> list[JobRecord]:
        """The jobs that ended without a result and whose member has not heard of it."""
        return await self._select(jobs.c.state.in_([JobState.FAILED, JobState.UNKNOWN]), ~jobs.c.told)

    async def running(self, user_id: int) -> list[JobRecord]:
        """What a member has in the works, oldest first."""
        return await self._select(jobs.c.user_id == user_id, jobs.c.state.in_(ALIVE))

    async def pictures(self, job_id: str, kind: PictureKind) -> list[PictureRecord]:
        """The job's pictures of one kind, in order."""
        query = select(pictures).where(pictures.c.job_id == job_id, pictures.c.kind == kind)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(pictures.c.position))
            return [picture_of(row) for row in rows.mappings()]

    async def durations(self, model: str, resolution: str, *, last: int) -> list[float]:
        """How many seconds the API took for the last requests of this kind."""
        query = (
            select(jobs.c.answered_at - jobs.c.sent_at)
            .where(jobs.c.model == model, jobs.c.resolution == resolution, jobs.c.answered_at.is_not(None))
            .order_by(jobs.c.answered_at.desc())
            .limit(last)
        )
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def spent(self, limit: BudgetLimit) -> int:
        """What a holder has reserved and spent in a period."""
        async with self._database.read() as connection:
            return await credit_rules.spent(connection, limit)

    async def ledger(self, job_id: str | None = None) -> list[LedgerLine]:
        """The ledger's lines, of one job or of all."""
        async with self._database.read() as connection:
            return await credit_rules.ledger_lines(connection, job_id)

    async def unbalanced(self) -> list[str]:
        """The holders whose balance differs from the ledger."""
        async with self._database.read() as connection:
            return await credit_rules.unbalanced(connection)

    async def forget_tokens(self, now: float) -> None:
        """Drop the interaction tokens that are no longer good for anything."""
        async with self._database.write() as connection:
            await connection.execute(
                update(jobs)
                .where(jobs.c.interaction_token.is_not(None), jobs.c.token_expires_at < now)
                .values(interaction_token=None)
            )

    async def _step(
        self,
        job_id: str,
        start: Collection[JobState],
        results: Sequence[PictureRecord] = (),
        **values: Any,
    ) -> JobRecord:
        async with self._database.write() as connection:
            await move(connection, job_id, start, values)
            await add_pictures(connection, job_id, results)
            return await get_job(connection, job_id)

    async def _end(
        self,
        job_id: str,
        start: Collection[JobState],
        state: JobState,
        now: float,
        images: int,
        **values: Any,
    ) -> JobRecord:
        async with self._database.write() as connection:
            await move(connection, job_id, start, {"state": state, "ended_at": now, **values})
            job = await get_job(connection, job_id)
            await credit_rules.close(
                connection,
                job_id,
                now,
                delivered=images * job.price,
                billed=job.perhaps_billed * job.price,
            )
            return job

    async def _select(self, *conditions: ColumnElement[bool]) -> list[JobRecord]:
        async with self._database.read() as connection:
            rows = await connection.execute(select(jobs).where(*conditions).order_by(jobs.c.accepted_at))
            return [job_of(row) for row in rows.mappings()]

    @staticmethod
    async def _check_queue(connection: AsyncConnection, user_id: int, limits: QueueLimits) -> None:
        waiting = select(func.count()).select_from(jobs).where(jobs.c.state == JobState.ACCEPTED)
        if (await connection.execute(waiting)).scalar_one() >= limits.total:
            raise TooManyWaiting(member=False, limit=limits.total)
        own = waiting.where(jobs.c.user_id == user_id)
        if (await connection.execute(own)).scalar_one() >= limits.member:
            raise TooManyWaiting(member=True, limit=limits.member)
