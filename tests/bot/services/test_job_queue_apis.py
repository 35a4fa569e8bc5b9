"""The queue before several image APIs: each has its limit, and one that is ill rests and is probed."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.breaker import Health
from tests.bot.services.crowd import Crowd


async def test_every_api_has_its_own_limit() -> None:
    """A full API holds up those alone whom nobody else can serve, also behind the same member."""
    crowd = Crowd(slots=1, member_jobs=9, others=2)
    for able in ("a", "a", "ab", "b"):
        crowd.come(1, able=able)
        await crowd.settle()
    assert Counter(slot.api for slot in crowd.inside) == {"a": 1, "b": 1}
    crowd.come(2, able="b")
    await crowd.settle()
    assert Counter(slot.api for slot in crowd.inside) == {"a": 1, "b": 2}
    await crowd.drain()
    assert Counter(crowd.served) == {1: 4, 2: 1}


@pytest.mark.parametrize(
    ("member_jobs", "able", "rounds"),
    [(9, "a", [1, 2, 2]), (9, "b", [1, 1, 2]), (1, "b", [1, 2, 3])],
)
async def test_how_often_the_slots_are_filled_until_a_job_is_served(
    member_jobs: int, able: str, rounds: list[int]
) -> None:
    """By the slots of the API that is asked next, and by how many jobs of one member run at once."""
    crowd = Crowd(slots=2, member_jobs=member_jobs, others=3)
    for other in (7, 8, 9):
        crowd.come(other, able="ab")
        crowd.come(other + 10, able="b")
    await crowd.settle()
    crowd.come(1, 3, able="ab")
    await crowd.settle()
    waiting = [f"job {number}" for number in (6, 7, 8)]
    assert [crowd.queue.place(job_id, 1) for job_id in waiting] == [2, 3, 4]
    assert [crowd.queue.rounds(job_id, 1, able) for job_id in waiting] == rounds
    await crowd.drain()


async def test_an_api_that_rests_is_passed_over() -> None:
    """The next one that is able takes the call."""
    crowd = Crowd(slots=2, member_jobs=9, others=2)
    crowd.fall_ill()
    crowd.come(1, able="ab")
    await crowd.settle()
    assert [slot.api for slot in crowd.inside] == ["b"]
    await crowd.drain()


async def test_where_all_rest_nobody_waits() -> None:
    """The call goes through, and fails at once where it would be made."""
    crowd = Crowd(slots=2, member_jobs=9, others=2)
    crowd.fall_ill("a")
    crowd.fall_ill("b")
    crowd.come(1, 2, able="ba")
    await crowd.settle()
    assert [(slot.api, slot.probe) for slot in crowd.inside] == [("b", False), ("b", False)]
    await crowd.drain()


@pytest.mark.parametrize("end", ["well", "ill again", "nothing sent"])
async def test_one_call_finds_out_while_the_others_wait(end: str) -> None:
    """Its end decides: all go, all go and fail, or the next one finds out."""
    crowd = Crowd(slots=5, member_jobs=9)
    crowd.fall_ill(until_due=True)
    breaker = crowd.apis["a"].breaker
    crowd.come(1, 3)
    await crowd.settle()
    assert [slot.probe for slot in crowd.inside] == [True]
    assert breaker.health is Health.PROBED
    if end == "well":
        breaker.succeeded()
    elif end == "ill again":
        breaker.failed()
    crowd.end()
    await crowd.settle()
    assert [slot.probe for slot in crowd.inside] == ([True] if end == "nothing sent" else [False, False])
    healths = {"well": Health.WELL, "ill again": Health.RESTING, "nothing sent": Health.PROBED}
    assert breaker.health is healths[end]
    await crowd.drain()


async def test_a_probe_that_is_cancelled_lets_the_next_one_find_out() -> None:
    """Also in the moment in which it was given its slot."""
    crowd = Crowd(slots=1, member_jobs=1)
    crowd.come(1)
    await crowd.settle()
    crowd.come(2)
    crowd.come(3)
    await crowd.settle()
    crowd.fall_ill(until_due=True)
    crowd.end()
    crowd.tasks[1].cancel()
    await crowd.settle()
    assert [(slot.member, slot.probe) for slot in crowd.inside] == [(3, True)]
    await crowd.drain()
    assert crowd.apis["a"].breaker.health is Health.DUE


async def test_nobody_waits_for_a_probe_that_was_answered_long_ago() -> None:
    """The API is well as soon as it has taken the call: the others go, though its picture takes minutes."""
    crowd = Crowd(slots=5, member_jobs=9)
    crowd.fall_ill(until_due=True)
    crowd.come(1, 3)
    await crowd.settle()
    assert len(crowd.inside) == 1
    crowd.apis["a"].breaker.succeeded()
    await crowd.settle()
    assert len(crowd.inside) == 3
    await crowd.drain()


async def test_the_end_of_an_old_probe_is_not_the_end_of_a_new_one() -> None:
    """An API fell ill again while the picture of its probe was waited for: one call finds out, not two."""
    crowd = Crowd(slots=5, member_jobs=9)
    breaker = crowd.apis["a"].breaker
    for _ in range(2):
        crowd.fall_ill(until_due=True)
        crowd.come(1)
        await crowd.settle()
        if len(crowd.inside) == 1:
            breaker.succeeded()
    assert [slot.probe for slot in crowd.inside] == [True, True]
    crowd.end()
    assert breaker.health is Health.PROBED
    await crowd.drain()


EVENTS = st.lists(
    st.one_of(
        st.tuples(
            st.just("come"), st.integers(0, 3), st.integers(1, 3), st.sampled_from(["a", "b", "ab", "ba"])
        ),
        st.tuples(
            st.sampled_from(["leave", "cancel", "again", "fail", "succeed", "wait", "settle"]),
            st.integers(0, 40),
            st.just(0),
            st.sampled_from(["a", "b"]),
        ),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(EVENTS, st.integers(1, 4), st.integers(1, 3), st.integers(1, 2))
def test_any_order_of_events_keeps_the_limits(
    history: list[tuple[str, int, int, str]], slots: int, member_jobs: int, others: int
) -> None:
    """Calls come, end and are cancelled in any tick, APIs fall ill and recover; nobody is forgotten."""
    asyncio.run(_live(Crowd(slots, member_jobs, others=others), history))


async def _live(crowd: Crowd, history: list[tuple[str, int, int, str]]) -> None:
    for kind, number, jobs, api in history:
        if kind == "settle":
            await crowd.settle()
        elif kind == "come":
            crowd.come(number, jobs, able=api)
        elif kind == "cancel" and crowd.tasks:
            crowd.tasks[number % len(crowd.tasks)].cancel()
        elif crowd.inside:
            await _happen(crowd, kind, number, api)
    await crowd.settle()
    await crowd.drain()
    await asyncio.gather(*crowd.tasks, return_exceptions=True)
    assert len(crowd.served) == sum(not task.cancelled() for task in crowd.tasks)
    for name, each in crowd.apis.items():
        each.breaker.succeeded()
        for member in (8, 9):
            crowd.come(member, crowd.slots, able=name)
        await crowd.settle()
        assert len(crowd.inside) == min(each.slots, 2 * min(crowd.slots, crowd.member_jobs))
        await crowd.drain()


async def _happen(crowd: Crowd, kind: str, number: int, api: str) -> None:
    """Something becomes of a call that is under way, or of the API."""
    position = number % len(crowd.inside)
    slot = crowd.inside[position]
    if kind == "leave":
        crowd.end(position)
    elif kind == "again" and crowd.queue.place(slot.job_id, slot.member) is None:
        crowd.come(slot.member, able=api, job_id=slot.job_id)
        await crowd.settle()
    elif kind == "fail":
        crowd.fall_ill(api)
    elif kind == "succeed":
        crowd.apis[api].breaker.succeeded()
    elif kind == "wait":
        crowd.clock.now += number
