"""Several calls of one job: together they make its pictures, and each can be taken back alone."""

import pytest

from storage.calls import CallStore
from storage.errors import WrongState
from storage.jobs import JobStore
from storage.records import CallState, JobState, PictureKind, PictureRecord, Ticket
from tests.storage.samples import BOT, MEMBER, accepted, new_call, new_job, ticket


async def test_calls_come_in_the_order_of_their_pictures(store: JobStore, calls: CallStore) -> None:
    """Whatever the order they were started in, and without those of other jobs."""
    for job_id in ("job", "other"):
        await accepted(store, new_job(job_id, count=3))
        for position in (3, 1, 2):
            await calls.start(new_call(position, job_id=job_id))
    assert [(call.job_id, call.position) for call in await calls.of_job("job")] == [
        ("job", 1),
        ("job", 2),
        ("job", 3),
    ]
    assert await calls.of_job("nobody") == []


async def test_a_job_is_submitted_once_each_picture_has_its_call_and_none_is_being_made(
    store: JobStore, calls: CallStore
) -> None:
    """An answer to every call so far is not enough, and neither is a call for every picture."""
    await accepted(store, new_job(count=4))
    seen: list[tuple[JobState, int]] = []

    async def look() -> None:
        job = await store.get("job")
        seen.append((job.state, job.perhaps_billed))

    await calls.start(new_call(1, 2))
    await calls.taken("job", 1, 205.0, ticket())
    await look()  # two pictures have no call yet
    await calls.start(new_call(3))
    await calls.start(new_call(4, sent_at=220.0))
    await look()
    await calls.failed("job", 3, 300.0, ticket(), outcome="failed.lost", lost=True)
    await look()  # the last call is still being made
    await calls.taken("job", 4, 205.0, ticket())
    await look()
    await calls.done("job", 1, 210.0, ticket(2))
    await calls.failed("job", 4, 300.0, ticket(), outcome="failed.refused", lost=False)
    await look()
    making, submitted = JobState.SUBMITTING, JobState.SUBMITTED
    assert seen == [(making, 0), (making, 0), (making, 1), (submitted, 1), (submitted, 3)]
    job = await store.get("job")
    assert (job.sent_at, job.answered_at) == (200.0, 210.0)


async def test_pictures_stand_where_their_call_has_its_place(store: JobStore, calls: CallStore) -> None:
    """The links of calls that end in any order are kept apart; fewer pictures are billed as they are."""
    await accepted(store, new_job(count=4))
    for position in (1, 3):
        await calls.start(new_call(position, 2))
    await calls.done("job", 3, 208.0, Ticket(None, None, ("https://c.example", "https://d.example")))
    await calls.done("job", 1, 209.0, Ticket(None, None, ("https://a.example",)))
    assert await store.pictures("job", PictureKind.RESULT) == [
        PictureRecord(PictureKind.RESULT, 1, "https://a.example"),
        PictureRecord(PictureKind.RESULT, 3, "https://c.example"),
        PictureRecord(PictureKind.RESULT, 4, "https://d.example"),
    ]
    assert (await store.get("job")).perhaps_billed == 3


async def test_what_was_taken_back_was_never_sent(store: JobStore, calls: CallStore) -> None:
    """Without any call the job stands as on its first day, can be sent anew, and can be cancelled."""
    record = await accepted(store, new_job())
    await calls.start(new_call())
    await calls.take_back("job", 1)
    assert await store.get("job") == record
    assert await calls.of_job("job") == []
    await calls.start(new_call(sent_at=250.0))
    assert (await store.get("job")).sent_at == 250.0
    await calls.take_back("job", 1)
    await store.cancel("job", 300.0)
    assert await store.spent(MEMBER) == await store.spent(BOT) == 0


async def test_one_of_several_calls_is_taken_back_alone(store: JobStore, calls: CallStore) -> None:
    """The others stand, the job goes on, and another API may make what is missing in other portions."""
    await accepted(store, new_job(count=4))
    await calls.start(new_call(1, 2))
    await calls.done("job", 1, 208.0, ticket(2))
    await calls.start(new_call(3, 2))
    before = await store.get("job")
    assert before.state is JobState.SUBMITTING
    await calls.take_back("job", 3)
    assert await store.get("job") == before
    with pytest.raises(WrongState):
        await store.cancel("job", 300.0)
    for position in (3, 4):
        await calls.start(new_call(position))
        await calls.done("job", position, 210.0, ticket(1))
    job = await store.get("job")
    assert (job.state, job.perhaps_billed) == (JobState.SUBMITTED, 4)


@pytest.mark.parametrize("sibling", ["being made", "taken", "not asked for yet"])
async def test_a_lost_call_may_still_bring_its_pictures_while_its_job_goes_on(
    store: JobStore, calls: CallStore, sibling: str
) -> None:
    """They stand in their place and are charged like the others; what was counted as billed stays so."""
    await accepted(store, new_job(count=4))
    await calls.start(new_call(1, 2))
    if sibling != "not asked for yet":
        await calls.start(new_call(3, 2))
    if sibling == "taken":
        await calls.taken("job", 3, 205.0, ticket())
    await calls.failed("job", 1, 300.0, ticket(), outcome="failed.lost", lost=True)
    before = await store.get("job")
    await calls.done("job", 1, 250.0, ticket(2))
    job, call = await store.get("job"), await calls.get("job", 1)
    assert (call.state, call.outcome) == (CallState.DONE, None)
    assert [each.position for each in await store.pictures("job", PictureKind.RESULT)] == [1, 2]
    assert (job.state, job.late, job.perhaps_billed) == (before.state, False, before.perhaps_billed)
    assert (job.perhaps_billed, job.answered_at) == (2, 250.0)
    with pytest.raises(WrongState):
        await calls.done("job", 1, 260.0, ticket(2))
