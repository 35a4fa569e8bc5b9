"""The log of changes: written in the transaction of each change, read in pages."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import bindparam, func, insert, select

from storage.server_records import Action, Change, NewChange
from storage.server_tables import changes
from storage.statements import Row, Statement, among, given

_NEW = Statement(
    insert(changes).values(given(field.name for field in fields(NewChange))).returning(changes.c.id)
)
_OF_SERVER = changes.c.guild_id == bindparam("guild_id")
_LAST = select(func.coalesce(func.max(changes.c.id), 0)).where(_OF_SERVER)
_LAST_OF_ALL = Statement(_LAST.where(changes.c.action != Action.REPORT))  # which changes nothing
_LAST_OF_KIND = Statement(_LAST.where(changes.c.action == bindparam("action")))
_REFUNDED = Statement(
    select(changes.c.id).where(changes.c.action == Action.REFUND, changes.c.job_id == bindparam("job_id"))
)

_REPORTS = select(changes).where(_OF_SERVER, changes.c.action == Action.REPORT).order_by(changes.c.id.desc())
_LAST_REPORT = Statement(_REPORTS.where(changes.c.job_id == bindparam("job_id")).limit(1))


def note(connection: sqlite3.Connection, change: NewChange) -> Change:
    """Write a line of the log."""
    values = {field.name: getattr(change, field.name) for field in fields(NewChange)}
    written = _NEW.value(connection, **{**values, "details": json.dumps(dict(change.details))})
    return Change(id=written, **values)


def last(connection: sqlite3.Connection, guild_id: int, action: Action | None = None) -> int:
    """The id of a server's last change, of all kinds or one; 0 where there is none."""
    if action:
        found: int = _LAST_OF_KIND.value(connection, guild_id=guild_id, action=action)
    else:
        found = _LAST_OF_ALL.value(connection, guild_id=guild_id)
    return found


def was_refunded(connection: sqlite3.Connection, job_id: str) -> bool:
    """Whether a moderator has given back what a job cost."""
    return _REFUNDED.row(connection, job_id=job_id) is not None


def last_report(connection: sqlite3.Connection, guild_id: int, job_id: str) -> Change | None:
    """When members last reported what a job has made."""
    found = _LAST_REPORT.row(connection, guild_id=guild_id, job_id=job_id)
    return change_of(found) if found else None


def reported_at(
    connection: sqlite3.Connection, guild_id: int, actor_ids: Sequence[int], since: float
) -> list[float]:
    """When somebody has reported images since a moment, newest first."""
    query = Statement(_REPORTS.where(among(changes.c.actor_id, actor_ids), changes.c.at > bindparam("since")))
    return [row["at"] for row in query.rows(connection, guild_id=guild_id, since=since)]


def page(
    connection: sqlite3.Connection,
    guild_id: int,
    subject_ids: Sequence[int],
    action: Action | None,
    skip: int,
    limit: int,
) -> list[Change]:
    """So many changes of a server after those that are skipped, newest first; no subjects are all of them."""
    found = select(changes).where(_OF_SERVER).order_by(changes.c.id.desc())
    if subject_ids:
        found = found.where(among(changes.c.subject_id, subject_ids))
    if action:
        found = found.where(changes.c.action == action)
    query = Statement(found.offset(bindparam("skip")).limit(bindparam("limit")))
    return [change_of(row) for row in query.rows(connection, guild_id=guild_id, skip=skip, limit=limit)]


def change_of(row: Row) -> Change:
    """The record of a row."""
    return Change(**{**row, "action": Action(row["action"]), "details": json.loads(row["details"])})
