"""What moderators and the operator see: it is what was decided and spent."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import UserError
from bot.periods import Allowance, Period
from bot.services.change_checks import Moderator, TargetRole
from bot.services.oversight import Report
from bot.services.quotas import Source
from storage.database import Database
from storage.errors import BudgetExhausted
from storage.records import JobState
from storage.server_records import AccountLine, Action, CeilingNotice, NearLimit, ReportMember, ServerSpend
from tests.bot.services.board import ADA, BY, DAY, LIMITS, LINUS, NOON, Board, at
from tests.storage.samples import brought_to

MIDNIGHT = NOON - DAY / 2


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[Board]:
    """An empty server."""
    async with Database(tmp_path / "bot.sqlite3") as database:
        yield Board(database)


async def test_an_empty_server(board: Board) -> None:
    """Nothing is spent, nothing is decided, and every look works."""
    seen = await board.oversight.overview(1)
    assert (seen.spent, seen.ceiling, seen.period_end) == (0, 50, MIDNIGHT + DAY)
    assert (seen.default, seen.own_default, seen.version) == (LIMITS.member, False, 0)
    assert (seen.role_rules, seen.member_rules, seen.near, seen.blocks) == ((), 0, (), ())
    assert not seen.paused
    report = await board.oversight.report(1, 90)
    assert (report.credits, report.by_model, report.by_state, report.members) == (0, {}, {}, ())
    assert (len(report.by_day), set(report.by_day.values())) == (90, {0})
    assert list(await board.oversight.log(1)) == []
    assert list(await board.oversight.untold()) == []
    assert list(await board.operating.servers()) == []


async def test_the_overview_names_who_is_near_the_limit(board: Board) -> None:
    """By the limit of their last request and all that counts for it, and nothing that does not."""
    await board.moderation.set_role(BY, TargetRole(role_id=101), Allowance(10, Period.WEEK))
    await board.moderation.set_role(BY, TargetRole(role_id=102), Allowance(2, Period.DAY))
    board.now -= DAY
    await board.ask(6, at(101))
    board.now += DAY
    await board.ask(2, at(101))
    await board.ask(15, at(user_id=8))
    await board.ask(20, at(user_id=77, guild_id=11))
    await board.ask(16, at(user_id=9))
    seen = await board.oversight.overview(1)
    assert seen.near == (NearLimit(7, 8, 10, "week"), NearLimit(9, 16, 20, "day"))
    assert [rule.subject_id for rule in seen.role_rules] == [102, 101]
    assert seen.spent == 33
    board.now += 1
    await board.moderation.reset(BY, ADA)
    await board.moderation.block(BY, LINUS, until=board.now + 60)
    await board.moderation.set_allowance(BY, LINUS, Allowance(0, Period.DAY))
    seen = await board.oversight.overview(1)
    assert seen.near == (NearLimit(9, 16, 20, "day"),)
    assert [block.user_id for block in seen.blocks] == [8]
    assert (seen.member_rules, seen.version) == (1, 5)
    board.now += 60
    assert (await board.oversight.overview(1)).blocks == ()


async def test_who_is_near_a_limit_that_goes_on_though_they_spent_nothing_today(board: Board) -> None:
    """In the running week and month; not who has come to the end of a period that is over."""
    for role_id, period in zip((101, 102, 103), Period, strict=True):
        await board.moderation.set_role(BY, TargetRole(role_id=role_id), Allowance(10, period))
    for days, user_id, role_id in ((18, 1, 103), (17, 2, 103), (3, 3, 102), (2, 4, 102), (1, 5, 101)):
        board.now = NOON - days * DAY
        await board.ask(9, at(role_id, user_id=user_id))
    board.now = NOON
    near = (await board.oversight.overview(1)).near
    assert near == (NearLimit(2, 9, 10, "month"), NearLimit(4, 9, 10, "week"))
    board.now = MIDNIGHT + 13 * DAY  # the first of December, a Tuesday
    assert (await board.oversight.overview(1)).near == ()
    await board.ask(9, at(102, user_id=6))
    board.now -= DAY
    await board.ask(9, at(102, user_id=7))
    board.now += DAY
    assert [each.user_id for each in (await board.oversight.overview(1)).near] == [6, 7]


async def test_one_member(board: Board) -> None:
    """The rule, what is used and left, what runs, and the last ten lines of their ledger here."""
    await board.moderation.grant(BY, ADA, 3)
    for _ in range(5):
        await board.ask(1)
    await board.store.cancel("job5", NOON + 9)
    job = await board.ask(18)
    await board.ask(1, at(guild_id=2))
    seen = await board.oversight.member(at())
    assert seen.balance.decision.source is Source.OPERATOR
    assert (seen.balance.used, seen.balance.left, seen.balance.bonus) == (20, 0, 1)
    assert len(seen.running) == 5
    assert seen.lines[:3] == (
        AccountLine(NOON, job.id, "reserve", 2, bonus=True),
        AccountLine(NOON, job.id, "reserve", 16, bonus=False),
        AccountLine(NOON + 9, "job5", "refund", 1, bonus=False),
    )
    assert len(seen.lines) == 8


async def test_what_a_job_leaves_is_told_without_knowing_roles(board: Board) -> None:
    """The limit of the last request counts, in a new period too; an own allowance goes first."""
    await board.moderation.set_role(BY, TargetRole(role_id=101), Allowance(30, Period.WEEK))
    job = await board.ask(12, at(101))
    assert await board.quotas.left_after(job) == 18
    board.now += 7 * DAY
    assert await board.quotas.left_after(job) == 30
    await board.moderation.set_allowance(BY, ADA, Allowance(4, Period.DAY))
    assert await board.quotas.left_after(job) == 4


async def test_a_report_sums_up_what_was_paid(board: Board) -> None:
    """By day, model and what became of it; what was refunded, and other servers and times, is not in it."""
    board.now -= 3 * DAY
    await brought_to(board.database, (await board.ask(9)).id, JobState.DELIVERED)
    board.now += 2 * DAY
    await brought_to(board.database, (await board.ask(4)).id, JobState.DELIVERED)
    await brought_to(board.database, (await board.ask(4, at(user_id=8))).id, JobState.CANCELLED)
    board.now += DAY
    await brought_to(board.database, (await board.ask(2, at(user_id=8))).id, JobState.DELIVERED)
    await brought_to(board.database, (await board.ask(7, at(guild_id=2))).id, JobState.DELIVERED)
    await board.ask(1)
    report = await board.oversight.report(1, 3)
    today = int(NOON // DAY)
    assert report.by_day == {today - 2: 0, today - 1: 4, today: 2}
    assert (report.by_model, report.credits) == ({"nano-banana": 6}, 6)
    assert report.by_state == {"delivered": 2, "cancelled": 1, "accepted": 1}
    assert report.members == (ReportMember(7, 2, 4), ReportMember(8, 2, 2))
    assert (await board.oversight.report(1, 4)).credits == 15


async def test_a_server_has_one_report_made_at_a_time(board: Board) -> None:
    """Whoever asks meanwhile is refused; other servers are not, and the next one is made."""
    asked = [board.oversight.report(guild_id, 90) for guild_id in (1, 1, 2)]
    first, second, elsewhere = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(second, UserError)
    assert second.key == "refused.report_running"
    for report in (first, elsewhere, await board.oversight.report(1, 90)):
        assert isinstance(report, Report)


async def test_each_step_to_the_ceiling_is_told_once(board: Board) -> None:
    """50, 80 and 100 percent; of several passed at once the highest; and again on the next day."""

    async def told() -> list[tuple[int, int]]:
        notices = await board.oversight.untold()
        for notice in notices:
            await board.oversight.told(notice)
        return [(notice.guild_id, notice.percent) for notice in notices]

    await board.ask(20)
    assert await told() == []
    job = await board.ask(5, at(user_id=8))
    await board.ask(20, at(guild_id=2))
    assert await board.oversight.untold() == [CeilingNotice(1, MIDNIGHT, MIDNIGHT + DAY, 50, 50)]
    assert await told() == [(1, 50)]
    await board.store.cancel(job.id, board.now)
    await board.ask(5, at(user_id=8))
    assert await told() == []
    await board.ask(15, at(user_id=8))
    assert await told() == [(1, 80)]
    await board.ask(10, at(user_id=9))
    assert await told() == [(1, 100)]
    with pytest.raises(BudgetExhausted) as refusal:
        await board.ask(1, at(user_id=9))
    assert refusal.value.holder == "server:1"
    board.now += DAY
    for user_id in (7, 8):
        await board.ask(20, at(user_id=user_id))
    assert await told() == [(1, 80)]
    board.now += DAY
    await board.operating.set_ceiling(1, 1, 10)
    await board.ask(10)
    assert await told() == [(1, 100)]


async def test_a_ceiling_of_the_operator(board: Board) -> None:
    """It holds at once, stands in the server's log, and goes back to the default one."""
    await board.operating.set_ceiling(4, 1, 3)
    await board.ask(3)
    with pytest.raises(BudgetExhausted):
        await board.ask()
    await board.ask(asker=at(guild_id=2))
    await board.operating.set_ceiling(4, 3, 0)
    assert await board.operating.servers() == [
        ServerSpend(1, 3, 3),
        ServerSpend(2, 1, None),
        ServerSpend(3, 0, 0),
    ]
    await board.operating.set_ceiling(4, 1, None)
    await board.ask()
    assert (await board.oversight.overview(1)).ceiling == 50
    [last, first] = await board.oversight.log(1, action=Action.CEILING)
    assert (last.details, first.details, first.actor_id) == ({"credits": None}, {"credits": 3}, 4)
    status = await board.operating.status()
    assert (status.spent, status.budget, status.waiting, status.running) == (5, 100, 3, 0)


async def test_a_raised_default_ceiling_holds_at_once(board: Board) -> None:
    """What was spent before counts."""
    await board.ask(20)
    raised = Board(board.database, replace(LIMITS, server=Allowance(25, Period.DAY)), asked=10)
    with pytest.raises(BudgetExhausted):
        await raised.ask(6, at(user_id=8))
    await raised.ask(5, at(user_id=8))


async def test_a_member_reports_a_few_images_an_hour(board: Board) -> None:
    """The next one when the first is an hour old; other members and servers count for themselves."""
    start, job = board.now, await board.ask()
    for _ in range(5):
        await board.oversight.check_reporter(1, 8)
        await board.moderation.note(Moderator(1, 8), Action.REPORT, subject_id=7, job_id=job.id)
        board.now += 60
    with pytest.raises(UserError) as refusal:
        await board.oversight.check_reporter(1, 8)
    assert (refusal.value.key, refusal.value.values["back"]) == ("refused.reports", start + 3600)
    await board.oversight.check_reporter(1, 9)
    await board.oversight.check_reporter(2, 8)
    board.now = start + 3600
    await board.oversight.check_reporter(1, 8)
    assert (await board.oversight.overview(1)).version == 0  # which a report does not change


async def test_the_log_is_paged(board: Board) -> None:
    """Newest first, so many after those that were seen, of one member or one kind."""
    for credits_ in range(1, 6):
        await board.moderation.grant(BY, ADA, credits_)
        await board.moderation.grant(BY, LINUS, 10 * credits_)

    async def page(member_id: int | None = None, skip: int = 0) -> list[int]:
        found = await board.oversight.log(1, member_id=member_id, skip=skip, limit=3)
        return [change.details["credits"] for change in found]

    assert [await page(), await page(skip=3)] == [[50, 5, 40], [4, 30, 3]]
    assert [await page(7), await page(7, skip=3)] == [[5, 4, 3], [2, 1]]
    assert list(await board.oversight.log(1, action=Action.BLOCK)) == []
    assert list(await board.oversight.log(2)) == []
