"""A database file of its own for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.calls import CallStore
from storage.database import Database
from storage.jobs import JobStore


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Open a fresh database file."""
    async with Database(tmp_path / "bot.sqlite3") as opened:
        yield opened


@pytest.fixture
async def store(database: Database) -> JobStore:
    """Give the statements about jobs on it."""
    return JobStore(database)


@pytest.fixture
async def calls(database: Database) -> CallStore:
    """Give the statements about calls on it."""
    return CallStore(database)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a database file that does not exist yet, in a folder that does not exist either."""
    return tmp_path / "data" / "bot.sqlite3"
