"""The queue: never more at once than allowed, everybody gets a turn, and a cancelled job holds nothing."""

import asyncio
from collections import Counter

import pytest

from bot.services.job_queue import QueueClosed
from tests.bot.services.crowd import Crowd

GREEDY = 0


async def in_line(crowd: Crowd, *members: int) -> None:
    """Members come one after the other."""
    for member in members:
        crowd.come(member)
        await crowd.settle()


async def test_limits_are_reached_and_not_passed() -> None:
    """Four slots are all used, but no more than three by one member."""
    crowd = Crowd(slots=4, member_jobs=3)
    crowd.come(GREEDY, 10)
    await crowd.settle()
    assert Counter(crowd.members) == {GREEDY: 3}
    crowd.come(1, 10)
    await crowd.settle()
    assert Counter(crowd.members) == {GREEDY: 3, 1: 1}
    await crowd.drain()
    assert Counter(crowd.served) == {GREEDY: 10, 1: 10}


async def test_one_with_five_hundred_does_not_delay_twenty_with_one() -> None:
    """Those who come later with one job each share the rounds with the one as equals."""
    crowd = Crowd(slots=4, member_jobs=3)
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
    crowd = Crowd(slots=4, member_jobs=4)
    crowd.come(GREEDY, 500)
    await crowd.settle()
    await in_line(crowd, 1, 2, 3)
    await crowd.round()
    assert Counter(crowd.members) == {GREEDY: 1, 1: 1, 2: 1, 3: 1}
    await crowd.drain()


async def test_jobs_of_a_member_keep_their_order() -> None:
    """First come, first served, within a member."""
    crowd = Crowd(slots=1, member_jobs=1)
    order: list[int] = []

    async def job(number: int) -> None:
        slot = await crowd.queue.enter(f"job {number}", 1, None, "a")
        order.append(number)
        crowd.queue.leave(slot)

    await asyncio.gather(*(job(number) for number in range(20)))
    assert order == list(range(20))


async def test_closing_sends_everybody_home_who_waits() -> None:
    """Who is in stays in, who waits and who comes later is told; nobody comes in after that."""
    crowd = Crowd(slots=2, member_jobs=2)
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
    crowd = Crowd(slots=2, member_jobs=2)
    await in_line(crowd, 1, 1, 2, 3)
    victim = crowd.tasks[2]
    if moment == "same tick as its turn":
        crowd.end()
        victim.cancel()
    elif moment == "same tick as the end":
        victim.cancel()
        crowd.end()
    elif moment == "closing":
        crowd.queue.close()
        victim.cancel()
    else:
        victim.cancel()
    await crowd.settle()
    assert victim.cancelled()
    assert 2 not in crowd.members
    if moment != "closing":
        crowd.come(4, 5)
        await crowd.settle()
        assert len(crowd.inside) == 2
        await crowd.drain()
        assert Counter(crowd.served) == {1: 2, 3: 1, 4: 5}


async def test_closing_and_cancelling_at_once() -> None:
    """Who is cancelled in the moment of the end holds nothing, and nobody is told twice."""
    crowd = Crowd(slots=1, member_jobs=1)
    await in_line(crowd, 1, 2, 3)
    crowd.tasks[1].cancel()
    crowd.queue.close()
    crowd.tasks[2].cancel()
    await crowd.settle()
    assert [task.cancelled() for task in crowd.tasks] == [False, True, True]
    await crowd.round()
    assert crowd.inside == []


async def test_calls_of_one_job_count_once_for_its_member() -> None:
    """A job with four calls is one job at the API, so that it does not wait for itself; slots count each."""
    crowd = Crowd(slots=4, member_jobs=1)
    for _ in range(3):
        crowd.come(1, job_id="four")
        await crowd.settle()
    crowd.come(1, job_id="other")
    await crowd.settle()
    assert [slot.job_id for slot in crowd.inside] == ["four"] * 3
    crowd.come(1, job_id="four")
    await crowd.settle()
    assert [slot.job_id for slot in crowd.inside] == ["four"] * 4
    for _ in range(3):
        crowd.end()
        await crowd.settle()
        assert [slot.job_id for slot in crowd.inside].count("other") == 0
    crowd.end()
    await crowd.settle()
    assert [slot.job_id for slot in crowd.inside] == ["other"]
    await crowd.drain()


async def test_several_calls_of_a_job_take_turns_with_others() -> None:
    """A job of many calls is no way around the line."""
    crowd = Crowd(slots=1, member_jobs=1)
    crowd.come(GREEDY, job_id="four")
    await crowd.settle()
    crowd.come(GREEDY, job_id="four")
    crowd.come(1)
    await crowd.round()
    assert crowd.members == [GREEDY]
    crowd.come(GREEDY, job_id="four")
    await crowd.settle()
    await crowd.round()
    assert crowd.members == [1]
    await crowd.drain()


async def test_a_resumed_call_has_its_slot_whether_there_is_room_or_not() -> None:
    """It is under way at the API already, so that the others wait for it."""
    crowd = Crowd(slots=1, member_jobs=1)
    resumed = [crowd.queue.resume("a", f"old {number}", 1) for number in range(2)]
    assert not any(slot.probe for slot in resumed)
    crowd.come(1)
    crowd.come(2)
    await crowd.settle()
    assert crowd.inside == []
    crowd.queue.leave(resumed[0])
    await crowd.settle()
    assert crowd.inside == []
    crowd.queue.leave(resumed[1])
    await crowd.settle()
    assert crowd.members == [1]
    await crowd.drain()


async def test_places_are_counted_in_turns() -> None:
    """Behind a member with many jobs a newcomer is next but one; who is served has no place."""
    crowd = Crowd(slots=1, member_jobs=1)
    crowd.come(GREEDY, 4)
    crowd.come(1)
    await crowd.settle()
    places = [crowd.queue.place(f"job {number}", GREEDY if number < 4 else 1) for number in range(5)]
    assert places == [None, 1, 3, 4, 2]
    await crowd.drain()
