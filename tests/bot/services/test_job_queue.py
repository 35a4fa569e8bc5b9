"""The queue: never more at once than allowed, everybody gets a turn, and a cancelled job holds nothing."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.job_queue import JobQueue, QueueClosed

GREEDY = 0
DEADLINE = 20.0  # seconds; nothing here waits for the time to pass


class Crowd:
    """Members with jobs in one queue, served in rounds: who is in leaves, and the next ones come in."""

    def __init__(self, slots: int, member_slots: int) -> None:
        self.queue = JobQueue(slots=slots, member_slots=member_slots)
        self.slots, self.member_slots = slots, member_slots
        self.inside: list[int] = []
        self.served: list[int] = []
        self.tasks: list[asyncio.Task[None]] = []

    def come(self, member: int, jobs: int = 1) -> None:
        """A member brings jobs."""
        for _ in range(jobs):
            self.tasks.append(asyncio.create_task(self._job(f"job {len(self.tasks)}", member)))

    async def _job(self, job_id: str, member: int) -> None:
        await self.queue.enter(job_id, member)
        self.inside.append(member)
        self.served.append(member)
        running = Counter(self.inside)
        assert running.total() <= self.slots
        assert max(running.values()) <= self.member_slots

    async def settle(self) -> None:
        """Let everything happen that can."""
        for _ in range(8):
            await asyncio.sleep(0)

    async def round(self) -> None:
        """All jobs that are at the API end at the same time."""
        await self.settle()
        for member in [self.inside.pop(0) for _ in range(len(self.inside))]:
            self.queue.leave(member)
        await self.settle()

    async def drain(self) -> None:
        """Serve everybody, and see that nobody was forgotten."""
        async with asyncio.timeout(DEADLINE):
            while self.inside:
                await self.round()
        assert all(task.done() for task in self.tasks)


async def in_line(crowd: Crowd, *members: int) -> None:
    """Members come one after the other."""
    for member in members:
        crowd.come(member)
        await crowd.settle()


async def test_limits_are_reached_and_not_passed() -> None:
    """Four slots are all used, but no more than three by one member."""
    crowd = Crowd(slots=4, member_slots=3)
    crowd.come(GREEDY, 10)
    await crowd.settle()
    assert Counter(crowd.inside) == {GREEDY: 3}
    crowd.come(1, 10)
    await crowd.settle()
    assert Counter(crowd.inside) == {GREEDY: 3, 1: 1}
    await crowd.drain()
    assert Counter(crowd.served) == {GREEDY: 10, 1: 10}


async def test_one_with_five_hundred_does_not_delay_twenty_with_one() -> None:
    """Those who come later with one job each share the rounds with the one as equals."""
    crowd = Crowd(slots=4, member_slots=3)
    crowd.come(GREEDY, 500)
    await crowd.settle()
    for member in range(1, 21):
        crowd.come(member)
    rounds = 0
    while not set(range(1, 21)) <= set(crowd.served):
        await crowd.round()
        rounds += 1
    assert rounds <= 6  # 21 members share four slots
    assert crowd.served.count(GREEDY) <= 3 + rounds
    await crowd.drain()
    assert len(crowd.served) == 520


async def test_a_late_member_waits_one_round() -> None:
    """As long as there are slots for all members, nobody waits longer than for the first to end."""
    crowd = Crowd(slots=4, member_slots=4)
    crowd.come(GREEDY, 500)
    await crowd.settle()
    await in_line(crowd, 1, 2, 3)
    await crowd.round()
    assert Counter(crowd.inside) == {GREEDY: 1, 1: 1, 2: 1, 3: 1}
    await crowd.drain()


async def test_jobs_of_a_member_keep_their_order() -> None:
    """First come, first served, within a member."""
    queue = JobQueue(slots=1, member_slots=1)
    order: list[int] = []

    async def job(number: int) -> None:
        await queue.enter(f"job {number}", 1)
        order.append(number)
        queue.leave(1)

    await asyncio.gather(*(job(number) for number in range(20)))
    assert order == list(range(20))


async def test_closing_sends_everybody_home_who_waits() -> None:
    """Who is in stays in, who waits and who comes later is told; nobody comes in after that."""
    crowd = Crowd(slots=2, member_slots=2)
    crowd.come(1, 4)
    await crowd.settle()
    crowd.queue.close()
    crowd.come(2)
    await crowd.settle()
    assert [type(task.exception()) for task in crowd.tasks if task.done()][2:] == [QueueClosed] * 3
    await crowd.round()
    assert crowd.served == [1, 1]


@pytest.mark.parametrize("moment", ["waiting", "same tick as its turn", "same tick as the end", "closing"])
async def test_a_cancelled_job_holds_nothing(moment: str) -> None:
    """Whenever a job is cancelled, every slot can be used afterwards, and none is invented."""
    crowd = Crowd(slots=2, member_slots=2)
    await in_line(crowd, 1, 1, 2, 3)
    victim = crowd.tasks[2]
    if moment == "same tick as its turn":
        crowd.queue.leave(crowd.inside.pop(0))
        victim.cancel()
    elif moment == "same tick as the end":
        victim.cancel()
        crowd.queue.leave(crowd.inside.pop(0))
    elif moment == "closing":
        crowd.queue.close()
        victim.cancel()
    else:
        victim.cancel()
    await crowd.settle()
    assert victim.cancelled()
    assert 2 not in crowd.inside
    if moment != "closing":
        crowd.come(4, 5)
        await crowd.drain()
        assert Counter(crowd.served) == {1: 2, 3: 1, 4: 5}


events = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.integers(0, 3), st.integers(1, 3)),
        st.tuples(st.just("leave"), st.integers(0, 20), st.just(0)),
        st.tuples(st.just("cancel"), st.integers(0, 40), st.just(0)),
        st.tuples(st.just("settle"), st.just(0), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(events, st.integers(1, 4), st.integers(1, 3))
def test_any_order_of_events_keeps_the_limits(
    history: list[tuple[str, int, int]], slots: int, member_slots: int
) -> None:
    """Jobs come, end and are cancelled in any tick; in the end each came in once or was cancelled."""
    asyncio.run(_live(Crowd(slots, member_slots), history))


async def _live(crowd: Crowd, history: list[tuple[str, int, int]]) -> None:
    for kind, number, jobs in history:
        if kind == "come":
            crowd.come(number, jobs)
        elif kind == "leave" and crowd.inside:
            crowd.queue.leave(crowd.inside.pop(number % len(crowd.inside)))
        elif kind == "cancel" and crowd.tasks:
            crowd.tasks[number % len(crowd.tasks)].cancel()
        elif kind == "settle":
            await crowd.settle()
    await crowd.settle()
    await crowd.drain()
    await asyncio.gather(*crowd.tasks, return_exceptions=True)
    assert len(crowd.served) == sum(not task.cancelled() for task in crowd.tasks)
    crowd.come(9, slots := crowd.slots)
    await crowd.settle()
    assert len(crowd.inside) == min(slots, crowd.member_slots)
    await crowd.drain()


async def test_places_are_counted_in_turns() -> None:
    """Behind a member with many jobs a newcomer is next but one; who is served has no place."""
    crowd = Crowd(slots=1, member_slots=1)
    crowd.come(GREEDY, 4)
    crowd.come(1)
    await crowd.settle()
    places = [crowd.queue.place(f"job {number}", GREEDY if number < 4 else 1) for number in range(5)]
    assert places == [None, 1, 3, 4, 2]
    await crowd.drain()
