"""BOT_BUDGET is a ceiling of the bill: what may have been billed stays in it, whatever members get back."""

import time

import pytest

from bot.client import Services
from bot.texts import text
from sandbox.faults import Fault
from storage.records import JobState
from tests.local_world import LocalWorld, billed, booked, in_state

CALL = "/v1/nano-banana/images"
PICTURES = "/nanobanana/*.png"
HANG = Fault(hang=True)
SPENT = "I have used up today's budget for everybody"


async def nothing_more(world: LocalWorld, services: Services, budget: int) -> None:
    """The budget is spent: one credit more is refused, and the API hears nothing of it."""
    assert await billed(services.store) == budget
    posts = world.api.posts
    await world.answer(world.linus.slash(world.images, "generate", prompt="one more"), SPENT)
    assert world.api.posts == posts
    assert world.api.billed <= budget


@pytest.mark.settings(bot_budget=2)
@pytest.mark.parametrize("fault", [Fault(500), Fault(reset="after")], ids=["500", "cut after"])
async def test_lost_answers_stay_in_the_budget(world: LocalWorld, fault: Fault) -> None:
    """The member has everything back, and still the third request is one too many."""
    world.api.faults.plan("POST", CALL, fault, times=5)
    async with world.bot() as services:
        for _ in range(2):
            await world.reads(world.order(), "failed.lost")
        assert await booked(services.store) == {"reserve": 2, "refund": 2}
        await nothing_more(world, services, 2)
        assert world.api.posts == 2


@pytest.mark.settings(bot_budget=2)
async def test_a_result_without_a_place_stays_in_the_budget(world: LocalWorld) -> None:
    """Deleting the channel in time does not make pictures free for the operator."""
    world.api.faults.plan("GET", PICTURES, Fault(delay=1), times=2)
    lounge = world.places.lounge
    async with world.bot() as services:
        world.ada.slash(lounge, "generate", prompt="a kite", count=2)
        await world.api.faults.until_seen("GET", PICTURES)
        world.discord.delete_channel(lounge)
        [job] = await in_state(services.store, JobState.HELD)
        await services.store.fail(job.id, time.time(), outcome="failed.not_collected")
        assert await booked(services.store) == {"reserve": 2, "refund": 2}
        await nothing_more(world, services, 2)
        assert world.api.billed == 2


@pytest.mark.settings(bot_budget=2)
async def test_a_picture_that_is_unusable_stays_in_the_budget(world: LocalWorld) -> None:
    """Two were made and one can be shown: the member pays for one, the budget for both."""
    world.api.faults.plan("GET", PICTURES, Fault(200, body=b"this is no picture"))
    async with world.bot() as services:
        await world.answer(world.order(count=2), "Only 1 of 2 came out")
        assert await booked(services.store) == {"reserve": 2, "settle": 1, "refund": 1}
        await nothing_more(world, services, 2)
        assert world.api.billed == 2


@pytest.mark.settings(bot_budget=4)
async def test_of_a_partial_result_the_budget_pays_what_was_made(world: LocalWorld) -> None:
    """What the API did not make can be spent by others, and not one credit more."""
    world.api.partial = 2
    async with world.bot() as services:
        await world.answer(world.order(count=4), "Only 2 of 4 came out")
        assert await booked(services.store) == {"reserve": 4, "settle": 2, "refund": 2}
        assert await billed(services.store) == 2
        await world.answer(world.order(count=3), SPENT)
        await world.answer(world.order(count=2), "Done")
        assert world.api.billed == 4
        await nothing_more(world, services, 4)


@pytest.mark.settings(bot_budget=1)
async def test_what_was_surely_not_billed_goes_back_to_the_budget(world: LocalWorld) -> None:
    """Refused content and a refused request cost nothing, so the last credit is still there."""
    async with world.bot() as services:
        await world.reads(world.order("something forbidden"), "failed.content")
        world.api.faults.plan("POST", CALL, Fault(400, json={"error": {"code": "bad_request"}}))
        await world.reads(world.order(), "failed.rejected")
        assert await billed(services.store) == 0
        await world.answer(world.order(), "Done")
        await nothing_more(world, services, 1)


@pytest.mark.settings(bot_budget=3, xhuo_max_in_flight=1)
async def test_what_a_restart_found_sent_stays_in_the_budget(world: LocalWorld) -> None:
    """What was sent without an answer is perhaps billed; what only waited is made, and pays for itself."""
    world.api.faults.plan("POST", CALL, HANG)
    async with world.bot_process() as bot:
        sent = world.order("sent", count=2)
        await world.api.faults.until_seen("POST", CALL)
        waiting = await world.answer(world.order("waiting"), "In line")
        bot.kill()
    world.api.faults.clear()
    async with world.bot() as services:
        await world.reads(sent, "failed.restart")
        assert waiting.interaction
        await world.answer(waiting.interaction, "Done")
        assert await booked(services.store) == {"reserve": 3, "refund": 2, "settle": 1}
        await nothing_more(world, services, 3)
        assert world.api.posts == 2


@pytest.mark.settings(bot_budget=2, xhuo_max_in_flight=1)
async def test_a_cancelled_request_gives_the_budget_back(world: LocalWorld) -> None:
    """It was never sent, so another one may have its credit."""
    world.api.seconds = 1.5
    async with world.bot() as services:
        first = world.order("first")
        await world.api.faults.until_seen("POST", CALL)
        waiting = await world.answer(world.order("second"), "In line")
        world.api.seconds = 0.02
        world.ada.press(waiting, text("button.cancel"))
        await world.ada.until(world.images, lambda each: each.content == text("progress.cancelled"))
        third = world.order("third")
        await world.answer(first, "Done")
        await world.answer(third, "Done")
        await nothing_more(world, services, 2)
