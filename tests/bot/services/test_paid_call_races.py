"""A paid call and the callback for it at the same time: whichever is first counts, and nothing waits long."""

import asyncio
import logging
import time
from dataclasses import replace

import pytest

from bot.errors import AnswerLost, CallFailed, ContentRefused, OutOfBalance, ProviderError, TooManyRequests
from bot.services.image_apis import ImageApi
from bot.services.paid_call import PaidCall
from storage.records import CallState, Ticket
from tests.bot.services.desk import LINKS, MADE, TAKEN, Desk, planned
from tests.bot.services.planned_api import ORDER, PlannedApi

SOON = 2.0  # seconds


async def sent(api: PlannedApi) -> None:
    """Wait until the call is on its way."""
    async with asyncio.timeout(SOON):
        while not api.calls:  # noqa: ASYNC110  (a list has no event)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("brings", ["pictures", "a failure"])
async def test_a_callback_ends_a_call_whose_answer_hangs(desk: Desk, brings: str) -> None:
    """There is nothing left to wait for: the connection is given up, and the bot may stop."""
    api = planned(1000.0, TAKEN)
    making = asyncio.create_task(desk.paid_call(api).make(ORDER))
    await sent(api)
    if brings == "pictures":
        await desk.paid_call(api).save(MADE)
    else:
        await desk.paid_call(api).fail(ContentRefused("no"))
    desk.shop.alarms.ring("job", 1)
    async with asyncio.timeout(SOON):
        assert await making is None
        await desk.shop.submission.answered()
    assert (await desk.record()).state is (CallState.DONE if brings == "pictures" else CallState.FAILED)
    assert await desk.links() == (list(LINKS[:2]) if brings == "pictures" else [])


async def test_a_wake_up_does_not_end_a_call_whose_answer_is_on_its_way(desk: Desk) -> None:
    """It has said nothing yet: the answer is waited for, and then the API is asked at once."""
    api = planned(0.2, TAKEN)
    api.replies = [MADE]
    making = asyncio.create_task(desk.paid_call(api).make(ORDER))
    await sent(api)
    desk.shop.alarms.ring("job", 1)
    async with asyncio.timeout(SOON):
        assert await making is None
    assert api.asked == ["task-1"]
    assert (await desk.record()).state is CallState.DONE


async def test_a_callback_after_a_wake_up_is_heard_too(desk: Desk) -> None:
    """The first one says nothing, the second one brings the pictures, and the answer still hangs."""
    api = planned(1000.0, TAKEN)
    making = asyncio.create_task(desk.paid_call(api).make(ORDER))
    await sent(api)
    desk.shop.alarms.ring("job", 1)
    await asyncio.sleep(0.1)  # also where both come at once the end is seen
    assert not making.done()
    await desk.paid_call(api).save(MADE)
    desk.shop.alarms.ring("job", 1)
    async with asyncio.timeout(SOON):
        assert await making is None
    assert (await desk.record()).state is CallState.DONE


async def test_a_task_that_a_callback_has_told_is_asked_for_when_the_answer_is_lost(desk: Desk) -> None:
    """The API has taken the call, whatever became of its answer: its pictures are fetched, at once."""
    api = planned(0.1, AnswerLost("cut"))
    api.replies = [MADE]
    making = asyncio.create_task(desk.paid_call(api).make(ORDER))
    await sent(api)
    await desk.shop.calls.learn_task("job", 1, "task-1")
    desk.shop.alarms.ring("job", 1)
    async with asyncio.timeout(SOON):
        assert await making is None
    assert (api.asked, (await desk.record()).state) == (["task-1"], CallState.DONE)
    assert (await desk.shop.store.get("job")).perhaps_billed == 2


async def test_whoever_waits_without_a_task_asks_for_it_once_it_is_told(desk: Desk) -> None:
    """The callback that told it could not ask, and nobody may call again."""
    await desk.shop.calls.taken("job", 1, time.time(), Ticket(None, None))
    api = planned()
    api.replies = [MADE]
    waiting = asyncio.create_task(desk.paid_call(api).resume(None))
    await asyncio.sleep(0.05)  # also where it has not begun it hears of it
    await desk.shop.calls.learn_task("job", 1, "task-1")
    desk.shop.alarms.ring("job", 1)
    async with asyncio.timeout(SOON):
        assert await waiting is None
    assert (api.asked, (await desk.record()).state) == (["task-1"], CallState.DONE)


@pytest.mark.parametrize(
    "error",
    [OutOfBalance("no"), TooManyRequests("no", retry_after=1000)],
    ids=lambda error: type(error).__name__,
)
async def test_a_call_that_a_callback_has_ended_is_not_taken_back(desk: Desk, error: ProviderError) -> None:
    """It was refused for good before the answer turned it away: nobody else is asked for it."""
    await desk.paid_call(None).fail(ContentRefused("no"))
    assert await desk.paid_call(planned(error)).make(ORDER) is None
    record = await desk.record()
    assert (record.state, record.outcome) == (CallState.FAILED, "failed.content")


async def test_the_time_counts_from_when_a_call_was_taken(desk: Desk) -> None:
    """However long it had to be sent again and again: it has its whole deadline from then on."""
    late = replace(desk.call, sent_at=time.time() - 10_000)
    api = planned(TAKEN, interval=0.01)
    api.replies = [TAKEN, TAKEN, MADE]
    assert await PaidCall(desk.shop, late, ImageApi(api, slots=1)).make(ORDER) is None
    record = await desk.record()
    assert (record.state, len(api.asked)) == (CallState.DONE, 3)
    assert time.time() - record.sent_at < 60


async def test_a_restart_waits_for_the_rest_of_that_time(desk: Desk) -> None:
    """The next bot counts from the same moment as the one that made the call."""
    shop = replace(desk.shop, deadline=0.5)
    call = replace(desk.call, sent_at=time.time() - 0.3)
    api = planned(interval=0.05)
    api.replies = [TAKEN]
    started = time.monotonic()
    async with asyncio.timeout(SOON):
        assert isinstance(await PaidCall(shop, call, ImageApi(api, slots=1)).resume("task-1"), AnswerLost)
    assert time.monotonic() - started < 0.45


@pytest.mark.parametrize(
    ("error", "words"),
    [(AnswerLost("timeout"), "no picture, perhaps billed: "), (CallFailed("no"), "no picture: ")],
    ids=["lost", "failed"],
)
async def test_the_log_says_what_was_perhaps_billed(
    desk: Desk, caplog: pytest.LogCaptureFixture, error: ProviderError, words: str
) -> None:
    """So that the operator can compare the API's bill with the pictures."""
    with caplog.at_level(logging.WARNING, "bot.services.paid_call"):
        await desk.paid_call(planned(error)).make(ORDER)
    assert [record.getMessage() for record in caplog.records] == [f"{words}{error}"]
