"""A connection of aiosqlite that takes whole transactions to its thread.

A trip there wakes the thread and then the event loop, and costs more than most statements.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TypeVar

import aiosqlite

from storage.errors import DatabaseBusy, translated

T = TypeVar("T")


class Connection(aiosqlite.Connection):
    """Does one piece of work after the other, in the order in which they came; raises `StorageError`.

    To be awaited once. `execute` and its relatives are aiosqlite's own. The timeout is in seconds.
    """

    def __init__(self, path: Path, busy_timeout: float) -> None:
        super().__init__(partial(_open, path, busy_timeout), iter_chunk_size=64)
        self._thread.daemon = True  # it never keeps a crashed process from ending
        self._found_busy = 0.0  # when a writer last gave up, by the monotonic clock

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something in the thread; each of its statements stands alone."""
        return await self._do(partial(self._run, work))

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something in one transaction that may write; any error rolls it back, and so does cancelling."""
        caller = _Caller()
        try:
            return await self._do(partial(self._transact, work, caller))
        except asyncio.CancelledError:
            caller.is_gone = True
            raise

    async def close(self) -> None:
        """Do what stands in line, then end the thread; also where the file could not be opened."""
        await super().close()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)

    async def _do(self, work: Callable[[], T]) -> T:
        done: T = await self._execute(work)  # type: ignore[no-untyped-call]
        return done

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with translated():
            return work(self._conn)

    def _transact(self, work: Callable[[sqlite3.Connection], T], caller: "_Caller") -> T:
        if caller.came_at < self._found_busy:  # else everybody in line would wait anew, one after the other
            raise DatabaseBusy("another program was writing while this waited for its turn")
        try:
            with translated():
                return _transact(self._conn, work, caller)
        except DatabaseBusy:
            self._found_busy = monotonic()
            raise


@dataclass(slots=True)
class _Caller:
    """Who waits for a transaction, or is gone, because cancelled meanwhile."""

    came_at: float = field(default_factory=monotonic)
    is_gone: bool = False

    def check(self) -> None:
        """Commit nothing that nobody waits for any more."""
        if self.is_gone:
            raise asyncio.CancelledError


def _transact(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T], caller: _Caller) -> T:
    """Take the write lock at the start: a reader that turned writer midway would be refused as locked."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        done = work(connection)
        caller.check()
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself may have ended it, when the disk is full for one
            connection.execute("ROLLBACK")
        raise
    return done


def _open(path: Path, busy_timeout: float) -> sqlite3.Connection:
    """Durable, patient and forgetful: a commit survives a power cut, and what is deleted is overwritten."""
    connection = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None)
    try:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
