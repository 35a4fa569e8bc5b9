"""Waiting: members see their place in the queue, and can cancel what was not sent yet."""

from collections.abc import Callable

import pytest

from bot.texts import text
from sandbox.apis.server import ApiServer
from sandbox.apis.xhuo_errors import ApiError
from sandbox.discord.model import Interaction
from sandbox.faults import Fault
from storage.records import JobState
from tests.api_cases import RUXA_CALL
from tests.journeys.panels import jobs_of, reads
from tests.journeys.restarts import look, until
from tests.local_world import LocalWorld, booked

CALL = "/v1/nano-banana/images"
CANCEL = text("button.cancel")
ONLY_RUXA = {"aspect_ratio": "21:9"}
ONLY_XHUO = {"model": "nano-banana-2"}


def counting(api: ApiServer, seconds: float, busy: list[int]) -> Callable[[], float]:
    """Let each call at an API take so long, and note how many were under way when it began."""

    def duration() -> float:
        busy.append(api.in_flight)
        return seconds

    return duration


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
        assert [line.kind for line in await services.store.ledger(cancelled.id)] == 3 * ["reserve"] + 3 * [
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


@pytest.mark.settings(
    image_apis="xhuo,ruxa", xhuo_max_in_flight=1, ruxa_max_in_flight=2, member_max_running=20
)
async def test_each_api_has_its_own_limit(world: LocalWorld) -> None:
    """As many calls as each may have are under way, at both at once, and never one more."""
    at_xhuo, at_ruxa = list[int](), list[int]()
    world.api.seconds = counting(world.api, 0.2, at_xhuo)
    world.ruxa.seconds = counting(world.ruxa, 0.2, at_ruxa)
    world.api.max_in_flight, world.ruxa.max_in_flight = 1, 2  # more would be refused, and asked for again
    async with world.bot():
        orders = [world.order(f"tower {number}", **ONLY_XHUO) for number in range(2)]
        orders += [world.order(f"field {number}", count=3, **ONLY_RUXA) for number in range(2)]
        for interaction in orders:
            await world.answer(interaction, "Done")
    assert (world.api.posts, max(at_xhuo)) == (2, 1)
    assert (world.ruxa.posts, max(at_ruxa)) == (6, 2)


@pytest.mark.settings(image_apis="xhuo,ruxa", xhuo_max_in_flight=1)
async def test_a_busy_api_holds_nobody_up_who_needs_the_other(world: LocalWorld) -> None:
    """Who came later overtakes where there is room, also the same member's own jobs."""
    world.api.seconds = 2
    async with world.bot():
        first = world.order("first", **ONLY_XHUO)
        await world.answer(first, "Making")
        second = world.order("second", **ONLY_XHUO)
        waiting = await world.answer(second, "In line: number 1")
        await world.answer(world.order("third", **ONLY_RUXA), "Done")
        assert "In line: number 1" in waiting.content
        assert world.api.posts == 1
        world.api.seconds = 0.02
        await world.answer(first, "Done")
        await world.answer(second, "Done")


@pytest.mark.settings(image_apis="ruxa", member_max_running=2)
async def test_a_job_of_four_calls_counts_as_one(world: LocalWorld) -> None:
    """It is under way with another job of its member; the third one waits for them, other members do not."""
    at_once = list[int]()
    world.ruxa.seconds = counting(world.ruxa, 1.5, at_once)
    async with world.bot():
        four = world.order("four", count=4)
        await world.ruxa.faults.until_seen("POST", RUXA_CALL, count=4)
        one = world.order("one")
        await until(lambda: 5 in at_once)
        third = world.order("third")
        await world.answer(third, "In line: number 1")
        other = world.linus.slash(world.images, "generate", prompt="other")
        await world.ruxa.faults.until_seen("POST", RUXA_CALL, count=6)
        for interaction in (four, one, third):
            await world.answer(interaction, "Done")
        await world.answer(other, "Done", world.linus)
        prompts = [call.prompt for call in world.ruxa.calls]
        assert sorted(prompts) == [*4 * ["four"], "one", "other", "third"]
        assert prompts.index("third") > prompts.index("one")
        assert world.ruxa.posts == 7


@pytest.mark.settings(image_apis="ruxa", ruxa_max_in_flight=1)
async def test_many_pictures_of_one_do_not_delay_the_one_of_another(world: LocalWorld) -> None:
    """Members take turns with every call, not with every job."""
    world.ruxa.seconds = 0.2
    async with world.bot():
        four = world.order("four", count=4)
        await world.ruxa.faults.until_seen("POST", RUXA_CALL)
        again = world.order("again")
        await world.answer(again, "In line")
        other = world.linus.slash(world.images, "generate", prompt="other")
        await world.answer(other, "Done", world.linus)
        await world.answer(four, "Done")
        await world.answer(again, "Done")
        prompts = [call.prompt for call in world.ruxa.calls]
        assert prompts.index("other") <= 3
        assert prompts.count("four") == 4


@pytest.mark.settings(image_apis="xhuo,ruxa", xhuo_max_in_flight=1, ruxa_max_in_flight=1)
async def test_who_waits_keeps_the_place_over_a_restart(world: LocalWorld) -> None:
    """At both APIs, in the order in which they came; the members still take turns."""

    def linus(prompt: str) -> Interaction:
        return world.linus.slash(world.images, "generate", prompt=prompt, **ONLY_RUXA)

    for api in (world.api, world.ruxa):
        api.faults.plan("POST", api.paid_path, Fault(hang=True))
    async with world.bot_process() as bot:
        cut_off = [world.order("x0"), linus("r0")]
        for api in (world.api, world.ruxa):
            await api.faults.until_seen("POST", api.paid_path)
        waiting = []
        for number in range(1, 4):
            for order in (world.order(f"x{number}"), linus(f"r{number}")):
                await world.answer(order, "In line")
                waiting.append(order)
        bot.kill()
    async with world.bot() as services:
        for interaction in cut_off:
            await world.reads(interaction, "failed.restart")
        for interaction in waiting:
            await world.answer(interaction, "Done")
        assert [call.prompt for call in world.api.calls] == ["x1", "x2", "x3"]
        assert [call.prompt for call in world.ruxa.calls] == ["r1", "r2", "r3"]
        assert world.api.posts == world.ruxa.posts == 4
        assert await booked(services.store) == {"reserve": 8, "refund": 2, "settle": 6}


@pytest.mark.settings(image_apis="xhuo,ruxa", ruxa_max_in_flight=1)
async def test_cancelled_before_the_second_api_is_asked(world: LocalWorld) -> None:
    """The first one took nothing and the second one is busy: nothing was sent, so all credits come back."""
    world.ruxa.seconds = 2
    world.api.faults.plan("POST", CALL, ApiError(403, "used_up", "Your balance is used up.").fault())
    async with world.bot() as services:
        other = world.linus.slash(world.images, "generate", prompt="other", **ONLY_RUXA)
        await world.ruxa.faults.until_seen("POST", RUXA_CALL)
        world.order("a boat", count=4)
        await world.api.faults.until_seen("POST", CALL)
        await until(lambda: look(world, "SELECT state FROM jobs WHERE prompt = 'a boat'") == [("accepted",)])
        message = await jobs_of(world, world.ada)
        world.ada.press(message, CANCEL)
        await reads(world.ada, message, "🚫 Cancelled")
        await world.answer(other, "Done", world.linus)
        assert await booked(services.store) == {"reserve": 5, "settle": 1, "refund": 4}
        assert (world.api.posts, world.ruxa.posts) == (1, 1)


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_newcomers_stand_behind_who_waited_before_a_restart(world: LocalWorld) -> None:
    """However early they come: a bot that starts serves nobody before everybody has their place again."""
    world.api.faults.plan("POST", CALL, Fault(hang=True))
    async with world.bot_process() as bot:
        world.order("cut off")
        await world.api.faults.until_seen("POST", CALL)
        waiting = world.order("waiting")
        await world.answer(waiting, "In line")
        bot.kill()
    world.api.seconds = 0.3
    async with world.bot():
        newcomer = world.linus.slash(world.images, "generate", prompt="newcomer")
        await world.answer(waiting, "Done")
        await world.answer(newcomer, "Done", world.linus)
        assert [call.prompt for call in world.api.calls] == ["waiting", "newcomer"]
