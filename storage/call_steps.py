"""What happens to a paid call in one transaction, and to the job that it belongs to."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from functools import cache

from sqlalchemy import Integer, bindparam, case, delete, exists, func, insert, select, update

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
from storage.statements import Statement, among, given
from storage.tables import calls, jobs

OPEN = [state for state in CallState if not state.ended]

_ITS_CALLS = calls.c.job_id == bindparam("of_job")
_THIS_CALL = _ITS_CALLS & (calls.c.position == bindparam("at_position"))
_NEW_CALL = Statement(
    insert(calls)
    .values(given(field.name for field in fields(NewCall)))
    .values(state=CallState.SUBMITTING)
    .returning(calls)
)
_TAKE_BACK = Statement(
    delete(calls).where(_THIS_CALL, calls.c.state == CallState.SUBMITTING).returning(calls.c.position)
)
_LEARN_TASK = Statement(
    update(calls)
    .where(_THIS_CALL)
    .values(task_id=func.coalesce(calls.c.task_id, bindparam("told")))
    .returning(calls)
)
_TOLD = Statement(
    update(calls)
    .where(_THIS_CALL, calls.c.state == CallState.SUBMITTING, calls.c.task_id.is_not(None))
    .values(
        state=CallState.SUBMITTED,
        sent_at=bindparam("now"),
        trace_id=func.coalesce(bindparam("trace"), calls.c.trace_id),
    )
    .returning(calls)
)
_LEFT = Statement(select(calls.c.position).where(_ITS_CALLS))
_UNANSWERED = Statement(select(calls).where(calls.c.state == CallState.SUBMITTING))
_LOST = _ITS_CALLS & (calls.c.state == CallState.UNKNOWN)
_HAS_LOST = Statement(select(exists().where(_LOST)))
_WAIT_AGAIN = Statement(update(calls).where(_LOST).values(state=CallState.SUBMITTED))
_LOSE_OPEN = Statement(
    update(calls)
    .where(_ITS_CALLS, among(calls.c.state, OPEN))
    .values(state=CallState.UNKNOWN, outcome=bindparam("outcome"))
    .returning(calls.c.images)
)
_SEND = moving(
    [JobState.ACCEPTED, JobState.SUBMITTING],
    {"state": JobState.SUBMITTING, "sent_at": func.coalesce(jobs.c.sent_at, bindparam("now"))},
)

# How far a job is, by its calls, and how many images more may have been billed; those of a late job were
# counted before. It is submitted once every picture has its call and no call is just being made.
_COUNTED = jobs.c.perhaps_billed + case((jobs.c.late, 0), else_=bindparam("billed", type_=Integer))
_ASKED = select(func.sum(calls.c.images)).where(_ITS_CALLS).scalar_subquery()
_IN_MAKING = exists().where(_ITS_CALLS, calls.c.state == CallState.SUBMITTING)
_COMPLETE = (jobs.c.state == JobState.SUBMITTING) & (jobs.c.count == _ASKED) & ~_IN_MAKING
_NOTED = {"perhaps_billed": _COUNTED, "state": case((_COMPLETE, JobState.SUBMITTED), else_=jobs.c.state)}
_NOTE = Statement(update(jobs).where(jobs.c.id == bindparam("of_job")).values(_NOTED))
_ANSWERED = moving([JobState.SUBMITTING, JobState.SUBMITTED], {**_NOTED, "answered_at": bindparam("now")})


def start(connection: sqlite3.Connection, call: NewCall) -> CallRecord:
    """Write the intent to pay; raises `WrongState`."""
    make_step(connection, _SEND, call.job_id, {"now": call.sent_at})
    [started] = _NEW_CALL.rows(connection, **asdict(call))
    return call_of(started)


def take_back(connection: sqlite3.Connection, job_id: str, position: int) -> None:
    """Make a call that was not taken undone, and a job without any other as it was; raises `WrongState`."""
    if not _TAKE_BACK.row(connection, of_job=job_id, at_position=position):
        raise WrongState(f"call {position} of job {job_id} is not being made")
    if not _LEFT.row(connection, of_job=job_id):
        move(connection, job_id, [JobState.SUBMITTING], {"state": JobState.ACCEPTED, "sent_at": None})


def taken(connection: sqlite3.Connection, job_id: str, position: int, now: float, ticket: Ticket) -> None:
    """Note that the API makes the pictures; raises `WrongState`."""
    values = {"state": CallState.SUBMITTED, "sent_at": now} | ticket.ids
    _change(connection, job_id, position, [CallState.SUBMITTING], values)
    _NOTE.run(connection, of_job=job_id, billed=0)


def done(connection: sqlite3.Connection, job_id: str, position: int, now: float, ticket: Ticket) -> None:
    """Write the pictures that a call has brought, also one that was lost; raises `WrongState`."""
    found = {"state": CallState.DONE, "outcome": None} | ticket.ids
    billed = len(ticket.urls)
    try:
        _change(connection, job_id, position, OPEN, found)
    except WrongState:  # it was lost, and counted as billed then
        _change(connection, job_id, position, [CallState.UNKNOWN], found)
        billed = 0
    _add_results(connection, job_id, position, ticket)
    make_step(connection, _ANSWERED, job_id, {"now": now, "billed": billed})


def fail(
    connection: sqlite3.Connection,
    job_id: str,
    position: int,
    now: float,
    ids: Ticket,
    outcome: str,
    state: CallState,
) -> CallRecord:
    """Write why a call brings nothing, and give it; raises `WrongState`.

    Where a callback has told its task, no more than its answer can be lost: it was taken.
    """
    told = None
    if state is CallState.UNKNOWN:
        told = _TOLD.row(connection, of_job=job_id, at_position=position, now=now, trace=ids.trace_id)
    if told:
        call = call_of(told)
    else:
        call = _change(connection, job_id, position, OPEN, {"state": state, "outcome": outcome} | ids.ids)
    _NOTE.run(connection, of_job=job_id, billed=call.images if call.state is CallState.UNKNOWN else 0)
    return call


def learn_task(connection: sqlite3.Connection, job_id: str, position: int, task_id: str) -> CallRecord:
    """Keep the task of a call that has none, and give the call; raises `WrongState` when there is none."""
    row = _LEARN_TASK.row(connection, of_job=job_id, at_position=position, told=task_id)
    if row is None:
        raise WrongState(f"job {job_id} has no call {position}")
    return call_of(row)


def lose_unanswered(connection: sqlite3.Connection, outcome: str) -> list[JobRecord]:
    """Lose every call without an answer, unless a callback has told its task; gives the jobs of the lost."""
    nothing = Ticket(None, None)
    settled = [
        fail(connection, call.job_id, call.position, call.sent_at, nothing, outcome, CallState.UNKNOWN)
        for call in map(call_of, _UNANSWERED.rows(connection))
    ]
    lost = {call.job_id for call in settled if call.state is CallState.UNKNOWN}
    return [get_job(connection, job_id) for job_id in lost]


def lose_open_calls(connection: sqlite3.Connection, job_id: str, outcome: str) -> None:
    """A job ends now: whatever an API still makes for it is lost, and perhaps billed."""
    lost = _LOSE_OPEN.column(connection, of_job=job_id, outcome=outcome)
    _NOTE.run(connection, of_job=job_id, billed=sum(lost))


def has_lost(connection: sqlite3.Connection, job_id: str) -> bool:
    """Whether a call of the job may have been billed for nothing."""
    return bool(_HAS_LOST.value(connection, of_job=job_id))


def bring(
    connection: sqlite3.Connection, job_id: str, position: int, now: float, ticket: Ticket
) -> JobRecord | None:
    """Write the pictures that a callback has brought; gives the job if it was over, and goes on with them.

    Raises `WrongState` when they change nothing.
    """
    if get_job(connection, job_id).state is JobState.UNKNOWN:
        return _revive(connection, job_id, position, now, ticket)
    done(connection, job_id, position, now, ticket)
    return None


def _revive(
    connection: sqlite3.Connection, job_id: str, position: int, now: float, ticket: Ticket
) -> JobRecord:
    """Take up a job whose lost call has brought pictures, and wait for its others; raises `WrongState`."""
    values = {
        "state": JobState.SUBMITTED,
        "late": True,
        "answered_at": now,
        "ended_at": None,
        "outcome": None,
    }
    job = move(connection, job_id, [JobState.UNKNOWN], values)
    found = {"state": CallState.DONE, "outcome": None} | ticket.ids
    _change(connection, job_id, position, [CallState.UNKNOWN], found)
    _WAIT_AGAIN.run(connection, of_job=job_id)
    _add_results(connection, job_id, position, ticket)
    return job


def _change(
    connection: sqlite3.Connection,
    job_id: str,
    position: int,
    start_: Sequence[CallState],
    values: Mapping[str, object],
) -> CallRecord:
    changing = _changing(tuple(start_), tuple(values))
    row = changing.row(connection, of_job=job_id, at_position=position, **values)
    if row is None:
        raise WrongState(f"call {position} of job {job_id} is not in {', '.join(start_)}")
    return call_of(row)


@cache
def _changing(start_: tuple[CallState, ...], columns: tuple[str, ...]) -> Statement:
    from_there = _THIS_CALL & among(calls.c.state, start_)
    return Statement(update(calls).where(from_there).values(given(columns)).returning(calls))


def _add_results(connection: sqlite3.Connection, job_id: str, position: int, ticket: Ticket) -> None:
    found = enumerate(ticket.urls, position)
    results = [PictureRecord(PictureKind.RESULT, number, url=url) for number, url in found]
    add_pictures(connection, job_id, results)
