"""Waiting: members see their place in the queue, and can cancel what was not sent yet."""

import pytest

from bot.texts import text
from sandbox.faults import Fault
from storage.records import JobState
from tests.local_world import LocalWorld, booked

CALL = "/v1/nano-banana/images"
CANCEL = text("button.cancel")


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_the_place_in_the_queue_is_shown_until_it_is_the_jobs_turn(world: LocalWorld) -> None:
    """Who waits reads behind how many; when it is their turn, the button to cancel goes away."""
    world.api.seconds = 3
    async with world.bot():
        first = world.order("first")
        await world.api.faults.until_seen("POST", CALL)
        second = world.order("second")
        await world.answer(second, "In line: number 1")
        third = world.order("third")
        await world.answer(third, "In line: number 2")
        world.api.seconds = 0.02
        assert (await world.answer(first, "Done")).components == []
        assert (await world.answer(second, "Done")).components == []
        assert (await world.answer(third, "Done")).components == []
    assert world.api.posts == 3


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_cancel_gives_the_credits_back_and_the_api_never_hears_of_it(world: LocalWorld) -> None:
    """The place of the cancelled job is free at once."""
    world.api.seconds = 1
    async with world.bot() as services:
        first = world.order("first")
        await world.api.faults.until_seen("POST", CALL)
        second, third = world.order("second", count=4), world.order("third")
        waiting = await world.answer(second, "In line")
        world.ada.press(waiting, CANCEL)
        assert (await world.answer(second, text("progress.cancelled"))).components == []
        await world.answer(first, "Done")
        await world.answer(third, "18 credits left")
        [cancelled] = await services.store.in_states([JobState.CANCELLED])
        assert [line.kind for line in await services.store.ledger(cancelled.id)] == 2 * ["reserve"] + 2 * [
            "refund"
        ]
        assert await booked(services.store) == {"reserve": 6, "settle": 2, "refund": 4}
    assert world.api.posts == 2


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_it_is_too_late_to_cancel_what_was_sent(world: LocalWorld) -> None:
    """A press that comes late changes nothing, and its message stays as it is."""
    world.api.faults.plan("POST", CALL, Fault(delay=1))
    async with world.bot():
        first = world.order("first")
        await world.api.faults.until_seen("POST", CALL)
        second = world.order("second")
        waiting = await world.answer(second, "In line")
        world.api.seconds = 2
        pressed = waiting.components
        await world.answer(first, "Done")
        await world.answer(second, "Making your picture")
        waiting.components = pressed
        late = world.ada.press(waiting, CANCEL)
        refusal = await world.ada.until(
            world.images, lambda message: message.content == text("refused.too_late_to_cancel")
        )
        assert refusal.ephemeral_for is world.places.ada
        assert late.answer is not refusal
        await world.answer(second, "Done")
