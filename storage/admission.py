"""What may be accepted: so many jobs wait at most, and a press does one job at a time.

These functions take a connection, so that they see the job that was just written.
"""

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import AlreadyPressed, TooManyWaiting
from storage.records import JobState, NewJob, QueueLimits
from storage.tables import jobs

PRESS_LASTS = 10.0  # seconds in which a press that is made again is the same press

# Built once, as in `job_rows`.
_RUNNING = [state for state in JobState if not state.ended and state is not JobState.HELD]
_WAITING = select(func.count(), func.count().filter(jobs.c.user_id == bindparam("by"))).where(
    jobs.c.state == JobState.ACCEPTED
)
_PRESSED = (
    select(jobs.c.id)
    .where(
        jobs.c.user_id == bindparam("by"),
        jobs.c.press == bindparam("again"),
        jobs.c.id != bindparam("itself"),
        or_(jobs.c.state.in_(_RUNNING), jobs.c.accepted_at > bindparam("since")),
    )
    .limit(1)
)


async def check_queue(
    connection: AsyncConnection, user_id: int, limits: QueueLimits, *, written: int = 0
) -> None:
    """Raise `TooManyWaiting` if no job more may wait, beside those just written."""
    total, own = (await connection.execute(_WAITING, {"by": user_id})).one()
    if total - written >= limits.total:
        raise TooManyWaiting(member=False, limit=limits.total)
    if own - written >= limits.member:
        raise TooManyWaiting(member=True, limit=limits.member)


async def refuse_pressed(connection: AsyncConnection, job: NewJob) -> None:
    """Raise `AlreadyPressed` if this job's press was made just before, or its job runs."""
    if job.press is None:
        return
    values = {"by": job.user_id, "again": job.press, "itself": job.id}
    since = job.accepted_at - PRESS_LASTS
    if (await connection.execute(_PRESSED, {**values, "since": since})).first():
        raise AlreadyPressed(job.press)
