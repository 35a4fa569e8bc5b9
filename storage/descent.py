"""Where jobs come from and what came of them: their parents and their children."""

from sqlalchemy import bindparam, literal, select

from storage.database import Database
from storage.job_rows import job_of
from storage.records import JobRecord
from storage.tables import jobs

_CHILDREN = (
    select(jobs)
    .where(jobs.c.parent_id == bindparam("of_job"))
    .order_by(jobs.c.accepted_at.desc())
    .limit(bindparam("most"))
)


class DescentStore:
    """Looks along the line of a picture; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ancestors(self, job_id: str, *, most: int) -> list[JobRecord]:
        """The parent of a job, its parent and so on, nearest first, at most so many."""
        line = (
            select(jobs.c.parent_id.label("id"), literal(1).label("generation"))
            .where(jobs.c.id == job_id, jobs.c.parent_id.is_not(None))
            .cte("line", recursive=True)
        )
        line = line.union_all(
            select(jobs.c.parent_id, line.c.generation + 1)
            .join(line, jobs.c.id == line.c.id)
            .where(jobs.c.parent_id.is_not(None), line.c.generation < most)
        )
        query = select(jobs).join(line, jobs.c.id == line.c.id).order_by(line.c.generation)
        async with self._database.read() as connection:
            return [job_of(row) for row in (await connection.execute(query)).mappings()]

    async def children(self, job_id: str, *, most: int) -> list[JobRecord]:
        """The jobs that worked on this one's result, newest first, at most so many."""
        async with self._database.read() as connection:
            rows = await connection.execute(_CHILDREN, {"of_job": job_id, "most": most})
            return [job_of(row) for row in rows.mappings()]
