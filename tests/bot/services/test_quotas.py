"""Who pays, out of which budget, and how a refusal reads."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.errors import explain
from bot.images import ImageRequest
from bot.periods import Allowance, Period
from bot.services.accounts import BOT
from bot.services.origin import Asker
from bot.services.quotas import Decision, OperatorLimits, Quotas
from storage.accounts import AccountStore
from storage.database import Database
from storage.errors import BudgetExhausted
from storage.jobs import JobStore
from storage.records import JobState, Place, QueueLimits
from storage.standing import Standing
from tests.storage.samples import brought_to, new_job

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC).timestamp()  # a Wednesday
MIDNIGHT = datetime(2026, 11, 19, tzinfo=UTC).timestamp()
MONDAY = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
QUEUE = QueueLimits(100, 100)
LIMITS = OperatorLimits(
    member=Allowance(20, Period.DAY),
    direct=Allowance(5, Period.WEEK),
    server=Allowance(50, Period.DAY),
    bot_budget=100,
)
REQUEST = ImageRequest(prompt="a boat")


class Time:
    """A clock that a test puts forward."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def time() -> Time:
    """A Wednesday at noon."""
    return Time()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Open a database file."""
    async with Database(tmp_path / "bot.sqlite3") as opened:
        yield opened


@pytest.fixture
def store(database: Database) -> JobStore:
    """The jobs in it."""
    return JobStore(database)


def oneself(user_id: int, now: float) -> int:
    """Nobody has deleted their data."""
    return user_id


@pytest.fixture
def quotas(database: Database, time: Time) -> Quotas:
    """Twenty credits a day in a server, five a week elsewhere; fifty for a server, a hundred for all."""
    return Quotas(AccountStore(database), LIMITS, known_as=oneself, clock=time)


def at(place: Place, guild_id: int | None = None, user_id: int = 7) -> Asker:
    """A member without roles."""
    return Asker(place=place, guild_id=guild_id, user_id=user_id, role_ids=())


HERE = at(Place.GUILD, 1)


def decided(quotas: Quotas, asker: Asker, **standing: object) -> Decision:
    """What is decided about a member who stands so."""
    values: dict[str, Any] = {"paused": False, **standing}
    return quotas.decide(asker, quotas.whose(asker), NOON, Standing(**values))


def account(quotas: Quotas, place: Place, guild_id: int | None = None, user_id: int = 7) -> str:
    """The first holder that a request draws on."""
    return decided(quotas, at(place, guild_id, user_id)).account.holder


def test_accounts(quotas: Quotas) -> None:
    """One for each server and member; one for a member's own, everywhere else."""
    here = account(quotas, Place.GUILD, 1)
    assert here != account(quotas, Place.GUILD, 2)
    assert here != account(quotas, Place.GUILD, 1, user_id=8)
    own = account(quotas, Place.DIRECT)
    assert own == account(quotas, Place.FOREIGN) == account(quotas, Place.FOREIGN, 1)
    assert own not in {here, account(quotas, Place.DIRECT, user_id=8)}
    assert account(quotas, Place.GUILD, 11, user_id=1) != account(quotas, Place.GUILD, 1, user_id=11)


def test_a_request_draws_on_the_account_the_server_and_the_bot(quotas: Quotas) -> None:
    """All limits with their periods; the bot's is a day's, whatever the member's is."""
    draw = decided(quotas, at(Place.DIRECT)).draw
    [member], [bot] = draw.purse, draw.ceilings
    assert (member.ceiling, member.period_end) == (5, MONDAY)
    assert (bot.holder, bot.ceiling, bot.period_end) == (BOT, 100, MIDNIGHT)
    here = decided(quotas, HERE).draw
    assert here.purse[0].period_end == MIDNIGHT
    assert [(limit.holder, limit.ceiling) for limit in here.ceilings] == [("server:1", 50), (BOT, 100)]


async def test_a_balance_follows_the_jobs(
    quotas: Quotas, database: Database, store: JobStore, time: Time
) -> None:
    """Reserved credits are gone, refunded ones are back, and a new day starts full."""
    await store.accept(new_job("a", price=6), [], quotas.payment(HERE, NOON), QUEUE)
    job = await store.accept(new_job("b", price=4), [], quotas.payment(HERE, NOON), QUEUE)
    balance = await quotas.balance(HERE)
    assert (balance.left, balance.allowance.credits, balance.renews_at) == (10, 20, MIDNIGHT)
    assert (await quotas.balance(at(Place.GUILD, 2))).left == 20
    assert (await quotas.balance(at(Place.DIRECT))).left == 5
    await store.fail("a", NOON, outcome="failed.lost")
    await brought_to(database, "b", JobState.DELIVERED)
    assert await quotas.left_after(job) == 16
    time.now = MIDNIGHT
    assert (await quotas.balance(HERE)).left == 20


async def test_a_balance_is_never_below_zero(
    database: Database, store: JobStore, quotas: Quotas, time: Time
) -> None:
    """Who spent more than a lowered allowance has nothing left, and no debt."""
    await store.accept(new_job(price=15), [], quotas.payment(HERE, NOON), QUEUE)
    limits = replace(LIMITS, member=Allowance(10, Period.DAY))
    lowered = Quotas(AccountStore(database), limits, known_as=oneself, clock=time)
    assert (await lowered.balance(HERE)).left == 0


@pytest.mark.parametrize(
    ("left", "price", "words"),
    [
        (3, 8, "This costs 8 credits and you have 3 left; more come <t:90:R>. Nothing was spent."),
        (0, 1, "This costs 1 credit and you have 0 left; more come <t:90:R>. Nothing was spent."),
        (-2, 4, "This costs 4 credits and you have 0 left; more come <t:90:R>. Nothing was spent."),
    ],
)
def test_a_refusal_says_price_rest_and_renewal(quotas: Quotas, left: int, price: int, words: str) -> None:
    """A plain sentence for a member's own budget."""
    assert explain(quotas.refusal(BudgetExhausted("member:1:7", left, 20, 90.0), REQUEST, price)) == words


def test_what_no_period_can_pay_is_not_put_off(quotas: Quotas) -> None:
    """Waiting would not help: more than the whole allowance is told as such."""
    words = explain(quotas.refusal(BudgetExhausted("member:1:7", 20, 20, 90.0), REQUEST.but(count=4), 8))
    assert words.startswith("This costs 32 credits and you get 20 at a time: ask for fewer")


def test_another_model_is_named_where_it_costs_more(quotas: Quotas) -> None:
    """Who asked for the cheap model learns why the price is another one."""
    request = REQUEST.but(model="nano-banana-pro", asked_model="nano-banana", count=2)
    words = explain(quotas.refusal(BudgetExhausted("member:1:7", 5, 20, 90.0), request, 4))
    assert words.startswith(
        "nano-banana can't make this edit right now; with nano-banana-pro it costs 8 credits"
    )
    assert "you have 5 left" in words


def test_the_bots_budget_is_told_without_figures(quotas: Quotas) -> None:
    """What the operator spends is nobody's business, but when it goes on is."""
    words = explain(quotas.refusal(BudgetExhausted(BOT, 3, 2000, 90.0), REQUEST, 8))
    assert "<t:90:R>" in words
    assert "8" not in words
    assert "3" not in words


def test_a_server_that_has_less_left_than_this_costs(quotas: Quotas) -> None:
    """It has not used everything: something cheaper may fit. How much is left is not told."""
    words = explain(quotas.refusal(BudgetExhausted("server:1", 3, 50, 90.0), REQUEST.but(count=4), 2))
    assert words.startswith("This costs 8 credits, and too little is left for this server until <t:90:f>")
    assert "3" not in words


@pytest.mark.parametrize("holder", [BOT, "server:1"])
def test_what_no_ceiling_ever_lets_through_is_not_put_off(quotas: Quotas, holder: str) -> None:
    """More than the whole ceiling of a server or the bot never fits; below it, it fits when it is back."""

    def words(ceiling: int) -> str:
        return explain(quotas.refusal(BudgetExhausted(holder, 0, ceiling, 90.0), REQUEST.but(count=4), 2))

    assert words(7).startswith("This costs 8 credits, which is more than my operator lets be spent here")
    assert "<t:90:R>" in words(8)
    assert words(0).startswith("My operator lets no credits be spent here")
