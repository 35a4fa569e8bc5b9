"""What may be accepted: so many jobs wait at most, and a press does one job at a time.

These functions take a connection, so that they see the job that was just written.
"""

import sqlite3

from sqlalchemy import bindparam, exists, func, select

from storage.errors import AlreadyPressed, GoneMeanwhile, TooManyWaiting
from storage.records import AGAIN, RUNNING, JobState, NewJob, PictureKind, QueueLimits
from storage.statements import Statement, among
from storage.tables import jobs, pictures

PRESS_LASTS = 10.0  # seconds in which a press that is made again is the same press

_OWN = func.count().filter(jobs.c.user_id == bindparam("user_id"))
_WAITING = Statement(
    select(func.count().label("total"), _OWN.label("own")).where(jobs.c.state == JobState.ACCEPTED)
)
_PRESSED = Statement(
    select(jobs.c.id)
    .where(
        jobs.c.user_id == bindparam("user_id"),
        jobs.c.press == bindparam("press"),
        jobs.c.id != bindparam("itself"),
        among(jobs.c.state, RUNNING) | (jobs.c.accepted_at > bindparam("since")),
    )
    .limit(1)
)

_PRESSED_JOB = Statement(
    select(
        jobs.c.prompt,
        exists()
        .where(pictures.c.job_id == jobs.c.id, pictures.c.kind == PictureKind.SOURCE)
        .where(pictures.c.path.is_not(None))
        .label("has_sources"),
    ).where(jobs.c.id == bindparam("job_id"))
)


def check_queue(
    connection: sqlite3.Connection, user_id: int, limits: QueueLimits, *, written: int = 0
) -> None:
    """Raise `TooManyWaiting` if no job more may wait, beside those just written."""
    [waiting] = _WAITING.rows(connection, user_id=user_id)
    if waiting["total"] - written >= limits.total:
        raise TooManyWaiting(member=False, limit=limits.total)
    if waiting["own"] - written >= limits.member:
        raise TooManyWaiting(member=True, limit=limits.member)


def refuse_pressed(connection: sqlite3.Connection, job: NewJob) -> None:
    """Raise `AlreadyPressed` if this job's press was made just before, or its job runs."""
    if job.press is None:
        return
    since = job.accepted_at - PRESS_LASTS
    if _PRESSED.row(connection, user_id=job.user_id, press=job.press, itself=job.id, since=since):
        raise AlreadyPressed(job.press)


def refuse_gone(connection: sqlite3.Connection, job: NewJob) -> None:
    """Raise `GoneMeanwhile` if the words or pictures of a press were deleted after they were read for it."""
    if job.press is None:
        return
    action, job_id, *_ = job.press.split(":")
    pressed = _PRESSED_JOB.row(connection, job_id=job_id)
    if pressed and not pressed["prompt"]:
        raise GoneMeanwhile(words=True)
    if pressed and action == AGAIN and job.inputs and not pressed["has_sources"]:
        raise GoneMeanwhile(words=False)
