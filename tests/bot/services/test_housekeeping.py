"""Housekeeping: it takes what is too old, leaves the rest, and goes on whatever happens."""

import asyncio
import logging
import os
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.services.housekeeping import COMING, Housekeeping
from bot.services.privacy import WORDS_KEPT_FOR
from bot.services.spool import KEPT_FOR, Spool
from storage.calls import CallStore
from storage.database import Database
from storage.jobs import JobStore
from storage.records import JobRecord, JobState, PictureKind
from tests.housekeepers import housekeeper
from tests.storage.samples import MEMBER, accepted, brought_to, new_call, new_job, results, ticket

NOW = 1_790_000_000.0
DEADLINE = 10.0


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Open a database file."""
    async with Database(tmp_path / "bot.sqlite3") as opened:
        yield opened


@pytest.fixture
def store(database: Database) -> JobStore:
    """The jobs in it."""
    return JobStore(database)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """A spool beside it."""
    return Spool(tmp_path / "spool")


@pytest.fixture
def housekeeping(store: JobStore, spool: Spool) -> Housekeeping:
    """Housekeeping at a fixed time."""
    return housekeeper(store, spool, lambda: NOW)


async def folder(spool: Spool, job_id: str, age: float) -> Path:
    """Make a job's folder of some age in seconds, with what is in it."""
    made = await spool.open(job_id)
    for path in (made, *made.iterdir()):
        os.utime(path, (NOW - age, NOW - age))
    return made


async def test_a_round_takes_what_is_too_old(
    housekeeping: Housekeeping, store: JobStore, spool: Spool
) -> None:
    """Pictures of more than a day and dead tokens go; younger pictures and living tokens stay."""
    old, young = await folder(spool, "old", KEPT_FOR + 60), await folder(spool, "young", KEPT_FOR - 60)
    await accepted(store, new_job("dead", token_expires_at=NOW - 1))
    await accepted(store, new_job("alive", token_expires_at=NOW + 1))
    await housekeeping.purge_pictures()
    await housekeeping.forget_tokens()
    assert [old.exists(), young.exists()] == [False, True]
    assert (await store.get("dead")).interaction_token is None
    assert (await store.get("alive")).interaction_token == "token"
    await housekeeping.purge_pictures()
    await housekeeping.forget_tokens()


async def test_a_held_result_that_nobody_comes_for_is_given_back(
    housekeeping: Housekeeping, database: Database, store: JobStore
) -> None:
    """After a day and some minutes its credits return and nobody is told any more; a younger one waits on."""
    limit = replace(MEMBER, ceiling=100)
    for job_id in ("old", "young"):
        await accepted(store, new_job(job_id, count=2), limit)
    await brought_to(database, "old", JobState.HELD)
    calls = CallStore(database)
    await calls.start(new_call(job_id="young", images=2))
    await calls.done("young", 1, NOW, ticket(2))
    await store.save_results("young", NOW - KEPT_FOR - COMING + 60, results(2), of=2)
    await store.hold("young", "held.undeliverable")
    for _ in range(2):
        await housekeeping.give_back_held()
    old, young = await store.get("old"), await store.get("young")
    assert (old.state, old.outcome, old.told) == (JobState.FAILED, "failed.not_collected", True)
    assert young.state is JobState.HELD
    kinds = [(line.job_id, line.kind, line.credits) for line in await store.ledger()]
    assert [each for each in kinds if each[1] != "reserve"] == [("old", "refund", 2)]


class MemberComes(JobStore):
    """Jobs whose member comes for a held one in the very moment in which it has been looked for."""

    async def held_since(self, before: float) -> list[JobRecord]:
        """Look, and be overtaken."""
        found = await super().held_since(before)
        await self.deliver(found[0].id, NOW, message_id=None, images=1)
        return found


async def test_a_member_who_comes_at_the_last_moment_keeps_the_result(
    database: Database, store: JobStore, spool: Spool
) -> None:
    """It is theirs and paid; the other results of that age are given back all the same."""
    for job_id in ("fetched", "forgotten"):
        await accepted(store, new_job(job_id))
        await brought_to(database, job_id, JobState.HELD)
    await housekeeper(MemberComes(database), spool, lambda: NOW).give_back_held()
    ended = {job.id: job.state for job in await store.in_states([JobState.DELIVERED, JobState.FAILED])}
    assert sorted(ended.values()) == [JobState.DELIVERED, JobState.FAILED]


async def test_it_starts_at_once_and_ends_when_cancelled(housekeeping: Housekeeping, spool: Spool) -> None:
    """The first round does not wait for its time."""
    old = await folder(spool, "old", KEPT_FOR + 60)
    running = asyncio.create_task(housekeeping.run())
    async with asyncio.timeout(DEADLINE):
        while old.exists():  # noqa: ASYNC110  (a folder has no event)
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_database_that_fails_does_not_end_it(
    tmp_path: Path, housekeeping: Housekeeping, caplog: pytest.LogCaptureFixture
) -> None:
    """A round that cannot be done is logged, and the next one comes."""
    damage = sqlite3.connect(tmp_path / "bot.sqlite3")
    damage.execute("DROP TABLE pictures")
    damage.execute("DROP TABLE jobs")
    damage.commit()
    damage.close()
    with caplog.at_level(logging.WARNING, "bot.services.housekeeping"):
        running = asyncio.create_task(housekeeping.run())
        async with asyncio.timeout(DEADLINE):
            while not caplog.records:  # noqa: ASYNC110  (a log has no event)
                await asyncio.sleep(0.01)
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_words_and_links_go_in_time(
    housekeeping: Housekeeping, database: Database, store: JobStore
) -> None:
    """Words a month after a job has ended, links a day after; what has not ended keeps both."""
    for job_id in ("ended", "held"):
        await accepted(store, new_job(job_id), replace(MEMBER, ceiling=100))
    await brought_to(database, "ended", JobState.DELIVERED)
    await brought_to(database, "held", JobState.HELD)
    for age, links, words in (
        (KEPT_FOR - 60, 1, "a banana"),
        (KEPT_FOR + 60, 0, "a banana"),
        (WORDS_KEPT_FOR - 60, 0, "a banana"),
        (WORDS_KEPT_FOR + 60, 0, ""),
    ):
        change = sqlite3.connect(database.path)
        change.execute("UPDATE jobs SET ended_at = ? WHERE id = 'ended'", [NOW - age])
        change.commit()
        change.close()
        await housekeeping.purge_pictures()
        await housekeeping.forget_words()
        pictures = await store.pictures("ended", PictureKind.RESULT)
        assert (
            [bool(each.url) for each in pictures] == [bool(each.path) for each in pictures] == [bool(links)]
        )
        assert (await store.get("ended")).prompt == words
    [picture] = await store.pictures("held", PictureKind.RESULT)
    assert picture.url
    assert (await store.get("held")).prompt == "a banana"


async def test_pictures_that_take_too_much_go_early(
    database: Database, store: JobStore, spool: Spool
) -> None:
    """The oldest first, until the rest fits; never those that a job needs or a request has just brought."""
    for job_id in ("held", "running", "oldest", "older", "young"):
        await accepted(store, new_job(job_id), replace(MEMBER, ceiling=100))
    await brought_to(database, "held", JobState.HELD)
    for job_id in ("oldest", "older", "young"):
        await brought_to(database, job_id, JobState.DELIVERED)
    ages = {"held": 9000, "running": 8000, "oldest": 7000, "older": 6000, "young": 5000, "taken": 5}
    for job_id in ages:
        ((await spool.open(job_id)) / "picture").write_bytes(b"x" * 100)
    folders = {job_id: await folder(spool, job_id, age) for job_id, age in ages.items()}
    for limit, left in (
        (600, {"held", "running", "oldest", "older", "young", "taken"}),
        (599, {"held", "running", "older", "young", "taken"}),
        (301, {"held", "running", "taken"}),
        (10, {"held", "running", "taken"}),
    ):
        await housekeeper(store, spool, lambda: NOW, spool_limit=limit).make_room()
        assert {job_id for job_id, each in folders.items() if each.exists()} == left
    assert await spool.size() == 300
