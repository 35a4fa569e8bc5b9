"""Lists of jobs: what waits, runs, is kept or has to be told, each in an order that can be relied upon."""

import pytest

from storage.calls import CallStore
from storage.database import Database
from storage.jobs import JobStore
from storage.records import JobState
from tests.storage.samples import accepted, brought_to, new_call, new_job, results, ticket


async def test_durations_are_of_the_same_kind_and_the_latest(store: JobStore, calls: CallStore) -> None:
    """Only requests of this model and size that brought a picture count, the last ones first."""
    for number in range(5):
        sent_at = 100.0 * number
        await accepted(store, new_job(job_id := f"job{number}"))
        await calls.start(new_call(job_id=job_id, sent_at=sent_at))
        await calls.done(job_id, 1, sent_at + 5 + number, ticket(1))
        if number < 4:
            await store.save_results(job_id, sent_at + 50, results(1), of=1)
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


async def test_recent_jobs_are_newest_first_and_come_in_pages(store: JobStore) -> None:
    """Only the member's own, whatever became of them; pages neither overlap nor leave one out."""
    for number, at in enumerate((20.0, 50.0, 10.0, 40.0, 30.0)):
        await accepted(store, new_job(f"job{number}", accepted_at=at))
    await accepted(store, new_job("other", user_id=8, accepted_at=60.0))
    await store.cancel("job3", 70.0)
    pages = [await store.recent(7, skip=skip, limit=2) for skip in (0, 2, 4, 6)]
    assert [[job.id for job in page] for page in pages] == [["job1", "job3"], ["job4", "job0"], ["job2"], []]
    assert [job.id for job in await store.recent(8, skip=0, limit=10)] == ["other"]


async def test_jobs_of_one_moment_keep_their_order_over_pages(store: JobStore) -> None:
    """A page that is asked for later shows what the one before did not."""
    for number in range(4):
        await accepted(store, new_job(f"job{number}"))
    pages = [await store.recent(7, skip=skip, limit=1) for skip in range(4)]
    assert [job.id for page in pages for job in page] == ["job0", "job1", "job2", "job3"]


@pytest.mark.parametrize("state", list(JobState))
async def test_a_job_runs_until_it_is_held_or_has_ended(
    database: Database, store: JobStore, state: JobState
) -> None:
    """What a member has in the works is everything that has not ended and does not wait for them."""
    await accepted(store, new_job())
    await brought_to(database, "job", state)
    assert [job.state for job in await store.running(7)] == (
        [] if state.ended or state is JobState.HELD else [state]
    )


@pytest.mark.parametrize("state", list(JobState))
async def test_only_endings_without_a_result_have_to_be_told(
    database: Database, store: JobStore, state: JobState
) -> None:
    """A failed, unknown or held job is untold until it is marked."""
    await accepted(store, new_job())
    await brought_to(database, "job", state)
    expected = ["job"] if state in {JobState.FAILED, JobState.UNKNOWN, JobState.HELD} else []
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


async def test_progress_that_still_stands(database: Database, store: JobStore) -> None:
    """Only of jobs that were delivered, for those that a message asked for, until it is noted to be gone."""
    for job_id, asked in {"reply": 5, "alive": 6, "command": None}.items():
        await accepted(store, new_job(job_id, request_id=asked or 7, reply_to=asked))
    for job_id in ("reply", "command"):
        await brought_to(database, job_id, JobState.DELIVERED)
    assert [job.id for job in await store.with_progress()] == ["reply"]
    await store.note_progress("reply", None)
    assert await store.with_progress() == []
