"""Results that wait for their member: kept with their credits reserved, then got or given up."""

from storage.calls import CallStore
from storage.database import Database
from storage.jobs import JobStore
from storage.records import JobState, LedgerLine, PictureKind
from tests.storage.samples import BOT, MEMBER, accepted, brought_to, new_call, new_job, results, ticket


async def test_a_held_result_keeps_its_credits_and_its_pictures(database: Database, store: JobStore) -> None:
    """Holding ends nothing: the reservation and the files stand, and the reason is known."""
    await accepted(store, new_job(count=2))
    ready = await brought_to(database, "job", JobState.READY)
    held = await store.hold("job", "failed.undeliverable")
    assert (held.state, held.outcome, held.ended_at) == (JobState.HELD, "failed.undeliverable", None)
    assert held.ready_at == ready.ready_at
    assert await store.pictures("job", PictureKind.RESULT) == results(2)
    assert {line.kind for line in await store.ledger("job")} == {"reserve"}
    assert await store.spent(MEMBER) == 2


async def test_a_held_result_is_paid_when_its_member_gets_it(database: Database, store: JobStore) -> None:
    """Delivered from being held it is settled like any other, and its trouble is forgotten."""
    await accepted(store, new_job(price=2, count=2))
    await brought_to(database, "job", JobState.HELD)
    job = await store.deliver("job", 900.0, message_id=12, images=2)
    assert (job.state, job.outcome, job.ended_at, job.told) == (JobState.DELIVERED, None, 900.0, True)
    assert (await store.ledger("job"))[2:] == [
        LedgerLine("job", "member:1:7", "settle", 4),
        LedgerLine("job", "bot", "settle", 4, of_operator=True),
    ]


async def test_a_held_result_that_nobody_comes_for_is_refunded(database: Database, store: JobStore) -> None:
    """The member gets all of it back; the operator's budget keeps what was billed."""
    await accepted(store, new_job(price=2, count=2))
    await brought_to(database, "job", JobState.HELD)
    job = await store.fail("job", 900.0, outcome="failed.not_collected")
    assert (job.state, job.outcome) == (JobState.FAILED, "failed.not_collected")
    assert (await store.ledger("job"))[2:] == [
        LedgerLine("job", "member:1:7", "refund", 4),
        LedgerLine("job", "bot", "settle", 4, of_operator=True),
    ]
    assert (await store.spent(MEMBER), await store.spent(BOT)) == (0, 4)


async def test_only_what_has_been_held_for_long_is_given_up(store: JobStore, calls: CallStore) -> None:
    """Counted from when the pictures were there; what has not been held, or is got, is left out."""
    for number, at in enumerate((500.0, 300.0, 400.0, 100.0, 200.0)):
        await accepted(store, new_job(job_id := f"job{number}", accepted_at=at))
        await calls.start(new_call(job_id=job_id))
        await calls.done(job_id, 1, at, ticket(1))
        await store.save_results(job_id, at, results(1), of=1)
        if job_id != "job4":
            await store.hold(job_id, "failed.undeliverable")
    await store.deliver("job3", 450.0, message_id=None, images=1)
    assert [job.id for job in await store.held_since(500.0)] == ["job1", "job2"]
    assert [job.id for job in await store.held_since(300.0)] == []
