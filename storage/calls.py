"""The paid calls of jobs: the intent before each call, the API's answer before anything is done with it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from storage.database import Database
from storage.errors import WrongState
from storage.job_rows import add_pictures, call_of, get_job, make_step, move, moving
from storage.records import (
    CallRecord,
    CallState,
    JobRecord,
    JobState,
    NewCall,
    PictureKind,
    PictureRecord,
    Ticket,
)
from storage.tables import calls, jobs

OPEN = [state for state in CallState if not state.ended]

_ITS_CALLS = calls.c.job_id == bindparam("of_job")
_THIS_CALL = _ITS_CALLS & (calls.c.position == bindparam("at_position"))
_OF_JOB = select(calls).where(_ITS_CALLS).order_by(calls.c.position)
_NEW_CALL = insert(calls).returning(calls)
_SEND = moving(
    [JobState.ACCEPTED, JobState.SUBMITTING],
    {"state": JobState.SUBMITTING, "sent_at": func.coalesce(jobs.c.sent_at, bindparam("now"))},
)


class CallStore:
    """Every statement about calls; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, call: NewCall) -> CallRecord:
        """Commit the intent to pay, before the call that may be billed; raises `WrongState`."""
        async with self._database.write() as connection:
            await make_step(connection, _SEND, call.job_id, {"now": call.sent_at})
            started = await connection.execute(_NEW_CALL, asdict(call) | {"state": CallState.SUBMITTING})
            return call_of(started.mappings().one())

    async def take_back(self, job_id: str, position: int) -> None:
        """The call was not taken and nothing can have been billed: its pictures may be asked for anew.

        A job without any call stands as on its first day, and can be cancelled again.
        """
        async with self._database.write() as connection:
            taken = await connection.execute(
                delete(calls).where(_is(job_id, position), calls.c.state == CallState.SUBMITTING)
            )
            if taken.rowcount != 1:
                raise WrongState(f"call {position} of job {job_id} is not being made")
            left = select(calls.c.position).where(calls.c.job_id == job_id)
            if not (await connection.execute(left)).first():
                values = {"state": JobState.ACCEPTED, "sent_at": None}
                await move(connection, job_id, [JobState.SUBMITTING], values)

    async def taken(self, job_id: str, position: int, now: float, ticket: Ticket) -> None:
        """Commit that the API has taken the call, and makes the pictures from now on; raises `WrongState`."""
        values = {"state": CallState.SUBMITTED, "sent_at": now} | ticket.ids
        async with self._database.write() as connection:
            await _change(connection, job_id, position, [CallState.SUBMITTING], values)
            await _note(connection, job_id)

    async def done(self, job_id: str, position: int, now: float, ticket: Ticket) -> None:
        """Commit the pictures that a call has brought, also one that was lost, while its job goes on.

        Raises `WrongState` when it has ended otherwise.
        """
        async with self._database.write() as connection:
            found = {"state": CallState.DONE, "outcome": None} | ticket.ids
            billed = len(ticket.urls)
            try:
                await _change(connection, job_id, position, OPEN, found)
            except WrongState:  # it was lost, and counted as billed then
                await _change(connection, job_id, position, [CallState.UNKNOWN], found)
                billed = 0
            await _add_results(connection, job_id, position, ticket)
            await make_step(connection, _ANSWERED, job_id, {"now": now, "billed": billed})

    async def failed(self, job_id: str, position: int, ids: Ticket, *, outcome: str, lost: bool) -> None:
        """Commit that a call brings nothing; `lost` where it may have been billed all the same.

        Raises `WrongState` when it has ended already.
        """
        state = CallState.UNKNOWN if lost else CallState.FAILED
        values = {"state": state, "outcome": outcome} | ids.ids
        async with self._database.write() as connection:
            call = await _change(connection, job_id, position, OPEN, values)
            await _note(connection, job_id, billed=call.images if lost else 0)

    async def learn_task(self, job_id: str, position: int, task_id: str) -> None:
        """Keep the task id that a callback has told, where the answer that would have is not there."""
        unknown = _is(job_id, position) & calls.c.task_id.is_(None)
        async with self._database.write() as connection:
            await connection.execute(update(calls).where(unknown).values(task_id=task_id))

    async def lose_unanswered(self, outcome: str) -> list[JobRecord]:
        """What was being sent when the process ended may have been billed: such calls are lost.

        Gives the jobs that they belong to.
        """
        async with self._database.write() as connection:
            found = await connection.execute(select(calls).where(calls.c.state == CallState.SUBMITTING))
            cut_off = [call_of(row) for row in found.mappings()]
            values = {"state": CallState.UNKNOWN, "outcome": outcome}
            for call in cut_off:
                await _change(connection, call.job_id, call.position, OPEN, values)
                await _note(connection, call.job_id, billed=call.images)
            return [await get_job(connection, job_id) for job_id in {call.job_id for call in cut_off}]

    async def revive(self, job_id: str, position: int, now: float, ticket: Ticket) -> JobRecord:
        """The pictures of a lost call have come after all, and their job goes on, for free.

        The job's other lost calls may follow, so they are waited for again. Raises `WrongState` unless the
        job has ended as unknown.
        """
        async with self._database.write() as connection:
            values = {
                "state": JobState.SUBMITTED,
                "late": True,
                "answered_at": now,
                "ended_at": None,
                "outcome": None,
            }
            job = await move(connection, job_id, [JobState.UNKNOWN], values)
            found = {"state": CallState.DONE, "outcome": None} | ticket.ids
            await _change(connection, job_id, position, [CallState.UNKNOWN], found)
            lost = (calls.c.job_id == job_id) & (calls.c.state == CallState.UNKNOWN)
            await connection.execute(update(calls).where(lost).values(state=CallState.SUBMITTED))
            await _add_results(connection, job_id, position, ticket)
            return job

    async def get(self, job_id: str, position: int) -> CallRecord:
        """One call; raises `WrongState` when there is none."""
        found = await self._select(_is(job_id, position))
        if not found:
            raise WrongState(f"job {job_id} has no call {position}")
        return found[0]

    async def of_job(self, job_id: str) -> list[CallRecord]:
        """The calls of a job, in the order of their pictures."""
        async with self._database.read() as connection:
            found = await connection.execute(_OF_JOB, {"of_job": job_id})
            return [call_of(row) for row in found.mappings()]

    async def called_back(self, provider: str, callback_hash: str) -> CallRecord | None:
        """The call that an API may call us back for under this secret."""
        found = await self._select(calls.c.provider == provider, calls.c.callback_hash == callback_hash)
        return found[0] if found else None

    async def may_fetch_inputs(self, inputs_hash: str) -> str | None:
        """The job, not ended, whose inputs may be fetched under this secret."""
        query = (
            select(calls.c.job_id)
            .join_from(calls, jobs)
            .where(calls.c.inputs_hash == inputs_hash, jobs.c.ended_at.is_(None))
        )
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def _select(self, *conditions: ColumnElement[bool]) -> list[CallRecord]:
        query = select(calls).where(*conditions).order_by(calls.c.job_id, calls.c.position)
        async with self._database.read() as connection:
            return [call_of(row) for row in (await connection.execute(query)).mappings()]


def _is(job_id: str, position: int) -> ColumnElement[bool]:
    return (calls.c.job_id == job_id) & (calls.c.position == position)


async def _change(
    connection: AsyncConnection,
    job_id: str,
    position: int,
    start: Sequence[CallState],
    values: Mapping[str, object],
) -> CallRecord:
    new = {f"new_{name}": each for name, each in values.items()}
    changed = await connection.execute(
        _changing(tuple(start), tuple(values)), {"of_job": job_id, "at_position": position, **new}
    )
    row = changed.mappings().one_or_none()
    if row is None:
        raise WrongState(f"call {position} of job {job_id} is not in {', '.join(start)}")
    return call_of(row)


@cache
def _changing(start: tuple[CallState, ...], columns: tuple[str, ...]) -> ReturningUpdate[Any]:
    from_there = calls.c.state.in_([literal(state.value) for state in start])
    values: dict[str, Any] = {column: bindparam(f"new_{column}") for column in columns}
    return update(calls).where(_THIS_CALL, from_there).values(values).returning(calls)


# With so many images more; those of a late job were counted before.
_COUNTED = jobs.c.perhaps_billed + case((jobs.c.late, 0), else_=bindparam("billed", type_=Integer))
_ASKED = select(func.sum(calls.c.images)).where(_ITS_CALLS).scalar_subquery()
_IN_MAKING = exists().where(_ITS_CALLS, calls.c.state == CallState.SUBMITTING)
_COMPLETE = (jobs.c.state == JobState.SUBMITTING) & (jobs.c.count == _ASKED) & ~_IN_MAKING
_NOTED = {"perhaps_billed": _COUNTED, "state": case((_COMPLETE, JobState.SUBMITTED), else_=jobs.c.state)}
_NOTE = update(jobs).where(jobs.c.id == bindparam("of_job")).values(_NOTED)
_ANSWERED = moving([JobState.SUBMITTING, JobState.SUBMITTED], {**_NOTED, "answered_at": bindparam("now")})


async def _note(connection: AsyncConnection, job_id: str, *, billed: int = 0) -> None:
    """Note in the job how far its calls are, and how many images one may have been billed for.

    It is submitted once every picture has its call and no call is just being made.
    """
    await connection.execute(_NOTE, {"of_job": job_id, "billed": billed})


async def _add_results(connection: AsyncConnection, job_id: str, position: int, ticket: Ticket) -> None:
    found = enumerate(ticket.urls, position)
    results = [PictureRecord(PictureKind.RESULT, number, url=url) for number, url in found]
    await add_pictures(connection, job_id, results)


async def lose_open_calls(connection: AsyncConnection, job_id: str, outcome: str) -> None:
    """A job ends now: whatever an API still makes for it is lost, and perhaps billed."""
    lost = await connection.execute(
        update(calls)
        .where(calls.c.job_id == job_id, calls.c.state.in_(OPEN))
        .values(state=CallState.UNKNOWN, outcome=outcome)
        .returning(calls.c.images)
    )
    await _note(connection, job_id, billed=sum(lost.scalars()))
