"""Rows of jobs and pictures: written inside a caller's transaction, read as records."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import WrongState
from storage.records import CallRecord, CallState, JobRecord, JobState, PictureKind, PictureRecord, Place
from storage.tables import jobs, pictures


async def move(
    connection: AsyncConnection, job_id: str, start: Collection[JobState], values: dict[str, Any]
) -> JobRecord:
    """Change a job that is in one of the states it starts from; raises `WrongState` otherwise."""
    moved = await connection.execute(
        update(jobs).where(jobs.c.id == job_id, jobs.c.state.in_(list(start))).values(values).returning(jobs)
    )
    row = moved.mappings().one_or_none()
    if row is None:
        raise WrongState(f"job {job_id} is not in {', '.join(start)}")
    return job_of(row)


async def get_job(connection: AsyncConnection, job_id: str) -> JobRecord:
    """Read one job; raises `WrongState` when there is none of this id."""
    row = (await connection.execute(select(jobs).where(jobs.c.id == job_id))).mappings().one_or_none()
    if row is None:
        raise WrongState(f"there is no job {job_id}")
    return job_of(row)


async def add_pictures(connection: AsyncConnection, job_id: str, records: Sequence[PictureRecord]) -> None:
    """Write the pictures beside those that stand there."""
    if records:
        rows = [{"job_id": job_id, **asdict(record)} for record in records]
        await connection.execute(insert(pictures), rows)


async def replace_results(connection: AsyncConnection, job_id: str, records: Sequence[PictureRecord]) -> None:
    """Write the results in place of those that stand there."""
    results = (pictures.c.job_id == job_id) & (pictures.c.kind == PictureKind.RESULT)
    await connection.execute(delete(pictures).where(results))
    await add_pictures(connection, job_id, records)


def job_of(row: RowMapping) -> JobRecord:
    """The record of a row of `jobs`."""
    return JobRecord(**{**row, "state": JobState(row["state"]), "place": Place(row["place"])})


def call_of(row: RowMapping) -> CallRecord:
    """The record of a row of `calls`."""
    return CallRecord(**{**row, "state": CallState(row["state"])})


def picture_of(row: RowMapping) -> PictureRecord:
    """The record of a row of `pictures`."""
    values = {key: value for key, value in row.items() if key != "job_id"}
    return PictureRecord(**{**values, "kind": PictureKind(row["kind"])})
