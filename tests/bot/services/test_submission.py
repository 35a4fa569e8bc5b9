"""The paid call: sent again only where nothing can have been billed, and never after the bot stops.

The time in these tests is the loop's own: it jumps to the next moment at which something happens.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from selectors import DefaultSelector, SelectorKey
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
from bot.images import ImageRequest, SourceImage
from bot.providers.base import Offer, Ticket
from bot.services import submission
from bot.services.submission import Submission

REQUEST = ImageRequest(prompt="a banana")
TICKET = Ticket("task", "trace", ("https://cdn.example/1.png",))
Answer = ProviderError | Ticket | float


class Api:
    """An image API that gives the planned answers in turn; a number is a wait in seconds before the next."""

    name = "planned"
    offers: Sequence[Offer] = ()

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.calls: list[float] = []

    async def submit(self, request: ImageRequest, sources: Sequence[SourceImage]) -> Ticket:
        """Take one call."""
        assert (request, sources) == (REQUEST, [])
        self.calls.append(asyncio.get_running_loop().time())
        answer = self.answers.pop(0)
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = self.answers.pop(0)
        if isinstance(answer, ProviderError):
            raise answer
        assert isinstance(answer, Ticket)
        return answer

    @property
    def pauses(self) -> list[float]:
        """The seconds between the calls."""
        return [later - earlier for earlier, later in zip(self.calls, self.calls[1:], strict=False)]


class JumpingSelector(DefaultSelector):
    """Waits for nothing: where a loop would sleep, its clock is put forward instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Look for what is ready, and let the time pass."""
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Coroutine[Any, Any, None]], None]:
    """Run a test in a loop whose time jumps; the product's `time.monotonic` follows it."""
    selector = JumpingSelector()
    monkeypatch.setattr(time, "monotonic", lambda: selector.now)

    def loop() -> asyncio.AbstractEventLoop:
        made = asyncio.SelectorEventLoop(selector)
        made.time = lambda: selector.now  # type: ignore[method-assign]  # the documented way to another clock
        return made

    def run(coroutine: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(coroutine)

    return run


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
        api = Api(error)
        with pytest.raises(type(error)) as raised:
            await Submission(api, 600).submit(REQUEST, [])
        assert raised.value is error
        assert api.calls == [0.0]

    run(test())


def test_a_call_that_never_arrived_is_sent_three_times(run: Run) -> None:
    """With growing, jittered pauses; the third error is the member's."""

    async def test() -> None:
        api = Api(*(NothingSent("refused") for _ in range(4)))
        with pytest.raises(NothingSent):
            await Submission(api, 600).submit(REQUEST, [])
        assert len(api.calls) == submission.CONNECT_TRIES == 3
        assert all(0 <= pause <= 2.0**tries for tries, pause in enumerate(api.pauses, start=1))

    run(test())


def test_a_busy_api_is_asked_again(run: Run) -> None:
    """After the pause that it names, or one of our own; then the answer counts."""

    async def test() -> None:
        api = Api(
            TooManyRequests("wait", retry_after=30), NothingSent("refused"), TooManyRequests("wait"), TICKET
        )
        assert await Submission(api, 600).submit(REQUEST, []) == TICKET
        named, _, own = api.pauses
        assert 30 <= named <= 31
        assert 0.5 <= own <= 8

    run(test())


def test_an_api_that_stays_busy_is_given_up(run: Run) -> None:
    """After some tries the member hears of it."""

    async def test() -> None:
        api = Api(*(TooManyRequests("wait", retry_after=1) for _ in range(20)))
        with pytest.raises(TooManyRequests):
            await Submission(api, 600).submit(REQUEST, [])
        assert len(api.calls) == submission.BUSY_TRIES

    run(test())


@pytest.mark.parametrize(("pause", "deadline", "calls"), [(120, 600, 2), (121, 600, 1), (60, 50, 1)])
def test_a_pause_must_be_worth_it(run: Run, pause: float, deadline: float, calls: int) -> None:
    """Up to two minutes are waited, and nothing beyond the job's own deadline."""

    async def test() -> None:
        api = Api(TooManyRequests("wait", retry_after=pause), RequestRejected("no"))
        with pytest.raises(ProviderError):
            await Submission(api, deadline).submit(REQUEST, [])
        assert len(api.calls) == calls

    run(test())


def test_pauses_of_many_jobs_are_spread(run: Run) -> None:
    """Jobs that were refused together do not all come back together."""

    async def test() -> None:
        apis = [Api(TooManyRequests("wait", retry_after=5), TICKET) for _ in range(20)]
        await asyncio.gather(*(Submission(api, 600).submit(REQUEST, []) for api in apis))
        assert len({round(api.calls[1], 2) for api in apis}) > 10

    run(test())


def test_a_stopping_bot_sends_nothing(run: Run) -> None:
    """Neither a new call nor one more try of a call that waits; nothing of both was sent."""

    async def test() -> None:
        api = Api(TooManyRequests("wait", retry_after=100), TICKET)
        one = Submission(api, 600)
        waiting = asyncio.create_task(one.submit(REQUEST, []))
        await asyncio.sleep(10)
        one.stop()
        with pytest.raises(TooManyRequests):
            await waiting
        with pytest.raises(NothingSent):
            await one.submit(REQUEST, [])
        assert one.stopping
        assert len(api.calls) == 1
        assert asyncio.get_running_loop().time() == 10

    run(test())


def test_a_stopping_bot_waits_for_its_answers(run: Run) -> None:
    """`answered` comes with the last of the calls that are under way, and at once when there is none."""

    async def test() -> None:
        one = Submission(Api(20.0, 30.0, TICKET, TICKET), 600)
        await one.answered()
        calls = [asyncio.create_task(one.submit(REQUEST, [])) for _ in range(2)]
        await asyncio.sleep(0)
        one.stop()
        await one.answered()
        assert asyncio.get_running_loop().time() == 30
        assert await asyncio.gather(*calls) == [TICKET, TICKET]

    run(test())


def test_a_cancelled_call_is_no_longer_under_way(run: Run) -> None:
    """Nobody waits for an answer that nobody will read."""

    async def test() -> None:
        one = Submission(Api(1000.0, TICKET), 600)
        call = asyncio.create_task(one.submit(REQUEST, []))
        await asyncio.sleep(1)
        call.cancel()
        await one.answered()
        assert asyncio.get_running_loop().time() == 1
        assert call.cancelled()

    run(test())
