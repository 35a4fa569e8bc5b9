"""One paid call with a real database: what is committed of it, and how its pictures are waited for."""

import asyncio
import time
from dataclasses import replace

import pytest

from bot.errors import (
    AnswerLost,
    CallFailed,
    ContentRefused,
    KeyRefused,
    NothingSent,
    OutOfBalance,
    ProviderError,
    RequestRejected,
    TooManyRequests,
    TooSlow,
)
from bot.providers.base import NoReply
from bot.services.image_apis import ImageApi
from bot.services.paid_call import PaidCall
from storage.records import CallState, JobState, Ticket
from tests.bot.services.desk import LINKS, MADE, TAKEN, Desk, planned
from tests.bot.services.planned_api import ORDER, Answer

DEADLINE = 10.0


async def test_pictures_are_committed_as_many_as_were_asked_for(desk: Desk) -> None:
    """What an API makes beyond the order is neither fetched nor charged."""
    assert await desk.paid_call(planned(Ticket("task-1", "trace-1", LINKS))).make(ORDER) is None
    assert await desk.links() == list(LINKS[:2])
    record = await desk.record()
    assert (record.state, record.task_id, record.trace_id) == (CallState.DONE, "task-1", "trace-1")
    assert (await desk.shop.store.get("job")).perhaps_billed == 2


async def test_fewer_pictures_are_a_result_too(desk: Desk) -> None:
    """Partial results count."""
    assert await desk.paid_call(planned(Ticket(None, None, LINKS[:1]))).make(ORDER) is None
    assert await desk.links() == [LINKS[0]]
    assert (await desk.shop.store.get("job")).perhaps_billed == 1


@pytest.mark.parametrize(
    ("error", "told"),
    [(KeyRefused("no"), 1), (OutOfBalance("no"), 1), (TooManyRequests("no", retry_after=1000), 0)],
    ids=lambda value: type(value).__name__,
)
async def test_a_call_that_was_turned_away_has_never_been(
    desk: Desk, error: ProviderError, told: int
) -> None:
    """Its intent is taken back, and the operator hears what only they can mend."""
    assert await desk.paid_call(planned(error)).make(ORDER) is error
    assert await desk.shop.calls.of_job("job") == []
    assert await desk.state() is JobState.ACCEPTED
    await asyncio.sleep(0)
    assert len(desk.told) == told


async def test_a_stopping_bot_troubles_nobody(desk: Desk) -> None:
    """Nothing was sent, and the call can be made after the restart."""
    desk.shop.submission.stop()
    api = planned()
    assert isinstance(await desk.paid_call(api).make(ORDER), NothingSent)
    assert api.calls == []
    assert await desk.state() is JobState.ACCEPTED


@pytest.mark.parametrize(
    ("error", "state", "billed"),
    [
        (ContentRefused("no", task_id="task-1"), CallState.FAILED, 0),
        (RequestRejected("no"), CallState.FAILED, 0),
        (CallFailed("no", task_id="task-1"), CallState.FAILED, 0),
        (AnswerLost("no", trace_id="trace-1"), CallState.UNKNOWN, 2),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_any_other_error_ends_the_call(
    desk: Desk, error: ProviderError, state: CallState, billed: int
) -> None:
    """Its reason and ids are committed; a lost answer may be billed."""
    assert await desk.paid_call(planned(error)).make(ORDER) is error
    record = await desk.record()
    assert (record.state, record.outcome) == (state, error.key)
    assert (record.task_id, record.trace_id) == (error.task_id, error.trace_id)
    assert (await desk.shop.store.get("job")).perhaps_billed == billed
    assert desk.told == []


async def test_a_call_that_was_taken_is_asked_for_until_it_is_made(desk: Desk) -> None:
    """Neither a running task nor a question without a reply ends the wait."""
    api = planned(TAKEN, interval=0.01)
    api.replies = [Ticket("task-1", None), NoReply("HTTP 502"), MADE]
    assert await desk.paid_call(api).make(ORDER) is None
    assert api.asked == ["task-1"] * 3
    record = await desk.record()
    assert (record.state, record.task_id, record.trace_id) == (CallState.DONE, "task-1", "trace-1")
    assert await desk.links() == list(LINKS[:2])


@pytest.mark.parametrize("error", [ContentRefused("no", task_id="task-1"), CallFailed("no")])
async def test_a_task_that_fails_ends_the_call(desk: Desk, error: ProviderError) -> None:
    """It was not billed, and the ids that are known stay."""
    api = planned(TAKEN, interval=0.01)
    api.replies = [error]
    assert await desk.paid_call(api).make(ORDER) is error
    record = await desk.record()
    assert (record.state, record.task_id, record.outcome) == (CallState.FAILED, "task-1", error.key)


async def test_a_callback_ends_the_wait_at_once(desk: Desk) -> None:
    """Long before the API is asked: what the callback has committed is seen."""
    api = planned(TAKEN)
    waiting = asyncio.create_task(desk.paid_call(api).make(ORDER))
    await until_submitted(desk)
    await desk.paid_call(api).save(MADE)
    desk.shop.alarms.ring("job", 1)
    async with asyncio.timeout(2.0):
        assert await waiting is None
    assert api.asked == []
    assert await desk.links() == list(LINKS[:2])


async def test_a_wake_up_is_a_question(desk: Desk) -> None:
    """A callback that brings nothing itself is verified by asking, long before the next question is due."""
    api = planned(TAKEN, interval=5.0)
    api.replies = [Ticket("task-1", None), MADE]
    waiting = asyncio.create_task(desk.paid_call(api).make(ORDER))
    await until_submitted(desk)
    desk.shop.alarms.ring("job", 1)
    async with asyncio.timeout(2.0):
        while not api.asked:  # noqa: ASYNC110  (a list has no event)
            await asyncio.sleep(0.01)
        desk.shop.alarms.ring("job", 1)
        assert await waiting is None
    assert api.asked == ["task-1"] * 2


async def until_submitted(desk: Desk) -> None:
    """Wait until the API's answer is committed."""
    async with asyncio.timeout(DEADLINE):
        while (await desk.record()).state is not CallState.SUBMITTED:  # noqa: ASYNC110  (a row has no event)
            await asyncio.sleep(0.01)
    await asyncio.sleep(0)


@pytest.mark.parametrize("slower", ["pictures", "a taken call", "a failure", "turned away"])
async def test_a_callback_may_be_faster_than_the_answer(desk: Desk, slower: str) -> None:
    """What was committed first stays, and the answer behind it changes nothing."""
    answers: dict[str, Answer] = {
        "pictures": Ticket("task-1", None, LINKS[2:]),
        "a taken call": TAKEN,
        "a failure": CallFailed("no"),
        "turned away": TooManyRequests("no", retry_after=1000),
    }
    api = planned(answers[slower], interval=0.01)
    await desk.paid_call(api).save(MADE)
    error = await desk.paid_call(api).make(ORDER)
    assert error is None or slower == "a failure"
    assert (await desk.record()).state is CallState.DONE
    assert await desk.links() == list(LINKS[:2])
    assert api.asked == []


async def test_what_never_comes_is_too_slow(desk: Desk) -> None:
    """It is given up at the deadline after it was taken, and may have been billed."""
    shop = replace(desk.shop, deadline=0.3)
    api = planned(TAKEN, interval=0.05)
    api.replies = [Ticket("task-1", None)]
    async with asyncio.timeout(DEADLINE):
        error = await PaidCall(shop, desk.call, ImageApi(api, slots=1)).make(ORDER)
    assert isinstance(error, TooSlow)
    record = await desk.record()
    assert (record.state, record.task_id, record.outcome) == (CallState.UNKNOWN, "task-1", "failed.too_slow")


@pytest.mark.parametrize(("reply", "state"), [(MADE, CallState.DONE), (TAKEN, CallState.UNKNOWN)])
async def test_an_overdue_call_is_asked_for_at_once(desk: Desk, reply: Ticket, state: CallState) -> None:
    """After an absence beyond the deadline one question decides."""
    late = replace(desk.call, sent_at=time.time() - 10_000)
    api = planned(interval=1000.0)
    api.replies = [reply]
    async with asyncio.timeout(2.0):
        await PaidCall(desk.shop, late, ImageApi(api, slots=1)).resume("task-1")
    assert api.asked == ["task-1"]
    assert (await desk.record()).state is state


async def test_an_overdue_call_may_have_a_window(desk: Desk) -> None:
    """Where its deadline is long over, it is asked for so many seconds more, and not a question longer."""
    late = replace(desk.call, sent_at=time.time() - 10_000)
    api = planned(interval=0.05)
    api.replies = [TAKEN]
    started = time.monotonic()
    async with asyncio.timeout(DEADLINE):
        error = await PaidCall(desk.shop, late, ImageApi(api, slots=1)).resume("task-1", window=0.3)
    assert isinstance(error, TooSlow)
    assert time.monotonic() - started >= 0.3
    assert len(api.asked) >= 2


@pytest.mark.parametrize("task_id", ["task-1", None])
async def test_a_call_at_an_api_that_is_gone_is_waited_for_all_the_same(
    desk: Desk, task_id: str | None
) -> None:
    """Nobody can be asked, but a callback may still come."""
    waiting = asyncio.create_task(desk.paid_call(None).resume(task_id))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await desk.paid_call(None).save(MADE)
    desk.shop.alarms.ring("job", 1)
    async with asyncio.timeout(2.0):
        assert await waiting is None
