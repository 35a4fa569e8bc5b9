"""A look at a database file from outside: it says what is wrong and changes nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.checkup import check_file
from storage.database import Database
from storage.errors import DatabaseTooNew, StorageError
from storage.jobs import JobStore
from storage.migrations import head
from tests.storage.samples import accepted, new_job


def change(path: Path, *statements: str) -> None:
    """Write to a file past our own code."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def content(path: Path) -> bytes:
    """Read a file."""
    return path.read_bytes()


def damage(path: Path, from_byte: int) -> bytes:
    """Overwrite a file from some byte on; gives what stands there now."""
    damaged = content(path)[:from_byte] + b"\xa5" * 20_000
    path.write_bytes(damaged)
    return damaged


async def test_a_file_says_its_revision_also_while_a_bot_runs_on_it(path: Path) -> None:
    """Neither the lock nor an open transaction stands in the way, and the bot goes on."""
    async with Database(path) as database:
        store = JobStore(database)
        await accepted(store, new_job())
        assert await database.write(lambda _: check_file(path)) == head()
        assert (await store.get("job")).id == "job"
    assert check_file(path) == head()


def test_where_nothing_is_yet_nothing_is_made(tmp_path: Path) -> None:
    """A missing file stays missing, and one without our tables has no revision."""
    path = tmp_path / "none" / "bot.sqlite3"
    assert check_file(path) is None
    assert not path.parent.exists()
    other = tmp_path / "other.sqlite3"
    change(other, "CREATE TABLE notes (n INTEGER)")
    assert check_file(other) is None


async def test_a_newer_file_is_named(path: Path) -> None:
    """A revision that this version does not know is too new."""
    async with Database(path):
        pass
    change(path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseTooNew):
        check_file(path)


@pytest.mark.parametrize("from_byte", [0, 4096])
async def test_a_damaged_file_is_a_storage_error(path: Path, from_byte: int) -> None:
    """What is no database, and one whose pages were overwritten, are told and left as they are."""
    async with Database(path) as database:
        await accepted(JobStore(database), new_job())
    damaged = damage(path, from_byte)
    with pytest.raises(StorageError) as error:
        check_file(path)
    assert not isinstance(error.value, DatabaseTooNew)
    assert content(path) == damaged
