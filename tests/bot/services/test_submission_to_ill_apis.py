"""Paid calls to an API that keeps failing: it is left alone for a while, and what it answers mends it.

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
from bot.services.breaker import FAILURES, FIRST_PAUSE, Health
from bot.services.submission import Submission
from tests.bot.services.planned_api import ORDER, TICKET, Answer, planned

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.mark.parametrize("error", [AnswerLost("timeout"), NothingSent("refused")])
def test_an_api_that_keeps_failing_is_left_alone(run: Run, error: ProviderError) -> None:
    """After five failures it hears nothing for a while, neither of new calls nor of those that wait."""

    async def test() -> None:
        image_api, api = planned(*[error] * FAILURES, TICKET)
        for _ in range(FAILURES):
            if image_api.breaker.health is Health.WELL:
                with pytest.raises(ProviderError):
                    await Submission(600).submit(image_api, ORDER)
        assert len(api.calls) == FAILURES
        with pytest.raises(NothingSent, match="rests"):
            await Submission(600).submit(image_api, ORDER)
        assert len(api.calls) == FAILURES
        await asyncio.sleep(FIRST_PAUSE)
        assert await Submission(600).submit(image_api, ORDER) == TICKET
        assert image_api.breaker.health is Health.WELL

    run(test())


def test_a_call_that_waits_is_not_sent_to_an_api_that_rests(run: Run) -> None:
    """Others have failed during its pause: it ends as one that was never sent."""

    async def test() -> None:
        busy = TooManyRequests("wait", retry_after=20)
        image_api, api = planned(busy, *[AnswerLost("timeout")] * FAILURES, TICKET)
        waiting = asyncio.create_task(Submission(600).submit(image_api, ORDER))
        await asyncio.sleep(5)
        for _ in range(FAILURES):
            with pytest.raises(AnswerLost):
                await Submission(600).submit(image_api, ORDER)
        with pytest.raises(NothingSent, match="rests"):
            await waiting
        assert len(api.calls) == FAILURES + 1

    run(test())


@pytest.mark.parametrize(
    "answer",
    [TICKET, ContentRefused("no"), RequestRejected("no"), KeyRefused("no"), OutOfBalance("no")],
    ids=lambda answer: type(answer).__name__,
)
def test_an_api_that_answers_is_well(run: Run, answer: Answer) -> None:
    """Whatever it says after its rest, its failures before do not count any more."""

    async def test() -> None:
        lost: list[Answer] = [AnswerLost("timeout")] * FAILURES
        image_api, api = planned(*lost, answer, *lost[1:])
        for number in range(2 * FAILURES):
            if number == FAILURES:
                await asyncio.sleep(FIRST_PAUSE)
            await asyncio.gather(Submission(600).submit(image_api, ORDER), return_exceptions=True)
        assert len(api.calls) == 2 * FAILURES
        assert image_api.breaker.health is Health.WELL

    run(test())


def test_an_api_that_answers_now_and_then_is_ill_all_the_same(run: Run) -> None:
    """Five lost answers within a minute are five pictures that were perhaps paid for nothing."""

    async def test() -> None:
        lost: list[Answer] = [AnswerLost("timeout")] * (FAILURES - 1)
        image_api, _ = planned(*lost, TICKET, ContentRefused("no"), AnswerLost("timeout"))
        for _ in range(FAILURES + 2):
            assert image_api.breaker.health is Health.WELL
            await asyncio.gather(Submission(600).submit(image_api, ORDER), return_exceptions=True)
        assert image_api.breaker.health is Health.RESTING

    run(test())


@pytest.mark.parametrize(
    ("answer", "refuses"),
    [
        (KeyRefused("no"), True),
        (OutOfBalance("no"), True),
        (TICKET, False),
        (ContentRefused("no"), False),
        (RequestRejected("no"), False),
        (AnswerLost("timeout"), False),
        (TooManyRequests("wait", retry_after=1000), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_api_that_will_not_serve_us_is_remembered(run: Run, answer: Answer, refuses: bool) -> None:
    """A wrong key and an empty account, and nothing else."""

    async def test() -> None:
        image_api, _ = planned(answer)
        await asyncio.gather(Submission(600).submit(image_api, ORDER), return_exceptions=True)
        assert image_api.breaker.refuses is refuses

    run(test())


def test_a_busy_api_is_well(run: Run) -> None:
    """One that asks for a pause has answered."""

    async def test() -> None:
        image_api, _ = planned(*[AnswerLost("timeout")] * 4, TooManyRequests("wait", retry_after=1000))
        for _ in range(5):
            await asyncio.gather(Submission(600).submit(image_api, ORDER), return_exceptions=True)
        assert image_api.breaker.health is Health.WELL

    run(test())


def test_a_probe_that_fails_is_not_sent_again(run: Run) -> None:
    """One call finds out, and the API rests for twice as long."""

    async def test() -> None:
        image_api, api = planned(*[AnswerLost("timeout")] * FAILURES, NothingSent("refused"), TICKET)
        for _ in range(FAILURES):
            with pytest.raises(AnswerLost):
                await Submission(600).submit(image_api, ORDER)
        await asyncio.sleep(FIRST_PAUSE)
        image_api.breaker.probe()
        with pytest.raises(NothingSent, match="refused"):
            await Submission(600).submit(image_api, ORDER)
        assert len(api.calls) == FAILURES + 1
        await asyncio.sleep(2 * FIRST_PAUSE - 1)
        assert image_api.breaker.health is Health.RESTING

    run(test())
