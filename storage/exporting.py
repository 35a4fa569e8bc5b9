"""Reads all that is kept about a member in the database, so that they can have it."""

import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, select, tuple_

from storage import decisions
from storage.database import Database
from storage.descent import giver
from storage.records import PictureKind
from storage.statements import Row, Statement, among
from storage.tables import budgets, calls, hints, jobs, ledger, pictures

# What is no business of anybody, not even of its member: keys to doors, and names of files.
SECRET = {"interaction_token", "token_expires_at", "callback_hash", "inputs_hash", "path", "job_id"}

_THEIRS = (
    select(jobs)
    .where(jobs.c.user_id == bindparam("user_id"))
    .order_by(jobs.c.accepted_at.desc(), jobs.c.id.desc())
    .limit(bindparam("limit"))
)
_FIRST = Statement(_THEIRS)
_NEXT = Statement(
    _THEIRS.where(
        tuple_(jobs.c.accepted_at, jobs.c.id) < tuple_(bindparam("accepted_at"), bindparam("after_id"))
    )
)
_HINTS = Statement(
    select(hints.c.channel_id, hints.c.at).where(hints.c.user_id == bindparam("user_id")).order_by(hints.c.at)
)
_PICTURES = select(pictures)
_CALLS = select(calls)
_OWN_LINES = (
    select(ledger.c.job_id, ledger.c.at, ledger.c.kind, ledger.c.credits)
    .join_from(ledger, budgets)
    .where(~budgets.c.of_operator)
    .order_by(ledger.c.id)
)


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """All columns of a job but the secret ones, and those of what belongs to it."""

    job: Row
    pictures: list[Row]
    calls: list[Row]
    ledger: list[Row]


class Exporting:
    """Every statement of the export; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def requests(self, user_id: int, *, after: KeptRequest | None, limit: int) -> list[KeptRequest]:
        """So many of a member's requests, newest first, after the last one that was read."""
        return await self._database.read(_requests, user_id, after, limit)

    async def decisions(self, user_id: int) -> dict[str, list[Row]]:
        """What was decided about a member, and by them, in servers."""
        return await self._database.read(decisions.about, user_id)

    async def hints(self, user_id: int) -> list[Row]:
        """Where and when a member was given hints, oldest first."""
        return await self._database.read(_HINTS.rows, user_id=user_id)


def _requests(
    connection: sqlite3.Connection, user_id: int, after: KeptRequest | None, limit: int
) -> list[KeptRequest]:
    if after:
        place = {"accepted_at": after.job["accepted_at"], "after_id": after.job["id"]}
        rows = _NEXT.rows(connection, user_id=user_id, limit=limit, **place)
    else:
        rows = _FIRST.rows(connection, user_id=user_id, limit=limit)
    found = [_shown(row) for row in rows]
    ids = [job["id"] for job in found]
    parts = [
        _by_job(connection, _PICTURES.where(among(pictures.c.job_id, ids))),
        _by_job(connection, _CALLS.where(among(calls.c.job_id, ids))),
        _by_job(connection, _OWN_LINES.where(among(ledger.c.job_id, ids))),
    ]
    for job in found:
        if giver(connection, job["id"]).user_id != user_id:
            _hide_given(parts[0][job["id"]])
    return [KeptRequest(job, *(part[job["id"]] for part in parts)) for job in found]


def _hide_given(rows: list[Row]) -> None:
    """Leave out where the pictures were that somebody else has given to the bot alone."""
    for row in rows:
        if row["kind"] == PictureKind.SOURCE:
            row["url"] = None


def _by_job(connection: sqlite3.Connection, query: Select[Any]) -> defaultdict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in Statement(query).rows(connection):
        found[row["job_id"]].append(_shown(row))
    return found


def _shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in SECRET}
