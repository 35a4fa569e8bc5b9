"""Jobs and their pictures: each step is one transaction that starts from the state it names."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, bindparam, exists, select, update

from storage import credits as credit_rules
from storage import job_steps
from storage.database import Database
from storage.descent import giver
from storage.job_rows import find_jobs, get_job, move, picture_of
from storage.records import (
    RUNNING,
    BudgetLimit,
    JobRecord,
    JobState,
    LedgerLine,
    NewJob,
    PictureKind,
    PictureRecord,
    Place,
    QueueLimits,
)
from storage.server_tables import blocks
from storage.standing import Payment
from storage.statements import Statement, among
from storage.tables import jobs, pictures

WITHOUT = [JobState.FAILED, JobState.UNKNOWN, JobState.HELD]  # a result in its place


def _found(*conditions: ColumnElement[bool]) -> Statement:
    return Statement(select(jobs).where(*conditions).order_by(jobs.c.accepted_at))


_THIS_JOB = update(jobs).where(jobs.c.id == bindparam("job_id"))
_PROGRESS = Statement(_THIS_JOB.values(progress_message_id=bindparam("message_id")))
_NO_MESSAGE = Statement(_THIS_JOB.values(result_message_id=None))
_TOLD = Statement(_THIS_JOB.values(told=True))
_UNTOLD = _found(among(jobs.c.state, WITHOUT), ~jobs.c.told)
_WITH_PROGRESS = _found(
    jobs.c.state == JobState.DELIVERED,
    jobs.c.reply_to == jobs.c.request_id,
    jobs.c.progress_message_id.is_not(None),
)
_RUNNING = _found(jobs.c.user_id == bindparam("user_id"), among(jobs.c.state, RUNNING))
_OF_BLOCKED = _found(
    jobs.c.state == JobState.ACCEPTED,
    jobs.c.place == Place.GUILD,
    exists().where(
        blocks.c.guild_id == jobs.c.guild_id,
        blocks.c.user_id == jobs.c.user_id,
        blocks.c.until.is_(None) | (blocks.c.until > bindparam("now")),
    ),
)
_RECENT = Statement(
    select(jobs)
    .where(jobs.c.user_id == bindparam("user_id"))
    .order_by(jobs.c.accepted_at.desc(), jobs.c.id)
    .offset(bindparam("skip"))
    .limit(bindparam("limit"))
)
_HELD_SINCE = _found(jobs.c.state == JobState.HELD, jobs.c.ready_at < bindparam("before"))
_PICTURES = Statement(
    select(pictures)
    .where(pictures.c.job_id == bindparam("job_id"), pictures.c.kind == bindparam("kind"))
    .order_by(pictures.c.position)
)
_DURATIONS = Statement(
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
_FORGET_TOKENS = Statement(
    update(jobs)
    .where(jobs.c.interaction_token.is_not(None), jobs.c.token_expires_at < bindparam("now"))
    .values(interaction_token=None)
)


class JobStore:
    """Every statement about jobs; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(
        self,
        job: NewJob,
        sources: Sequence[PictureRecord],
        payment: Payment,
        queue: QueueLimits,
    ) -> JobRecord:
        """Write the job and reserve its credits in one transaction.

        Raises `TooManyWaiting`, `BudgetExhausted`, `AlreadyAccepted`, `AlreadyPressed`, `GoneMeanwhile` or
        what `payment` refuses with, and then nothing was written.
        """
        return await self._database.write(job_steps.accept, job, sources, payment, queue)

    async def check(
        self, request_id: int, credits_: int, payment: Payment, queue: QueueLimits, now: float
    ) -> None:
        """Raise what `accept` would raise now but for `AlreadyPressed` and `GoneMeanwhile`.

        A look beforehand, before pictures are fetched for nothing.
        """
        await self._database.read(job_steps.check, request_id, credits_, payment, queue, now)

    async def save_results(
        self, job_id: str, now: float, results: Sequence[PictureRecord], *, of: int
    ) -> JobRecord | None:
        """Note the pictures that are on disk now; the ones that could not be had are left out.

        Gives None, and changes nothing, where more have come than the number that these were fetched of.
        """
        return await self._database.write(job_steps.save_results, job_id, now, results, of)

    async def hold(self, job_id: str, outcome: str) -> JobRecord:
        """Keep a result that cannot be shown where it belongs, until its member comes for it."""
        values = {"state": JobState.HELD, "outcome": outcome, "told": False}
        return await self._database.write(move, job_id, [JobState.READY], values)

    async def deliver(self, job_id: str, now: float, *, message_id: int | None, images: int) -> JobRecord:
        """End the job: settle the images that the member got, refund the others."""
        values = {"state": JobState.DELIVERED, "result_message_id": message_id, "outcome": None, "told": True}
        return await self._database.write(
            job_steps.end, job_id, [JobState.READY, JobState.HELD], now, images, values
        )

    async def fail(self, job_id: str, now: float, *, outcome: str, images: int = 0) -> JobRecord:
        """End the job without a result: settle only what `images` names, refund the rest, remember why.

        It ends as unknown where a call may have been billed; what is still open then is lost.
        """
        return await self._database.write(job_steps.fail, job_id, now, outcome, images)

    async def give_up(self, job_id: str, now: float, *, outcome: str, of: int) -> JobRecord | None:
        """End the job as `fail` does, as long as no more results than so many have come while it was made.

        Gives None where more have come: they are to be fetched first. What is still open is lost either way.
        """
        return await self._database.write(job_steps.give_up, job_id, now, outcome, of)

    async def note_progress(self, job_id: str, message_id: int | None) -> None:
        """Remember the message that shows how far the job is, or that it is gone."""
        await self._database.write(_PROGRESS.run, job_id=job_id, message_id=message_id)

    async def forget_message(self, job_id: str) -> None:
        """The message of a result was deleted."""
        await self._database.write(_NO_MESSAGE.run, job_id=job_id)

    async def note_message(self, job_id: str, message_id: int) -> JobRecord:
        """Remember the message that a result is being put into."""
        values = {"result_message_id": message_id}
        return await self._database.write(move, job_id, [JobState.READY], values)

    async def cancel(self, job_id: str, now: float) -> JobRecord:
        """End a job that was not sent yet, and refund all of it."""
        values = {"state": JobState.CANCELLED, "told": True}
        return await self._database.write(job_steps.end, job_id, [JobState.ACCEPTED], now, 0, values)

    async def mark_told(self, job_id: str) -> None:
        """Note that the member has heard how the job ended."""
        await self._database.write(_TOLD.run, job_id=job_id)

    async def get(self, job_id: str) -> JobRecord:
        """One job; raises `WrongState` when there is none of this id."""
        return await self._database.read(get_job, job_id)

    async def giver(self, job_id: str) -> JobRecord:
        """The job for which the pictures were given that this one works on, over however many copies."""
        return await self._database.read(giver, job_id)

    async def in_states(self, states: Iterable[JobState]) -> list[JobRecord]:
        """All jobs in these states, oldest first."""
        return await self._database.read(find_jobs, _found(among(jobs.c.state, states)))

    async def untold(self) -> list[JobRecord]:
        """The jobs that brought no result to their place, and whose member has not heard of it."""
        return await self._database.read(find_jobs, _UNTOLD)

    async def with_progress(self) -> list[JobRecord]:
        """The delivered jobs that a message asked for, and whose progress was not taken away from there."""
        return await self._database.read(find_jobs, _WITH_PROGRESS)

    async def running(self, user_id: int) -> list[JobRecord]:
        """What a member has in the works, oldest first."""
        return await self._database.read(find_jobs, _RUNNING, user_id=user_id)

    async def of_blocked(self, now: float) -> list[JobRecord]:
        """What waits although its member is blocked where it was asked for, oldest first."""
        return await self._database.read(find_jobs, _OF_BLOCKED, now=now)

    async def recent(self, user_id: int, *, skip: int, limit: int) -> list[JobRecord]:
        """A member's jobs, newest first: so many after those that are skipped."""
        return await self._database.read(find_jobs, _RECENT, user_id=user_id, skip=skip, limit=limit)

    async def held_since(self, before: float) -> list[JobRecord]:
        """The results that have been held for their members since before this moment."""
        return await self._database.read(find_jobs, _HELD_SINCE, before=before)

    async def pictures(self, job_id: str, kind: PictureKind) -> list[PictureRecord]:
        """The job's pictures of one kind, in order."""
        rows = await self._database.read(_PICTURES.rows, job_id=job_id, kind=kind)
        return [picture_of(row) for row in rows]

    async def durations(self, model: str, resolution: str, *, last: int) -> list[float]:
        """How many seconds the API took for the last requests of this kind."""
        return await self._database.read(_DURATIONS.column, model=model, resolution=resolution, last=last)

    async def spent(self, limit: BudgetLimit) -> int:
        """What a holder has reserved and spent in a period."""
        return await self._database.read(credit_rules.spent, limit)

    async def paid(self, job_ids: Sequence[str]) -> dict[str, int]:
        """What members have paid for these jobs for good; jobs that cost nothing are left out."""
        return await self._database.read(credit_rules.paid, job_ids)

    async def ledger(self, job_id: str | None = None) -> list[LedgerLine]:
        """The ledger's lines, of one job or of all."""
        return await self._database.read(credit_rules.ledger_lines, job_id)

    async def forget_tokens(self, now: float) -> None:
        """Drop the interaction tokens that are no longer good for anything."""
        await self._database.write(_FORGET_TOKENS.run, now=now)
