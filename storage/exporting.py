"""Reads all that is kept about a member's requests, so that they can have it."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.tables import budgets, calls, jobs, ledger, pictures

# What is no business of anybody, not even of its member: keys to doors, and names of files.
SECRET = {"interaction_token", "token_expires_at", "callback_hash", "inputs_hash", "path", "job_id"}

Row = dict[str, Any]


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
        query = select(jobs).where(jobs.c.user_id == user_id)
        if after:
            place = tuple_(jobs.c.accepted_at, jobs.c.id)
            query = query.where(place < (after.job["accepted_at"], after.job["id"]))
        query = query.order_by(jobs.c.accepted_at.desc(), jobs.c.id.desc()).limit(limit)
        async with self._database.read() as connection:
            found = [_shown(row) for row in (await connection.execute(query)).mappings()]
            ids = [job["id"] for job in found]
            lines = select(ledger.c.job_id, ledger.c.at, ledger.c.kind, ledger.c.credits)
            own = lines.join_from(ledger, budgets).where(~budgets.c.of_operator, ledger.c.job_id.in_(ids))
            parts = [
                await _by_job(connection, select(pictures).where(pictures.c.job_id.in_(ids))),
                await _by_job(connection, select(calls).where(calls.c.job_id.in_(ids))),
                await _by_job(connection, own.order_by(ledger.c.id)),
            ]
        return [KeptRequest(job, *(part[job["id"]] for part in parts)) for job in found]


async def _by_job(connection: AsyncConnection, query: Select[Any]) -> defaultdict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in (await connection.execute(query)).mappings():
        found[row["job_id"]].append(_shown(row))
    return found


def _shown(row: RowMapping) -> Row:
    return {name: value for name, value in row.items() if name not in SECRET}
