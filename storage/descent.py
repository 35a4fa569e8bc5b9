"""Where jobs come from and what came of them: their parents and their children."""

from sqlalchemy import Integer, bindparam, literal, select

from storage.database import Database
from storage.job_rows import find_jobs
from storage.records import JobRecord
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
