"""Migrations: from nothing, from an older version, and never from a newer one."""

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, NullPool, create_engine

from storage import server_tables
from storage.database import Database
from storage.errors import DatabaseTooNew
from storage.jobs import JobStore
from storage.migrations import VERSIONS, head, is_known
from storage.tables import metadata
from tests.storage.samples import OPEN_AND_CLOSE, ROOT, accepted, new_job, start

pytestmark = pytest.mark.row("database")

NEXT = f'''"""A table of a later version."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head()}"


def upgrade() -> None:
    op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True))
'''


BROKEN = '''"""A later version yet, with a mistake in it."""

from alembic import op

revision = "99999"
down_revision = "9999"


def upgrade() -> None:
    op.execute("INSERT INTO nowhere VALUES (1)")
'''


async def migrate_later(tmp_path: Path, path: Path, *more: str) -> str:
    """Open the file with a storage that knows one more migration, or two; gives its traceback."""
    later = tmp_path / "later"
    shutil.rmtree(later, ignore_errors=True)
    shutil.copytree(ROOT / "storage", later / "storage")
    for digits, migration in enumerate((NEXT, *more), 4):
        (later / f"storage/migrations/versions/{'9' * digits}_later.py").write_text(migration)
    process = await start(OPEN_AND_CLOSE, path, later)
    _, said = await asyncio.wait_for(process.communicate(), 30)
    return said.decode() if process.returncode else ""


def query(path: Path, statement: str) -> list[tuple[object, ...]]:
    """Ask the file past our own code."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


async def test_a_fresh_file_has_exactly_the_tables_of_the_code(path: Path) -> None:
    """Migrations and tables say the same, down to indexes and constraints."""

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    def checks(connection: Connection) -> set[str]:
        found = MetaData()
        found.reflect(connection)
        return {str(each.name) for table in found.sorted_tables for each in table.constraints if each.name}

    async with Database(path):
        pass
    assert server_tables.changes.metadata is metadata  # whose tables the rest are
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        assert differences(connection) == []
        named = {str(each.name) for table in metadata.sorted_tables for each in table.constraints}
        assert checks(connection) - {"None"} >= named - {"None"}


async def test_opening_again_changes_nothing_and_copies_nothing(path: Path) -> None:
    """A file that is up to date is left as it is."""
    async with Database(path) as database:
        await accepted(JobStore(database), new_job())
    async with Database(path) as database:
        assert (await JobStore(database).get("job")).prompt == "a banana"
        assert await database.answers()
    assert not list(path.parent.glob("*.before-*"))


async def test_nothing_to_migrate_needs_no_alembic(path: Path) -> None:
    """A start on a file that is up to date is quick and small: what only a migration needs stays away."""
    async with Database(path):
        pass
    process = await start(f"{OPEN_AND_CLOSE}\nprint('alembic' in sys.modules)", path)
    said, _ = await asyncio.wait_for(process.communicate(), 30)
    assert said == b"False\n"


def test_each_file_is_named_after_its_revision() -> None:
    """So the newest one is known without loading any; Alembic finds the same."""
    scripts = ScriptDirectory(str(VERSIONS.parent))
    assert scripts.get_current_head() == head()
    assert all(is_known(script.revision) for script in scripts.walk_revisions())
    assert not is_known("9999")


async def test_an_older_file_is_copied_before_it_is_migrated(tmp_path: Path, path: Path) -> None:
    """The copy replaces that of an earlier try: all as it was, but for tokens, and for its owner alone."""
    async with Database(path) as database:
        await accepted(JobStore(database), new_job())
    copy = path.with_name("bot.sqlite3.before-9999")
    copy.write_text("of an earlier try")
    assert await migrate_later(tmp_path, path) == ""
    assert query(path, "SELECT version_num FROM alembic_version") == [("9999",)]
    assert query(path, "SELECT id, interaction_token FROM jobs") == [("job", "token")]
    assert query(copy, "SELECT version_num FROM alembic_version") == [(head(),)]
    assert query(copy, "SELECT id, interaction_token FROM jobs") == [("job", None)]
    assert copy.stat().st_mode & 0o777 == 0o600


async def test_migrations_that_break_off_have_never_been(tmp_path: Path, path: Path) -> None:
    """Nothing stays where one fails, nor of those before it, and the next try succeeds."""
    async with Database(path) as database:
        await accepted(JobStore(database), new_job())
    assert "no such table: nowhere" in await migrate_later(tmp_path, path, BROKEN)
    assert query(path, "SELECT version_num FROM alembic_version") == [(head(),)]
    assert query(path, "SELECT name FROM sqlite_master WHERE name = 'later'") == []
    assert await migrate_later(tmp_path, path) == ""
    assert query(path, "SELECT version_num FROM alembic_version") == [("9999",)]


async def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path, path: Path) -> None:
    """An old program does not write into tables that it does not know."""
    assert await migrate_later(tmp_path, path) == ""
    with pytest.raises(DatabaseTooNew):
        async with Database(path):
            pytest.fail("a newer file was opened")
    assert query(path, "SELECT version_num FROM alembic_version") == [("9999",)]
    assert not list(path.parent.glob("*.before-*"))
