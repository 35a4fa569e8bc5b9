"""A member's purse on a database file: allowance first, then bonuses by expiry, and back the other way."""

import asyncio
from dataclasses import replace

import pytest

from storage.database import Database
from storage.errors import BudgetExhausted
from storage.jobs import JobStore
from storage.records import BudgetLimit, JobState
from tests.audits import problems
from tests.storage.samples import BOT, MEMBER, accepted, asked, brought_to, change, new_job

SOON = BudgetLimit("bonus:1:7:1", 50.0, 90_000.0, 3)
LATE = BudgetLimit("bonus:1:7:2", 40.0, 900_000.0, 5)
SERVER = BudgetLimit("server:1", 0.0, 86_400.0, 100, of_operator=True)
PURSE = (MEMBER, SOON, LATE)


async def kinds(store: JobStore, job_id: str = "job") -> list[tuple[str, str, int]]:
    """The ledger of a job as (holder, kind, credits)."""
    return [(line.holder, line.kind, line.credits) for line in await store.ledger(job_id)]


async def test_the_allowance_is_used_first_then_bonuses_in_their_order(store: JobStore) -> None:
    """The parts add up to the price; each ceiling pays all of it."""
    await accepted(store, new_job(price=5, count=3), *PURSE, SERVER, BOT)
    assert await kinds(store) == [
        ("member:1:7", "reserve", 10),
        ("bonus:1:7:1", "reserve", 3),
        ("bonus:1:7:2", "reserve", 2),
        ("server:1", "reserve", 15),
        ("bot", "reserve", 15),
    ]
    assert problems(store) == ()


async def test_what_comes_back_goes_to_the_bonus_first(store: JobStore) -> None:
    """One of three pictures is paid out of the allowance; the rest of it comes back after the bonuses."""
    await accepted(store, new_job(price=5, count=3), *PURSE, BOT)
    await store.fail("job", 300.0, outcome="failed.explicit", images=1)
    assert (await kinds(store))[4:] == [
        ("member:1:7", "settle", 5),
        ("member:1:7", "refund", 5),
        ("bonus:1:7:1", "refund", 3),
        ("bonus:1:7:2", "refund", 2),
        ("bot", "settle", 5),
        ("bot", "refund", 10),
    ]
    assert [await store.spent(limit) for limit in PURSE] == [5, 0, 0]
    assert problems(store) == ()


async def test_a_part_that_is_empty_has_no_line(database: Database, store: JobStore) -> None:
    """Who has no allowance pays out of bonuses alone, and the job is paid when it is delivered."""
    await accepted(store, new_job(price=4), replace(MEMBER, ceiling=0), SOON, LATE, BOT)
    await brought_to(database, "job", JobState.DELIVERED)
    assert (await kinds(store))[3:] == [
        ("bonus:1:7:1", "settle", 3),
        ("bonus:1:7:2", "settle", 1),
        ("bot", "settle", 4),
    ]
    assert await store.paid(["job"]) == {"job": 4}
    assert problems(store) == ()


async def test_a_purse_with_too_little_gives_nothing(database: Database, store: JobStore) -> None:
    """The refusal knows all that there was, and that bonuses do not come again."""
    await accepted(store, new_job("first", price=12), *PURSE, BOT)
    with pytest.raises(BudgetExhausted) as refusal:
        await accepted(store, new_job(price=7), *PURSE, BOT)
    error = refusal.value
    assert (error.holder, error.left, error.ceiling, error.period_end) == ("member:1:7", 6, 16, 86_400.0)
    assert await asked(database, "SELECT count(*) FROM ledger WHERE job_id = 'job'") == [(0,)]


@pytest.mark.parametrize("limited", ["member:1:7", "server:1", "bot"])
async def test_sixty_four_at_once_get_exactly_what_there_is(store: JobStore, limited: str) -> None:
    """Ten credits are ten jobs, whichever limit has them: purse, server or bot."""
    limits = [
        replace(limit, ceiling=10 if limit.holder == limited else 1000) for limit in (MEMBER, SERVER, BOT)
    ]
    if limited == "member:1:7":
        limits = [replace(limits[0], ceiling=2), SOON, LATE, *limits[1:]]
    outcomes = await asyncio.gather(
        *(accepted(store, new_job(f"job{number}"), *limits) for number in range(64)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, BudgetExhausted)]
    assert (len(refused), len(outcomes) - len(refused)) == (54, 10)
    assert {error.holder for error in refused} == {limited}
    assert len(await store.in_states([JobState.ACCEPTED])) == 10
    assert problems(store) == ()


async def test_a_limit_holds_over_the_days_of_its_period(store: JobStore) -> None:
    """A week is the sum of its days, and a day that follows does not count what was before."""
    day = 86_400.0
    week = BudgetLimit("member:1:7", 0.0, 7 * day, 10, day=(0.0, day), period="week")
    await accepted(store, new_job("monday", price=6), week)
    friday = replace(week, day=(4 * day, 5 * day))
    with pytest.raises(BudgetExhausted):
        await accepted(store, new_job("too much", price=5, accepted_at=4 * day), friday)
    await accepted(store, new_job("friday", price=4, accepted_at=4 * day), friday)
    assert await store.spent(week) == await store.spent(friday) == 10
    today = BudgetLimit("member:1:7", 4 * day, 5 * day, 10, day=(4 * day, 5 * day), period="day")
    assert await store.spent(today) == 4
    await store.cancel("monday", 4 * day)
    assert (await store.spent(week), await store.spent(today)) == (4, 4)


async def test_the_audit_sees_a_bonus_that_was_overdrawn(database: Database, store: JobStore) -> None:
    """No rule can take back what was given and spent."""
    await accepted(store, new_job(price=12), *PURSE, BOT)
    await change(database, "UPDATE budgets SET ceiling = 1 WHERE holder = 'bonus:1:7:1'")
    assert problems(store) == ("bonus:1:7:1: 2 spent of 1 given",)


async def test_the_audit_sees_a_part_of_a_purse_that_is_missing(database: Database, store: JobStore) -> None:
    """The parts have to add up to the price."""
    await accepted(store, new_job(price=12), *PURSE, BOT)
    await change(
        database,
        "DROP TRIGGER ledger_no_delete",
        "DELETE FROM ledger WHERE budget_id = (SELECT id FROM budgets WHERE holder LIKE 'bonus:%')",
        "UPDATE budgets SET spent = 0 WHERE holder LIKE 'bonus:%'",
    )
    [line] = problems(store)
    assert "10 reserved for its member, 12 in 1 ceilings" in line
