"""Calls whose answer was lost: counted as billed once, and free for the member if pictures still come."""

import pytest

from storage.calls import CallStore
from storage.database import Database
from storage.errors import WrongState
from storage.jobs import JobStore
from storage.records import BudgetLimit, CallState, JobRecord, JobState, LedgerLine, PictureKind
from tests.audits import problems
from tests.storage.samples import (
    BOT,
    MEMBER,
    accepted,
    brought_to,
    everything,
    new_call,
    new_job,
    results,
    ticket,
)


async def states(calls: CallStore, job_id: str = "job") -> list[CallState]:
    """Where the calls of a job stand."""
    return [call.state for call in await calls.of_job(job_id)]


async def lost_job(store: JobStore, calls: CallStore, *, count: int = 2, portion: int = 1) -> JobRecord:
    """A job whose calls, for a portion of the pictures each, were all given up."""
    await accepted(store, new_job(price=2, count=count))
    for position in range(1, count + 1, portion):
        await calls.start(new_call(position, portion))
        await calls.taken("job", position, 205.0, ticket())
    return await store.fail("job", 300.0, outcome="failed.too_slow")


async def comes_late(calls: CallStore, position: int, pictures: int = 1) -> JobRecord:
    """A callback brings pictures of a call whose job had ended; gives that job."""
    job = await calls.bring("job", position, 500.0, ticket(pictures))
    assert job
    return job


async def test_a_restart_loses_what_was_being_sent_and_nothing_else(
    store: JobStore, calls: CallStore
) -> None:
    """Calls without an answer are lost and perhaps billed; a taken one goes on; a second look finds none."""
    for job_id in ("cut", "rest", "taken", "waits"):
        await accepted(store, new_job(job_id, count=4, price=0))
    await calls.start(new_call(1, 4, job_id="cut"))
    await calls.start(new_call(1, 1, job_id="rest"))
    await calls.start(new_call(2, 2, job_id="rest"))
    await calls.taken("rest", 1, 205.0, ticket())
    await calls.start(new_call(1, 4, job_id="taken"))
    await calls.taken("taken", 1, 205.0, ticket())
    found = {job.id: job for job in await calls.lose_unanswered("failed.restart")}
    assert {job_id: (job.state, job.perhaps_billed, job.answered_at) for job_id, job in found.items()} == {
        "cut": (JobState.SUBMITTED, 4, None),
        "rest": (JobState.SUBMITTING, 2, None),
    }
    assert [found["cut"], found["rest"]] == [await store.get("cut"), await store.get("rest")]
    lost = await calls.get("cut", 1)
    assert (lost.state, lost.outcome) == (CallState.UNKNOWN, "failed.restart")
    assert await states(calls, "rest") == [CallState.SUBMITTED, CallState.UNKNOWN]
    assert await states(calls, "taken") == [CallState.SUBMITTED]
    assert await calls.lose_unanswered("failed.restart") == []


async def test_a_restart_does_not_lose_a_task_that_a_callback_has_told(
    store: JobStore, calls: CallStore
) -> None:
    """It was taken, so that it is asked for; nothing is counted as billed for nothing."""
    await accepted(store, new_job(count=1))
    await calls.start(new_call())
    await calls.learn_task("job", 1, "told")
    assert await calls.lose_unanswered("failed.restart") == []
    call = await calls.get("job", 1)
    assert (call.state, call.task_id, call.sent_at) == (CallState.SUBMITTED, "told", 200.0)
    job = await store.get("job")
    assert (job.state, job.perhaps_billed) == (JobState.SUBMITTED, 0)


async def test_a_lost_answer_does_not_lose_a_task_that_a_callback_has_told(
    store: JobStore, calls: CallStore
) -> None:
    """However close together the two came: the call goes on, until it is lost for another reason."""
    await accepted(store, new_job(count=1))
    await calls.start(new_call())
    await calls.learn_task("job", 1, "told")
    call = await calls.failed("job", 1, 300.0, ticket(), outcome="failed.lost", lost=True)
    assert (call.state, call.task_id, call.outcome) == (CallState.SUBMITTED, "told", None)
    assert (call.sent_at, call.trace_id) == (300.0, ticket().trace_id)
    job = await store.get("job")
    assert (job.state, job.perhaps_billed) == (JobState.SUBMITTED, 0)
    lost = await calls.failed("job", 1, 300.0, ticket(), outcome="failed.too_slow", lost=True)
    assert (lost.state, (await store.get("job")).perhaps_billed) == (CallState.UNKNOWN, 1)


async def test_a_told_task_that_has_failed_has_failed(store: JobStore, calls: CallStore) -> None:
    """What the API says for certain ends the call."""
    await accepted(store, new_job(count=1))
    await calls.start(new_call())
    await calls.learn_task("job", 1, "told")
    call = await calls.failed("job", 1, 300.0, ticket(), outcome="failed.refused", lost=False)
    assert (call.state, call.outcome) == (CallState.FAILED, "failed.refused")


@pytest.mark.parametrize("cut_off", [1, 2])
async def test_a_job_with_several_calls_cut_off_is_named_once(
    store: JobStore, calls: CallStore, cut_off: int
) -> None:
    """Each of its calls is counted, the job is given once, and what is missing may still be asked for."""
    await accepted(store, new_job(count=3))
    for position in range(1, cut_off + 1):
        await calls.start(new_call(position))
    [job] = await calls.lose_unanswered("failed.restart")
    assert (job.state, job.perhaps_billed) == (JobState.SUBMITTING, cut_off)
    await calls.start(new_call(3))


async def test_an_end_loses_the_calls_that_are_open(store: JobStore, calls: CallStore) -> None:
    """What was answered stays as it is; the open ones are perhaps billed, and so the end is unknown."""
    await accepted(store, new_job(count=4, price=2))
    for position in range(1, 5):
        await calls.start(new_call(position))
    await calls.taken("job", 2, 205.0, ticket())
    await calls.done("job", 3, 208.0, ticket(1))
    await calls.failed("job", 4, 300.0, ticket(), outcome="failed.refused", lost=False)
    job = await store.fail("job", 300.0, outcome="failed.internal")
    assert (job.state, job.perhaps_billed) == (JobState.UNKNOWN, 3)
    found = [(call.state, call.outcome) for call in await calls.of_job("job")]
    assert found == [
        (CallState.UNKNOWN, "failed.internal"),
        (CallState.UNKNOWN, "failed.internal"),
        (CallState.DONE, None),
        (CallState.FAILED, "failed.refused"),
    ]
    assert (await store.spent(MEMBER), await store.spent(BOT)) == (0, 6)


@pytest.mark.parametrize(("lost", "state"), [(False, JobState.FAILED), (True, JobState.UNKNOWN)])
async def test_a_failure_is_unknown_only_where_money_may_be_gone(
    store: JobStore, calls: CallStore, lost: bool, state: JobState
) -> None:
    """The storage decides by the calls, and the operator's budget follows."""
    await accepted(store, new_job(count=2))
    await calls.start(new_call(1, 2))
    await calls.failed("job", 1, 300.0, ticket(), outcome="failed.lost", lost=lost)
    assert (await store.fail("job", 300.0, outcome="failed.lost")).state is state
    assert (await store.spent(MEMBER), await store.spent(BOT)) == (0, 2 if lost else 0)


async def test_pictures_that_come_late_are_free(store: JobStore, calls: CallStore) -> None:
    """The job goes on to its delivery, and the ledger is never touched again."""
    ended = await lost_job(store, calls, count=4, portion=4)
    closed = await store.ledger()
    assert closed[2:] == [
        LedgerLine("job", "member:1:7", "refund", 8),
        LedgerLine("job", "bot", "settle", 8, of_operator=True),
    ]
    job = await comes_late(calls, 1, 3)
    assert (job.state, job.late, job.ended_at) == (JobState.SUBMITTED, True, None)
    assert (job.perhaps_billed, job.answered_at) == (ended.perhaps_billed, 500.0)
    call = await calls.get("job", 1)
    assert (call.state, call.outcome) == (CallState.DONE, None)
    assert [each.position for each in await store.pictures("job", PictureKind.RESULT)] == [1, 2, 3]
    await store.save_results("job", 500.0, results(3), of=3)
    job = await store.deliver("job", 510.0, message_id=12, images=3)
    assert (job.state, job.late, job.ended_at) == (JobState.DELIVERED, True, 510.0)
    assert await store.ledger() == closed
    assert problems(store) == ()


@pytest.mark.parametrize("from_held", [False, True])
async def test_a_late_result_that_cannot_be_shown_costs_nothing(
    store: JobStore, calls: CallStore, from_held: bool
) -> None:
    """It fails without a line in the ledger, whatever the failure would have charged."""
    await lost_job(store, calls, count=1)
    closed = await store.ledger()
    await comes_late(calls, 1)
    await store.save_results("job", 500.0, results(1), of=1)
    if from_held:
        await store.hold("job", "failed.undeliverable")
    job = await store.fail("job", 510.0, outcome="failed.explicit", images=1)
    assert (job.state, job.late) == (JobState.FAILED, True)
    assert await store.ledger() == closed
    assert problems(store) == ()


@pytest.mark.parametrize("end", ["deliver", "fail"])
async def test_each_call_comes_back_once(
    database: Database, store: JobStore, calls: CallStore, end: str
) -> None:
    """A second callback changes nothing, while the job goes on and after it."""
    await lost_job(store, calls, count=1)
    await comes_late(calls, 1)
    await refused(database, calls, 1)
    await store.save_results("job", 500.0, results(1), of=1)
    await refused(database, calls, 1)
    if end == "deliver":
        await store.deliver("job", 510.0, message_id=12, images=1)
    else:
        await store.fail("job", 510.0, outcome="failed.undeliverable")
    await refused(database, calls, 1)


async def refused(database: Database, calls: CallStore, position: int) -> None:
    """Try to bring a call back, which must change nothing."""
    before = await everything(database)
    with pytest.raises(WrongState):
        await calls.bring("job", position, 500.0, ticket(1))
    assert await everything(database) == before


async def test_the_other_lost_calls_of_a_job_may_follow(store: JobStore, calls: CallStore) -> None:
    """They are waited for again with the first one that comes, and cost nothing either."""
    await lost_job(store, calls)
    closed = await store.ledger()
    await comes_late(calls, 2)
    await calls.done("job", 1, 501.0, ticket(1))
    assert [each.position for each in await store.pictures("job", PictureKind.RESULT)] == [1, 2]
    await store.save_results("job", 502.0, results(2), of=2)
    await store.deliver("job", 510.0, message_id=12, images=2)
    assert await store.ledger() == closed


async def test_a_late_job_may_fail_and_come_again(store: JobStore, calls: CallStore) -> None:
    """What was waited for again is lost again, until it comes."""
    await lost_job(store, calls)
    closed = await store.ledger()
    await comes_late(calls, 2)
    assert (await store.fail("job", 501.0, outcome="failed.lost")).state is JobState.UNKNOWN
    assert (await comes_late(calls, 1)).late
    assert await store.ledger() == closed


async def test_only_the_lost_calls_of_an_unknown_job_come_back(
    database: Database, store: JobStore, calls: CallStore
) -> None:
    """What brought its picture in time, or was refused, is answered already."""
    await accepted(store, new_job(count=3))
    for position in (1, 2, 3):
        await calls.start(new_call(position))
    await calls.done("job", 1, 208.0, ticket(1))
    await calls.failed("job", 2, 300.0, ticket(), outcome="failed.refused", lost=False)
    await store.fail("job", 300.0, outcome="failed.internal")
    await refused(database, calls, 1)
    await refused(database, calls, 2)
    await refused(database, calls, 4)
    assert (await comes_late(calls, 3)).late
    assert [each.position for each in await store.pictures("job", PictureKind.RESULT)] == [1, 3]


@pytest.mark.parametrize("state", sorted(set(JobState) - {JobState.SUBMITTING, JobState.UNKNOWN}))
async def test_only_a_job_that_ended_as_unknown_comes_back(
    database: Database, store: JobStore, state: JobState
) -> None:
    """Whatever else the job is at, a result that came before changes nothing."""
    await accepted(store, new_job())
    await brought_to(database, "job", state)
    await refused(database, CallStore(database), 1)


async def test_a_lost_call_of_a_delivered_job_changes_nothing(
    database: Database, store: JobStore, calls: CallStore
) -> None:
    """Its member has got the other pictures, and the operator's budget has paid for both."""
    await accepted(store, new_job(count=2))
    for position in (1, 2):
        await calls.start(new_call(position))
    await calls.done("job", 1, 208.0, ticket(1))
    await calls.failed("job", 2, 300.0, ticket(), outcome="failed.lost", lost=True)
    await store.save_results("job", 210.0, results(1), of=1)
    job = await store.deliver("job", 211.0, message_id=12, images=1)
    assert (job.state, job.perhaps_billed) == (JobState.DELIVERED, 2)
    assert (await store.spent(MEMBER), await store.spent(BOT)) == (1, 2)
    await refused(database, calls, 2)


async def test_late_pictures_leave_the_credits_of_today_alone(store: JobStore, calls: CallStore) -> None:
    """What the member has spent since then stays as it is."""
    await lost_job(store, calls, count=1)
    today = BudgetLimit(MEMBER.holder, 86_400.0, 172_800.0, 10)
    await accepted(store, new_job("new", price=3), today, BOT)
    await comes_late(calls, 1)
    await store.save_results("job", 90_000.0, results(1), of=1)
    await store.deliver("job", 90_001.0, message_id=12, images=1)
    assert (await store.spent(MEMBER), await store.spent(today), await store.spent(BOT)) == (0, 3, 5)
