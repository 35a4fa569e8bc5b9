"""The database file: durable, held by one process, and honest about what is wrong with it."""

import asyncio
import contextlib
import os
import sqlite3
import threading
import traceback
from pathlib import Path

import pytest

from storage.database import Database
from storage.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseFull,
    DatabaseInUse,
    StorageError,
)
from storage.jobs import JobStore
from storage.records import JobState
from tests.audits import problems
from tests.storage.samples import OPEN_AND_CLOSE, accepted, asked, change, new_job, start

pytestmark = pytest.mark.row("database")


def put(path: Path, content: bytes) -> None:
    """Write a file, and its folder."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def content(path: Path) -> bytes:
    """Read a file."""
    return path.read_bytes()


async def test_commits_are_durable_and_readers_never_wait(path: Path) -> None:
    """WAL, full synchronisation and foreign keys hold on every connection."""

    def pragmas(connection: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    async with Database(path) as database:
        for values in (await database.read(pragmas), await database.write(pragmas)):
            assert values == ["wal", 2, 1]


async def test_a_second_process_is_refused_until_the_first_has_ended(path: Path) -> None:
    """One process holds the file; the next one gets it after a clean end, and after a kill."""
    async with Database(path):
        _, said = await asyncio.wait_for((await start(OPEN_AND_CLOSE, path)).communicate(), 30)
        assert b"DatabaseInUse" in said
        with pytest.raises(DatabaseInUse):
            async with Database(path):
                pytest.fail("one file was opened twice")
    async with Database(path) as database:
        assert await database.answers()


async def test_a_file_that_others_hold_is_busy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer outside this process is waited for, and then named; readers go on meanwhile."""
    monkeypatch.setattr("storage.database.BUSY_TIMEOUT", 0.2)
    async with Database(path) as database:
        store = JobStore(database)
        other = sqlite3.connect(path, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(DatabaseBusy):
                await accepted(store, new_job())
            assert await store.in_states([]) == []
            other.execute("ROLLBACK")
        finally:
            other.close()
        assert (await accepted(store, new_job())).id == "job"


async def test_who_stands_in_line_behind_a_busy_file_is_refused_with_the_first(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten writers do not wait ten times as long as one; who comes afterwards waits for themselves."""
    monkeypatch.setattr("storage.database.BUSY_TIMEOUT", 1)
    async with Database(path) as database:
        store = JobStore(database)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writers = [accepted(store, new_job(str(number))) for number in range(10)]
            async with asyncio.timeout(5):
                outcomes = await asyncio.gather(*writers, return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {DatabaseBusy}
            afterwards = asyncio.create_task(accepted(store, new_job()))
            await asyncio.wait({afterwards}, timeout=0.1)
            other.execute("ROLLBACK")
        assert (await afterwards).id == "job"


async def test_a_writer_holds_the_file_from_its_first_statement(path: Path) -> None:
    """Nobody outside can write between what a transaction reads and what it writes."""

    def other_writer(connection: sqlite3.Connection) -> str:
        connection.execute("SELECT 1").fetchall()
        with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                return str(error)
            return "may write"

    async with Database(path) as database:
        assert await database.write(other_writer) == "database is locked"
        assert await database.read(other_writer) == "may write"


async def test_a_full_disk_is_told_and_nothing_is_half_written(path: Path) -> None:
    """A file that cannot grow refuses the whole transaction, and takes the next one when there is room."""
    async with Database(path) as database:
        store = JobStore(database)
        [[pages]] = await asked(database, "PRAGMA page_count")
        await change(database, f"PRAGMA max_page_count = {pages}")
        with pytest.raises(DatabaseFull):
            await accepted(store, new_job(prompt="long " * 10_000))
        assert await store.ledger() == []
        await change(database, "PRAGMA max_page_count = 1000000")
        assert (await accepted(store, new_job(prompt="long " * 10_000))).id == "job"


@pytest.mark.parametrize(
    "damage", [b"this is no database at all, but a text of some length" * 20, b"SQLite format 3\0"]
)
async def test_a_damaged_file_is_a_storage_error_and_is_let_go(path: Path, damage: bytes) -> None:
    """What is no database is refused in our own words, and kept as it is."""
    put(path, damage)
    for _ in range(2):  # the second time shows that the first has let the file go
        with pytest.raises(StorageError) as error:
            async with Database(path):
                pytest.fail("a damaged file was opened")
        assert not isinstance(error.value, DatabaseInUse)
    assert content(path) == damage


async def test_damage_in_the_middle_is_found_at_the_start(path: Path) -> None:
    """Nothing is written on top of it, and no member meets it first."""
    async with Database(path) as database:
        await accepted(JobStore(database), new_job())
    whole = content(path)
    put(path, whole[:8192] + os.urandom(len(whole) - 8192))
    with pytest.raises(DatabaseDamaged):
        async with Database(path):
            pytest.fail("a damaged file was opened")


@pytest.mark.parametrize("name", ["a folder", "under a file"])
async def test_a_place_where_no_file_can_be_is_a_storage_error(tmp_path: Path, name: str) -> None:
    """A folder in the file's place, or a file in the folder's, is refused in our own words."""
    (tmp_path / "a folder").mkdir()
    (tmp_path / "file").touch()
    place = tmp_path / name if name == "a folder" else tmp_path / "file" / "bot.sqlite3"
    with pytest.raises(StorageError):
        async with Database(place):
            pytest.fail("a place that is no file was opened")


async def test_work_that_fails_has_written_nothing(path: Path) -> None:
    """Any error in a transaction rolls it back, and the next writer gets its turn."""

    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE notes (n INTEGER)")
        raise ZeroDivisionError

    async with Database(path) as database:
        with pytest.raises(ZeroDivisionError):
            await database.write(fail)
        await change(database, "CREATE TABLE notes (n INTEGER)")


async def test_a_cancelled_writer_has_written_nothing(path: Path) -> None:
    """A task that is cancelled inside its transaction leaves neither a row nor a lock."""
    async with Database(path) as database:
        store = JobStore(database)
        inside, go_on = threading.Event(), threading.Event()

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO budgets VALUES (1, 'x', 0, 1, 1, 0, 1, NULL)")
            inside.set()
            assert go_on.wait(10)

        under_way = asyncio.create_task(database.write(write))
        in_line = asyncio.create_task(accepted(store, new_job("cancelled")))
        assert await asyncio.to_thread(inside.wait, 10)
        for task in (under_way, in_line):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        go_on.set()
        await asyncio.wait_for(accepted(store, new_job()), 10)
        assert [job.id for job in await store.in_states(JobState)] == ["job"]
        assert await asked(database, "SELECT holder FROM budgets ORDER BY holder") == [
            ("bot",),
            ("member:1:7",),
        ]
        assert problems(store) == ()


async def test_who_stands_in_line_at_the_end_is_served(path: Path) -> None:
    """What was begun before the file is closed is finished and answered."""
    async with Database(path) as database:
        store = JobStore(database)
        writers = [asyncio.create_task(accepted(store, new_job(str(number)))) for number in range(9)]
        await asyncio.sleep(0)  # they stand in line now
    assert [job.id for job in await asyncio.gather(*writers)] == [str(number) for number in range(9)]


async def test_after_the_end_nothing_is_read_or_written(path: Path) -> None:
    """A straggler does not open the file anew: it may belong to another process by then."""
    async with Database(path) as database:
        store = JobStore(database)
    try:
        with pytest.raises(StorageError):
            await accepted(store, new_job())
        with pytest.raises(StorageError):
            await store.get("job")
    finally:
        await database.__aexit__(None, None, None)  # nothing stays open when this fails


@pytest.mark.parametrize(
    "damage",
    [
        "ALTER TABLE jobs RENAME COLUMN spoiler TO something",
        "CREATE TRIGGER refuse BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'no'); END",
    ],
)
async def test_no_error_shows_what_was_to_be_written(path: Path, damage: str) -> None:
    """Prompts and tokens stay out of the log, whichever way the statement fails."""
    job = new_job(prompt="a planted prompt", interaction_token="planted-token")
    async with Database(path) as database:
        await change(database, damage)
        with pytest.raises(StorageError) as error:
            await accepted(JobStore(database), job)
    traced = "".join(traceback.format_exception(error.value))
    assert "INSERT INTO jobs" in traced
    assert "planted" not in traced
