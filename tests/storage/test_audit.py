"""The audit finds what does not follow from the ledger, and a backup counts only after it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.audit import audit
from storage.backup import back_up
from storage.calls import CallStore
from storage.database import Database
from storage.errors import StorageError
from storage.jobs import JobStore
from storage.records import JobState
from tests.storage.samples import accepted, brought_to, new_job


@pytest.fixture
async def books(database: Database, store: JobStore) -> Path:
    """A file with jobs in all sorts of states."""
    for job_id, state in (
        ("accepted", JobState.ACCEPTED),
        ("submitting", JobState.SUBMITTING),
        ("held", JobState.HELD),
        ("delivered", JobState.DELIVERED),
        ("failed", JobState.FAILED),
        ("unknown", JobState.UNKNOWN),
    ):
        await accepted(store, new_job(job_id, price=1, count=1))
        await brought_to(database, job_id, state)
    return database.path


def change(path: Path, statement: str) -> None:
    """Change rows by hand, past every rule."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for [trigger] in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(statement)


def files(folder: Path, beginning: str) -> list[str]:
    """The names of files in a folder."""
    return sorted(path.name for path in folder.glob(f"{beginning}*"))


async def test_a_whole_file_has_no_problems(books: Path) -> None:
    """Whatever state the jobs are in, all of it follows from the ledger; the bot still has the file open."""
    found = audit(books)
    assert found.problems == ()
    assert (found.jobs, found.lines) == (6, 18)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE budgets SET spent = spent + 1 WHERE holder = 'bot'", "bot in the period from"),
        (
            "UPDATE ledger SET credits = 2 WHERE job_id = 'held'",
            "job held (held, 1 credits): 2 reserved for its member, 2 in 1 ceilings",
        ),
        ("DELETE FROM ledger WHERE job_id = 'failed' AND kind = 'refund'", "job failed (failed, 1 credits)"),
        ("DELETE FROM ledger WHERE job_id = 'accepted'", "job accepted (accepted, 1 credits): 0 reserved"),
        ("UPDATE jobs SET ended_at = NULL WHERE id = 'delivered'", "2 settled or refunded"),
        ("UPDATE ledger SET job_id = 'nobody' WHERE job_id = 'held'", "ledger has a row that belongs to"),
    ],
)
async def test_each_disagreement_is_told(books: Path, statement: str, told: str) -> None:
    """A balance, a reservation, an end or a reference that was changed by hand is named."""
    change(books, statement)
    assert any(told in line for line in audit(books).problems)


async def test_a_late_job_was_closed_before(database: Database, store: JobStore, calls: CallStore) -> None:
    """Its credits are back and it goes on: that is no disagreement."""
    await accepted(store, new_job("late"))
    await brought_to(database, "late", JobState.UNKNOWN)
    change(database.path, "UPDATE jobs SET late = 1, state = 'submitted', ended_at = NULL")
    assert audit(database.path).problems == ()


def test_nothing_is_made_where_nothing_is(tmp_path: Path) -> None:
    """A missing file is a refusal for the audit and for the backup, and stays missing."""
    missing = tmp_path / "none.sqlite3"
    with pytest.raises(StorageError, match="there is no"):
        audit(missing)
    with pytest.raises(StorageError, match="there is no"):
        back_up(missing, tmp_path / "copy.sqlite3")
    assert list(tmp_path.iterdir()) == []


async def test_a_backup_is_a_database_to_start_from(books: Path, store: JobStore, tmp_path: Path) -> None:
    """Made while the bot writes, readable by its owner alone; a bot started on it finds every job."""
    copy = tmp_path / "copy.sqlite3"
    found = back_up(books, copy)
    assert (found.jobs, found.problems) == (6, ())
    assert copy.stat().st_mode & 0o777 == 0o600
    await accepted(store, new_job("after"))
    async with Database(copy) as restored:
        kept = await JobStore(restored).in_states(JobState)
        assert {job.id for job in kept} == {
            "accepted",
            "submitting",
            "held",
            "delivered",
            "failed",
            "unknown",
        }
        assert {job.interaction_token for job in kept} == {None}
    assert audit(copy).problems == ()


async def test_a_copy_that_fails_its_audit_is_none(books: Path, tmp_path: Path) -> None:
    """What is wrong is told, and no file pretends to be a backup."""
    change(books, "UPDATE budgets SET spent = spent + 1 WHERE holder = 'bot'")
    copy = tmp_path / "copy.sqlite3"
    assert back_up(books, copy).problems
    assert files(tmp_path, "copy") == []


async def test_a_backup_overwrites_nothing(books: Path, tmp_path: Path) -> None:
    """Last night's copy is not replaced by one that may yet fail; a part of a killed try is."""
    copy = tmp_path / "copy.sqlite3"
    copy.write_bytes(b"last night's")
    with pytest.raises(StorageError, match="exists already"):
        back_up(books, copy)
    assert copy.read_bytes() == b"last night's"
    (tmp_path / "other.sqlite3.part").write_bytes(b"half of it")
    assert back_up(books, tmp_path / "other.sqlite3").problems == ()
    assert files(tmp_path, "other") == ["other.sqlite3"]


async def test_a_file_of_another_schema_is_left_to_its_version(books: Path, tmp_path: Path) -> None:
    """Its rows mean something else; nothing is said about them, and nothing copied."""
    change(books, "UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(StorageError, match="another version"):
        back_up(books, tmp_path / "copy.sqlite3")


def test_a_file_of_another_program_is_named_as_such(tmp_path: Path) -> None:
    """An operator who gives the wrong path reads what is wrong with it."""
    change(tmp_path / "other.sqlite3", "CREATE TABLE others (id INTEGER)")
    with pytest.raises(StorageError, match="no database of the bot"):
        audit(tmp_path / "other.sqlite3")
