"""Random histories over a database file: whatever happens in whatever order, the books are right."""

import asyncio
from collections import defaultdict
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.database import Database
from storage.errors import BudgetExhausted, TooManyWaiting, WrongState
from storage.jobs import JobStore
from storage.records import BudgetLimit, JobRecord, JobState, QueueLimits
from tests.storage.samples import accepted, new_job, results

DAY = 86_400.0

NEXT = {
    JobState.ACCEPTED: "submit",
    JobState.SUBMITTING: "answer",
    JobState.SUBMITTED: "ready",
    JobState.READY: "deliver",
}
KINDS = ["submit", "answer", "ready", "take_back", "deliver", "fail", "unknown", "blocked"]

accept = st.tuples(
    st.just("accept"),
    st.integers(1, 2),  # member
    st.integers(0, 3),  # price
    st.integers(1, 4),  # count
)
change = st.tuples(
    st.sampled_from(
        [
            "advance",
            "advance",
            "advance",
            "submit",
            "answer",
            "ready",
            "take_back",
            "deliver",
            "fail",
            "unknown",
            "blocked",
        ]
    ),
    st.integers(0, 5),  # which job
    st.integers(0, 4),  # images
)
surroundings = st.one_of(
    st.tuples(st.just("turn")),
    st.tuples(st.just("ceilings"), st.integers(0, 8), st.integers(0, 12)),
)
histories = st.lists(st.one_of(accept, accept, change, change, change, surroundings), min_size=6, max_size=14)


class Books:
    """One history: does each event to the storage, and remembers what a person would expect of it."""

    def __init__(self, store: JobStore, number: int) -> None:
        self._store = store
        self._number = number
        self._name = f"life{number}"
        self._day = 0
        self._ceilings = (6, 9)
        self._ids: list[str] = []
        self._limits: set[BudgetLimit] = set()

    async def happen(self, event: tuple[object, ...]) -> None:
        """Do one event; refusals are a part of life."""
        kind, *values = event
        if kind == "turn":
            self._day += 1
        elif kind == "ceilings":
            self._ceilings = (int(str(values[0])), int(str(values[1])))
        elif kind == "accept":
            await self._accept(*(int(str(value)) for value in values))
        elif self._ids:
            job_id = self._ids[int(str(values[0])) % len(self._ids)]
            await self._change(str(kind), job_id, int(str(values[1])))

    def _budgets(self, member: int) -> list[BudgetLimit]:
        start = self._day * DAY
        return [
            BudgetLimit(f"{self._name}:{member}", start, start + DAY, self._ceilings[0]),
            BudgetLimit(f"{self._name}:bot", start, start + DAY, self._ceilings[1]),
        ]

    async def _accept(self, member: int, price: int, count: int) -> None:
        job = new_job(
            f"{self._name}-{len(self._ids)}", user_id=10 * self._number + member, price=price, count=count
        )
        budgets = self._budgets(member)
        before = [await self._store.spent(limit) for limit in budgets]
        fits = all(spent + job.credits <= limit.ceiling for spent, limit in zip(before, budgets, strict=True))
        try:
            await accepted(self._store, job, *budgets, limits=QueueLimits(3, 10_000))
        except TooManyWaiting:
            after = before
        except BudgetExhausted:
            assert not fits
            assert job.credits > 0
            after = before
        else:
            assert fits or job.credits == 0
            after = [spent + job.credits for spent in before]
            self._ids.append(job.id)
            self._limits.update(budgets)
        assert [await self._store.spent(limit) for limit in budgets] == after

    async def _change(self, kind: str, job_id: str, images: int) -> None:
        before = await self._store.get(job_id)
        images = min(images, before.count)
        try:
            await self._step(kind, before, images)
        except WrongState:
            assert await self._store.get(job_id) == before

    async def _step(self, kind: str, job: JobRecord, images: int) -> None:
        store, now = self._store, self._day * DAY
        if kind == "advance":
            kind = NEXT.get(job.state, "fail")
        if kind == "submit":
            await store.start_submitting(job.id, now)
        elif kind == "answer":
            urls = [str(number) for number in range(images)]
            await store.save_answer(job.id, now, task_id=None, trace_id=None, urls=urls)
        elif kind == "ready":
            await store.save_results(job.id, now, results(images))
        elif kind == "take_back":
            await store.take_back(job.id)
        elif kind == "deliver":
            await store.deliver(job.id, now, message_id=None, images=images)
        elif kind == "blocked":
            await store.fail(job.id, now, outcome=kind, images=images, start=[JobState.READY])
        else:
            state = JobState.UNKNOWN if kind == "unknown" else JobState.FAILED
            await store.fail(job.id, now, outcome=kind, state=state)

    async def check(self) -> None:
        """The books after any event: balances follow from the ledger, ended jobs are even."""
        assert await self._store.unbalanced() == []
        total: dict[str, int] = defaultdict(int)
        for job_id in self._ids:
            job = await self._store.get(job_id)
            for holder, lines in (await self._lines(job_id)).items():
                assert lines["reserve"] == job.credits
                closed = lines["settle"] + lines["refund"]
                assert closed == (job.credits if job.state.ended else 0)
                total[holder] += lines["reserve"] - lines["refund"]
        spent: dict[str, int] = defaultdict(int)
        for limit in {(each.holder, each.period_start): each for each in self._limits}.values():
            credits_ = await self._store.spent(limit)
            assert credits_ >= 0
            spent[limit.holder] += credits_
        assert {key: value for key, value in total.items() if value} == {
            key: value for key, value in spent.items() if value
        }

    async def _lines(self, job_id: str) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = defaultdict(lambda: {"reserve": 0, "settle": 0, "refund": 0})
        for line in await self._store.ledger(job_id):
            assert found[line.holder][line.kind] == 0
            found[line.holder][line.kind] = line.credits
        return found


def test_the_books_are_right_after_every_event(tmp_path: Path) -> None:
    """Balances equal the ledger, no budget goes below zero or past its ceiling, each end is even."""
    numbers = iter(range(1_000_000))

    with asyncio.Runner() as runner:
        database = Database(tmp_path / "bot.sqlite3")
        runner.run(database.__aenter__())

        @settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(histories)
        def live(history: list[tuple[object, ...]]) -> None:
            runner.run(_live(JobStore(database), next(numbers), history))

        try:
            live()
        finally:
            runner.run(database.__aexit__(None, None, None))


async def _live(store: JobStore, number: int, history: list[tuple[object, ...]]) -> None:
    books = Books(store, number)
    for event in history:
        await books.happen(event)
        await books.check()
