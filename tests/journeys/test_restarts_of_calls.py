"""The bot is killed while its calls are under way, in every waiting mode of both image APIs."""

from itertools import product

import pytest

from sandbox.discord.model import Interaction
from sandbox.faults import Fault
from tests.api_cases import RUXA_CALL, RUXA_QUERY, WAYS, Way, is_delivered
from tests.journeys.restarts import (
    HANG,
    MOMENTS,
    call_back,
    change,
    nobody_answers,
    task_ids,
    until,
    until_stands,
)
from tests.local_world import LocalWorld, billed, booked

# Each moment comes up here, and each way beside the synchronous one; the other combinations are `long`.
ALWAYS = {
    ("xhuo-callback", "sending", 1),
    ("xhuo-async", "taken", 1),
    ("xhuo-async", "fetching", 4),
    ("ruxa-polling", "sending", 4),
    ("ruxa-polling", "fetching", 1),
    ("ruxa-callback", "posting", 4),
}


def restarts() -> list[object]:
    """Every way, moment and number of pictures; what is taken by a synchronous API is still being sent."""
    return [
        pytest.param(
            WAYS[way],
            moment,
            count,
            id=f"{way}-{moment}-{count}",
            marks=() if (way, moment, count) in ALWAYS else pytest.mark.long,
        )
        for way, moment, count in product(WAYS, MOMENTS, (1, 4))
        if (way, moment) != ("xhuo-sync", "taken")
    ]


async def killed(world: LocalWorld, way: Way, moment: str, count: int) -> Interaction:
    """A bot that died at this moment of its only job; afterwards everybody answers again."""
    nobody_answers(world, way, moment)
    api = world.api if way.api == "xhuo" else world.ruxa
    async with world.bot_process() as bot:
        interaction = world.order(count=count)
        stands = MOMENTS[moment]
        await until_stands(world, stands.job, *way.calls(count) * [stands.call])
        await api.faults.until_seen("POST", api.paid_path, count=way.calls(count))
        bot.kill()
    for server in (world.discord, world.api, world.ruxa):
        server.faults.clear()
    world.changes["poll_seconds"] = 0.05
    return interaction


@pytest.mark.parametrize(("way", "moment", "count"), restarts())
async def test_killed(world: LocalWorld, way: Way, moment: str, count: int) -> None:
    """Delivered once or refunded once by the next bot, the member told, and no call made again."""
    interaction = await killed(world, way, moment, count)
    async with world.bot() as services:
        if moment == "sending":
            await world.refunded(services, interaction, "restart", count)
        else:
            if (way, moment) == (WAYS["xhuo-callback"], "taken"):
                await call_back(world.api, *task_ids(world))
            await is_delivered(world, services, interaction, images=count, credits_=count)
            assert await booked(services.store) == {"reserve": count, "settle": count}
        assert await billed(services.store) == count
        assert world.api.posts + world.ruxa.posts == way.calls(count)


@pytest.mark.settings(image_apis="ruxa", ruxa_max_in_flight=2)
@pytest.mark.parametrize("lost", [True, False])
async def test_killed_between_the_calls_of_a_job(world: LocalWorld, lost: bool) -> None:
    """What was taken is fetched, what was being sent is lost, and only what was not sent yet is sent."""
    world.ruxa.faults.plan("POST", RUXA_CALL, Fault())
    world.ruxa.faults.plan("POST", RUXA_CALL, HANG if lost else Fault())
    world.ruxa.faults.plan("GET", RUXA_QUERY, HANG, times=50)
    async with world.bot_process() as bot:
        interaction = world.order(count=4)
        await until_stands(world, "submitting", *sorted(["submitted", "submitting" if lost else "submitted"]))
        await world.ruxa.faults.until_seen("POST", RUXA_CALL, count=2)
        bot.kill()
    world.ruxa.faults.clear()
    async with world.bot() as services:
        made = 3 if lost else 4
        done = await is_delivered(world, services, interaction, images=made, credits_=made)
        assert ("Only 3 of 4 came out, and 1 credit is back." in done.content) is lost
        assert (await booked(services.store)).get("refund", 0) == 4 - made
        assert await billed(services.store) == 4
        assert world.ruxa.posts == 4
        assert world.ruxa.billed == made


@pytest.mark.parametrize("asked", [True, False])
async def test_the_callback_came_while_the_bot_was_down(world: LocalWorld, asked: bool) -> None:
    """Where the API can be asked, the next bot asks at once; else it waits for the callback to come again."""
    interaction = await killed(world, WAYS["xhuo-callback"], "taken", 2)
    [task_id] = task_ids(world)
    await call_back(world.api, task_id)
    [(_, status)] = world.api.callbacks.sent
    assert status is None
    world.api.has_tasks_call = asked
    async with world.bot() as services:
        if not asked:
            await call_back(world.api, task_id)
        await is_delivered(world, services, interaction, images=2, credits_=2)
        await call_back(world.api, task_id)
        assert len(world.posted(world.images)) == world.api.posts == 1
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


@pytest.mark.parametrize(
    "way", [WAYS["xhuo-callback"], pytest.param(WAYS["ruxa-polling"], marks=pytest.mark.long)]
)
async def test_nothing_came_in_time_while_the_bot_was_down(world: LocalWorld, way: Way) -> None:
    """What is overdue is asked for once; then it is given up, refunded and told, and may have been billed."""
    world.ruxa.stuck = True
    interaction = await killed(world, way, "taken", 1)
    change(world, "UPDATE calls SET sent_at = sent_at - 3600")
    async with world.bot() as services:
        await world.refunded(services, interaction, "too_slow", 1)
        assert await billed(services.store) == 1
        assert world.api.posts + world.ruxa.posts == 1


@pytest.mark.settings(image_apis="ruxa")
async def test_what_came_in_time_while_the_bot_was_down(world: LocalWorld) -> None:
    """Also when its deadline has passed meanwhile: the API is asked before anything is given up."""
    interaction = await killed(world, WAYS["ruxa-polling"], "taken", 4)
    await until(lambda: world.ruxa.in_flight == 0)
    change(world, "UPDATE calls SET sent_at = sent_at - 3600")
    async with world.bot() as services:
        await is_delivered(world, services, interaction, images=4, credits_=4)
        assert world.ruxa.posts == 4


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(way, id=name, marks=() if name == "ruxa-callback" else pytest.mark.long)
        for name, way in WAYS.items()
    ],
)
async def test_killed_while_others_wait(world: LocalWorld, way: Way) -> None:
    """What only waited for its turn is sent by the next bot, once; what was being sent never again."""
    api = way.arrange(world)
    world.changes |= {"xhuo_max_in_flight": 1, "ruxa_max_in_flight": 1}
    api.faults.plan("POST", api.paid_path, HANG, times=10)
    async with world.bot_process() as bot:
        first = world.order("first")
        await api.faults.until_seen("POST", api.paid_path)
        second = world.order("second", count=2)
        await world.answer(second, "In line: number 1")
        bot.kill()
    api.faults.clear()
    async with world.bot() as services:
        await world.reads(first, "failed.restart")
        done = await world.answer(second, "Done")
        assert "18 credits left" in done.content
        assert done.components == []
        assert {call.prompt for call in api.calls} == {"second"}
        assert api.posts == 1 + way.calls(2)
        assert await booked(services.store) == {"reserve": 3, "refund": 1, "settle": 2}


@pytest.mark.long
@pytest.mark.parametrize(
    "way", [pytest.param(way, id=name) for name, way in WAYS.items() if name != "xhuo-sync"]
)
async def test_killed_again_while_it_recovers(world: LocalWorld, way: Way) -> None:
    """The second bot dies like the first: the third one delivers, and nobody was asked to pay twice."""
    interaction = await killed(world, way, "taken", 4)
    api = world.api if way.api == "xhuo" else world.ruxa
    nobody_answers(world, way, "fetching")
    async with world.bot_process() as bot:
        if api is world.api and not api.has_tasks_call:
            await call_back(api, *task_ids(world))
        await until_stands(world, "submitted", *way.calls(4) * ["done"])
        bot.kill()
    api.faults.clear()
    async with world.bot() as services:
        await is_delivered(world, services, interaction, images=4, credits_=4)
        assert api.posts == way.calls(4)


@pytest.mark.long
async def test_started_again_without_the_api(world: LocalWorld) -> None:
    """What only the API could make that is no longer set up is refunded, whether it was taken or waited."""
    way = WAYS["ruxa-polling"]
    taken = await killed(world, way, "taken", 1)
    change(world, "UPDATE calls SET sent_at = sent_at - 3600")
    world.changes["image_apis"] = "xhuo"
    async with world.bot() as services:
        await world.refunded(services, taken, "too_slow", 1)
        assert await billed(services.store) == 1


@pytest.mark.long
async def test_started_again_without_the_api_that_was_waited_for(world: LocalWorld) -> None:
    """A shape that only it had is on offer no more: refunded, told, and nobody was paid."""
    world.changes |= {"image_apis": "ruxa", "ruxa_max_in_flight": 1}
    world.ruxa.faults.plan("POST", RUXA_CALL, HANG)
    async with world.bot_process() as bot:
        world.order("first")
        await world.ruxa.faults.until_seen("POST", RUXA_CALL)
        waiting = world.order("second", aspect_ratio="21:9")
        await world.answer(waiting, "In line")
        bot.kill()
    world.changes["image_apis"] = "xhuo"
    async with world.bot() as services:
        await world.reads(waiting, "failed.not_offered")
        assert world.api.posts == 0
        assert await booked(services.store) == {"reserve": 2, "refund": 2}


async def test_a_refused_call_is_told_after_a_restart(world: LocalWorld) -> None:
    """The API has refused the content of a job, and its member hears it from the next bot."""
    world.changes["image_apis"] = "ruxa"
    world.ruxa.seconds = 0.5
    async with world.bot_process() as bot:
        interaction = world.order("something forbidden", count=4)
        await world.answer(interaction, "Making")
        world.discord.faults.plan("PATCH", "/api/v10/webhooks/*", HANG, times=10)
        await until_stands(world, "failed", *4 * ["failed"])
        bot.kill()
    world.discord.faults.clear()
    async with world.bot() as services:
        await world.refunded(services, interaction, "content", 4)
        assert await billed(services.store) == 0
        assert world.ruxa.posts == 4
