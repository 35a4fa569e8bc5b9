"""Brings the database up to date at start, after copying it."""

import sqlite3
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, StaticPool, create_engine

from storage.errors import DatabaseTooNew

HERE = Path(__file__).parent


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """Apply the migrations that are missing, in one transaction; an older database is copied first.

    Raises `DatabaseTooNew` when the file was written by a version that knows more migrations.
    """
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with engine.connect() as alembics:
        current = MigrationContext.configure(alembics).get_current_revision()
        if current == head():
            return
        if current is not None:
            if not is_known(current):
                raise DatabaseTooNew(str(path))
            _copy(connection, path.with_name(f"{path.name}.before-{head()}"))
        connection.execute("BEGIN IMMEDIATE")  # SQLAlchemy commits it or rolls it back
        command.upgrade(_config(alembics), "head")
        alembics.commit()


@cache
def head() -> str | None:
    """The revision of this version's schema."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_known(revision: str) -> bool:
    """Whether this version knows a revision of the schema; a newer one's it does not."""
    try:
        ScriptDirectory.from_config(_config()).get_revision(revision)
    except CommandError:
        return False
    return True


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    """Copy the database as it was before the migration; a copy of an earlier try is replaced."""
    target.unlink(missing_ok=True)
    connection.execute("VACUUM INTO ?", [str(target)])
