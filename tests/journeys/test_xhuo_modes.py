"""XHuoAPI's modes: pictures in the open answer, by a callback, or through the tasks call."""

import pytest

from bot.texts import text
from sandbox.apis.xhuo_errors import ApiError, gateway_page
from sandbox.faults import Fault
from tests.api_cases import CALLED_BACK, XHUO_WAYS, Way, cases, is_delivered
from tests.local_world import LocalWorld, billed, booked

TASKS = "/v1/nano-banana/tasks"
CALLED = pytest.mark.settings(**CALLED_BACK)  # the default mode of who can be called back
ASKED = pytest.mark.settings(xhuo_mode="async")


@pytest.mark.parametrize(("way", "made"), cases(XHUO_WAYS, {"2": 2, "3": 3}))
async def test_fewer_pictures_than_asked_for(world: LocalWorld, way: Way, made: int) -> None:
    """In every mode what came out is delivered, and it alone is charged and billed."""
    way.arrange(world)
    world.api.partial = made
    async with world.bot() as services:
        done = await is_delivered(world, services, world.order(count=4), images=made, credits_=made)
        assert text("progress.partly", n=4 - made, made=made, asked=4) in done.content
        assert await booked(services.store) == {"reserve": 4, "settle": made, "refund": 4 - made}
        assert await billed(services.store) == made


@pytest.mark.parametrize("count", [1, 4])
@CALLED
async def test_a_callback_brings_the_pictures(world: LocalWorld, count: int) -> None:
    """The API gets the address, and is never asked."""
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=count), images=count, credits_=count)
        [call] = world.api.calls
        assert str(call.callback_url).startswith(f"{world.settings().public_url}/callbacks/xhuo/")
        assert world.api.faults.count("POST", TASKS) == 0
        await world.api.callbacks.until_sent()
        assert list(world.api.callbacks.sent) == [(call.callback_url, 200)]


@pytest.mark.parametrize("times", [0, 1, 2])
@CALLED
async def test_an_answer_that_holds_the_pictures_already(world: LocalWorld, times: int) -> None:
    """It is enough; whether a callback follows, once or twice, changes nothing."""
    world.api.answers_data_with_callback = True
    world.api.callbacks.times = times
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=2), images=2, credits_=2)
        await world.api.callbacks.until_sent(times)
        assert await booked(services.store) == {"reserve": 2, "settle": 2}
        assert len(world.posted(world.images)) == 1
        assert world.api.posts == 1


@pytest.mark.settings(public=True, xhuo_mode="callback")
async def test_a_callback_that_stays_away(world: LocalWorld) -> None:
    """Where the API has the tasks call, it is asked in the end."""
    world.api.has_tasks_call = True
    world.api.callbacks.times = 0
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=4), images=4, credits_=4)
        assert world.api.posts == 1
        assert world.api.faults.count("POST", TASKS) >= 1


@pytest.mark.long
@pytest.mark.settings(public=True, xhuo_mode="callback", job_timeout=10)
async def test_a_callback_that_stays_away_for_good(world: LocalWorld) -> None:
    """Without the tasks call nobody knows: given up in the end, refunded, and still in the bot's budget."""
    world.api.callbacks.times = 0
    async with world.bot() as services:
        interaction = world.order(count=4)
        await world.ada.until(world.images, lambda each: each.content == text("failed.too_slow"), timeout=20)
        await world.refunded(services, interaction, "too_slow", 4)
        assert await billed(services.store) == 4
        assert world.api.posts == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(ApiError(404, "not_found", "There is no such task.").fault(), id="404"),
        pytest.param(gateway_page(502), id="gateway"),
        pytest.param(Fault(reset="before"), id="cut"),
    ],
)
@ASKED
async def test_a_tasks_call_without_an_answer_says_nothing_of_the_task(
    world: LocalWorld, fault: Fault
) -> None:
    """It is asked again, and the pictures are not lost."""
    world.api.has_tasks_call = True
    world.api.faults.plan("POST", TASKS, fault, times=2)
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=2), images=2, credits_=2)
        assert world.api.posts == 1
        assert world.api.faults.count("POST", TASKS) >= 3


@ASKED
async def test_an_account_without_the_tasks_call(world: LocalWorld) -> None:
    """The API does not know `async`: it takes no call, and nothing is billed."""
    async with world.bot() as services:
        await world.refunded(services, world.order(), "rejected", 1)
        assert await billed(services.store) == 0
        assert world.api.posts == 1
