"""Alarms: whoever waits for a call is woken, and nobody else."""

import asyncio
from contextlib import suppress

from bot.services.alarms import Alarms

DEADLINE = 5.0


async def test_an_alarm_wakes_who_waits_for_its_call() -> None:
    """The calls of a job are told apart, and so are the jobs."""
    alarms = Alarms()
    with (
        alarms.listening("a", 1) as first,
        alarms.listening("a", 2) as second,
        alarms.listening("b", 1) as third,
    ):
        waiting = asyncio.create_task(second.wait())
        alarms.ring("a", 2)
        async with asyncio.timeout(DEADLINE):
            await waiting
        assert [first.is_set(), second.is_set(), third.is_set()] == [False, True, False]
        alarms.ring("a", 2)
        assert second.is_set()


async def test_it_rings_before_it_is_waited_for() -> None:
    """A callback that is faster than the wait is not missed."""
    alarms = Alarms()
    with alarms.listening("a", 1) as alarm:
        alarms.ring("a", 1)
        async with asyncio.timeout(DEADLINE):
            await alarm.wait()


def test_what_nobody_waits_for_wakes_nobody() -> None:
    """Before and after, and when the wait has failed."""
    alarms = Alarms()
    alarms.ring("a", 1)
    with suppress(RuntimeError), alarms.listening("a", 1) as alarm:
        assert not alarm.is_set()
        raise RuntimeError
    alarms.ring("a", 1)
    with alarms.listening("a", 1) as again:
        assert not again.is_set()
        assert again is not alarm
