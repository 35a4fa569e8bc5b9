"""Jobs on a database file: each step starts from its own state only, and what went in comes out."""

from collections.abc import Awaitable, Callable

import pytest

from storage.calls import CallStore
from storage.database import Database
from storage.errors import AlreadyAccepted, StorageError, TooManyWaiting, WrongState
from storage.jobs import JobStore
from storage.records import CallState, JobState, PictureKind, PictureRecord, Place, QueueLimits
from tests.storage.samples import (
    BOT,
    MEMBER,
    accepted,
    brought_to,
    everything,
    new_call,
    new_job,
    paid_by,
    results,
    ticket,
)

Step = Callable[[JobStore], Awaitable[object]]


async def save_results(store: JobStore) -> None:
    """Save one picture of those that have come."""
    of = len(await store.pictures("job", PictureKind.RESULT))
    await store.save_results("job", 300.0, results(1), of=of)


async def give_up(store: JobStore) -> None:
    """End without a result, having seen all that has come."""
    of = len(await store.pictures("job", PictureKind.RESULT))
    await store.give_up("job", 300.0, outcome="failed.lost", of=of)


STEPS: dict[str, tuple[Step, set[JobState]]] = {
    "save_results": (save_results, {JobState.SUBMITTING, JobState.SUBMITTED}),
    "note_message": (lambda store: store.note_message("job", 99), {JobState.READY}),
    "hold": (lambda store: store.hold("job", "failed.undeliverable"), {JobState.READY}),
    "deliver": (
        lambda store: store.deliver("job", 300.0, message_id=12, images=1),
        {JobState.READY, JobState.HELD},
    ),
    "give_up": (give_up, {state for state in JobState if not state.ended}),
    "fail": (
        lambda store: store.fail("job", 300.0, outcome="failed.lost"),
        {state for state in JobState if not state.ended},
    ),
    "cancel": (lambda store: store.cancel("job", 300.0), {JobState.ACCEPTED}),
}


@pytest.mark.parametrize("state", list(JobState))
@pytest.mark.parametrize("name", STEPS)
async def test_a_step_starts_from_its_own_state_only(
    database: Database, store: JobStore, name: str, state: JobState
) -> None:
    """From every other state it raises WrongState, and no table changes."""
    await accepted(store, new_job())
    await brought_to(database, "job", state)
    before = await everything(database)
    step, start = STEPS[name]
    if state in start:
        await step(store)
        assert await everything(database) != before
        return
    with pytest.raises(WrongState):
        await step(store)
    assert await everything(database) == before


@pytest.mark.parametrize("name", STEPS)
async def test_no_step_makes_a_job_out_of_nothing(store: JobStore, name: str) -> None:
    """A job that does not exist is in no state at all."""
    with pytest.raises(WrongState):
        await STEPS[name][0](store)
    with pytest.raises(WrongState):
        await store.get("job")


async def test_an_id_is_used_once(database: Database, store: JobStore) -> None:
    """A second job of the same id is refused as a whole, its credits with it."""
    await accepted(store, new_job())
    before = await everything(database)
    with pytest.raises(StorageError, match=r"jobs\.id"):
        await accepted(store, new_job(price=2, request_id=2))
    assert await everything(database) == before


async def test_an_interaction_makes_one_job(database: Database, store: JobStore) -> None:
    """An interaction that comes a second time is refused as a whole, also where no more jobs may wait."""
    full = QueueLimits(member=1, total=1)
    await accepted(store, new_job(), limits=full)
    before = await everything(database)
    again = new_job("again", request_id=(await store.get("job")).request_id)
    with pytest.raises(AlreadyAccepted):
        await accepted(store, again, limits=full)
    assert await everything(database) == before


async def test_a_job_comes_out_as_it_went_in(store: JobStore) -> None:
    """Every field is kept, the largest Discord ids and hostile words included."""
    job = new_job(
        user_id=2**63 - 1,
        guild_id=None,
        place=Place.FOREIGN,
        prompt="'; DROP TABLE jobs; -- 🍌 \u202e\n%s {x}",
        aspect_ratio=None,
        asked_model="nano-banana-2",
        count=4,
        spoiler=True,
        private=True,
        interaction_token=None,
        progress_message_id=None,
        accepted_at=1_790_000_000.123456,
    )
    record = await accepted(store, job, MEMBER)
    assert {name: getattr(record, name) for name in job.__dataclass_fields__} == {
        name: getattr(job, name) for name in job.__dataclass_fields__
    }
    assert record == await store.get("job")
    assert record.state is JobState.ACCEPTED
    assert (record.told, record.late, record.perhaps_billed) == (False, False, 0)


async def test_a_job_keeps_what_happened_to_it(database: Database, store: JobStore) -> None:
    """Times, the API's ids and the message stand in the record at the end."""
    await accepted(store, new_job())
    job = await brought_to(database, "job", JobState.DELIVERED)
    assert (job.accepted_at, job.sent_at, job.answered_at, job.ready_at, job.ended_at) == (
        100,
        200,
        208,
        209,
        210,
    )
    assert (job.result_message_id, job.perhaps_billed, job.late) == (12, 1, False)
    assert (job.seconds, job.told, job.outcome) == (8.0, True, None)


async def test_a_cancelled_job_is_told_and_refunded(store: JobStore) -> None:
    """Its member has cancelled it and needs to hear nothing more; nothing was billed."""
    await accepted(store, new_job(price=3))
    job = await store.cancel("job", 300.0)
    assert (job.state, job.ended_at, job.told, job.perhaps_billed) == (JobState.CANCELLED, 300.0, True, 0)
    assert await store.spent(MEMBER) == await store.spent(BOT) == 0


async def test_pictures_come_out_in_order_and_apart(database: Database, store: JobStore) -> None:
    """Inputs and results of a job are kept apart, each in its order."""
    sources = [
        PictureRecord(PictureKind.SOURCE, position, None, f"{position}.png", "image/png", 4, 3, 77)
        for position in (2, 1, 3)
    ]
    await store.accept(new_job(), sources, paid_by(MEMBER, BOT), QueueLimits(1, 1))
    await brought_to(database, "job", JobState.READY)
    assert await store.pictures("job", PictureKind.SOURCE) == sorted(sources, key=lambda each: each.position)
    assert await store.pictures("job", PictureKind.RESULT) == results(1)
    assert await store.pictures("other", PictureKind.RESULT) == []


async def test_pictures_that_could_not_be_had_are_left_out(database: Database, store: JobStore) -> None:
    """Fewer results than links replace the links."""
    await accepted(store, new_job(count=4))
    await brought_to(database, "job", JobState.SUBMITTED)
    assert [each.position for each in await store.pictures("job", PictureKind.RESULT)] == [1, 2, 3, 4]
    some = [results(4)[0], results(4)[2]]
    await store.save_results("job", 300.0, some, of=4)
    assert await store.pictures("job", PictureKind.RESULT) == some


async def test_pictures_that_came_meanwhile_are_not_left_out(database: Database, store: JobStore) -> None:
    """Nothing is saved then, and nothing given up: they are to be fetched first."""
    await accepted(store, new_job(count=4))
    await brought_to(database, "job", JobState.SUBMITTED)
    before = await everything(database)
    assert await store.save_results("job", 300.0, results(3), of=3) is None
    assert await store.give_up("job", 300.0, outcome="failed.lost", of=0) is None
    assert await everything(database) == before


async def test_what_is_open_is_lost_also_where_pictures_came(store: JobStore, calls: CallStore) -> None:
    """Nobody waits for it any more: it may be billed for nothing, and the job goes on with the others."""
    await accepted(store, new_job(count=2))
    for position in (1, 2):
        await calls.start(new_call(position))
    await calls.done("job", 1, 208.0, ticket(1))
    assert await store.give_up("job", 300.0, outcome="failed.internal", of=0) is None
    job, lost = await store.get("job"), await calls.get("job", 2)
    assert (job.state, job.perhaps_billed, lost.state) == (JobState.SUBMITTED, 2, CallState.UNKNOWN)


async def test_what_cannot_be_shown_is_given_up_whatever_was_seen(
    database: Database, store: JobStore
) -> None:
    """After a restart nobody counts the pictures of a job that was ready."""
    await accepted(store, new_job(count=2))
    await brought_to(database, "job", JobState.READY)
    job = await store.give_up("job", 300.0, outcome="failed.result_gone", of=0)
    assert job
    assert job.state is JobState.FAILED


async def test_results_may_all_be_missing(database: Database, store: JobStore) -> None:
    """No picture that could be had leaves no link behind either."""
    await accepted(store, new_job(count=2))
    await brought_to(database, "job", JobState.SUBMITTED)
    await store.save_results("job", 300.0, [], of=2)
    assert await store.pictures("job", PictureKind.RESULT) == []


async def test_the_queue_takes_jobs_up_to_its_limits(database: Database, store: JobStore) -> None:
    """A member's own limit and the limit of all are reached exactly, and a refusal writes nothing."""
    limits = QueueLimits(member=2, total=3)
    for number in range(2):
        await accepted(store, new_job(f"own{number}"), limits=limits)
    before = await everything(database)
    with pytest.raises(TooManyWaiting) as own:
        await accepted(store, new_job("own2"), limits=limits)
    assert (own.value.member, own.value.limit) == (True, 2)
    assert await everything(database) == before
    await accepted(store, new_job("other", user_id=8), limits=limits)
    with pytest.raises(TooManyWaiting) as total:
        await accepted(store, new_job("third", user_id=9), limits=limits)
    assert (total.value.member, total.value.limit) == (False, 3)


async def test_only_waiting_jobs_count_for_the_queue(store: JobStore, calls: CallStore) -> None:
    """A job that was sent makes room, and one that is taken back stands in line again."""
    limits = QueueLimits(member=1, total=1)
    await accepted(store, new_job("first"), limits=limits)
    await calls.start(new_call(job_id="first"))
    await accepted(store, new_job("second"), limits=limits)
    await store.fail("second", 300.0, outcome="failed.lost")
    await calls.take_back("first", 1)
    with pytest.raises(TooManyWaiting):
        await accepted(store, new_job("third"), limits=limits)
