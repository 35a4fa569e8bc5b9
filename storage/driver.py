"""aiosqlite with one trip to its thread for each statement.

A trip wakes the thread and then the event loop, and costs more than the statement itself. SQLAlchemy makes
four of a query (cursor, execute, fetch, close) and one more to roll back what was never begun.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Self

import aiosqlite


class Connection(aiosqlite.Connection):
    """A connection as SQLAlchemy uses it, which leaves transactions to its user; the timeout is in seconds.

    To be awaited once. `execute` and its relatives are aiosqlite's own.
    """

    def __init__(self, path: Path, busy_timeout: float) -> None:
        opening = partial(sqlite3.connect, path, timeout=busy_timeout, isolation_level=None)
        super().__init__(opening, iter_chunk_size=64)
        self._thread.daemon = True  # as SQLAlchemy does: it never keeps a crashed process from ending
        self._writes = False

    def begin_writing(self) -> None:
        """Let the next statement begin a transaction that may write, on the same trip."""
        self._writes = True

    def cursor(self) -> "Cursor":  # type: ignore[override]  # made without a trip
        """A cursor for one statement after the other."""
        return Cursor(self)

    async def run(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do something in the connection's thread."""
        writes, self._writes = self._writes, False
        await self._execute(self._work, work, writes)  # type: ignore[no-untyped-call]

    def _work(self, work: Callable[[sqlite3.Connection], None], writes: bool) -> None:
        if writes:
            self._conn.execute("BEGIN IMMEDIATE")
        work(self._conn)

    async def commit(self) -> None:
        """Commit, if there is anything to commit."""
        self._writes = False
        if self.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        """Roll back, if there is anything to roll back."""
        self._writes = False
        if self.in_transaction:
            await super().rollback()


class Cursor:
    """What came of a statement; all of its rows are fetched with it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.arraysize = 1
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        """SQLAlchemy opens each cursor so."""
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> None:
        """Run a statement."""
        await self._connection.run(partial(self._run, sqlite3.Cursor.execute, sql, parameters))

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> None:
        """Run a statement with one row of values after the other."""
        await self._connection.run(partial(self._run, sqlite3.Cursor.executemany, sql, parameters))

    async def fetchall(self) -> Sequence[Any]:
        """The rows that have not been fetched yet."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """There is nothing to close: the driver's cursor was."""

    def _run(
        self,
        method: Callable[..., sqlite3.Cursor],
        sql: str,
        parameters: Iterable[Any],
        connection: sqlite3.Connection,
    ) -> None:
        """In the connection's thread: from the first step to the last."""
        with closing(connection.cursor()) as cursor:
            method(cursor, sql, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount = cursor.rowcount
            self.lastrowid = cursor.lastrowid
