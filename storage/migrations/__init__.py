"""Brings the database up to date at start, after copying it."""

import asyncio
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import DatabaseTooNew

HERE = Path(__file__).parent


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


async def upgrade(connection: AsyncConnection, path: Path) -> None:
    """Apply the migrations that are missing, in one transaction; an older database is copied first.

    Raises `DatabaseTooNew` when the file was written by a version that knows more migrations.
    """
    current = await connection.run_sync(_revision)
    await connection.rollback()
    if current == head():
        return
    if current is not None:
        if not is_known(current):
            raise DatabaseTooNew(str(path))
        await _copy(connection, path.with_name(f"{path.name}.before-{head()}"))
    await connection.execution_options(writes=True)
    async with connection.begin():
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), "head"))


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


async def _copy(connection: AsyncConnection, target: Path) -> None:
    """Copy the database as it was before the migration; a copy of an earlier try is replaced."""
    await asyncio.to_thread(target.unlink, missing_ok=True)
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection  # past SQLAlchemy: VACUUM must not stand in a transaction
    cursor = await driver.execute("VACUUM INTO ?", (str(target),))
    await cursor.close()
