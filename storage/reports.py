"""What a server's members have asked for and paid, summed up."""

from operator import attrgetter
from pathlib import Path

from sqlalchemy import Integer, bindparam, cast, func, null, select, union_all

from storage.audit import read_only
from storage.server_records import ReportCell, ReportMember
from storage.statements import Statement
from storage.tables import budgets, jobs, ledger

DAY = 86_400  # seconds

_PAID = (
    select(func.coalesce(func.sum(ledger.c.credits), 0))
    .select_from(ledger.join(budgets))
    .where(ledger.c.job_id == jobs.c.id, ledger.c.kind == "settle", ~budgets.c.of_operator)
    .correlate(jobs)
    .scalar_subquery()
)
_JOBS = (
    select(
        cast(jobs.c.accepted_at / DAY, Integer).label("day"),
        jobs.c.model,
        jobs.c.state,
        jobs.c.user_id,
        jobs.c.count.label("images"),
        _PAID.label("credits"),
    )
    .where(
        jobs.c.guild_id == bindparam("guild_id"),
        jobs.c.place == "guild",
        jobs.c.accepted_at >= bindparam("since"),
    )
    .cte("found")
)
_JOB_COUNT, _CREDITS = func.count().label("jobs"), func.sum(_JOBS.c.credits).label("credits")
_IMAGES = func.sum(_JOBS.c.images).label("images")
_KIND = (_JOBS.c.day, _JOBS.c.model, _JOBS.c.state)
_TOP = (
    select(_JOBS.c.user_id, _JOB_COUNT, _CREDITS)
    .group_by(_JOBS.c.user_id)
    .order_by(_CREDITS.desc(), _JOB_COUNT.desc(), _JOBS.c.user_id)
    .limit(bindparam("most"))
    .subquery()
)
# Together, so that the jobs are read and their ledger summed up once.
_REPORT = Statement(
    union_all(
        select(*_KIND, null().label("user_id"), _JOB_COUNT, _IMAGES, _CREDITS).group_by(*_KIND),
        select(null(), null(), null(), _TOP.c.user_id, _TOP.c.jobs, null(), _TOP.c.credits),
    )
)


def report(
    database: Path, guild_id: int, since: float, most: int
) -> tuple[list[ReportCell], list[ReportMember]]:
    """The jobs since a moment, and so many members who paid most.

    It may take a second, so it has a connection of its own, for which nobody waits; to be run in a thread.
    """
    with read_only(database) as connection:
        rows = _REPORT.rows(connection, guild_id=guild_id, since=since, most=most)
    cells = [{k: v for k, v in row.items() if k != "user_id"} for row in rows if row["user_id"] is None]
    members = [row for row in rows if row["user_id"] is not None]
    return (
        sorted((ReportCell(**cell) for cell in cells), key=attrgetter("day", "model", "state")),
        [ReportMember(row["user_id"], row["jobs"], row["credits"]) for row in members],
    )
