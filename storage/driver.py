"""A connection of aiosqlite that takes whole transactions to its thread.

A trip there wakes the thread and then the event loop, and costs more than most statements.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import aiosqlite

from storage.errors import DatabaseBusy, translated

T = TypeVar("T")
TOGETHER = 16  # transactions that one commit takes to the disk


class Connection(aiosqlite.Connection):
    """Does one piece of work after the other, in the order in which they came; raises `StorageError`.

    To be awaited once. `execute` and its relatives are aiosqlite's own. The timeout is in seconds.
    """

    def __init__(self, path: Path, busy_timeout: float) -> None:
        super().__init__(partial(_open, path, busy_timeout), iter_chunk_size=64)
        self._thread.daemon = True  # it never keeps a crashed process from ending
        self._found_busy = 0.0  # when a writer last gave up, by the monotonic clock
        self._line: deque[_Turn] = deque()  # the transactions that wait for the thread

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something in the thread; each of its statements stands alone."""
        return await self._do(partial(self._run, work))

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something in one transaction that may write; any error rolls it back, and so does cancelling.

        What waits at the same time is committed together if all of it goes well, and each by itself if not:
        then the work is done a second time.
        """
        turn = _Turn(work)
        self._line.append(turn)
        try:
            await self._do(self._serve)
        except asyncio.CancelledError:
            turn.is_gone = True
            raise
        done: T = turn.outcome()
        return done

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

    def _serve(self) -> None:
        """Serve who is next in line; whoever was served with others before finds nothing to do."""
        turns = [self._line.popleft() for _ in range(min(TOGETHER, len(self._line)))]
        if len(turns) < 2 or not self._commits_together(turns):  # noqa: PLR2004  (a crowd)
            for turn in turns:
                self._commit_alone(turn)

    def _commits_together(self, turns: Sequence["_Turn"]) -> bool:
        """Whether all went well; if not, nothing has happened."""
        if any(turn.came_at < self._found_busy for turn in turns):
            return False
        try:
            self._commit(turns)
        except Exception:  # noqa: BLE001  (it comes again where it belongs, when each is done by itself)
            return False
        return True

    def _commit_alone(self, turn: "_Turn") -> None:
        try:
            if turn.came_at < self._found_busy:  # else everybody in line would wait anew, one after the other
                turn.error = DatabaseBusy("another program was writing while this waited for its turn")
            else:
                self._commit([turn])
        except Exception as error:  # noqa: BLE001  (raised where the turn is waited for)
            turn.error = error

    def _commit(self, turns: Sequence["_Turn"]) -> None:
        try:
            with translated():
                _transact(self._conn, turns)
        except DatabaseBusy:
            self._found_busy = monotonic()
            raise


class _NobodyWaits(Exception):
    """Whoever wanted this was cancelled: it must not be committed."""


@dataclass(slots=True)
class _Turn:
    """One transaction, and what has come of it; who waits for it may be gone, because cancelled meanwhile."""

    work: Callable[[sqlite3.Connection], Any]
    came_at: float = field(default_factory=monotonic)
    is_gone: bool = False
    done: Any = None
    error: Exception | None = None

    def outcome(self) -> Any:
        """What the work gave; raises what it raised."""
        if self.error:
            raise self.error
        return self.done

    def check(self) -> None:
        """Commit nothing that nobody waits for any more."""
        if self.is_gone:
            raise _NobodyWaits


def _transact(connection: sqlite3.Connection, turns: Sequence[_Turn]) -> None:
    """Take the write lock at the start: a reader that turned writer midway would be refused as locked."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for turn in turns:
            turn.done = turn.work(connection)
        for turn in turns:
            turn.check()
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself may have ended it, when the disk is full for one
            connection.execute("ROLLBACK")
        raise


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
