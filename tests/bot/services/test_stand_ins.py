"""Who deletes their data goes on under another id while a period lasts, and gets no fresh allowance."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.errors import UserError
from bot.periods import Allowance, Period
from bot.services.accounts import renamed
from bot.services.admissions import Admissions
from bot.services.limits import all_begin_after, counts_until
from bot.services.origin import Asker
from bot.services.quotas import OperatorLimits, Quotas
from bot.services.stand_ins import StandIns
from storage.accounts import AccountStore
from storage.database import Database
from storage.errors import BudgetExhausted
from storage.forgetting import Forgetting, StandIn
from storage.jobs import JobStore
from storage.records import Place
from tests.audits import problems
from tests.storage.samples import NO_LIMITS, new_job

DAY = 86_400.0
START = 20_000 * DAY  # a midnight


@dataclass
class Books:
    """A member's day after day: what they spend, and when they ask to be forgotten."""

    database: Database
    now: float = START
    jobs: int = 0
    spent: dict[tuple[float, int], int] = field(default_factory=dict)  # by period and server

    async def open(self) -> None:
        """The parts as they are after a start."""
        self.store, self.forgetting = JobStore(self.database), Forgetting(self.database)
        self.stand_ins = StandIns(self.forgetting, lambda: self.now)
        await self.stand_ins.load()
        self.quotas = Quotas(
            AccountStore(self.database),
            OperatorLimits(
                member=Allowance(5, Period.WEEK),  # which straddles the months
                direct=Allowance(3, Period.MONTH),
                server=Allowance(10_000, Period.DAY),
                bot_budget=10_000,
            ),
            known_as=self.stand_ins.known_as,
            clock=lambda: self.now,
        )

    async def spend(self, guild: int, price: int) -> None:
        """Ask for a picture, and get it; or be refused because too little is left."""
        self.jobs += 1
        place = Place.GUILD if guild else Place.DIRECT
        asker = Asker(place=place, guild_id=guild, user_id=7, role_ids=())
        job = new_job(f"job{self.jobs}", guild_id=guild, place=place, price=price, accepted_at=self.now)
        try:
            await self.store.accept(job, [], self.quotas.payment(asker, self.now), NO_LIMITS)
        except BudgetExhausted:
            return
        await self.store.cancel(job.id, self.now) if price == 1 else await self.store.fail(
            job.id, self.now, outcome="failed.content", images=1
        )
        period = Period.WEEK if guild else Period.MONTH
        key = (period.around(self.now)[0], guild)
        self.spent[key] = self.spent.get(key, 0) + (0 if price == 1 else price)

    async def forget(self) -> None:
        """Delete the member."""
        stand_in = self.stand_ins.choose(7, self.now)
        forgotten = await self.forgetting.forget_member(
            7,
            self.stand_ins.tag(7),
            stand_in,
            self.now,
            all_begin_after,
            lambda account: renamed(account, 7, stand_in),
            counts_until,
        )
        if forgotten.until is not None:
            await self.stand_ins.load()


STEPS = st.one_of(
    st.tuples(st.just("spend"), st.integers(0, 2), st.integers(1, 3)),
    st.just(("forget",)),
    st.just(("restart",)),
    st.tuples(st.just("wait"), st.sampled_from([60.0, DAY / 2, DAY, 3.5 * DAY, 25 * DAY, 400 * DAY])),
)


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(STEPS, min_size=4, max_size=25))
@example([("spend", 1, 2), ("forget",), ("spend", 0, 3), ("wait", DAY), ("spend", 0, 3)])
@example(
    [("spend", 1, 2), ("forget",), ("wait", 25 * DAY), ("spend", 1, 5), ("wait", 3.5 * DAY), ("spend", 1, 5)]
)
def test_no_way_of_being_forgotten_brings_credits(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, ...]]
) -> None:
    """Whatever a member does: no period of an account sees more than its allowance, and all sums agree."""
    asyncio.run(_live(tmp_path_factory.mktemp("books"), steps))


async def _live(folder: Path, steps: list[tuple[str, ...]]) -> None:
    async with Database(folder / "bot.sqlite3") as database:
        books = Books(database)
        await books.open()
        for step, *values in steps:
            match step:
                case "spend":
                    await books.spend(*values)  # type: ignore[arg-type]  # as in STEPS
                case "forget":
                    await books.forget()
                case "restart":
                    await books.open()
                case "wait":
                    books.now += float(values[0])
                    await books.stand_ins.forget()
                    await books.open()
        assert all(spent <= (5 if guild else 3) for (_, guild), spent in books.spent.items())
        assert problems(books.store) == ()
        kept = await books.forgetting.stand_ins()
        assert all(each.until > books.now for each in kept.values()) or steps[-1][0] != "wait"


@pytest.fixture
async def stand_ins(tmp_path: Path) -> StandIns:
    """Over an empty database."""
    async with Database(tmp_path / "bot.sqlite3") as database:
        loaded = StandIns(Forgetting(database), lambda: START)
        await loaded.load()
        return loaded


async def test_forgetting_forgets_nobody_who_has_just_come_back(tmp_path: Path) -> None:
    """Twice at once, and while somebody deletes their data anew: who stands in from now on still does."""
    now = START
    async with Database(tmp_path / "bot.sqlite3") as database:
        stand_ins = StandIns(Forgetting(database), lambda: now)
        await stand_ins.load()
        stand_ins.remember(7, StandIn(-5, START))
        stand_ins.remember(8, StandIn(-6, START))
        forgetting = [asyncio.create_task(stand_ins.forget()) for _ in range(2)]
        await asyncio.sleep(0)  # both ask the database
        stand_ins.remember(7, StandIn(-7, START + DAY))
        await asyncio.gather(*forgetting)
        assert [stand_ins.known_as(each, now - 1) for each in (7, 8)] == [-7, 8]


async def test_a_stand_in_is_nobody_and_says_nothing(stand_ins: StandIns) -> None:
    """It is negative, another one each time, fits into the database, and the tag does not hold the id."""
    chosen = {stand_ins.choose(7, START) for _ in range(100)}
    assert len(chosen) == 100
    assert all(-(2**63) <= each < 0 for each in chosen)
    assert stand_ins.tag(7) != stand_ins.tag(8)
    assert stand_ins.known_as(7, START) == 7


@pytest.mark.parametrize(
    ("account", "becomes"),
    [
        ("member:1:7", "member:1:-5"),
        ("member:7:7", "member:7:-5"),
        ("user:7", "user:-5"),
        ("bonus:1:7:12", "bonus:1:-5:12"),
        ("bonus:7:8:7", "bonus:7:8:7"),
        ("server:7", "server:7"),
        ("member:7:77", "member:7:77"),
        ("member:1:-9", "member:1:-9"),
        ("bot", "bot"),
    ],
)
def test_only_ones_own_accounts_are_renamed(account: str, becomes: str) -> None:
    """Not those of somebody whose id ends alike, nor those of a server of this id."""
    assert renamed(account, 7, -5) == becomes


def test_nothing_comes_in_while_a_member_is_deleted() -> None:
    """Nor is anybody deleted whose request is coming in; others come and go meanwhile."""
    admissions = Admissions()
    with admissions.closed_to(7):
        with pytest.raises(UserError, match="being_deleted"), admissions.enter(7):
            pytest.fail("let in")
        with pytest.raises(UserError, match="delete_running"), admissions.closed_to(7):
            pytest.fail("closed twice")
        with admissions.enter(8):
            assert admissions.of(8) == 1
    with admissions.enter(7), admissions.enter(7):
        assert admissions.of(7) == 2
        with pytest.raises(UserError, match="delete_running"), admissions.closed_to(7):
            pytest.fail("closed")
    assert admissions.of(7) == 0
    with admissions.closed_to(7):
        pass
