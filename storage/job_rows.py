"""Rows of jobs and pictures: written inside a caller's transaction, read as records.

Statements that every job needs are built once: building one takes longer than running it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import RowMapping, bindparam, delete, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from storage.errors import WrongState
from storage.records import CallRecord, CallState, JobRecord, JobState, PictureKind, PictureRecord, Place
from storage.tables import jobs, pictures

_JOB = select(jobs).where(jobs.c.id == bindparam("job_id"))
_RESULTS = (pictures.c.job_id == bindparam("of_job")) & (pictures.c.kind == PictureKind.RESULT)
_NEW_PICTURES = insert(pictures)
_NO_RESULTS = delete(pictures).where(_RESULTS)

Moving: TypeAlias = ReturningUpdate[Any]


def moving(start: Iterable[JobState], values: Mapping[str, Any]) -> Moving:
    """A step of a job, called `of_job`, from one of these states, with these values and expressions."""
    from_there = jobs.c.state.in_([literal(state.value) for state in start])
    return update(jobs).where(jobs.c.id == bindparam("of_job"), from_there).values(values).returning(jobs)


async def make_step(
    connection: AsyncConnection, step: Moving, job_id: str, values: Mapping[str, Any]
) -> JobRecord:
    """Do a step; raises `WrongState` when the job is not where the step starts from."""
    moved = await connection.execute(step, {"of_job": job_id, **values})
    row = moved.mappings().one_or_none()
    if row is None:
        raise WrongState(f"job {job_id} is not where this step starts from")
    return job_of(row)


async def move(
    connection: AsyncConnection, job_id: str, start: Iterable[JobState], values: Mapping[str, Any]
) -> JobRecord:
    """Change a job that is in one of the states it starts from; raises `WrongState` otherwise."""
    step = _step_to(tuple(start), tuple(values))
    return await make_step(connection, step, job_id, {f"new_{name}": each for name, each in values.items()})


@cache
def _step_to(start: tuple[JobState, ...], columns: tuple[str, ...]) -> Moving:
    return moving(start, {column: bindparam(f"new_{column}") for column in columns})


async def get_job(connection: AsyncConnection, job_id: str) -> JobRecord:
    """Read one job; raises `WrongState` when there is none of this id."""
    row = (await connection.execute(_JOB, {"job_id": job_id})).mappings().one_or_none()
    if row is None:
        raise WrongState(f"there is no job {job_id}")
    return job_of(row)


async def add_pictures(connection: AsyncConnection, job_id: str, records: Sequence[PictureRecord]) -> None:
    """Write the pictures beside those that stand there."""
    if records:
        rows = [{"job_id": job_id, **asdict(record)} for record in records]
        await connection.execute(_NEW_PICTURES, rows)


async def replace_results(connection: AsyncConnection, job_id: str, records: Sequence[PictureRecord]) -> None:
    """Write the results in place of those that stand there."""
    await connection.execute(_NO_RESULTS, {"of_job": job_id})
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
