"""What moderators change: it counts for the next request, stands in the log, and is refused where wrong."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import UserError
from bot.periods import HIGHEST, Allowance, Period
from bot.services.accounts import bonus_prefix
from bot.services.change_checks import Moderator, Target, TargetRole
from bot.services.moderation import BONUSES
from bot.services.quotas import Source
from storage.database import Database
from storage.errors import BudgetExhausted, DatabaseBusy
from storage.records import JobState, Place
from storage.server_records import NEVER, Action, Change, Channels, ServerSettings
from storage.standing import bonuses_of
from tests.audits import problems
from tests.bot.services.board import ADA, BY, DAY, LIMITS, LINUS, NOON, Board, at
from tests.storage.samples import asked, brought_to

TEN = Allowance(10, Period.DAY)
ROLE = TargetRole(role_id=101)


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[Board]:
    """An empty server."""
    async with Database(tmp_path / "bot.sqlite3") as database:
        yield Board(database)


async def test_own_before_the_best_role_before_the_default_before_the_operator(board: Board) -> None:
    """Each is taken away, and the next one decides; the most generous a day wins among roles."""
    await board.moderation.set_allowance(BY, ADA, Allowance(1, Period.MONTH))
    await board.moderation.set_role(BY, ROLE, Allowance(69, Period.WEEK))
    await board.moderation.set_role(BY, TargetRole(role_id=102), TEN)
    await board.moderation.set_role(BY, TargetRole(role_id=103), Allowance(1000, Period.DAY))
    await board.moderation.set_default(BY, Allowance(3, Period.DAY))

    async def decided() -> tuple[Source, int | None, int]:
        decision = (await board.quotas.balance(at(101, 102))).decision
        return decision.source, decision.role_id, decision.allowance.credits

    assert await decided() == (Source.MEMBER, None, 1)
    await board.moderation.clear_allowance(BY, ADA)
    assert await decided() == (Source.ROLE, 102, 10)
    await board.moderation.set_role(BY, TargetRole(role_id=102), None)
    assert await decided() == (Source.ROLE, 101, 69)
    await board.moderation.set_role(BY, ROLE, None)
    assert await decided() == (Source.SERVER, None, 3)
    assert (await board.quotas.balance(at(guild_id=2))).decision.source is Source.OPERATOR
    assert (await board.quotas.balance(at(place=Place.FOREIGN))).decision.source is Source.DIRECT
    await board.moderation.set_default(BY, None)
    assert await decided() == (Source.OPERATOR, None, LIMITS.member.credits)
    kinds = [change.action for change in await board.oversight.log(1)]
    assert kinds[:4] == [Action.DEFAULT_CLEAR, Action.ROLE_CLEAR, Action.ROLE_CLEAR, Action.CLEAR]
    assert len(kinds) == 9


async def test_roles_that_come_and_go_bring_no_second_allowance(board: Board) -> None:
    """What was spent as one counts for the other, because days are summed up for any period."""
    await board.moderation.set_role(BY, ROLE, Allowance(210, Period.WEEK))
    for number in range(5):
        await board.ask(4, at(101) if number % 2 else at())
    assert await board.left() == 0
    assert await board.left(at(101)) == 190
    with pytest.raises(BudgetExhausted):
        await board.ask()


async def test_a_changed_rule_counts_for_the_next_request(board: Board) -> None:
    """Accepted jobs stay paid, also where a lower allowance would not have done."""
    job = await board.ask(15)
    await board.moderation.set_allowance(BY, ADA, TEN)
    assert await board.left() == 0
    await brought_to(board.database, job.id, JobState.DELIVERED)
    await board.moderation.set_allowance(BY, ADA, Allowance(16, Period.DAY))
    assert await board.left() == 1
    assert problems(board.store) == ()


async def test_a_bonus_comes_on_top_until_it_expires(board: Board) -> None:
    """It is used after the allowance, the first to expire first."""
    await board.moderation.grant(BY, ADA, 5)
    await board.moderation.grant(BY, ADA, 3, expires_at=NOON + DAY)
    await board.ask(22)
    balance = await board.quotas.balance(at())
    assert [(bonus.left, bonus.expires_at) for bonus in balance.decision.bonuses] == [
        (1, NOON + DAY),
        (5, NEVER),
    ]
    board.now += DAY
    assert await board.left() == 20 + 5
    assert await board.left(at(guild_id=2)) == 20


async def test_a_member_has_so_many_bonuses_at_a_time(board: Board) -> None:
    """Of what is spent, expired or taken back none counts; what they had before they forgot us does."""
    await board.moderation.grant(BY, ADA, 1, expires_at=NOON + 60)
    board.now += 60
    board.names = {7: -5}
    await board.moderation.grant(BY, Target(user_id=-5), 1)
    for _ in range(BONUSES - 1):
        await board.moderation.grant(BY, ADA, 1)
    for _ in range(2):
        with pytest.raises(UserError) as refusal:
            await board.moderation.grant(BY, ADA, 1)
        assert (refusal.value.key, refusal.value.values) == ("refused.too_many_bonuses", {"most": BONUSES})
    await board.moderation.grant(BY, LINUS, 1)
    await board.ask(21)
    await board.moderation.grant(BY, ADA, 1)
    await board.moderation.take_back(BY, ADA, 1)
    await board.moderation.grant(BY, ADA, 1)
    with pytest.raises(UserError, match=r"refused\.too_many_bonuses"):
        await board.moderation.grant(BY, ADA, 1)
    assert await board.left() == BONUSES
    assert len(await board.oversight.log(1, limit=100)) == BONUSES + 5
    assert problems(board.store) == ()


async def test_only_unspent_bonus_is_taken_back(board: Board) -> None:
    """The last grant first, as much as there is; and what comes back later is the member's."""
    await board.moderation.grant(BY, ADA, 5)
    board.now += 1
    await board.moderation.grant(BY, ADA, 4)
    job = await board.ask(22)
    change = await board.moderation.take_back(BY, ADA, 6)
    assert change.details == {"credits": 6}
    assert await board.left() == 1
    assert (await board.moderation.take_back(BY, ADA, HIGHEST)).details == {"credits": 1}
    with pytest.raises(UserError, match=r"refused\.no_bonus"):
        await board.moderation.take_back(BY, ADA, 1)
    await board.store.cancel(job.id, board.now)
    assert await board.left() == 22
    assert problems(board.store) == ()


async def test_what_is_spent_of_bonuses_is_not_read_any_more(board: Board) -> None:
    """Many spent ones change nothing for who looks, gives or takes back; what comes back counts again."""
    await board.ask(20)
    jobs = []
    for _ in range(25):
        board.now += 1
        await board.moderation.grant(BY, ADA, 1)
        jobs.append(await board.ask())

    async def read() -> list[int]:
        found = await board.database.read(bonuses_of, (bonus_prefix(1, 7),), board.now)
        return [bonus.left for bonus in found]

    assert await read() == []
    with pytest.raises(UserError, match=r"refused\.no_bonus"):
        await board.moderation.take_back(BY, ADA, 1)
    await board.moderation.grant(BY, ADA, 3)
    await board.store.cancel(jobs[4].id, board.now)
    assert await read() == [1, 3]
    decision = (await board.oversight.member(at())).balance.decision
    assert [bonus.left for bonus in decision.bonuses] == [1, 3]
    assert (await board.moderation.take_back(BY, ADA, 9)).details == {"credits": 4}
    assert await board.left() == 0
    assert problems(board.store) == ()


async def test_a_reset_starts_the_period_anew(board: Board) -> None:
    """For one member or for all; what is refunded then belongs to what was before."""
    await board.moderation.set_default(BY, Allowance(20, Period.MONTH))
    job = await board.ask(20)
    await board.ask(20, at(user_id=8))
    board.now += 1
    await board.moderation.reset(BY, ADA)
    assert [await board.left(), await board.left(at(user_id=8))] == [20, 0]
    board.now += DAY
    await board.ask(5)
    await board.store.cancel(job.id, board.now)
    assert await board.left() == 15
    board.now += 1
    version = (await board.oversight.overview(1)).version
    await board.moderation.reset_all(BY, version)
    assert [await board.left(), await board.left(at(user_id=8))] == [20, 20]
    with pytest.raises(UserError, match=r"refused\.outdated"):
        await board.moderation.reset_all(BY, version)
    assert problems(board.store) == ()


async def test_who_is_blocked_makes_nothing_until_then(board: Board) -> None:
    """Their waiting jobs are cancelled; it ends in time, or by a moderator; other servers do not care."""
    await board.moderation.block(BY, ADA, until=NOON + 60, reason=" too much ")
    assert board.cancelled == [(1, 7)]
    with pytest.raises(UserError) as refusal:
        await board.ask()
    assert (refusal.value.key, refusal.value.values) == ("refused.blocked_until", {"until": int(NOON + 60)})
    await board.ask(asker=at(guild_id=2))
    board.now += 60
    await board.ask()
    await board.moderation.block(BY, ADA)
    with pytest.raises(UserError, match=r"refused\.blocked$"):
        await board.ask()
    with pytest.raises(UserError, match=r"refused\.blocked_already"):
        await board.moderation.block(BY, ADA, anew=False)
    await board.moderation.unblock(BY, ADA)
    await board.ask()
    with pytest.raises(UserError, match=r"refused\.not_blocked"):
        await board.moderation.unblock(BY, ADA)
    log = await board.oversight.log(1, member_id=7, action=Action.BLOCK)
    assert [(change.reason, change.details) for change in log] == [
        (None, {"until": None}),
        ("too much", {"until": NOON + 60}),
    ]


async def test_a_block_holds_although_what_waits_cannot_be_cancelled(board: Board) -> None:
    """The moderator reads what was done, and blocks nobody a second time."""
    board.trouble = DatabaseBusy("locked")
    change = await board.moderation.block(BY, ADA)
    assert (change.action, board.cancelled) == (Action.BLOCK, [(1, 7)])
    with pytest.raises(UserError, match=r"refused\.blocked$"):
        await board.ask()


@pytest.mark.parametrize(
    ("channels", "here", "thread", "elsewhere"),
    [
        (Channels.EVERYWHERE, True, True, True),
        (Channels.ONLY, True, True, False),
        (Channels.EXCEPT, False, False, True),
    ],
)
async def test_channels(board: Board, channels: Channels, here: bool, thread: bool, elsewhere: bool) -> None:
    """A thread follows its parent; direct messages have no channels."""
    settings = ServerSettings(channels=channels, channel_ids=(5,))
    if channels is not Channels.EVERYWHERE:
        await board.moderation.change_settings(BY, settings)
    for place, allowed in (((5,), here), ((55, 5), thread), ((6,), elsewhere)):
        decision = (await board.quotas.balance(at(channels=place))).decision
        assert (decision.refusal is None) is allowed
        if not allowed:
            with pytest.raises(UserError, match=r"refused\.channel"):
                await board.ask(asker=at(channels=place))
    await board.ask(asker=at(place=Place.DIRECT))
    assert (await board.quotas.balance(at(channels=()))).decision.refusal is None


async def test_settings_that_somebody_else_has_changed(board: Board) -> None:
    """Two moderators with the same panel: the second one is told, and changes nothing."""
    seen = await board.oversight.settings(1)
    assert seen == ServerSettings()
    change = await board.moderation.change_settings(
        BY, replace(seen, log_channel_id=12, moderator_role_ids=(3, 4), member_running=2)
    )
    assert change.details == {"log_channel_id": 12, "moderator_role_ids": (3, 4), "member_running": 2}
    assert [board.running.of(1), board.running.of(2), board.running.of(None)] == [2, 3, 3]
    with pytest.raises(UserError, match=r"refused\.outdated"):
        await board.moderation.change_settings(BY, replace(seen, log_channel_id=13))
    now = await board.oversight.settings(1)
    assert (now.log_channel_id, now.moderator_role_ids, now.version) == (12, (3, 4), change.id)
    with pytest.raises(UserError, match=r"refused\.same_settings"):
        await board.moderation.change_settings(BY, now)
    with pytest.raises(UserError, match=r"refused\.member_running"):
        await board.moderation.change_settings(BY, replace(now, member_running=4))
    await board.moderation.change_settings(BY, replace(now, member_running=None))
    assert board.running.of(1) == 3
    assert (await board.oversight.settings(2)).version == 0


async def test_a_job_is_refunded_once(board: Board) -> None:
    """Two moderators at the same button: one bonus, of what the member has paid."""
    job = await board.ask(4)
    with pytest.raises(UserError, match=r"refused\.nothing_to_refund"):
        await board.moderation.refund(BY, job.id)
    await brought_to(board.database, job.id, JobState.DELIVERED)
    with pytest.raises(UserError, match=r"refused\.nothing_to_refund"):
        await board.moderation.refund(Moderator(2, 99), job.id)
    outcomes = await asyncio.gather(
        *(board.moderation.refund(BY, job.id) for _ in range(8)), return_exceptions=True
    )
    [done] = [outcome for outcome in outcomes if isinstance(outcome, Change)]
    assert (done.details, done.subject_id, done.job_id) == ({"credits": 4}, 7, job.id)
    assert await board.left() == 20
    assert problems(board.store) == ()


BAD: dict[str, tuple[str, Callable[[Board], Awaitable[object]]]] = {
    "a negative allowance": (
        "amount",
        lambda board: board.moderation.set_allowance(BY, ADA, Allowance(-1, Period.DAY)),
    ),
    "a huge allowance": (
        "amount",
        lambda board: board.moderation.set_default(BY, Allowance(HIGHEST + 1, Period.DAY)),
    ),
    "no bonus": ("amount", lambda board: board.moderation.grant(BY, ADA, 0)),
    "a huge bonus": ("amount", lambda board: board.moderation.grant(BY, ADA, HIGHEST + 1)),
    "a bonus of yesterday": (
        "in_the_past",
        lambda board: board.moderation.grant(BY, ADA, 1, expires_at=NOON - 1),
    ),
    "a block of yesterday": ("in_the_past", lambda board: board.moderation.block(BY, ADA, until=NOON)),
    "a bot's allowance": (
        "bots_quota",
        lambda board: board.moderation.set_allowance(BY, Target(user_id=5, is_bot=True), TEN),
    ),
    "a bot's block": (
        "bots_quota",
        lambda board: board.moderation.block(BY, Target(user_id=5, is_bot=True)),
    ),
    "oneself": ("block_yourself", lambda board: board.moderation.block(BY, Target(user_id=99))),
    "a moderator": (
        "block_moderator",
        lambda board: board.moderation.block(BY, Target(user_id=5, is_moderator=True)),
    ),
    "a higher role": (
        "role_above",
        lambda board: board.moderation.set_role(BY, TargetRole(role_id=3, is_above=True), TEN),
    ),
    "everyone": ("everyone_role", lambda board: board.moderation.set_role(BY, TargetRole(role_id=1), TEN)),
    "no rule of a role": ("no_role_rule", lambda board: board.moderation.set_role(BY, ROLE, None)),
    "no own default": ("no_own_default", lambda board: board.moderation.set_default(BY, None)),
    "no own allowance": ("no_own_allowance", lambda board: board.moderation.clear_allowance(BY, LINUS)),
    "no job": ("nothing_to_refund", lambda board: board.moderation.refund(BY, "nobody's")),
    "a ceiling below zero": ("amount", lambda board: board.operating.set_ceiling(1, 1, -1)),
    "no own ceiling": ("no_own_ceiling", lambda board: board.operating.set_ceiling(1, 1, None)),
    "no server": ("no_such_server", lambda board: board.operating.set_ceiling(1, -4, 1)),
    "a report of nothing": ("report_days", lambda board: board.oversight.report(1, 0)),
    "a report of a year": ("report_days", lambda board: board.oversight.report(1, 365)),
}


@pytest.mark.parametrize("case", BAD)
async def test_what_cannot_be_is_refused_and_changes_nothing(board: Board, case: str) -> None:
    """Each with its sentence; no rule, no bonus, no block, no line in the log."""
    key, do = BAD[case]
    with pytest.raises(UserError) as refusal:
        await do(board)
    assert refusal.value.key == f"refused.{key}"
    for table in ("rules", "budgets", "blocks", "resets", "server_ceilings", "changes"):
        assert await asked(board.database, f"SELECT * FROM {table}") == []
    assert board.cancelled == []


async def test_who_has_deleted_their_data_is_still_who_they_were(board: Board) -> None:
    """What was decided under either of their ids holds, and can be changed."""
    board.names = {7: -5}
    await board.moderation.block(BY, Target(user_id=-5))
    await board.moderation.set_allowance(BY, Target(user_id=-5), TEN)
    await board.moderation.grant(BY, Target(user_id=-5), 2)
    balance = await board.quotas.balance(at())
    assert (balance.left, balance.bonus) == (10, 2)
    assert balance.decision.refusal is not None
    await board.moderation.unblock(BY, ADA)
    await board.moderation.set_allowance(BY, ADA, Allowance(4, Period.DAY))
    assert (await board.moderation.take_back(BY, ADA, 1)).details == {"credits": 1}
    assert await board.left() == 5
    await board.moderation.clear_allowance(BY, ADA)
    assert await board.left() == 21
    assert len(await board.oversight.log(1, member_id=7)) == 7


async def test_the_operator_allows_servers_and_pauses(board: Board) -> None:
    """A pause holds everywhere; a server that is not allowed makes nothing, direct messages do."""
    assert await board.operating.pause()
    assert not await board.operating.pause()
    for place in (at(), at(place=Place.DIRECT), at(place=Place.FOREIGN)):
        with pytest.raises(UserError, match=r"refused\.paused"):
            await board.ask(asker=place)
    assert (await board.operating.status()).paused
    assert await board.operating.resume()
    assert not await board.operating.resume()
    await board.ask()
    strict = Board(board.database, replace(LIMITS, allowed_servers=frozenset({2})), asked=10)
    with pytest.raises(UserError, match=r"refused\.server_not_allowed"):
        await strict.ask()
    await strict.ask(asker=at(guild_id=2))
    await strict.ask(asker=at(place=Place.FOREIGN))
