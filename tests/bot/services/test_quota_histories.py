"""Random lives of servers: nobody ever has a credit more or less than the rules gave them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.audit import audit
from storage.database import Database
from tests.bot.services.quota_life import Life

STEPS = 50


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Open a database file."""
    async with Database(tmp_path / "bot.sqlite3") as opened:
        yield opened


async def live(database: Database, seeds: range) -> None:
    """One life for each seed; a failure names the seed and the step."""
    for seed in seeds:
        life = Life(database, seed)
        for step in range(STEPS):
            try:
                await life.step()
                await life.check()
            except AssertionError as error:
                error.add_note(f"seed {seed}, step {step}")
                raise
    assert audit(database.path).problems == ()


async def test_the_books_follow_the_rules(database: Database) -> None:
    """Grants, spends, refunds, lost calls, changed rules and roles, turns of periods: all sums agree."""
    await live(database, range(40))


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_the_books_follow_the_rules_for_long(database: Database) -> None:
    """The same with two thousand lives."""
    await live(database, range(40, 2040))
