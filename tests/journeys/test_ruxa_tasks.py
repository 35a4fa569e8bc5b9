"""Ruxa AI's tasks: the states and shapes in which results come, and what becomes of one task of four."""

import pytest

from bot.texts import text
from sandbox.apis.ruxa_errors import ApiError
from sandbox.apis.ruxa_tasks import CallbackShape, ResultShape, success
from sandbox.faults import Fault
from storage.records import JobState
from tests.api_cases import CALLED_BACK, RUXA_CALL, RUXA_QUERY, is_delivered
from tests.local_world import LocalWorld, billed, booked, ended

CALLED = pytest.mark.settings(image_apis="ruxa", **CALLED_BACK)
ASKED = pytest.mark.settings(image_apis="ruxa")
ONE_BY_ONE = pytest.mark.settings(image_apis="ruxa", ruxa_max_in_flight=1)


def failed_task(message: str) -> Fault:
    """The query's answer for a task that has failed."""
    return Fault(200, json=success({"taskId": "t", "state": "fail", "failCode": "500", "failMsg": message}))


@pytest.mark.parametrize("state", ["processing", "审核中"])
@ASKED
async def test_a_state_that_nobody_knows_means_that_it_still_runs(world: LocalWorld, state: str) -> None:
    """It is asked about until it is done."""
    world.ruxa.odd_state = state
    world.ruxa.seconds = 0.6
    async with world.bot() as services:
        await is_delivered(world, services, world.order(), images=1, credits_=1)
        assert world.ruxa.posts == 1


@pytest.mark.parametrize(
    "word",
    [
        pytest.param("completed", marks=ASKED),
        pytest.param("succeeded", marks=CALLED),
        pytest.param("SUCCESS", marks=ASKED),
    ],
)
async def test_done_is_spelt_in_several_ways(world: LocalWorld, word: str) -> None:
    """Each of them brings the picture."""
    world.ruxa.done_word = word
    async with world.bot() as services:
        await is_delivered(world, services, world.order(), images=1, credits_=1)


@pytest.mark.parametrize("shape", ["json_string", "json_object", "urls", "results"])
@ASKED
async def test_the_links_stand_in_several_places(world: LocalWorld, shape: ResultShape) -> None:
    """In a JSON document in a string as documented, and as the API's relatives do it."""
    world.ruxa.result_shape = shape
    async with world.bot() as services:
        await is_delivered(world, services, world.order(), images=1, credits_=1)


@pytest.mark.parametrize("shape", ["enveloped", "flat", "bare"])
@pytest.mark.parametrize("fails", [False, True])
@CALLED
async def test_a_callback_of_any_shape_wakes_us(world: LocalWorld, shape: CallbackShape, fails: bool) -> None:
    """Each task is then asked about once, long before its time, whether it has gone well or not."""
    world.ruxa.callback_shape = shape
    world.ruxa.fail_tasks = ApiError(500, "Internal server error") if fails else None
    async with world.bot() as services:
        interaction = world.order(count=4)
        if fails:
            await world.refunded(services, interaction, "not_made", 4)
        else:
            await is_delivered(world, services, interaction, images=4, credits_=4)
        assert [status for _, status in world.ruxa.callbacks.sent] == 4 * [200]
        assert world.ruxa.faults.count("GET", RUXA_QUERY) == 4


@CALLED
async def test_a_callback_that_is_faster_than_the_answer(world: LocalWorld) -> None:
    """What is known when the API's first answer comes is asked for at once."""
    world.ruxa.seconds = 0
    world.ruxa.fail_tasks = ApiError(500, "Internal server error")
    async with world.bot() as services:
        await world.refunded(services, world.order(count=4), "not_made", 4)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(500), id="500"),
        pytest.param(ApiError(401, "Unauthorized").fault(in_200=True), id="401 in 200"),
        pytest.param(Fault(reset="before"), id="cut"),
    ],
)
@ASKED
async def test_a_query_without_an_answer_says_nothing_of_the_task(world: LocalWorld, fault: Fault) -> None:
    """It is asked again, and the picture is not lost."""
    world.ruxa.faults.plan("GET", RUXA_QUERY, fault, times=2)
    async with world.bot() as services:
        await is_delivered(world, services, world.order(), images=1, credits_=1)
        assert world.ruxa.posts == 1
        assert world.ruxa.faults.count("GET", RUXA_QUERY) >= 3


@ASKED
async def test_one_of_four_tasks_fails(world: LocalWorld) -> None:
    """The other three are delivered and charged, and the failed one is not made anew."""
    world.ruxa.faults.plan("GET", RUXA_QUERY, failed_task("Internal server error"))
    async with world.bot() as services:
        done = await is_delivered(world, services, world.order(count=4), images=3, credits_=3)
        assert text("progress.partly", n=1, made=3, asked=4) in done.content
        assert await booked(services.store) == {"reserve": 4, "settle": 3, "refund": 1}
        assert await billed(services.store) == 3
        assert world.ruxa.posts == 4


@ONE_BY_ONE
async def test_one_of_four_answers_is_lost(world: LocalWorld) -> None:
    """Three are delivered and charged; the fourth may be billed, and stays in the bot's budget."""
    world.ruxa.faults.plan("POST", RUXA_CALL, Fault())
    world.ruxa.faults.plan("POST", RUXA_CALL, Fault(500))
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=4), images=3, credits_=3)
        assert await booked(services.store) == {"reserve": 4, "settle": 3, "refund": 1}
        assert await billed(services.store) == 4
        assert world.ruxa.posts == 4


@ONE_BY_ONE
async def test_content_that_is_refused_once_is_not_asked_for_again(world: LocalWorld) -> None:
    """After the second of four was refused, the other two are not even sent; the first is delivered."""
    world.ruxa.faults.plan("POST", RUXA_CALL, Fault())
    world.ruxa.faults.plan("POST", RUXA_CALL, ApiError(422, "提示词包含敏感内容").fault())
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=4), images=1, credits_=1)
        assert await booked(services.store) == {"reserve": 4, "settle": 1, "refund": 3}
        assert await billed(services.store) == 1
        assert world.ruxa.posts == 2


@ONE_BY_ONE
async def test_an_account_that_is_empty_after_two_of_four(world: LocalWorld) -> None:
    """What could be paid is delivered, the rest is back."""
    world.ruxa.balance = 2
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=4), images=2, credits_=2)
        assert await booked(services.store) == {"reserve": 4, "settle": 2, "refund": 2}
        assert await billed(services.store) == 2
        assert world.ruxa.posts == 3


@ASKED
async def test_four_tasks_are_under_way_at_once(world: LocalWorld) -> None:
    """Nobody waits for the first picture to get the second."""
    world.ruxa.seconds = 0.5
    async with world.bot() as services:
        interaction = world.order(count=4)
        await world.ruxa.faults.until_seen("POST", RUXA_CALL, count=4)
        assert world.ruxa.billed == 0
        await is_delivered(world, services, interaction, images=4, credits_=4)


@pytest.mark.long
@pytest.mark.settings(image_apis="ruxa", job_timeout=10)
async def test_a_task_that_stays_in_waiting(world: LocalWorld) -> None:
    """Of four one waits for ever: it is given up in the end, and the other three are delivered."""
    world.ruxa.seconds = iter([3600, 0.02, 0.02, 0.02]).__next__
    async with world.bot() as services:
        interaction = world.order(count=4)
        done = await world.ada.until(
            world.images, lambda each: each.interaction is interaction and "Done" in each.content, 20
        )
        assert "Only 3 of 4" in done.content
        assert await booked(services.store) == {"reserve": 4, "settle": 3, "refund": 1}
        assert await billed(services.store) == 4
        assert [job.state for job in await ended(services.store)] == [JobState.DELIVERED]
