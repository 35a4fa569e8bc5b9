"""Paid calls on a database file: each step starts from its own state only, and the job follows its calls."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace

import pytest

from storage.calls import CallStore
from storage.database import Database
from storage.errors import StorageError, WrongState
from storage.jobs import JobStore
from storage.records import CallRecord, CallState, JobState, Ticket
from tests.storage.samples import accepted, brought_to, everything, new_call, new_job, ticket

Step = Callable[[CallStore], Awaitable[object]]


async def refuse(calls: CallStore) -> object:
    """The API says that it makes nothing."""
    return await calls.failed("job", 1, 300.0, ticket(), outcome="failed.refused", lost=False)


async def lose(calls: CallStore) -> object:
    """Nobody knows what became of the call."""
    return await calls.failed("job", 1, 300.0, ticket(), outcome="failed.lost", lost=True)


OPEN = {CallState.SUBMITTING, CallState.SUBMITTED}
WAYS: dict[CallState, list[Step]] = {
    CallState.SUBMITTING: [],
    CallState.SUBMITTED: [lambda calls: calls.taken("job", 1, 205.0, ticket())],
    CallState.DONE: [lambda calls: calls.done("job", 1, 208.0, ticket(1))],
    CallState.FAILED: [refuse],
    CallState.UNKNOWN: [lose],
}
STEPS: dict[str, tuple[Step, set[CallState]]] = {
    "start": (lambda calls: calls.start(new_call()), set()),
    "take_back": (lambda calls: calls.take_back("job", 1), {CallState.SUBMITTING}),
    "taken": (lambda calls: calls.taken("job", 1, 205.0, ticket()), {CallState.SUBMITTING}),
    "done": (lambda calls: calls.done("job", 1, 300.0, ticket(1)), OPEN | {CallState.UNKNOWN}),
    "failed": (
        refuse,
        OPEN,
    ),
    "lost": (lose, OPEN),
    "bring": (lambda calls: calls.bring("job", 1, 500.0, ticket(1)), OPEN | {CallState.UNKNOWN}),
}


async def call_brought_to(calls: CallStore, state: CallState) -> None:
    """Start the one call of a job and take it to a state."""
    await calls.start(new_call())
    for step in WAYS[state]:
        await step(calls)


@pytest.mark.parametrize("state", list(CallState))
@pytest.mark.parametrize("name", STEPS)
async def test_a_step_starts_from_its_own_state_only(
    database: Database, store: JobStore, calls: CallStore, name: str, state: CallState
) -> None:
    """From every other state it is refused, and no table changes; a call is started once."""
    await accepted(store, new_job())
    await call_brought_to(calls, state)
    before = await everything(database)
    step, start = STEPS[name]
    if state in start:
        await step(calls)
        assert await everything(database) != before
        return
    with pytest.raises(StorageError if name == "start" else WrongState):
        await step(calls)
    assert await everything(database) == before


@pytest.mark.parametrize("state", list(CallState))
@pytest.mark.parametrize("name", STEPS)
async def test_after_the_end_only_a_lost_call_can_come_back(
    database: Database, store: JobStore, calls: CallStore, name: str, state: CallState
) -> None:
    """Once the job has ended nothing changes its calls but the pictures of one that was given up."""
    await accepted(store, new_job())
    await call_brought_to(calls, state)
    ended = await store.fail("job", 300.0, outcome="failed.lost")
    lost = state in OPEN | {CallState.UNKNOWN}
    assert ended.state is (JobState.UNKNOWN if lost else JobState.FAILED)
    before = await everything(database)
    if name == "bring" and lost:
        await STEPS[name][0](calls)
        assert await everything(database) != before
        return
    with pytest.raises(WrongState):
        await STEPS[name][0](calls)
    assert await everything(database) == before


@pytest.mark.parametrize("name", STEPS)
async def test_no_step_makes_a_call_out_of_nothing(
    database: Database, store: JobStore, calls: CallStore, name: str
) -> None:
    """Neither a job that does not exist nor a call that was not started is in any state."""
    with pytest.raises(WrongState):
        await STEPS[name][0](calls)
    with pytest.raises(WrongState):
        await calls.get("job", 1)
    with pytest.raises(WrongState):
        await calls.learn_task("job", 1, "task")
    await accepted(store, new_job())
    if name == "start":
        return
    before = await everything(database)
    with pytest.raises(WrongState):
        await STEPS[name][0](calls)
    assert await everything(database) == before


@pytest.mark.parametrize("state", list(JobState))
async def test_a_call_starts_only_while_pictures_are_still_asked_for(
    database: Database, store: JobStore, calls: CallStore, state: JobState
) -> None:
    """Whatever else the job is at, the intent is refused, and with it the money."""
    await accepted(store, new_job())
    await brought_to(database, "job", state)
    before = await everything(database)
    if state in {JobState.ACCEPTED, JobState.SUBMITTING}:
        await calls.start(new_call(2))
        assert (await store.get("job")).state is JobState.SUBMITTING
        return
    with pytest.raises(WrongState):
        await calls.start(new_call(2))
    assert await everything(database) == before


async def test_a_secret_belongs_to_one_call(database: Database, store: JobStore, calls: CallStore) -> None:
    """The same secret a second time is refused as a whole: the job does not start by it."""
    for job_id in ("job", "other"):
        await accepted(store, new_job(job_id))
    await calls.start(new_call())
    before = await everything(database)
    other = new_call(job_id="other")
    for same in (
        replace(other, callback_hash="callback-job-1"),
        replace(other, inputs_hash="inputs-job-1"),
    ):
        with pytest.raises(StorageError, match="_hash"):
            await calls.start(same)
        assert await everything(database) == before


async def test_a_call_comes_out_as_it_went_in(store: JobStore, calls: CallStore) -> None:
    """Every field is kept, and nothing is known yet of what came of it."""
    await accepted(store, new_job(count=4))
    call = new_call(2, 3)
    await calls.start(call)
    expected = CallRecord(
        **asdict(call), state=CallState.SUBMITTING, task_id=None, trace_id=None, outcome=None
    )
    assert await calls.get("job", 2) == expected
    with pytest.raises(WrongState):
        await calls.get("job", 1)


async def test_ids_once_known_are_not_forgotten(store: JobStore, calls: CallStore) -> None:
    """What an API says later adds to what it said before, and a failure keeps its reason."""
    await accepted(store, new_job())
    await calls.start(new_call())
    await calls.taken("job", 1, 205.0, Ticket("task", None))
    await calls.failed("job", 1, 300.0, Ticket(None, "trace"), outcome="failed.refused", lost=False)
    call = await calls.get("job", 1)
    assert (call.task_id, call.trace_id, call.outcome) == ("task", "trace", "failed.refused")


@pytest.mark.parametrize(
    ("name", "state", "billed", "answered_at"),
    [
        ("taken", CallState.SUBMITTED, 0, None),
        ("done", CallState.DONE, 1, 300.0),
        ("failed", CallState.FAILED, 0, None),
        ("lost", CallState.UNKNOWN, 1, None),
    ],
)
async def test_the_job_notes_what_its_call_has_brought(
    store: JobStore, calls: CallStore, name: str, state: CallState, billed: int, answered_at: float | None
) -> None:
    """Its only call makes it submitted; it may have been billed for pictures and for lost answers alone."""
    await accepted(store, new_job())
    await calls.start(new_call())
    await STEPS[name][0](calls)
    job = await store.get("job")
    assert (job.state, job.perhaps_billed, job.answered_at) == (JobState.SUBMITTED, billed, answered_at)
    assert (await calls.get("job", 1)).state is state


async def test_the_time_of_a_call_counts_from_when_it_was_taken(store: JobStore, calls: CallStore) -> None:
    """A wait before the API took it is no time of its making; the job keeps its first sending."""
    await accepted(store, new_job())
    await calls.start(new_call(sent_at=200.0))
    await calls.taken("job", 1, 320.0, ticket())
    assert (await calls.get("job", 1)).sent_at == 320.0
    assert (await store.get("job")).sent_at == 200.0


@pytest.mark.parametrize("state", list(CallState))
async def test_a_task_is_learnt_once_and_changes_nothing_else(
    store: JobStore, calls: CallStore, state: CallState
) -> None:
    """Where the answer did not tell it a callback may, whatever the call stands at; what is known stays."""
    await accepted(store, new_job())
    await calls.start(new_call())
    match state:
        case CallState.SUBMITTED:
            await calls.taken("job", 1, 205.0, Ticket(None, None))
        case CallState.DONE:
            await calls.done("job", 1, 208.0, Ticket(None, None, ("https://cdn.example/1.png",)))
        case CallState.FAILED | CallState.UNKNOWN:
            lost = state is CallState.UNKNOWN
            await calls.failed("job", 1, 300.0, Ticket(None, None), outcome="failed.lost", lost=lost)
    job, call = await store.get("job"), await calls.get("job", 1)
    assert (call.state, call.task_id) == (state, None)
    for task_id in ("first", "second"):
        told = await calls.learn_task("job", 1, task_id)
        assert told == await calls.get("job", 1) == replace(call, task_id="first")
    assert await store.get("job") == job
