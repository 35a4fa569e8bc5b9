"""The database file: opened once, brought up to date, one writer at a time."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from math import inf
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage import driver, migrations
from storage.errors import DatabaseBusy, DatabaseDamaged, DatabaseInUse, StorageError, translated

log = logging.getLogger(__name__)

MENDED_SQLITE = (3, 51, 3)  # the first version in which resetting the WAL is safe with several writers
BUSY_TIMEOUT = 5.0  # seconds to wait for a writer outside this process (a backup tool, a shell)
CONNECTIONS = 4  # each has a thread, and all of them share one lock of Python's: more would not be faster


class Database:
    """One SQLite file behind one door: `read()` and `write()` are its only transactions.

    Writers of this process take turns on a lock, so that none of them ever meets "database is locked".
    Opening raises `DatabaseInUse` when another process has the file, `DatabaseTooNew` when a newer
    version wrote it, `DatabaseDamaged` when it cannot be trusted, and `StorageError` for the rest.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = asyncio.Lock()
        self._found_busy = -inf  # when a writer last gave up, by the monotonic clock
        self._open = False
        self._file_lock = FileLock(path.with_name(path.name + ".lock"), timeout=0, thread_local=False)
        self._engine: AsyncEngine = create_async_engine(
            URL.create("sqlite+aiosqlite", database=str(path)),
            async_creator=lambda: driver.Connection(path, BUSY_TIMEOUT),
            hide_parameters=True,  # else an error would carry prompts and tokens into the log
            pool_size=CONNECTIONS,
            max_overflow=0,  # opening a connection costs more than waiting for one
        )
        self._writing = self._engine.execution_options(writes=True)  # the same connections
        event.listen(self._engine.sync_engine, "connect", _prepare_connection)
        event.listen(self._engine.sync_engine, "begin", _begin)

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
                async with self._engine.connect() as connection:
                    await _check(connection)
                    await migrations.upgrade(connection, self.path)
                # All are opened now: who is cancelled while one is being opened would leave it behind.
                async with AsyncExitStack() as stack:
                    for _ in range(CONNECTIONS):
                        await stack.enter_async_context(self._engine.connect())
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

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A look at the database; each statement sees one moment."""
        self._refuse_when_closed()
        with translated():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that is committed at the end of the block, or rolled back by any error."""
        arrived = monotonic()
        async with self._turn:
            self._refuse_when_closed()
            if arrived < self._found_busy:  # else everybody in line would wait anew, one after the other
                raise DatabaseBusy("another program was writing while this waited for its turn")
            try:
                with translated():
                    async with self._writing.begin() as connection:
                        yield connection
            except DatabaseBusy:
                self._found_busy = monotonic()
                raise

    async def answers(self) -> bool:
        """Whether a statement goes through; for the health check."""
        async with self.read() as connection:
            return bool((await connection.execute(text("SELECT 1"))).scalar_one())

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
        self._open = False
        await self._engine.dispose()
        await asyncio.to_thread(self._file_lock.release)


async def _check(connection: AsyncConnection) -> None:
    """Find damage before anything is written on top of it; a file of 280 MiB takes about a second."""
    verdict = (await connection.exec_driver_sql("PRAGMA quick_check(1)")).scalar_one()
    await connection.rollback()
    if verdict != "ok":
        raise DatabaseDamaged(verdict)


def _prepare_connection(connection: Any, _record: object) -> None:
    """Durable, patient and forgetful: a commit survives a power cut, and what is deleted is overwritten."""
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Take the write lock at the start: a reader that turns writer midway would be refused as locked.

    Readers need no transaction.
    """
    if connection.get_execution_options().get("writes", False):
        opened = connection.connection.driver_connection
        assert isinstance(opened, driver.Connection)
        opened.begin_writing()
