"""Rows of jobs and pictures: written inside a caller's transaction, read as records."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from storage.errors import WrongState
from storage.records import CallRecord, CallState, JobRecord, JobState, PictureKind, PictureRecord, Place
from storage.statements import Row, Statement, among, given
from storage.tables import jobs, pictures

_JOB = Statement(select(jobs).where(jobs.c.id == bindparam("job_id")))
_RESULTS = (pictures.c.job_id == bindparam("job_id")) & (pictures.c.kind == PictureKind.RESULT)
_NEW_PICTURE = Statement(insert(pictures))
_NUMBER = Statement(select(func.count()).where(_RESULTS))
_NO_RESULTS = Statement(delete(pictures).where(_RESULTS))


def moving(start: Iterable[JobState], values: Mapping[str, Any]) -> Statement:
    """A step of a job, called `of_job`, from one of these states, with these values and expressions."""
    from_there = (jobs.c.id == bindparam("of_job")) & among(jobs.c.state, start)
    step = update(jobs).where(from_there).values(values)
    return Statement(step.returning(jobs))


def make_step(
    connection: sqlite3.Connection, step: Statement, job_id: str, values: Mapping[str, Any]
) -> JobRecord:
    """Do a step; raises `WrongState` when the job is not where the step starts from."""
    row = step.row(connection, of_job=job_id, **values)
    if row is None:
        raise WrongState(f"job {job_id} is not where this step starts from")
    return job_of(row)


def move(
    connection: sqlite3.Connection, job_id: str, start: Iterable[JobState], values: Mapping[str, Any]
) -> JobRecord:
    """Change a job that is in one of the states it starts from; raises `WrongState` otherwise."""
    return make_step(connection, _step_to(tuple(start), tuple(values)), job_id, values)


@cache
def _step_to(start: tuple[JobState, ...], columns: tuple[str, ...]) -> Statement:
    return moving(start, given(columns))


def get_job(connection: sqlite3.Connection, job_id: str) -> JobRecord:
    """Read one job; raises `WrongState` when there is none of this id."""
    row = _JOB.row(connection, job_id=job_id)
    if row is None:
        raise WrongState(f"there is no job {job_id}")
    return job_of(row)


def find_jobs(connection: sqlite3.Connection, query: Statement, /, **values: Any) -> list[JobRecord]:
    """Read the jobs that a query finds."""
    return [job_of(row) for row in query.rows(connection, **values)]


def add_pictures(connection: sqlite3.Connection, job_id: str, records: Iterable[PictureRecord]) -> None:
    """Write the pictures beside those that stand there."""
    for record in records:
        _NEW_PICTURE.run(connection, job_id=job_id, **asdict(record))


def count_results(connection: sqlite3.Connection, job_id: str) -> int:
    """How many results stand there."""
    return int(_NUMBER.value(connection, job_id=job_id))


def replace_results(connection: sqlite3.Connection, job_id: str, records: Iterable[PictureRecord]) -> None:
    """Write the results in place of those that stand there."""
    _NO_RESULTS.run(connection, job_id=job_id)
    add_pictures(connection, job_id, records)


def job_of(row: Row) -> JobRecord:
    """The record of a row of `jobs`."""
    return JobRecord(**{**row, "state": JobState(row["state"]), "place": Place(row["place"])})


def call_of(row: Row) -> CallRecord:
    """The record of a row of `calls`."""
    return CallRecord(**{**row, "state": CallState(row["state"])})


def picture_of(row: Row) -> PictureRecord:
    """The record of a row of `pictures`."""
    values = {key: value for key, value in row.items() if key != "job_id"}
    return PictureRecord(**{**values, "kind": PictureKind(row["kind"])})
