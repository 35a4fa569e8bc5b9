"""The database file: opened once, brought up to date, one writer at a time."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from filelock import FileLock, Timeout
from sqlalchemy import literal, select

from storage import driver, migrations
from storage.errors import DatabaseDamaged, DatabaseInUse, StorageError, translated
from storage.statements import Statement

log = logging.getLogger(__name__)

MENDED_SQLITE = (3, 51, 3)  # the first version in which resetting the WAL is safe with several writers
BUSY_TIMEOUT = 5.0  # seconds to wait for a writer outside this process (a backup tool, a shell)

_ONE = Statement(select(literal(1)))

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """One SQLite file behind one door: `read()` and `write()` are its only transactions.

    Each takes a function and runs it, with the connection as its first argument, in a thread: all of its
    statements make one trip there together. It must not wait for anything else. There is one connection to
    write, so that no writer of this process ever meets "database is locked", and one to read.
    Opening raises `DatabaseInUse` when another process has the file, `DatabaseTooNew` when a newer
    version wrote it, `DatabaseDamaged` when it cannot be trusted, and `StorageError` for the rest.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open = False
        self._file_lock = FileLock(path.with_name(path.name + ".lock"), timeout=0, thread_local=False)
        self._writer = driver.Connection(path, BUSY_TIMEOUT)
        self._reader = driver.Connection(path, BUSY_TIMEOUT)

    async def __aenter__(self) -> Self:
        """Lock the file against a second process, check and migrate it."""
        if sqlite3.sqlite_version_info < MENDED_SQLITE:
            log.warning(
                "SQLite %s is safe with one writer only: let no other program write to the database",
                sqlite3.sqlite_version,
            )
        await asyncio.to_thread(self._lock_file)
        try:
            with translated():
                await self._writer
                await self._writer.run(_check)
                await self._writer.run(partial(migrations.upgrade, path=self.path))
                await self._reader
        except BaseException:
            await self._close()
            raise
        self._open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection and let the file go."""
        await self._close()

    async def read(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Look at the database; each statement sees one moment."""
        self._refuse_when_closed()
        return await self._reader.run(lambda connection: work(connection, *args, **kwargs))

    async def write(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do one transaction; it is committed when the function returns, and rolled back by any error."""
        self._refuse_when_closed()
        return await self._writer.transact(lambda connection: work(connection, *args, **kwargs))

    async def answers(self) -> bool:
        """Whether a statement goes through; for the health check."""
        return bool(await self.read(_ONE.value))

    def _lock_file(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file_lock.acquire()
        except Timeout as error:
            raise DatabaseInUse(str(self.path)) from error
        except OSError as error:
            raise StorageError(f"{self.path.parent}: {error.strerror}") from error

    def _refuse_when_closed(self) -> None:
        """A straggler must not open the file again: it may belong to another process by now."""
        if not self._open:
            raise StorageError("the database is closed")

    async def _close(self) -> None:
        """Whoever stands in line is served first."""
        self._open = False
        await self._reader.close()
        await self._writer.close()  # the last one to close writes the log into the file
        await asyncio.to_thread(self._file_lock.release)


def _check(connection: sqlite3.Connection) -> None:
    """Find damage before anything is written on top of it; a file of 280 MiB takes about a second."""
    [[verdict]] = connection.execute("PRAGMA quick_check(1)")
    if verdict != "ok":
        raise DatabaseDamaged(verdict)
