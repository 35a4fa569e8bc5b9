"""What happens to a job in one transaction, and all of it or nothing."""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import bindparam, insert, select

from storage import credits as credit_rules
from storage.accounts import one_moment
from storage.admission import check_queue, refuse_gone, refuse_pressed
from storage.call_steps import has_lost, lose_open_calls
from storage.ceilings import note_use
from storage.errors import AlreadyAccepted
from storage.job_rows import add_pictures, count_results, get_job, job_of, move, replace_results
from storage.records import ALIVE, JobRecord, JobState, NewJob, PictureRecord, QueueLimits
from storage.standing import Payment, look
from storage.statements import Statement, given
from storage.tables import jobs

_FRESH = {"state": JobState.ACCEPTED, "told": False, "perhaps_billed": 0, "late": False}
_NEW_JOB = Statement(
    insert(jobs).values(given(field.name for field in fields(NewJob))).values(_FRESH).returning(jobs)
)
_SAME = Statement(select(jobs.c.id).where(jobs.c.request_id == bindparam("request_id")))
_BEING_MADE = (JobState.SUBMITTING, JobState.SUBMITTED)


def accept(
    connection: sqlite3.Connection,
    job: NewJob,
    sources: Sequence[PictureRecord],
    payment: Payment,
    queue: QueueLimits,
) -> JobRecord:
    """Write a job, its sources and its reservation.

    Raises as `check` does, and `AlreadyPressed` or `GoneMeanwhile` for what came of a button.
    """
    [written] = _NEW_JOB.rows(connection, **asdict(job))  # what comes a second time ends here
    refuse_pressed(connection, job)
    refuse_gone(connection, job)
    check_queue(connection, job.user_id, queue, written=1)
    draw = payment.decide(look(connection, payment.whose, job.accepted_at))
    credit_rules.reserve(connection, job.id, job.credits, draw, job.accepted_at)
    if draw.watched and job.server_id is not None:
        note_use(connection, job.server_id, draw.watched)
    add_pictures(connection, job.id, sources)
    return job_of(written)


def check(
    connection: sqlite3.Connection,
    request_id: int,
    credits_: int,
    payment: Payment,
    queue: QueueLimits,
    now: float,
) -> None:
    """Raise `AlreadyAccepted`, `TooManyWaiting`, `BudgetExhausted` or what `payment` refuses with."""
    with one_moment(connection):
        if _SAME.row(connection, request_id=request_id):
            raise AlreadyAccepted(f"request {request_id}")
        check_queue(connection, payment.whose.user_id, queue)
        credit_rules.check(connection, credits_, payment.decide(look(connection, payment.whose, now)))


def save_results(
    connection: sqlite3.Connection, job_id: str, now: float, results: Sequence[PictureRecord], of: int
) -> JobRecord | None:
    """Bring a job to where its pictures are on disk, unless more have come than these were fetched of."""
    if count_results(connection, job_id) != of and get_job(connection, job_id).state in _BEING_MADE:
        return None
    job = move(connection, job_id, _BEING_MADE, {"state": JobState.READY, "ready_at": now})
    replace_results(connection, job_id, results)
    return job


def give_up(
    connection: sqlite3.Connection, job_id: str, now: float, outcome: str, of: int
) -> JobRecord | None:
    """Do as `fail` does; where more pictures have come than so many, lose only what an API still makes."""
    if count_results(connection, job_id) > of and get_job(connection, job_id).state in _BEING_MADE:
        lose_open_calls(connection, job_id, outcome)
        return None
    return fail(connection, job_id, now, outcome, images=0)


def fail(connection: sqlite3.Connection, job_id: str, now: float, outcome: str, images: int) -> JobRecord:
    """End a job without a result, as unknown where one of its calls may have been billed."""
    lose_open_calls(connection, job_id, outcome)
    state = JobState.UNKNOWN if has_lost(connection, job_id) else JobState.FAILED
    return end(connection, job_id, ALIVE, now, images, {"state": state, "outcome": outcome})


def end(
    connection: sqlite3.Connection,
    job_id: str,
    start: Collection[JobState],
    now: float,
    images: int,
    values: dict[str, Any],
) -> JobRecord:
    """End a job and close its credits; those of a late one were closed when it ended first."""
    job = move(connection, job_id, start, {"ended_at": now, **values})
    if not job.late:
        billed = job.perhaps_billed * job.price
        credit_rules.close(connection, job_id, now, delivered=images * job.price, billed=billed)
    return job
