"""The paid calls of jobs: the intent before each call, the API's answer before anything is done with it."""

import sqlite3
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select

from storage import call_steps
from storage.database import Database
from storage.errors import WrongState
from storage.job_rows import call_of
from storage.records import CallRecord, CallState, JobRecord, NewCall, Ticket
from storage.statements import Statement
from storage.tables import calls, jobs


def _found(*conditions: ColumnElement[bool]) -> Statement:
    return Statement(select(calls).where(*conditions).order_by(calls.c.job_id, calls.c.position))


_ITS_CALLS = calls.c.job_id == bindparam("job_id")
_THIS_CALL = _ITS_CALLS & (calls.c.position == bindparam("position"))
_CALL = _found(_THIS_CALL)
_OF_JOB = _found(_ITS_CALLS)
_CALLED_BACK = _found(
    calls.c.provider == bindparam("provider"), calls.c.callback_hash == bindparam("callback_hash")
)
_MAY_FETCH_INPUTS = Statement(
    select(calls.c.job_id)
    .join_from(calls, jobs)
    .where(calls.c.inputs_hash == bindparam("inputs_hash"), jobs.c.ended_at.is_(None))
)


class CallStore:
    """Every statement about calls; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, call: NewCall) -> CallRecord:
        """Commit the intent to pay, before the call that may be billed; raises `WrongState`."""
        return await self._database.write(call_steps.start, call)

    async def take_back(self, job_id: str, position: int) -> None:
        """The call was not taken and nothing can have been billed: its pictures may be asked for anew.

        A job without any call stands as on its first day, and can be cancelled again.
        """
        await self._database.write(call_steps.take_back, job_id, position)

    async def taken(self, job_id: str, position: int, now: float, ticket: Ticket) -> None:
        """Commit that the API has taken the call, and makes the pictures from now on; raises `WrongState`."""
        await self._database.write(call_steps.taken, job_id, position, now, ticket)

    async def done(self, job_id: str, position: int, now: float, ticket: Ticket) -> None:
        """Commit the pictures that a call has brought, also one that was lost, while its job goes on.

        Raises `WrongState` when it has ended otherwise.
        """
        await self._database.write(call_steps.done, job_id, position, now, ticket)

    async def failed(
        self, job_id: str, position: int, now: float, ids: Ticket, *, outcome: str, lost: bool
    ) -> CallRecord:
        """Commit that a call brings nothing; `lost` where it may have been billed all the same.

        Gives the call, which goes on if it is the answer alone that was lost: a callback has told its task.
        Raises `WrongState` when it has ended already.
        """
        state = CallState.UNKNOWN if lost else CallState.FAILED
        return await self._database.write(call_steps.fail, job_id, position, now, ids, outcome, state)

    async def learn_task(self, job_id: str, position: int, task_id: str) -> CallRecord:
        """Keep the task id that a callback has told, where none is known yet.

        Gives the call as it is now; raises `WrongState` when there is none any more.
        """
        return await self._database.write(call_steps.learn_task, job_id, position, task_id)

    async def lose_unanswered(self, outcome: str) -> list[JobRecord]:
        """What was being sent when the process ended may have been billed: such calls are lost.

        Gives the jobs that they belong to. Where a callback has told the task, the call was taken instead.
        """
        return await self._database.write(call_steps.lose_unanswered, outcome)

    async def bring(self, job_id: str, position: int, now: float, ticket: Ticket) -> JobRecord | None:
        """Commit the pictures that a callback has brought, whether its call was lost or not.

        Where the job has ended as unknown it goes on, for free, and is given. Its other lost calls may
        follow, so they are waited for again. Raises `WrongState` when the pictures change nothing.
        """
        return await self._database.write(call_steps.bring, job_id, position, now, ticket)

    async def get(self, job_id: str, position: int) -> CallRecord:
        """One call; raises `WrongState` when there is none."""
        found = await self._database.read(_calls, _CALL, job_id=job_id, position=position)
        if not found:
            raise WrongState(f"job {job_id} has no call {position}")
        return found[0]

    async def of_job(self, job_id: str) -> list[CallRecord]:
        """The calls of a job, in the order of their pictures."""
        return await self._database.read(_calls, _OF_JOB, job_id=job_id)

    async def called_back(self, provider: str, callback_hash: str) -> CallRecord | None:
        """The call that an API may call us back for under this secret."""
        found = await self._database.read(
            _calls, _CALLED_BACK, provider=provider, callback_hash=callback_hash
        )
        return found[0] if found else None

    async def may_fetch_inputs(self, inputs_hash: str) -> str | None:
        """The job, not ended, whose inputs may be fetched under this secret."""
        return await self._database.read(_MAY_FETCH_INPUTS.value, inputs_hash=inputs_hash)


def _calls(connection: sqlite3.Connection, statement: Statement, /, **values: Any) -> list[CallRecord]:
    return [call_of(row) for row in statement.rows(connection, **values)]
