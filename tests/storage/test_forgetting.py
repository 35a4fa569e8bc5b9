"""Deleting a member: nothing of them is left but amounts, and nobody else is touched."""

from dataclasses import replace
from functools import partial

import pytest

from bot.services.accounts import renamed
from bot.services.limits import counts_until
from storage.calls import CallStore
from storage.database import Database
from storage.errors import GoneMeanwhile, StillRunning, StorageError, WrongState
from storage.exporting import Exporting
from storage.forgetting import WIPED, Forgetting, Forgotten, StandIn
from storage.jobs import JobStore
from storage.members import MemberDefaults, MemberStore
from storage.records import BudgetLimit, JobState, PictureKind, PictureRecord
from storage.server_records import NEVER
from storage.tables import jobs
from tests.audits import problems
from tests.storage.samples import (
    BOT,
    MEMBER,
    NO_LIMITS,
    accepted,
    asked,
    brought_to,
    change,
    everything,
    new_job,
    paid_by,
    ticket,
)

NOW = 5_000.0
LONGEST = 90_000.0  # the end of the longest period that goes on now
DAY = BudgetLimit("member:1:7", 0.0, 86_400.0, 100)
OLD = BudgetLimit("user:7", -86_400.0, 0.0, 100)
OTHERS = BudgetLimit("member:1:77", 0.0, 86_400.0, 100)
ENDED = [state for state in JobState if state.ended]
# What the operator's books keep of a deleted member's job.
KEPT = {
    "id", "state", "guild_id", "place", "model", "asked_model", "resolution", "aspect_ratio", "count",
    "inputs", "spoiler", "private", "price", "token_expires_at", "file_limit", "perhaps_billed", "late",
    "outcome", "accepted_at", "sent_at", "answered_at", "ready_at", "ended_at",
}  # fmt: skip


@pytest.fixture
def forgetting(database: Database) -> Forgetting:
    """The statements under test."""
    return Forgetting(database)


def until_midnight(period: str, moment: float) -> float:
    """The end of a day: these accounts have no other period."""
    assert period == "day"
    return moment // 86_400 * 86_400 + 86_400


async def forget(forgetting: Forgetting, user_id: int = 7, stand_in: int = -5) -> Forgotten:
    """Delete a member."""
    name = partial(renamed, user_id=user_id, stand_in=stand_in)
    return await forgetting.forget_member(
        user_id, f"tag-{user_id}", stand_in, NOW, lambda moment: max(moment, LONGEST), name, until_midnight
    )


def test_each_column_of_a_job_is_decided_upon() -> None:
    """A new column is either wiped or kept, and somebody has thought of it."""
    assert {column.name for column in jobs.columns} == KEPT | WIPED.keys() | {"user_id"}
    assert KEPT.isdisjoint(WIPED)


@pytest.mark.parametrize("state", ENDED)
async def test_nothing_is_left_of_who_it_was(
    database: Database, store: JobStore, forgetting: Forgetting, state: JobState
) -> None:
    """No row of any table holds the member's id, words, links or ids of messages any more; all sums agree."""
    job = new_job(
        user_id=71717,
        request_id=818181,
        channel_id=828282,
        progress_message_id=838383,
        reply_to=848484,
        source_message_id=858585,
        press="press:868686",
        chosen="2/4",
        prompt="my secret wish",
    )
    await accepted(store, job, BudgetLimit("member:1:71717", 0.0, 86_400.0, 10), BOT)
    await brought_to(database, "job", state)
    await MemberStore(database).set_defaults(71717, MemberDefaults(model="nano-banana-pro", dm=True))
    await forget(forgetting, 71717)
    left = "\n".join(await everything(database))
    for trace in ("71717", "818181", "828282", "838383", "848484", "858585", "868686", "2/4", "secret"):
        assert trace not in left
    for trace in ("https://", "task", "trace", "token'", "callback-job"):
        assert trace not in left
    assert await MemberStore(database).defaults() == {}
    kept = await store.get("job")
    assert (kept.user_id, kept.price, kept.model, kept.accepted_at) == (-5, 1, "nano-banana", 100.0)
    assert kept.request_id < 0
    assert problems(store) == ()
    assert {line.holder for line in await store.ledger()} == {"member:1:-5", "bot"}


@pytest.mark.parametrize("state", [state for state in JobState if not state.ended])
async def test_refused_while_a_job_has_not_ended(
    database: Database, store: JobStore, forgetting: Forgetting, state: JobState
) -> None:
    """And nothing at all was changed."""
    await accepted(store, new_job("done"), DAY)
    await brought_to(database, "done", JobState.DELIVERED)
    await accepted(store, new_job("alive"), DAY)
    await brought_to(database, "alive", state)
    before = await everything(database)
    with pytest.raises(StillRunning):
        await forget(forgetting)
    assert await everything(database) == before


async def test_nobody_else_is_touched(database: Database, store: JobStore, forgetting: Forgetting) -> None:
    """A member whose id looks alike, in the same server, keeps every row as it was."""
    for job_id, user_id, limit in (("mine", 7, DAY), ("theirs", 77, OTHERS)):
        await accepted(store, new_job(job_id, user_id=user_id), limit, BOT)
        await brought_to(database, job_id, JobState.DELIVERED)
        await MemberStore(database).set_defaults(user_id, MemberDefaults(private=True))
    before = [row for row in await everything(database) if "theirs" in row or "member:1:77" in row]
    await forget(forgetting)
    assert [row for row in await everything(database) if "theirs" in row or "member:1:77" in row] == before
    assert await MemberStore(database).defaults() == {77: MemberDefaults(private=True)}
    assert len(await Exporting(database).requests(77, after=None, limit=10)) == 1
    assert await Exporting(database).requests(7, after=None, limit=10) == []


async def test_periods_that_go_on_are_remembered(
    database: Database, store: JobStore, forgetting: Forgetting
) -> None:
    """Only while something counts there is a link between a member and their accounts."""
    assert await forget(forgetting) == Forgotten((), (), None)
    await accepted(store, new_job("old"), OLD)
    await brought_to(database, "old", JobState.DELIVERED)
    assert (await forget(forgetting, stand_in=-4)).until is None
    assert await forgetting.stand_ins() == {}
    await accepted(store, new_job("new"), DAY)
    await brought_to(database, "new", JobState.DELIVERED)
    assert (await forget(forgetting)) == Forgotten(("new",), (), LONGEST)
    assert await forgetting.stand_ins() == {"tag-7": StandIn(-5, LONGEST)}
    await forgetting.forget_stand_ins(LONGEST - 1)
    assert await forgetting.stand_ins() != {}
    await forgetting.forget_stand_ins(LONGEST)
    assert await forgetting.stand_ins() == {}


async def test_copies_of_their_pictures_are_found_over_other_members(
    database: Database, store: JobStore, forgetting: Forgetting
) -> None:
    """Each press of Again names the one before; whoever of them goes, nobody goes on with the copies."""
    source = PictureRecord(PictureKind.SOURCE, 1, "https://cdn.example/face", "source-1.png")
    for user_id, pressed in ((7, "first"), (8, "second"), (9, "third"), (10, "fourth")):
        before = {8: "again:first", 9: "again:second", 10: "bigger:second:1"}.get(user_id)
        job = new_job(pressed, user_id=user_id, press=before, inputs=1)
        await store.accept(job, [source], paid_by(MEMBER, BOT), NO_LIMITS)
        await brought_to(database, pressed, JobState.DELIVERED)
    assert (await store.giver("third")).id == "first"
    assert (await store.giver("fourth")).id == "fourth"
    assert (await forget(forgetting, 8)).copies == (("third", "source-1.png"),)
    assert await store.pictures("first", PictureKind.SOURCE) == [source]
    assert await store.pictures("third", PictureKind.SOURCE) == [replace(source, url=None, path=None)]
    assert len(await store.pictures("third", PictureKind.RESULT)) == 1
    assert (await forget(forgetting, 7)).copies == ()


@pytest.mark.parametrize("gone", ["words", "pictures"])
async def test_what_is_deleted_while_it_is_copied_is_not_written(
    store: JobStore, forgetting: Forgetting, gone: str
) -> None:
    """The files were copied before the deletion, and the job would come after it."""
    source = PictureRecord(PictureKind.SOURCE, 1, "https://cdn.example/face", "source-1.png")
    first = new_job("first", user_id=7)
    for job in (first, new_job("second", user_id=8, press="again:first", inputs=1)):
        await store.accept(job, [source], paid_by(MEMBER, BOT), NO_LIMITS)
        await store.cancel(job.id, 1.0)
    await forget(forgetting, 7)
    named = "first" if gone == "words" else "second"
    third = new_job("third", user_id=9, press=f"again:{named}", inputs=1)
    with pytest.raises(GoneMeanwhile) as refusal:
        await store.accept(third, [source], paid_by(MEMBER, BOT), NO_LIMITS)
    assert refusal.value.words is (gone == "words")
    assert await store.recent(9, skip=0, limit=1) == []


async def test_what_was_lost_never_comes_back(
    database: Database, store: JobStore, calls: CallStore, forgetting: Forgetting
) -> None:
    """A picture that comes late would be posted for nobody: its job has failed for good, but stays billed."""
    await accepted(store, new_job(), DAY, BOT)
    await brought_to(database, "job", JobState.UNKNOWN)
    await forget(forgetting)
    assert await calls.called_back("xhuo", "callback-job-1") is None
    with pytest.raises(WrongState):
        await calls.bring("job", 1, NOW, ticket(1))
    job = await store.get("job")
    assert (job.state, job.perhaps_billed) == (JobState.FAILED, 1)
    assert await store.untold() == []
    assert await store.pictures("job", PictureKind.RESULT) == []


async def test_each_database_has_a_key_of_its_own(database: Database, forgetting: Forgetting) -> None:
    """It is long, and the same each time."""
    assert len(await forgetting.key()) == 32
    assert await forgetting.key() == await forgetting.key()


async def test_what_is_old_is_found_by_indexes(database: Database) -> None:
    """Tidying up twice a minute does not read all that was ever asked for."""
    links = "SELECT job_id FROM pictures WHERE (path IS NOT NULL OR url IS NOT NULL) AND EXISTS "
    links += "(SELECT 1 FROM jobs WHERE jobs.id = pictures.job_id AND ended_at < 5)"
    words = "SELECT id FROM jobs WHERE prompt != '' AND ended_at < 5"
    for statement, index in ((words, "ix_jobs_ended_at"), (links, "ix_pictures_job_id")):
        plan = await asked(database, f"EXPLAIN QUERY PLAN {statement}")
        assert index in str(plan[0])


async def test_what_was_decided_goes_on_under_another_id(database: Database, forgetting: Forgetting) -> None:
    """A block, an own allowance and a bonus hold as they did; who it was, and why, nobody can see."""
    await change(
        database,
        "INSERT INTO rules VALUES (1, 'member', 71717, 3, 'day')",
        "INSERT INTO rules VALUES (1, 'member', -5, 9, 'day')",
        "INSERT INTO rules VALUES (1, 'role', 81818, 3, 'day')",
        "INSERT INTO resets VALUES (1, 71717, 50)",
        "INSERT INTO blocks VALUES (1, 71717, NULL, 71717, 5, 'my secret')",
        "INSERT INTO budgets (holder, period_start, period_end, ceiling, of_operator, spent)"
        " VALUES ('bonus:1:71717:4', 5, 9000, 3, 0, 1)",
        "INSERT INTO changes VALUES (4, 5, 1, 99, 'block', 71717, '{}', 'my secret', NULL)",
        "INSERT INTO changes VALUES (5, 5, 1, 71717, 'grant', 99, '{}', 'theirs', NULL)",
    )
    assert await forget(forgetting, 71717) == Forgotten((), (), NEVER)
    tables = ("rules", "resets", "blocks", "budgets", "changes")
    left = str([await asked(database, f"SELECT * FROM {table}") for table in tables])
    assert "71717" not in left
    assert "theirs" in left
    assert await asked(database, "SELECT subject_id, credits FROM rules WHERE kind = 'member'") == [(-5, 3)]
    assert await asked(database, "SELECT holder FROM budgets") == [("bonus:1:-5:4",)]
    assert await asked(database, "SELECT user_id, until, reason FROM blocks") == [(-5, None, None)]
    assert await asked(database, "SELECT subject_id, reason FROM changes") == [(-5, None), (99, "theirs")]
    assert await forgetting.stand_ins() == {"tag-71717": StandIn(-5, NEVER)}
    assert await Exporting(database).decisions(71717) == {
        name: [] for name in ("allowances", "bonuses", "blocks", "changes", "changed")
    }


async def test_a_later_deletion_keeps_what_holds_longer(
    database: Database, store: JobStore, forgetting: Forgetting
) -> None:
    """A block for good is still found after a second deletion that has only today's credits to remember."""
    await change(database, "INSERT INTO blocks VALUES (1, 7, 900000, 9, 5, NULL)")
    assert (await forget(forgetting)).until == 900_000.0
    await accepted(store, new_job(), replace(DAY, holder="member:1:-5"))
    await brought_to(database, "job", JobState.DELIVERED)
    assert (await forget(forgetting)).until == 900_000.0
    assert await forgetting.stand_ins() == {"tag-7": StandIn(-5, 900_000.0)}


async def test_an_allowance_of_a_month_is_remembered_for_the_month(
    database: Database, store: JobStore, forgetting: Forgetting
) -> None:
    """Its row is a day's, but it counts until the next allowance."""
    day = replace(DAY, period_start=0.0, period_end=2_678_400.0, day=(0.0, 86_400.0), period="month")
    await accepted(store, new_job(), day)
    await brought_to(database, "job", JobState.DELIVERED)
    name = partial(renamed, user_id=7, stand_in=-5)
    forgotten = await forgetting.forget_member(7, "tag", -5, NOW, lambda moment: moment, name, counts_until)
    assert forgotten.until == 2_678_400.0


async def test_members_get_what_was_decided_about_them(database: Database) -> None:
    """And what they have decided as moderators, without the names of others."""
    await change(
        database,
        "INSERT INTO rules VALUES (1, 'member', 7, 3, 'day')",
        "INSERT INTO rules VALUES (7, 'member', 77, 3, 'day')",
        "INSERT INTO blocks VALUES (2, 7, NULL, 99, 5, 'spam')",
        "INSERT INTO budgets (holder, period_start, period_end, ceiling, of_operator, spent)"
        " VALUES ('bonus:7:77:4', 5, 9000, 3, 0, 0), ('bonus:1:7:5', 5, 9000, 3, 0, 1)",
        "INSERT INTO changes VALUES (4, 5, 1, 99, 'set', 7, '{\"credits\": 3}', 'why', NULL)",
        "INSERT INTO changes VALUES (5, 5, 7, 7, 'grant', 77, '{}', NULL, NULL)",
    )
    assert await Exporting(database).decisions(7) == {
        "allowances": [{"guild_id": 1, "credits": 3, "period": "day"}],
        "bonuses": [{"guild_id": 1, "credits": 3, "spent": 1, "granted_at": 5.0, "expires_at": 9000.0}],
        "blocks": [{"guild_id": 2, "until": None, "at": 5.0, "reason": "spam"}],
        "changes": [{"guild_id": 1, "at": 5.0, "action": "set", "details": {"credits": 3}, "reason": "why"}],
        "changed": [{"guild_id": 7, "at": 5.0, "action": "grant", "details": {}, "reason": None}],
    }


async def test_what_is_over_is_dropped_but_for_the_ledger(
    database: Database, store: JobStore, forgetting: Forgetting
) -> None:
    """Blocks, resets, notices and bonuses; what holds or was spent stays."""
    spent = BudgetLimit("bonus:1:7:3", 5.0, NOW, 3)
    await accepted(store, new_job(), spent)
    await change(
        database,
        f"INSERT INTO blocks VALUES (1, 7, {NOW}, 9, 5, NULL), (1, 8, {NOW + 1}, 9, 5, NULL)",
        "INSERT INTO blocks VALUES (1, 9, NULL, 9, 5, NULL)",
        f"INSERT INTO resets VALUES (1, 7, {NOW - 33 * 86_400}), (1, 8, {NOW - 30 * 86_400})",
        f"INSERT INTO ceiling_notices VALUES (1, 0, 50, {NOW}, 9, 0), (2, 0, 50, {NOW + 1}, 9, 0)",
        "INSERT INTO budgets (holder, period_start, period_end, ceiling, of_operator, spent)"
        f" VALUES ('bonus:1:7:4', 5, {NOW}, 3, 0, 0), ('bonus:1:7:5', 5, {NOW + 1}, 3, 0, 0)",
    )
    await forgetting.forget_expired(NOW)
    assert await asked(database, "SELECT user_id FROM blocks") == [(8,), (9,)]
    assert await asked(database, "SELECT user_id FROM resets") == [(8,)]
    assert await asked(database, "SELECT guild_id FROM ceiling_notices") == [(2,)]
    assert await asked(database, "SELECT holder FROM budgets ORDER BY holder") == [
        ("bonus:1:7:3",),
        ("bonus:1:7:5",),
    ]
    assert problems(store) == ()


@pytest.mark.parametrize(
    "statement", ["UPDATE changes SET details = 'x'", "UPDATE changes SET at = 1", "DELETE FROM changes"]
)
async def test_the_log_of_changes_is_append_only(database: Database, statement: str) -> None:
    """Only whose a line was can be forgotten."""
    await change(database, "INSERT INTO changes VALUES (4, 5, 1, 99, 'set', 7, '{}', 'why', NULL)")
    with pytest.raises(StorageError, match="append-only"):
        await change(database, statement)
