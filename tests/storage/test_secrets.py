"""The secrets in the addresses that an API gets: each opens one call or one job's inputs, for a while."""

import pytest

from storage.calls import CallStore
from storage.database import Database
from storage.jobs import JobStore
from storage.records import JobState
from tests.storage.samples import accepted, brought_to, new_call, new_job, ticket


async def test_a_callback_finds_its_call_by_api_and_secret(store: JobStore, calls: CallStore) -> None:
    """Another API's name, an unknown secret and the other secret of the same call find nothing."""
    await accepted(store, new_job(count=2))
    for position in (1, 2):
        await calls.start(new_call(position))
    assert await calls.called_back("xhuo", "callback-job-2") == await calls.get("job", 2)
    for provider, secret in (
        ("ruxa", "callback-job-2"),
        ("xhuo", "callback-job-3"),
        ("xhuo", "inputs-job-2"),
        ("xhuo", ""),
    ):
        assert await calls.called_back(provider, secret) is None


@pytest.mark.parametrize(
    "state", [state for state in JobState if state not in {JobState.ACCEPTED, JobState.CANCELLED}]
)
async def test_inputs_are_served_until_the_job_has_ended(
    database: Database, store: JobStore, calls: CallStore, state: JobState
) -> None:
    """The callback still finds the call after that: it may bring late pictures."""
    await accepted(store, new_job())
    await brought_to(database, "job", state)
    assert await calls.may_fetch_inputs("inputs-job-1") == (None if state.ended else "job")
    assert await calls.may_fetch_inputs("callback-job-1") is None
    assert await calls.called_back("xhuo", "callback-job-1") == await calls.get("job", 1)


async def test_each_call_opens_the_inputs_of_its_own_job(store: JobStore, calls: CallStore) -> None:
    """All calls of a job lead to the same inputs, those of another job to others."""
    for job_id in ("a", "b"):
        await accepted(store, new_job(job_id, count=2))
        for position in (1, 2):
            await calls.start(new_call(position, job_id=job_id))
    found = [await calls.may_fetch_inputs(f"inputs-{job_id}-{n}") for job_id in "ab" for n in (1, 2)]
    assert found == ["a", "a", "b", "b"]
    assert await calls.may_fetch_inputs("inputs-c-1") is None


async def test_what_was_taken_back_opens_nothing(store: JobStore, calls: CallStore) -> None:
    """The addresses of a call that was never made lead nowhere."""
    await accepted(store, new_job())
    await calls.start(new_call())
    await calls.take_back("job", 1)
    assert await calls.called_back("xhuo", "callback-job-1") is None
    assert await calls.may_fetch_inputs("inputs-job-1") is None


async def test_inputs_can_be_fetched_after_their_call_was_answered(store: JobStore, calls: CallStore) -> None:
    """An API that has taken the call fetches when it likes, and may share one fetch between its calls."""
    await accepted(store, new_job(count=2))
    await calls.start(new_call(1))
    await calls.done("job", 1, 208.0, ticket(1))
    assert await calls.may_fetch_inputs("inputs-job-1") == "job"
