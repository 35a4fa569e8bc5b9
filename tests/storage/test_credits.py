"""Credits on a database file: taken once or not at all, given back once, and never without a ledger line."""

import asyncio
from dataclasses import replace

import pytest

from storage.database import Database
from storage.errors import BudgetExhausted, StorageError, WrongState
from storage.jobs import JobStore
from storage.records import JobState, LedgerLine
from tests.audits import problems
from tests.storage.samples import BOT, MEMBER, accepted, brought_to, change, everything, new_job

LINE = "INSERT INTO ledger (at, job_id, budget_id, kind, credits)"


async def kinds(store: JobStore, job_id: str = "job") -> list[tuple[str, str, int]]:
    """The ledger of a job as (holder, kind, credits)."""
    return [(line.holder, line.kind, line.credits) for line in await store.ledger(job_id)]


async def test_sixty_four_at_once_get_exactly_the_ten_credits_there_are(store: JobStore) -> None:
    """Parallel requests of one member never pass the budget, and none of the ten is lost either."""
    outcomes = await asyncio.gather(
        *(accepted(store, new_job(f"job{number}")) for number in range(64)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, BudgetExhausted)]
    assert (len(refused), len(outcomes) - len(refused)) == (54, 10)
    assert len(await store.in_states([JobState.ACCEPTED])) == 10
    assert await store.spent(MEMBER) == await store.spent(BOT) == 10
    assert len(await store.ledger()) == 20
    assert problems(store) == ()


async def test_many_members_share_the_bots_budget(store: JobStore) -> None:
    """The bot's ceiling holds over members who each have enough."""
    bot = replace(BOT, ceiling=10)
    outcomes = await asyncio.gather(
        *(
            accepted(
                store, new_job(f"job{user}", user_id=user), replace(MEMBER, holder=f"member:1:{user}"), bot
            )
            for user in range(32)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, BudgetExhausted) and outcome.holder == "bot" for outcome in outcomes) == 22
    assert await store.spent(bot) == 10
    assert problems(store) == ()


async def test_a_reservation_takes_from_every_budget(store: JobStore) -> None:
    """The member and the bot both pay the whole price, with a line for each."""
    await accepted(store, new_job(price=2, count=3))
    assert await kinds(store) == [("member:1:7", "reserve", 6), ("bot", "reserve", 6)]
    assert (await store.spent(MEMBER), await store.spent(BOT)) == (6, 6)


@pytest.mark.parametrize(
    ("member", "bot", "holder", "left"),
    [(5, 2_000, "member:1:7", 5), (10, 5, "bot", 5), (0, 0, "member:1:7", 0)],
)
async def test_a_refusal_names_the_budget_and_leaves_nothing(
    database: Database, store: JobStore, member: int, bot: int, holder: str, left: int
) -> None:
    """When one budget has too little, neither is touched, and no job and no line is written."""
    before = await everything(database)
    with pytest.raises(BudgetExhausted) as refusal:
        await accepted(
            store, new_job(price=2, count=3), replace(MEMBER, ceiling=member), replace(BOT, ceiling=bot)
        )
    assert (refusal.value.holder, refusal.value.left) == (holder, left)
    assert refusal.value.period_end == 86_400.0
    assert await everything(database) == before == []


async def test_the_last_credit_can_be_spent_and_no_further(store: JobStore) -> None:
    """A reservation may reach the ceiling exactly."""
    await accepted(store, new_job("all", price=10))
    with pytest.raises(BudgetExhausted) as refusal:
        await accepted(store, new_job("more"))
    assert refusal.value.left == 0


async def test_a_delivered_job_is_settled(database: Database, store: JobStore) -> None:
    """What was delivered stays spent."""
    await accepted(store, new_job(price=2, count=2))
    await brought_to(database, "job", JobState.DELIVERED)
    assert (await kinds(store))[2:] == [("member:1:7", "settle", 4), ("bot", "settle", 4)]
    assert await store.spent(MEMBER) == await store.spent(BOT) == 4


async def test_a_failed_job_is_refunded(store: JobStore) -> None:
    """Every credit is back, and can be spent again."""
    await accepted(store, new_job(price=10))
    await store.fail("job", 300.0, outcome="failed.lost")
    assert (await kinds(store))[2:] == [("member:1:7", "refund", 10), ("bot", "refund", 10)]
    assert await store.spent(MEMBER) == await store.spent(BOT) == 0
    await accepted(store, new_job("again", price=10))


async def test_a_part_is_settled_and_the_rest_refunded(database: Database, store: JobStore) -> None:
    """Three of four images cost three quarters; the operator's budget keeps all that were made."""
    await accepted(store, new_job(price=2, count=4))
    await brought_to(database, "job", JobState.READY)
    await store.deliver("job", 300.0, message_id=12, images=3)
    assert (await kinds(store))[2:] == [
        ("member:1:7", "settle", 6),
        ("member:1:7", "refund", 2),
        ("bot", "settle", 8),
    ]
    assert (await store.spent(MEMBER), await store.spent(BOT)) == (6, 8)


async def test_a_failure_can_be_charged_in_part(database: Database, store: JobStore) -> None:
    """A picture that was made and may not be shown is paid; the others are refunded."""
    await accepted(store, new_job(price=2, count=2))
    await brought_to(database, "job", JobState.READY)
    await store.fail("job", 300.0, outcome="failed.explicit", images=1)
    assert (await store.spent(MEMBER), await store.spent(BOT)) == (2, 4)
    assert [kind for _, kind, _ in await kinds(store)] == ["reserve", "reserve", "settle", "refund", "settle"]


@pytest.mark.parametrize("images", [-1, 3])
async def test_more_or_less_than_reserved_cannot_be_settled(
    database: Database, store: JobStore, images: int
) -> None:
    """A wrong number of images ends nothing."""
    await accepted(store, new_job(count=2))
    await brought_to(database, "job", JobState.READY)
    before = await everything(database)
    with pytest.raises(ValueError, match="cannot settle"):
        await store.deliver("job", 300.0, message_id=None, images=images)
    assert await everything(database) == before


async def test_a_second_end_fails_and_changes_nothing(database: Database, store: JobStore) -> None:
    """Whichever end comes first counts: nobody is refunded twice, or charged after a refund."""
    await accepted(store, new_job())
    await brought_to(database, "job", JobState.READY)
    ends = [
        store.deliver("job", 300.0, message_id=12, images=1),
        store.fail("job", 300.0, outcome="failed.undeliverable"),
        store.deliver("job", 300.0, message_id=12, images=1),
    ]
    outcomes = await asyncio.gather(*ends, return_exceptions=True)
    assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == 2
    before = await everything(database)
    with pytest.raises(WrongState):
        await store.fail("job", 400.0, outcome="failed.lost")
    assert await everything(database) == before
    assert len(await store.ledger("job")) == 4


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET credits = 1",
        "DELETE FROM ledger",
        f"{LINE} VALUES (1, 'job', 1, 'reserve', 1)",
        f"{LINE} VALUES (1, 'job', 1, 'gift', 1)",
        f"{LINE} VALUES (1, 'job', 1, 'refund', 0)",
        f"{LINE} VALUES (1, 'nobody', 1, 'refund', 1)",
        "UPDATE budgets SET spent = -1",
    ],
)
async def test_the_database_itself_refuses_to_bend_the_books(
    database: Database, store: JobStore, statement: str
) -> None:
    """Whatever a later version gets wrong: lines stay, stand once, and are of the three kinds."""
    await accepted(store, new_job(price=3))
    before = await everything(database)
    with pytest.raises(StorageError):
        await change(database, statement)
    assert await everything(database) == before


async def test_what_costs_nothing_takes_nothing(database: Database, store: JobStore) -> None:
    """At a price of 0 a job runs with an empty budget, and no line is written."""
    await accepted(store, new_job(price=0), replace(MEMBER, ceiling=0), BOT)
    await brought_to(database, "job", JobState.DELIVERED)
    assert await store.ledger() == []
    assert problems(store) == ()


async def test_a_new_period_is_a_new_budget(store: JobStore) -> None:
    """What was spent yesterday is no part of today."""
    await accepted(store, new_job("old", price=10))
    today = replace(MEMBER, period_start=86_400.0, period_end=172_800.0)
    await accepted(
        store, new_job("new", price=10), today, replace(BOT, period_start=86_400.0, period_end=172_800.0)
    )
    await store.fail("old", 90_000.0, outcome="failed.lost")
    assert (await store.spent(MEMBER), await store.spent(today)) == (0, 10)


async def test_a_lower_ceiling_takes_nothing_back(store: JobStore) -> None:
    """Who has spent more than a new ceiling keeps it, and gets nothing more."""
    await accepted(store, new_job(price=8))
    with pytest.raises(BudgetExhausted) as refusal:
        await accepted(store, new_job("more"), replace(MEMBER, ceiling=5), BOT)
    assert (refusal.value.left, refusal.value.ceiling) == (0, 5)
    await accepted(store, new_job("raised", price=4), replace(MEMBER, ceiling=12), BOT)
    assert await store.spent(MEMBER) == 12


async def test_what_members_have_paid_is_theirs_and_for_good(database: Database, store: JobStore) -> None:
    """Only what was settled on members' budgets counts, for the jobs that are asked for."""
    for job_id in ("whole", "held", "gone", "other"):
        await accepted(store, new_job(job_id, price=2))
        await brought_to(database, job_id, JobState.HELD)
    for job_id in ("whole", "other"):
        await store.deliver(job_id, 300.0, message_id=12, images=1)
    await store.fail("gone", 300.0, outcome="failed.not_collected")
    assert await store.paid(["whole", "held", "gone", "nobody"]) == {"whole": 2}
    assert await store.paid([]) == {}


async def test_the_ledger_is_told_in_the_order_it_was_written(store: JobStore) -> None:
    """All jobs together, oldest line first."""
    await accepted(store, new_job("a"), MEMBER)
    await accepted(store, new_job("b"), MEMBER)
    await store.fail("a", 300.0, outcome="failed.lost")
    assert await store.ledger() == [
        LedgerLine("a", "member:1:7", "reserve", 1),
        LedgerLine("b", "member:1:7", "reserve", 1),
        LedgerLine("a", "member:1:7", "refund", 1),
    ]
