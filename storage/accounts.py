"""Members' accounts, as they are looked at."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from typing import Protocol, TypeVar

from sqlalchemy import bindparam, select

from storage.credits import spent
from storage.database import Database
from storage.records import BudgetLimit
from storage.server_records import AccountLine
from storage.standing import Standing, Whose, look
from storage.statements import BEYOND, Statement
from storage.tables import budgets, ledger


class HasAccount(Protocol):
    """What was decided about a member, and the limit of their allowance with it."""

    @property
    def account(self) -> BudgetLimit:
        """The limit of their allowance."""


T = TypeVar("T", bound=HasAccount)

_LINES = Statement(
    select(
        ledger.c.at,
        ledger.c.job_id,
        ledger.c.kind,
        ledger.c.credits,
        ledger.c.id,
    )
    .join_from(budgets, ledger)
    .where(budgets.c.holder >= bindparam("first"), budgets.c.holder <= bindparam("last"))
    .order_by(ledger.c.id.desc())
    .limit(bindparam("limit"))
)


class AccountStore:
    """Every look at accounts; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def account(self, whose: Whose, decide: Callable[[Standing], T], now: float) -> tuple[T, int]:
        """What is decided about a member, and what they have spent of that allowance."""
        return await self._database.read(_account, whose, decide, now)

    async def lines(self, whose: Whose, limit: int) -> list[AccountLine]:
        """The last lines of a member's ledger in a server, newest first."""
        return await self._database.read(_lines, whose, limit)


def _account(
    connection: sqlite3.Connection, whose: Whose, decide: Callable[[Standing], T], now: float
) -> tuple[T, int]:
    with one_moment(connection):
        decision = decide(look(connection, whose, now))
        return decision, spent(connection, decision.account)


def _lines(connection: sqlite3.Connection, whose: Whose, limit: int) -> list[AccountLine]:
    """The lines of the account and of all bonuses that there ever were."""
    found: list[tuple[int, AccountLine]] = []
    for first in (whose.account, *whose.bonuses):
        bonus = first != whose.account
        last = first + BEYOND if bonus else first
        rows = _LINES.rows(connection, first=first, last=last, limit=limit)
        found += [(row.pop("id"), AccountLine(**row, bonus=bonus)) for row in rows]
    return [line for _, line in sorted(found, key=itemgetter(0), reverse=True)[:limit]]


@contextmanager
def one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """All reading within sees the same moment."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")
