"""Where jobs come from and what came of them: their parents and their children."""

import sqlite3
from typing import Any

from sqlalchemy import BindParameter, Integer, Select, String, bindparam, func, literal, select

from storage.database import Database
from storage.errors import WrongState
from storage.job_rows import find_jobs
from storage.records import AGAIN, JobRecord
from storage.statements import Statement
from storage.tables import jobs

_PARENT = (
    select(jobs.c.parent_id.label("id"), literal(1).label("generation"))
    .where(jobs.c.id == bindparam("job_id"), jobs.c.parent_id.is_not(None))
    .cte("line", recursive=True)
)
_LINE = _PARENT.union_all(
    select(jobs.c.parent_id, _PARENT.c.generation + 1)
    .join(_PARENT, jobs.c.id == _PARENT.c.id)
    .where(jobs.c.parent_id.is_not(None), _PARENT.c.generation < bindparam("most", type_=Integer))
)
_ANCESTORS = Statement(select(jobs).join(_LINE, jobs.c.id == _LINE.c.id).order_by(_LINE.c.generation))
_CHILDREN = Statement(
    select(jobs)
    .where(
        jobs.c.parent_id == bindparam("job_id"),
        jobs.c.channel_id == bindparam("channel_id"),
        jobs.c.result_message_id.is_not(None),
        ~jobs.c.private,
    )
    .order_by(jobs.c.accepted_at.desc())
    .limit(bindparam("most"))
)

# Each press of "Again" names the job whose pictures it has copied, and is younger than it.
_PRESS = f"{AGAIN}:"
_PRESSED = jobs.c.press.startswith(_PRESS)
_COPIED_FROM = func.substr(jobs.c.press, len(_PRESS) + 1)

_ITSELF = select(bindparam("job_id", type_=String).label("id"), literal(0).label("copies")).cte(
    "copied", recursive=True
)
_COPIED = _ITSELF.union_all(
    select(_COPIED_FROM, _ITSELF.c.copies + 1).join(_ITSELF, jobs.c.id == _ITSELF.c.id).where(_PRESSED)
)
_GIVER = Statement(
    select(jobs).join(_COPIED, jobs.c.id == _COPIED.c.id).order_by(_COPIED.c.copies.desc()).limit(1)
)


def giver(connection: sqlite3.Connection, job_id: str) -> JobRecord:
    """The job for which the pictures were given that a job works on; raises `WrongState` without any."""
    found = find_jobs(connection, _GIVER, job_id=job_id)
    if not found:
        raise WrongState(f"there is no job {job_id}")
    return found[0]


def copied_from(user_id: BindParameter[Any], copies: Select[Any]) -> Select[Any]:
    """Those of these jobs that work on copies of pictures of a member's jobs, or on copies of copies."""
    first = select(jobs.c.id.label("copy"), _COPIED_FROM.label("id")).where(_PRESSED, jobs.c.id.in_(copies))
    nearest = first.cte("lines", recursive=True)
    lines = nearest.union_all(
        select(nearest.c.copy, _COPIED_FROM).join(nearest, jobs.c.id == nearest.c.id).where(_PRESSED)
    )
    return select(lines.c.copy).join(jobs, jobs.c.id == lines.c.id).where(jobs.c.user_id == user_id)


class DescentStore:
    """Looks along the line of a picture; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ancestors(self, job_id: str, *, most: int) -> list[JobRecord]:
        """The parent of a job, its parent and so on, nearest first, at most so many."""
        return await self._database.read(find_jobs, _ANCESTORS, job_id=job_id, most=most)

    async def children(self, job: JobRecord, *, most: int) -> list[JobRecord]:
        """The jobs that worked on this one's result, with results that all can see who see its own.

        Newest first, at most so many.
        """
        values = {"job_id": job.id, "channel_id": job.channel_id, "most": most}
        return await self._database.read(find_jobs, _CHILDREN, **values)
