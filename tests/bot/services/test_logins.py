"""Logins are spaced so that Discord never resets the token, whatever crashes how often."""

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.logins import AT_ONCE, HOUR, Logins, pause
from storage.database import Database
from storage.logins import LoginStore

pytestmark = pytest.mark.row("gateway")
AN_HOUR_AT_MOST = 40
START = 1_000_000.0


def made(gaps: list[float]) -> list[float]:
    """When logins are made that come at these distances, each after its pause."""
    now, logins = START, list[float]()
    for gap in gaps:
        now += gap
        now += pause([at for at in logins if at > now - HOUR], now)
        logins.append(now)
    return logins


def most_in_an_hour(logins: list[float]) -> int:
    """The most logins that any hour has seen."""
    return max(sum(at - HOUR < other <= at for other in logins) for at in logins)


def test_a_hundred_refused_logins() -> None:
    """Tried again at once each time, an hour sees at most forty, and a day stays far below a thousand."""
    logins = made([0.0] * 100)
    assert logins[AT_ONCE - 1] == START
    assert most_in_an_hour(logins) <= AN_HOUR_AT_MOST
    assert most_in_an_hour(made([0.0] * 1000)) <= AN_HOUR_AT_MOST


@given(st.lists(st.floats(0, 2 * HOUR), min_size=1, max_size=120))
def test_no_hour_sees_more_than_forty(gaps: list[float]) -> None:
    """However crashes are spread; and nobody waits longer than three minutes for the next try."""
    logins = made(gaps)
    assert most_in_an_hour(logins) <= AN_HOUR_AT_MOST
    wanted = zip(pairwise(logins), gaps[1:], strict=True)
    assert all(later - earlier - gap <= HOUR / AT_ONCE + 0.001 for (earlier, later), gap in wanted)


def test_a_clock_that_was_set_back_holds_nobody_up() -> None:
    """Logins of the future do not count."""
    assert pause([START + 500] * AT_ONCE, START) == 0.0


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A fresh database."""
    async with Database(tmp_path / "bot.sqlite3") as opened:
        yield opened


async def test_logins_count_over_restarts(database: Database) -> None:
    """What an earlier process has made is remembered; a login that would wait too long is given up."""
    for _ in range(AT_ONCE):
        await Logins(LoginStore(database), lambda: START).take()
    assert await LoginStore(database).since(START - 1) == [START] * AT_ONCE
    nearly = Logins(LoginStore(database), lambda: START + HOUR / AT_ONCE)
    await nearly.due()
    await nearly.take()
    assert len(await LoginStore(database).since(START - 1)) == AT_ONCE + 1


async def test_a_database_that_fails_holds_nobody_up(tmp_path: Path) -> None:
    """Without it a login goes uncounted: the bot goes on."""
    async with Database(tmp_path / "bot.sqlite3") as closed:
        pass
    await Logins(LoginStore(closed), lambda: START).take()
