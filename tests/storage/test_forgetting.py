"""Deleting a member: nothing of them is left but amounts, and nobody else is touched."""

from functools import partial

import pytest

from bot.services.accounts import renamed
from storage.calls import CallStore
from storage.database import Database
from storage.errors import StillRunning, WrongState
from storage.exporting import Exporting
from storage.forgetting import WIPED, Forgetting, Forgotten, StandIn
from storage.jobs import JobStore
from storage.members import MemberDefaults, MemberStore
from storage.records import BudgetLimit, JobState, PictureKind
from storage.tables import jobs
from tests.audits import problems
from tests.storage.samples import BOT, accepted, asked, brought_to, everything, new_job, ticket

NOW = 5_000.0
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
    return await forgetting.forget_member(user_id, f"tag-{user_id}", stand_in, NOW, name, until_midnight)


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
    assert await forget(forgetting) == Forgotten((), None)
    await accepted(store, new_job("old"), OLD)
    await brought_to(database, "old", JobState.DELIVERED)
    assert (await forget(forgetting, stand_in=-4)).until is None
    assert await forgetting.stand_ins() == {}
    await accepted(store, new_job("new"), DAY)
    await brought_to(database, "new", JobState.DELIVERED)
    assert (await forget(forgetting)) == Forgotten(("new",), 86_400.0)
    assert await forgetting.stand_ins() == {"tag-7": StandIn(-5, 86_400.0)}
    await forgetting.forget_stand_ins(86_399.0)
    assert await forgetting.stand_ins() != {}
    await forgetting.forget_stand_ins(86_400.0)
    assert await forgetting.stand_ins() == {}


async def test_what_was_lost_never_comes_back(
    database: Database, store: JobStore, calls: CallStore, forgetting: Forgetting
) -> None:
    """A picture that comes late would be posted for nobody: its job has failed for good, but stays billed."""
    await accepted(store, new_job(), DAY, BOT)
    await brought_to(database, "job", JobState.UNKNOWN)
    await forget(forgetting)
    assert await calls.called_back("xhuo", "callback-job-1") is None
    with pytest.raises(WrongState):
        await calls.revive("job", 1, NOW, ticket(1))
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
