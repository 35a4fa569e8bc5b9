"""A life of jobs over a database file, and what a person would expect of its books."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from storage.calls import CallStore
from storage.database import Database
from storage.errors import BudgetExhausted, TooManyWaiting, WrongState
from storage.jobs import JobStore
from storage.records import (
    BudgetLimit,
    CallRecord,
    CallState,
    JobRecord,
    JobState,
    LedgerLine,
    PictureKind,
    QueueLimits,
)
from tests.audits import problems
from tests.storage.samples import accepted, new_call, new_job, ticket

DAY = 86_400.0
CEILINGS = [(6, 9), (12, 40), (0, 12), (8, 3), (3, 0)]  # the member's, the bot's
OPEN = {CallState.SUBMITTING, CallState.SUBMITTED}


class Event(NamedTuple):
    """Something that happens, to one of the jobs and one of its calls where it needs them."""

    kind: str
    which: int = 0  # the job; of an accepted one the member
    number: int = 1  # images
    position: int = 0  # the call; of an accepted job the price


class Books:
    """Does each event to the storage, and remembers what may have been billed and what was closed."""

    def __init__(self, database: Database, number: int) -> None:
        self._store, self._calls = JobStore(database), CallStore(database)
        self._number = number
        self._name = f"life{number}"
        self._day = 0
        self._ceilings = CEILINGS[0]
        self._limits: dict[tuple[str, float], BudgetLimit] = {}
        self._billed: dict[str, int] = {}  # images, by job
        self._closed: dict[str, list[LedgerLine]] = {}  # the ledger of each job as it ended first
        self._paid: dict[str, int] = {}  # images that the member was charged for at the job's first end
        self._on_job: dict[str, Callable[[JobRecord, Event], Awaitable[None]]] = {
            "advance": self._advance,
            "call": self._call,
            "ready": self._ready,
            "hold": lambda job, _: self._hold(job),
            "deliver": self._deliver,
            "fail": lambda job, _: self._fail(job, 0),
            "give_up": self._give_up,
            "blocked": lambda job, event: self._fail(job, min(event.number, job.count)),
            "cancel": lambda job, _: self._cancel(job),
        }
        self._on_call: dict[str, Callable[[CallRecord, Event], Awaitable[None]]] = {
            "take_back": lambda call, _: self._calls.take_back(call.job_id, call.position),
            "taken": lambda call, _: self._calls.taken(call.job_id, call.position, self._day * DAY, ticket()),
            "told": lambda call, _: self._tell(call),
            "callback": self._callback,
            "refused": lambda call, _: self._end_call(call, lost=False),
            "lost": lambda call, _: self._end_call(call, lost=True),
        }

    async def happen(self, event: Event) -> None:
        """Do one event; refusals are a part of life, and change nothing."""
        if event.kind == "turn":
            self._day += 1
        elif event.kind == "ceilings":
            self._ceilings = CEILINGS[event.number]
        elif event.kind == "accept":
            await self._accept(event)
        elif event.kind == "restart":
            await self._restart()
        elif self._billed:
            before = await self._store.get([*self._billed][event.which % len(self._billed)])
            calls = await self._calls.of_job(before.id)
            try:
                if event.kind in self._on_job:
                    await self._on_job[event.kind](before, event)
                elif calls:
                    call = calls[event.position % len(calls)]
                    await self._on_call[event.kind](call, event)
            except WrongState:
                assert await self._store.get(before.id) == before
                assert await self._calls.of_job(before.id) == calls

    async def _accept(self, event: Event) -> None:
        job = new_job(
            f"{self._name}-{len(self._billed)}",
            user_id=10 * self._number + event.which % 2,
            price=event.position,
            count=max(event.number, 1),
        )
        start = self._day * DAY
        budgets = [
            BudgetLimit(f"{self._name}:{job.user_id}", start, start + DAY, self._ceilings[0]),
            BudgetLimit(f"{self._name}:bot", start, start + DAY, self._ceilings[1], of_operator=True),
        ]
        before = [await self._store.spent(limit) for limit in budgets]
        fits = all(spent + job.credits <= limit.ceiling for spent, limit in zip(before, budgets, strict=True))
        after = before
        try:
            await accepted(self._store, job, *budgets, limits=QueueLimits(3, 10_000))
        except TooManyWaiting:
            pass
        except BudgetExhausted:
            assert not fits
            assert job.credits > 0
        else:
            assert fits or job.credits == 0
            after = [spent + job.credits for spent in before]
            self._billed[job.id] = 0
            self._limits |= {(limit.holder, start): limit for limit in budgets}
        assert [await self._store.spent(limit) for limit in budgets] == after

    async def _advance(self, job: JobRecord, event: Event) -> None:
        """Do what brings the job nearer to its end, whatever it stands at."""
        calls = await self._calls.of_job(job.id)
        waiting = [call for call in calls if call.state in OPEN]
        lost = [call for call in calls if call.state is CallState.UNKNOWN]
        if job.state in {JobState.READY, JobState.HELD}:
            await self._deliver(job, event)
        elif job.state is JobState.UNKNOWN and lost:
            await self._callback(lost[0], event)
        elif waiting:
            await self._callback(waiting[0], event)
        elif job.state is JobState.SUBMITTED:
            await self._ready(job, event)
        else:
            await self._call(job, event)

    async def _call(self, job: JobRecord, event: Event) -> None:
        """Start a call for the next pictures that none makes; there is no call for more than are asked."""
        calls = await self._calls.of_job(job.id)
        made = {call.position + image for call in calls for image in range(call.images)}
        free = [position for position in range(1, job.count + 1) if position not in made]
        row = [position for offset, position in enumerate(free) if position == free[0] + offset]
        if row:
            images = min(max(event.number, 1), len(row))
            await self._calls.start(new_call(row[0], images, job_id=job.id, sent_at=self._day * DAY))

    async def _callback(self, call: CallRecord, event: Event) -> None:
        """The API brings pictures for a call, whatever that stands at."""
        found = await self._calls.called_back("xhuo", call.callback_hash)
        assert found == call
        pictures = ticket(min(event.number, call.images))
        is_over = (await self._store.get(call.job_id)).state is JobState.UNKNOWN
        job = await self._calls.bring(call.job_id, call.position, self._day * DAY, pictures)
        assert (job is not None) is is_over
        if call.state is not CallState.UNKNOWN:  # else it was counted when it was given up
            self._bill(call.job_id, len(pictures.urls))

    async def _tell(self, call: CallRecord) -> None:
        """A callback says no more than which task it is."""
        told = await self._calls.learn_task(call.job_id, call.position, "told")
        assert (told.state, told.task_id) == (call.state, call.task_id or "told")

    async def _end_call(self, call: CallRecord, *, lost: bool) -> None:
        await self._calls.failed(
            call.job_id, call.position, self._day * DAY, ticket(), outcome="failed.lost", lost=lost
        )
        self._bill(call.job_id, call.images if lost and not _was_told(call) else 0)

    async def _restart(self) -> None:
        """The process was killed: calls that were being made are lost, the others go on."""
        cut_off: dict[str, int] = defaultdict(int)
        for job_id in self._billed:
            for call in await self._calls.of_job(job_id):
                is_lost = call.state is CallState.SUBMITTING and not _was_told(call)
                cut_off[job_id] += call.images if is_lost else 0
        found = await self._calls.lose_unanswered("failed.restart")
        own = [job.id for job in found if job.id in self._billed]
        assert sorted(own) == sorted(job_id for job_id, images in cut_off.items() if images)
        for job_id, images in cut_off.items():
            self._bill(job_id, images)

    def _bill(self, job_id: str, images: int) -> None:
        """Count what may have been billed; for a job that has ended once it was counted then."""
        if job_id not in self._closed:
            self._billed[job_id] += images

    async def _ready(self, job: JobRecord, event: Event) -> None:
        """Save the pictures that could be had, once every call has ended: nobody fetches before."""
        if all(call.state.ended for call in await self._calls.of_job(job.id)):
            answered = await self._store.pictures(job.id, PictureKind.RESULT)
            await self._store.save_results(
                job.id, self._day * DAY, answered[: event.number], of=len(answered)
            )

    async def _hold(self, job: JobRecord) -> None:
        await self._store.hold(job.id, "failed.undeliverable")

    async def _deliver(self, job: JobRecord, event: Event) -> None:
        images = min(event.number, job.count)
        await self._store.deliver(job.id, self._day * DAY, message_id=None, images=images)
        await self._close(job, images)

    async def _fail(self, job: JobRecord, images: int) -> None:
        waiting = [call for call in await self._calls.of_job(job.id) if call.state in OPEN]
        await self._store.fail(job.id, self._day * DAY, outcome="failed.lost", images=images)
        self._bill(job.id, sum(call.images for call in waiting))
        await self._close(job, images)

    async def _give_up(self, job: JobRecord, event: Event) -> None:
        """Nothing came, as far as anybody has seen: one picture less than there may be."""
        come = len(await self._store.pictures(job.id, PictureKind.RESULT))
        of = min(come, event.number - 1)
        waiting = [call for call in await self._calls.of_job(job.id) if call.state in OPEN]
        ended = await self._store.give_up(job.id, self._day * DAY, outcome="failed.lost", of=of)
        assert (ended is None) == (of < come and job.state in {JobState.SUBMITTING, JobState.SUBMITTED})
        self._bill(job.id, sum(call.images for call in waiting))
        if ended:
            await self._close(job, 0)

    async def _cancel(self, job: JobRecord) -> None:
        await self._store.cancel(job.id, self._day * DAY)
        await self._close(job, 0)

    async def _close(self, job: JobRecord, images: int) -> None:
        """Keep how the job's books were closed: at its first end, for good."""
        if job.id not in self._closed:
            self._closed[job.id] = await self._store.ledger(job.id)
            self._paid[job.id] = images

    async def check(self) -> None:
        """The books after any event: balances follow from the ledger, and each end is even, once."""
        assert problems(self._store) == ()
        total: dict[str, int] = defaultdict(int)
        for job_id in self._billed:
            job = await self._store.get(job_id)
            assert job.perhaps_billed == self._billed[job_id] <= job.count
            assert (job_id in self._closed) == (job.state.ended or job.late)
            for holder, lines in (await self._lines(job)).items():
                self._check_lines(job, lines, of_operator=holder.endswith(":bot"))
                total[holder] += lines["reserve"] - lines["refund"]
        spent: dict[str, int] = defaultdict(int)
        for limit in self._limits.values():
            credits_ = await self._store.spent(limit)
            assert credits_ >= 0
            spent[limit.holder] += credits_
        assert {key: value for key, value in total.items() if value} == {
            key: value for key, value in spent.items() if value
        }

    def _check_lines(self, job: JobRecord, lines: dict[str, int], *, of_operator: bool) -> None:
        assert lines["reserve"] == job.credits
        if job.id not in self._closed:
            assert lines["settle"] == lines["refund"] == 0
            return
        assert lines["settle"] + lines["refund"] == job.credits
        paid = self._paid[job.id]
        assert lines["settle"] == job.price * (max(paid, self._billed[job.id]) if of_operator else paid)

    async def _lines(self, job: JobRecord) -> dict[str, dict[str, int]]:
        ledger = await self._store.ledger(job.id)
        assert self._closed.get(job.id, ledger) == ledger
        found: dict[str, dict[str, int]] = defaultdict(lambda: {"reserve": 0, "settle": 0, "refund": 0})
        for line in ledger:
            assert found[line.holder][line.kind] == 0
            found[line.holder][line.kind] = line.credits
        assert len(found) == (2 if job.credits else 0)
        return found


def _was_told(call: CallRecord) -> bool:
    """Whether the answer to a call can be lost, and its task goes on all the same."""
    return call.state is CallState.SUBMITTING and call.task_id is not None
