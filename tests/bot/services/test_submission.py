"""The paid call: sent again only where nothing can have been billed, and never after the bot stops.

The time in these tests is the loop's own: it jumps to the next moment at which something happens.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from bot.errors import (
    AnswerLost,
    ContentRefused,
    KeyRefused,
    NothingSent,
    OutOfBalance,
    ProviderError,
    RequestRejected,
    TooManyRequests,
)
from bot.services import submission
from bot.services.breaker import FAILURES, Health
from bot.services.submission import Submission
from tests.bot.services.planned_api import ORDER, TICKET, planned

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.mark.parametrize(
    "error",
    [
        AnswerLost("timeout"),
        ContentRefused("no"),
        KeyRefused("no"),
        OutOfBalance("no"),
        RequestRejected("no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_may_be_billed_or_will_not_change_is_sent_once(run: Run, error: ProviderError) -> None:
    """The error goes on as it is, at once."""

    async def test() -> None:
        image_api, api = planned(error)
        with pytest.raises(type(error)) as raised:
            await Submission(600).submit(image_api, ORDER)
        assert raised.value is error
        assert api.calls == [0.0]

    run(test())


def test_a_call_that_never_arrived_is_sent_three_times(run: Run) -> None:
    """With growing, jittered pauses; the third error is the member's."""

    async def test() -> None:
        image_api, api = planned(*(NothingSent("refused") for _ in range(4)))
        with pytest.raises(NothingSent):
            await Submission(600).submit(image_api, ORDER)
        assert len(api.calls) == submission.CONNECT_TRIES == 3
        assert all(0 <= pause <= 2.0**tries for tries, pause in enumerate(api.pauses, start=1))

    run(test())


def test_a_busy_api_is_asked_again(run: Run) -> None:
    """After the pause that it names, or one of our own; then the answer counts."""

    async def test() -> None:
        image_api, api = planned(
            TooManyRequests("wait", retry_after=30), NothingSent("refused"), TooManyRequests("wait"), TICKET
        )
        assert await Submission(600).submit(image_api, ORDER) == TICKET
        named, _, own = api.pauses
        assert 30 <= named <= 31
        assert 0.5 <= own <= 8

    run(test())


def test_an_api_that_stays_busy_is_given_up(run: Run) -> None:
    """After some tries the member hears of it."""

    async def test() -> None:
        image_api, api = planned(*(TooManyRequests("wait", retry_after=1) for _ in range(20)))
        with pytest.raises(TooManyRequests):
            await Submission(600).submit(image_api, ORDER)
        assert len(api.calls) == submission.BUSY_TRIES

    run(test())


@pytest.mark.parametrize(("pause", "deadline", "calls"), [(120, 600, 2), (121, 600, 1), (60, 50, 1)])
def test_a_pause_must_be_worth_it(run: Run, pause: float, deadline: float, calls: int) -> None:
    """Up to two minutes are waited, and nothing beyond the job's own deadline."""

    async def test() -> None:
        image_api, api = planned(TooManyRequests("wait", retry_after=pause), RequestRejected("no"))
        with pytest.raises(ProviderError):
            await Submission(deadline).submit(image_api, ORDER)
        assert len(api.calls) == calls

    run(test())


def test_pauses_of_many_jobs_are_spread(run: Run) -> None:
    """Jobs that were refused together do not all come back together."""

    async def test() -> None:
        pairs = [planned(TooManyRequests("wait", retry_after=5), TICKET) for _ in range(20)]
        await asyncio.gather(*(Submission(600).submit(image_api, ORDER) for image_api, _ in pairs))
        assert len({round(api.calls[1], 2) for _, api in pairs}) > 10

    run(test())


def test_a_stopping_bot_sends_nothing(run: Run) -> None:
    """Neither a new call nor one more try of a call that waits; nothing of both was sent."""

    async def test() -> None:
        image_api, api = planned(TooManyRequests("wait", retry_after=100), TICKET)
        one = Submission(600)
        waiting = asyncio.create_task(one.submit(image_api, ORDER))
        await asyncio.sleep(10)
        one.stop()
        with pytest.raises(TooManyRequests):
            await waiting
        with pytest.raises(NothingSent):
            await one.submit(image_api, ORDER)
        assert one.stopping
        assert len(api.calls) == 1
        assert asyncio.get_running_loop().time() == 10

    run(test())


def test_a_stopping_bot_waits_for_its_answers(run: Run) -> None:
    """`answered` comes with the last of the calls that are under way, and at once when there is none."""

    async def test() -> None:
        one = Submission(600)
        await one.answered()
        slow = [planned(seconds, TICKET)[0] for seconds in (20.0, 30.0)]
        calls = [asyncio.create_task(one.submit(image_api, ORDER)) for image_api in slow]
        await asyncio.sleep(0)
        one.stop()
        await one.answered()
        assert asyncio.get_running_loop().time() == 30
        assert await asyncio.gather(*calls) == [TICKET, TICKET]

    run(test())


def test_a_cancelled_call_is_no_longer_under_way(run: Run) -> None:
    """Nobody waits for an answer that nobody will read, and the API is not held to be ill."""

    async def test() -> None:
        image_api, _ = planned(*[1000.0] * FAILURES)
        one = Submission(600)
        for _ in range(FAILURES):
            call = asyncio.create_task(one.submit(image_api, ORDER))
            await asyncio.sleep(1)
            call.cancel()
            await one.answered()
            assert call.cancelled()
        assert asyncio.get_running_loop().time() == FAILURES
        assert image_api.breaker.health is Health.WELL

    run(test())
