"""Jobs on a database file: each step starts from its own state only, and what went in comes out."""

from collections.abc import Awaitable, Callable

import pytest

from storage.database import Database
from storage.errors import AlreadyAccepted, StorageError, TooManyWaiting, WrongState
from storage.jobs import JobStore
from storage.records import JobState, PictureKind, PictureRecord, Place, QueueLimits
from tests.storage.samples import BOT, MEMBER, accepted, brought_to, everything, new_job, results

Step = Callable[[JobStore], Awaitable[object]]

STEPS: dict[str, tuple[Step, set[JobState]]] = {
    "start_submitting": (lambda store: store.start_submitting("job", 300.0), {JobState.ACCEPTED}),
    "take_back": (lambda store: store.take_back("job"), {JobState.SUBMITTING}),
    "save_answer": (
        lambda store: store.save_answer(
            "job", 300.0, task_id=None, trace_id=None, urls=["https://x.example"]
        ),
        {JobState.SUBMITTING},
    ),
    "save_results": (lambda store: store.save_results("job", 300.0, results(1)), {JobState.SUBMITTED}),
    "note_message": (lambda store: store.note_message("job", 99), {JobState.READY}),
    "deliver": (lambda store: store.deliver("job", 300.0, message_id=12, images=1), {JobState.READY}),
    "fail": (
        lambda store: store.fail("job", 300.0, outcome="failed.lost"),
        {state for state in JobState if not state.ended},
    ),
}


@pytest.mark.parametrize("state", list(JobState))
@pytest.mark.parametrize("name", STEPS)
async def test_a_step_starts_from_its_own_state_only(
    database: Database, store: JobStore, name: str, state: JobState
) -> None:
    """From every other state it raises WrongState, and no table changes."""
    await accepted(store, new_job())
    await brought_to(store, "job", state)
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


async def test_a_failure_can_be_bound_to_states(store: JobStore) -> None:
    """Ending only what was not sent yet leaves a job alone that was."""
    await accepted(store, new_job())
    await brought_to(store, "job", JobState.SUBMITTING)
    with pytest.raises(WrongState):
        await store.fail("job", 300.0, outcome="failed.lost", start=[JobState.ACCEPTED])
    assert (await store.get("job")).state is JobState.SUBMITTING


async def test_an_id_is_used_once(database: Database, store: JobStore) -> None:
    """A second job of the same id is refused as a whole, its credits with it."""
    await accepted(store, new_job())
    before = await everything(database)
    with pytest.raises(StorageError, match=r"jobs\.id"):
        await accepted(store, new_job(price=2, interaction_id=2))
    assert await everything(database) == before


async def test_an_interaction_makes_one_job(database: Database, store: JobStore) -> None:
    """An interaction that comes a second time is refused as a whole."""
    await accepted(store, new_job())
    before = await everything(database)
    with pytest.raises(AlreadyAccepted):
        await accepted(store, new_job("again", interaction_id=(await store.get("job")).interaction_id))
    assert await everything(database) == before


async def test_a_job_comes_out_as_it_went_in(store: JobStore) -> None:
    """Every field is kept, the largest Discord ids and hostile words included."""
    job = new_job(
        user_id=2**63 - 1,
        guild_id=None,
        place=Place.FOREIGN,
        prompt="'; DROP TABLE jobs; -- 🍌 \u202e\n%s {x}",
        aspect_ratio=None,
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
    assert not record.told


async def test_a_job_keeps_what_happened_to_it(store: JobStore) -> None:
    """Times, the API's ids and the message stand in the record at the end."""
    await accepted(store, new_job())
    job = await brought_to(store, "job", JobState.DELIVERED)
    assert (job.accepted_at, job.sent_at, job.answered_at, job.ready_at, job.ended_at) == (
        100,
        200,
        208,
        209,
        210,
    )
    assert (job.task_id, job.trace_id, job.result_message_id) == ("task", "trace", 12)
    assert (job.seconds, job.told, job.outcome) == (8.0, True, None)


async def test_what_was_taken_back_was_never_sent(store: JobStore) -> None:
    """After take_back the job stands as on the first day, and can be sent."""
    record = await accepted(store, new_job())
    await store.start_submitting("job", 200.0)
    assert await store.take_back("job") == record
    assert record.seconds == 0.0
    assert (await store.start_submitting("job", 250.0)).sent_at == 250.0


async def test_pictures_come_out_in_order_and_apart(store: JobStore) -> None:
    """Inputs and results of a job are kept apart, each in its order."""
    sources = [
        PictureRecord(PictureKind.SOURCE, position, None, f"{position}.png", "image/png", 4, 3, 77)
        for position in (2, 1, 3)
    ]
    await store.accept(new_job(), sources, [MEMBER, BOT], QueueLimits(1, 1))
    await brought_to(store, "job", JobState.READY)
    assert await store.pictures("job", PictureKind.SOURCE) == sorted(sources, key=lambda each: each.position)
    assert await store.pictures("job", PictureKind.RESULT) == results(1)
    assert await store.pictures("other", PictureKind.RESULT) == []


async def test_pictures_that_could_not_be_had_are_left_out(store: JobStore) -> None:
    """Fewer results than links replace the links."""
    await accepted(store, new_job(count=4))
    await brought_to(store, "job", JobState.SUBMITTED)
    assert [each.position for each in await store.pictures("job", PictureKind.RESULT)] == [1, 2, 3, 4]
    some = [results(4)[0], results(4)[2]]
    await store.save_results("job", 300.0, some)
    assert await store.pictures("job", PictureKind.RESULT) == some


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


async def test_only_waiting_jobs_count_for_the_queue(store: JobStore) -> None:
    """A job that was sent makes room, and one that is taken back stands in line again."""
    limits = QueueLimits(member=1, total=1)
    await accepted(store, new_job("first"), limits=limits)
    await store.start_submitting("first", 200.0)
    await accepted(store, new_job("second"), limits=limits)
    await store.fail("second", 300.0, outcome="failed.lost")
    await store.take_back("first")
    with pytest.raises(TooManyWaiting):
        await accepted(store, new_job("third"), limits=limits)


async def test_durations_are_of_the_same_kind_and_the_latest(store: JobStore) -> None:
    """Only answered requests of this model and size count, the last ones first."""
    for number in range(4):
        await accepted(store, new_job(f"job{number}"))
        await store.start_submitting(f"job{number}", 100.0 * number)
        await store.save_answer(
            f"job{number}",
            100.0 * number + 5 + number,
            task_id=None,
            trace_id=None,
            urls=["https://x.example"],
        )
    await accepted(store, new_job("waits"))
    await accepted(store, new_job("large", resolution="4K"))
    assert await store.durations("nano-banana", "1K", last=3) == [8.0, 7.0, 6.0]
    assert await store.durations("nano-banana", "4K", last=3) == []


async def test_lists_are_oldest_first(store: JobStore) -> None:
    """Jobs come in the order in which they were accepted, whatever the order they were written in."""
    for job_id, at in (("b", 20.0), ("a", 30.0), ("c", 10.0)):
        await accepted(store, new_job(job_id, accepted_at=at))
    assert [job.id for job in await store.in_states([JobState.ACCEPTED])] == ["c", "b", "a"]
    assert [job.id for job in await store.running(7)] == ["c", "b", "a"]
    assert await store.running(8) == await store.in_states([]) == []


@pytest.mark.parametrize("state", list(JobState))
async def test_a_job_runs_until_it_has_ended(store: JobStore, state: JobState) -> None:
    """What a member has in the works is everything that may still bring a picture."""
    await accepted(store, new_job())
    await brought_to(store, "job", state)
    assert [job.state for job in await store.running(7)] == ([] if state.ended else [state])


@pytest.mark.parametrize("state", list(JobState))
async def test_only_endings_without_a_result_have_to_be_told(store: JobStore, state: JobState) -> None:
    """A failed or unknown job is untold until it is marked."""
    await accepted(store, new_job())
    await brought_to(store, "job", state)
    expected = ["job"] if state in {JobState.FAILED, JobState.UNKNOWN} else []
    assert [job.id for job in await store.untold()] == expected
    await store.mark_told("job")
    assert await store.untold() == []


async def test_tokens_are_forgotten_when_they_are_no_good(store: JobStore) -> None:
    """A token goes after its end, and not a moment before."""
    await accepted(store, new_job("old", token_expires_at=900.0))
    await accepted(store, new_job("young", token_expires_at=901.0))
    assert (await store.get("old")).token_lives(899.9)
    assert not (await store.get("old")).token_lives(900.0)
    await store.forget_tokens(900.5)
    assert (await store.get("old")).interaction_token is None
    assert not (await store.get("old")).token_lives(0.0)
    assert (await store.get("young")).interaction_token == "token"
