"""What comes after its credits are back: delivered once, for free, or not at all."""

import asyncio

import pytest

from bot.assembly import assemble
from bot.texts import text
from sandbox.apis.ruxa import RuxaServer
from sandbox.discord.model import Interaction
from sandbox.faults import Fault
from tests.api_cases import RUXA_QUERY, Way, is_delivered
from tests.journeys.callers import BOTH, RUXA, XHUO, Api, news, send, silent, told_about
from tests.journeys.restarts import (
    HANG,
    SEND,
    call_back,
    everything,
    look,
    task_ids,
    until,
    until_stands,
    until_told,
)
from tests.local_world import LocalWorld, billed, booked


async def lost(world: LocalWorld, api: Api, count: int = 1) -> Interaction:
    """A job whose answers were cut, and whose credits are back; the API has made its pictures."""
    api.faults.plan("POST", api.paid_path, Fault(reset="after"), times=count)
    interaction = world.order(count=count)
    await world.reads(interaction, "failed.lost")
    await until(lambda: api.billed == count)
    await until_told(world)
    return interaction


@pytest.mark.parametrize(
    ("way", "count"),
    [
        pytest.param(XHUO, 1, id="xhuo-1"),
        pytest.param(XHUO, 4, id="xhuo-4"),
        pytest.param(RUXA, 1, id="ruxa-1"),
    ],
)
async def test_late_and_free(world: LocalWorld, way: Way, count: int) -> None:
    """What comes after the credits are back is delivered once, for nothing, and the member reads so."""
    api = silent(world, way)
    async with world.bot() as services:
        interaction = await lost(world, api, count)
        task_id = api.calls[0].task_id
        await asyncio.gather(call_back(api, task_id), call_back(api, task_id))
        done = await world.answer(interaction, "Done")
        assert done.content.endswith(text("progress.late"))
        assert "20 credits left" in done.content
        await call_back(api, task_id)
        assert [status for _, status in api.callbacks.sent] == [200, 200, 200]
        [message] = world.posted(world.images)
        assert len(message.attachments) == count
        assert await booked(services.store) == {"reserve": count, "refund": count}
        assert await billed(services.store) == count
        assert api.posts == 1


@pytest.mark.parametrize("at_once", [True, False])
async def test_all_late_pictures_of_a_job(world: LocalWorld, at_once: bool) -> None:
    """Where they come from several tasks, each of them is shown, and once."""
    api = silent(world, RUXA)
    async with world.bot() as services:
        interaction = await lost(world, api, 4)
        late = [call_back(api, call.task_id) for call in api.calls]
        if at_once:
            await asyncio.gather(*late)
        else:
            for each in late:
                await each
        await world.answer(interaction, text("progress.late"))
        await until(lambda: sum(len(each.attachments) for each in world.posted(world.images)) == 4)
        assert await booked(services.store) == {"reserve": 4, "refund": 4}
        assert await billed(services.store) == api.posts == 4


@pytest.mark.parametrize("private", [False, True])
async def test_late_while_the_failure_is_still_being_told(world: LocalWorld, private: bool) -> None:
    """Discord takes its time for the bad news: the good news follow it, whoever was faster."""
    api = silent(world, XHUO)
    async with world.bot() as services:
        api.faults.plan("POST", api.paid_path, Fault(reset="after"))
        world.discord.faults.plan("PATCH", "/api/v10/webhooks/*", Fault(delay=0.7), times=2)
        interaction = world.order(private=private)
        await until_stands(world, "unknown", "unknown")
        await call_back(api, (await told_about(api))[1])
        assert api.callbacks.sent[-1][1] == 200
        answer = await world.answer(interaction, text("progress.late"))
        assert "failed" not in answer.content
        await until_stands(world, "delivered", "done")
        assert len(world.posted(world.images)) == (0 if private else 1)
        assert await booked(services.store) == {"reserve": 1, "refund": 1}
        assert await billed(services.store) == api.posts == 1


@pytest.mark.parametrize(
    "says",
    [
        Fault(502),
        Fault(200, json={"code": 200, "data": {"taskId": "task", "state": "generating"}}),
    ],
    ids=["nothing", "that it goes on"],
)
async def test_late_and_the_api_says_nothing_of_it(world: LocalWorld, says: Fault) -> None:
    """Nobody knows then whether the word is true: it is asked to come again, and not forgotten."""
    api = silent(world, RUXA)
    async with world.bot() as services:
        interaction = await lost(world, api)
        api.faults.plan("GET", RUXA_QUERY, says)
        before = everything(world)
        await call_back(api, api.calls[0].task_id)
        assert everything(world)["jobs"] == before["jobs"]
        await call_back(api, api.calls[0].task_id)
        assert [status for _, status in api.callbacks.sent] == [503, 200]
        await world.answer(interaction, text("progress.late"))
        assert await booked(services.store) == {"reserve": 1, "refund": 1}


@pytest.mark.parametrize("way", [XHUO, pytest.param(RUXA, marks=pytest.mark.long)])
async def test_killed_while_a_late_result_is_being_posted(world: LocalWorld, way: Way) -> None:
    """The next bot posts it, once and for nothing."""
    api = silent(world, way)
    async with world.bot_process() as bot:
        interaction = await lost(world, api)
        world.discord.faults.plan("POST", SEND, HANG, times=10)
        await call_back(api, api.calls[0].task_id)
        await until_stands(world, "ready", "done")
        bot.kill()
    world.discord.faults.clear()
    async with world.bot() as services:
        await world.answer(interaction, text("progress.late"))
        assert len(world.posted(world.images)) == api.posts == 1
        assert await booked(services.store) == {"reserve": 1, "refund": 1}
        assert await billed(services.store) == 1


@BOTH
async def test_late_and_after_a_restart(world: LocalWorld, way: Way) -> None:
    """The next bot knows what was given up, delivers it once, and the one after it not again."""
    api = silent(world, way)
    async with world.bot():
        interaction = await lost(world, api)
    task_id = api.calls[0].task_id
    async with world.bot() as services:
        await call_back(api, task_id)
        await world.answer(interaction, text("progress.late"))
        assert await booked(services.store) == {"reserve": 1, "refund": 1}
    async with world.bot():
        before = everything(world)
        await call_back(api, task_id)
        assert everything(world) == before
        await world.answer(world.order(command="generate"), "Making")
    assert len([each for each in world.posted(world.images) if each.attachments]) == 1


async def test_late_before_the_next_bot_has_logged_in(world: LocalWorld) -> None:
    """Its API is answered at once, and the picture waits until Discord takes it."""
    api = silent(world, XHUO)
    async with world.bot():
        interaction = await lost(world, api)
    settings = world.settings()
    async with assemble(settings) as parts:
        for _ in range(20):  # time enough to fetch what would be thrown away
            await call_back(api, api.calls[0].task_id)
        assert look(world, "SELECT state FROM jobs") == [("submitted",)]
        connection = asyncio.create_task(parts.client.start(settings.discord_token.get_secret_value()))
        background = asyncio.create_task(parts.background)
        await world.answer(interaction, text("progress.late"))
        await until_stands(world, "delivered", "done")
        await world.discord.bot_ready()
        background.cancel()
        await asyncio.wait({background})
    await asyncio.gather(connection, return_exceptions=True)
    assert [status for _, status in api.callbacks.sent] == 20 * [200]
    assert len(world.posted(world.images)) == api.posts == 1


@BOTH
async def test_late_after_it_was_asked_for_again(world: LocalWorld, way: Way) -> None:
    """Who pressed "Try again" pays for the new picture, and gets the old one as well."""
    api = silent(world, way)
    async with world.bot() as services:
        interaction = await lost(world, api)
        message = await world.reads(interaction, "failed.lost")
        api.callbacks.times = 1
        again = world.ada.press(message, text("button.try_again", n=1))
        await world.answer(again, "19 credits left")
        await call_back(api, api.calls[0].task_id)
        await world.answer(interaction, text("progress.late"))
        assert len(world.posted(world.images)) == api.posts == 2
        assert await booked(services.store) == {"reserve": 2, "refund": 1, "settle": 1}


async def test_late_but_not_true(world: LocalWorld) -> None:
    """Ruxa AI is asked before anything is shown: a task that failed brings nothing."""
    api = RUXA.arrange(world)
    assert isinstance(api, RuxaServer)
    api.refuse_words = {"boat"}
    api.faults.plan("POST", api.paid_path, Fault(reset="after"))
    async with world.bot():
        await world.reads(world.order(), "failed.lost")
        await until_told(world)
        await api.callbacks.until_sent()
        [(url, status)] = api.callbacks.sent
        [task_id] = task_ids(world)
        assert status == 200
        before = everything(world)
        assert await send(url, news(RUXA, task_id)) == 200
        assert await send(url, news(RUXA, None)) == 200
        assert everything(world) == before
        assert world.posted(world.images) == []


async def test_a_late_failure_changes_nothing(world: LocalWorld) -> None:
    """The credits are back already, and the member has read why."""
    api = silent(world, XHUO)
    async with world.bot():
        await lost(world, api)
        url, task_id = await told_about(api)
        before = everything(world)
        failure = {"code": "api_error", "message": "Internal server error."}
        assert await send(url, {"success": False, "task_id": task_id, "error": failure}) == 200
        assert everything(world) == before


async def test_a_late_picture_of_a_job_that_brought_others(world: LocalWorld) -> None:
    """Three of four were delivered and charged: the fourth changes nothing any more."""
    api = silent(world, RUXA)
    world.changes |= {"poll_seconds": 0.05, "ruxa_max_in_flight": 1}
    api.faults.plan("POST", api.paid_path, Fault(reset="after"))
    async with world.bot() as services:
        interaction = world.order(count=4)
        await is_delivered(world, services, interaction, images=3, credits_=3)
        before = everything(world)
        [task_id] = {call.task_id for call in api.calls} - set(task_ids(world))
        await call_back(api, task_id)
        assert task_ids(world)[0] == task_id  # that much is learnt
        after = everything(world)
        assert {table: after[table] for table in after if table != "calls"} == {
            table: before[table] for table in before if table != "calls"
        }
        assert look(world, "SELECT state FROM calls WHERE position = 1") == [("unknown",)]
        assert await billed(services.store) == 4


async def test_an_api_that_is_no_longer_set_up(world: LocalWorld) -> None:
    """Nobody can say any more whether its word is true: it is not found, and changes nothing."""
    api = silent(world, RUXA)
    async with world.bot():
        await lost(world, api)
    world.changes["image_apis"] = "xhuo"
    async with world.bot():
        before = everything(world)
        await call_back(api, api.calls[0].task_id)
        assert api.callbacks.sent[0][1] == 404
        assert everything(world) == before
