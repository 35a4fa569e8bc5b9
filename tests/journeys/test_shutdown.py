"""The bot is stopped in order, and started again on the same folder."""

import asyncio
import signal
import time
from asyncio.subprocess import DEVNULL
from sys import executable

import pytest

from sandbox.faults import Fault
from storage.records import JobState
from tests.api_cases import RUXA_CALL, WAYS, Way, is_delivered
from tests.journeys.restarts import call_back, nobody_answers, task_ids, until_stands
from tests.local_world import LocalWorld, booked

CALL = "/v1/nano-banana/images"
SEND = "/api/v10/channels/*/messages"
HANG = Fault(hang=True)


async def says(world: LocalWorld, words: bytes) -> None:
    """Wait for these words in the log of the bot's process."""
    async with asyncio.timeout(10):
        while words not in (world.folder / "bot.log").read_bytes():  # noqa: ASYNC110  (a small file)
            await asyncio.sleep(0.02)


async def test_stopped_in_order_the_answer_is_awaited(world: LocalWorld) -> None:
    """SIGTERM: what the API works on is still delivered, nothing new is taken, and the end is in time."""
    world.api.seconds = 1.5
    world.changes["shutdown_grace"] = 20
    async with world.bot_process() as bot:
        interaction = world.order(count=2)
        await world.api.faults.until_seen("POST", CALL)
        bot.send_signal(signal.SIGTERM)
        await says(world, b"stopping")
        late = world.order("too late", count=2)
        await world.reads(late, "refused.restarting")
        assert await asyncio.wait_for(bot.wait(), 15) == 0
    done = await world.answer(interaction, "Done")
    assert "18 credits left" in done.content
    assert len(world.posted(world.images)) == 1
    async with world.store() as store:
        assert await booked(store) == {"reserve": 2, "settle": 2}


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_stopped_in_order_the_queue_goes_on_later(world: LocalWorld) -> None:
    """Nothing more is sent after SIGTERM; the next bot sends what waited."""
    world.api.seconds = 1
    world.changes["shutdown_grace"] = 20
    async with world.bot_process() as bot:
        first = world.order("first", count=2)
        await world.api.faults.until_seen("POST", CALL)
        second = world.order("second", count=2)
        await world.answer(second, "In line")
        bot.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(bot.wait(), 15) == 0
    assert world.api.posts == 1
    await world.answer(first, "Done")
    world.api.seconds = 0.02
    async with world.bot() as services:
        await world.answer(second, "Done")
        assert world.api.posts == 2
        assert await booked(services.store) == {"reserve": 4, "settle": 4}


@pytest.mark.settings(shutdown_grace=0)
async def test_stopped_without_grace(world: LocalWorld) -> None:
    """An answer that comes too late is refunded by the next bot, a picture that was ready is shown by it."""
    world.discord.faults.plan("POST", SEND, HANG, times=10)
    async with world.bot_process() as bot:
        ready = world.order(count=2)
        await world.answer(ready, "Making")
        await world.discord.faults.until_seen("POST", SEND)
        world.api.faults.plan("POST", CALL, HANG)
        late = world.order()
        await world.answer(late, "Making")
        await world.api.faults.until_seen("POST", CALL, count=2)
        bot.terminate()
        assert await asyncio.wait_for(bot.wait(), 10) == 0
    world.discord.faults.clear()
    async with world.bot() as services:
        await world.reads(late, "failed.restart")
        await world.answer(ready, "Done")
        assert len(world.posted(world.images)) == 1
        assert world.api.posts == 2
        assert await booked(services.store) == {"reserve": 3, "settle": 2, "refund": 1}


async def test_stopped_while_the_api_is_busy(world: LocalWorld) -> None:
    """A job that waits for its next try was billed by nobody: the next bot sends it."""
    busy = Fault(
        429, json={"error": {"code": "rate_limited", "message": "No."}}, headers={"Retry-After": "60"}
    )
    world.api.faults.plan("POST", CALL, busy)
    async with world.bot():
        interaction = world.order(count=2)
        await world.answer(interaction, "Making")
        await world.api.faults.until_seen("POST", CALL)
    async with world.store() as store:
        [job] = await store.in_states(JobState)
        assert job.state is JobState.ACCEPTED
    async with world.bot() as services:
        await world.answer(interaction, "Done")
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


async def test_stopped_while_a_picture_is_being_fetched(world: LocalWorld) -> None:
    """A request that was not accepted yet is answered all the same, and costs nothing."""
    world.discord.faults.plan("GET", "/ephemeral-attachments/*", Fault(delay=1))
    async with world.bot_process() as bot:
        interaction = world.order(command="edit")
        await world.discord.faults.until_seen("GET", "/ephemeral-attachments/*")
        bot.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(bot.wait(), 15) == 0
    await world.reads(interaction, "refused.restarting")
    async with world.store() as store:
        assert await booked(store) == {}


LATER = {name: way for name, way in WAYS.items() if way.later}


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(way, id=name, marks=() if name == "ruxa-callback" else pytest.mark.long)
        for name, way in LATER.items()
    ],
)
async def test_stopped_while_the_pictures_are_almost_there(world: LocalWorld, way: Way) -> None:
    """SIGTERM: what comes within a few seconds is still delivered, and told, before the end."""
    api = way.arrange(world)
    api.seconds = 1.5
    async with world.bot_process() as bot:
        interaction = world.order(count=4)
        await until_stands(world, "submitted", *way.calls(4) * ["submitted"])
        bot.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(bot.wait(), 10) == 0
    done = await world.answer(interaction, "Done")
    assert "16 credits left" in done.content
    async with world.store() as store:
        assert await booked(store) == {"reserve": 4, "settle": 4}
    assert api.posts == way.calls(4)


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(way, id=name, marks=() if name == "xhuo-callback" else pytest.mark.long)
        for name, way in LATER.items()
    ],
)
async def test_stopped_while_the_pictures_take_long(world: LocalWorld, way: Way) -> None:
    """SIGTERM: the bot is gone in time all the same, and the next one delivers what was taken, once."""
    nobody_answers(world, way, "taken")
    api = world.api if way.api == "xhuo" else world.ruxa
    async with world.bot_process() as bot:
        interaction = world.order(count=4)
        await until_stands(world, "submitted", *way.calls(4) * ["submitted"])
        bot.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(bot.wait(), 10) == 0
    api.faults.clear()
    async with world.bot() as services:
        if way is WAYS["xhuo-callback"]:
            await call_back(api, *task_ids(world))
        await is_delivered(world, services, interaction, images=4, credits_=4)
        assert await booked(services.store) == {"reserve": 4, "settle": 4}
        assert api.posts == way.calls(4)


@pytest.mark.settings(image_apis="ruxa", ruxa_max_in_flight=2)
async def test_stopped_between_the_calls_of_a_job(world: LocalWorld) -> None:
    """SIGTERM: what is under way is waited for, the other calls are made by the next bot."""
    world.ruxa.seconds = 1.5
    async with world.bot_process() as bot:
        interaction = world.order(count=4)
        await until_stands(world, "submitting", "submitted", "submitted")
        bot.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(bot.wait(), 10) == 0
    assert world.ruxa.posts == 2
    async with world.bot() as services:
        await is_delivered(world, services, interaction, images=4, credits_=4)
        assert await booked(services.store) == {"reserve": 4, "settle": 4}
        assert world.ruxa.posts == 4


@pytest.mark.long
@pytest.mark.settings(image_apis="ruxa", ruxa_max_in_flight=2, shutdown_grace=1)
async def test_stopped_while_a_call_of_a_job_is_being_sent(world: LocalWorld) -> None:
    """SIGTERM: an answer that does not come in time is lost, and only its picture is refunded."""
    world.ruxa.faults.plan("POST", RUXA_CALL, Fault())
    world.ruxa.faults.plan("POST", RUXA_CALL, HANG)
    async with world.bot_process() as bot:
        interaction = world.order(count=2)
        await world.ruxa.faults.until_seen("POST", RUXA_CALL, count=2)
        bot.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(bot.wait(), 11) == 0
    async with world.bot() as services:
        done = await is_delivered(world, services, interaction, images=1, credits_=1)
        assert "Only 1 of 2 came out, and 1 credit is back." in done.content
        assert await booked(services.store) == {"reserve": 2, "settle": 1, "refund": 1}
        assert world.ruxa.posts == 2


async def test_a_second_bot_on_the_same_file_is_refused(world: LocalWorld) -> None:
    """It ends with status 2 and a clear line, and the first one goes on."""
    async with world.bot():
        second = await asyncio.create_subprocess_exec(
            *(executable, "-m", "bot", "run"),
            cwd=world.folder,
            env=world.environment() | {"HTTP_PORT": "0"},
            stdin=DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, errors = await asyncio.wait_for(second.communicate(), 20)
        assert second.returncode == 2
        assert b"another process runs on" in errors
        await world.answer(world.order(count=2), "Done")


async def test_stopped_while_somebody_keeps_a_request_open(world: LocalWorld) -> None:
    """Half a callback holds nobody up: its connection is closed after two seconds."""
    async with world.bot():
        _, writer = await asyncio.open_connection("127.0.0.1", world.port)
        head = "POST /callbacks/xhuo/secret HTTP/1.1\r\nHost: bot\r\nContent-Length: 9\r\n\r\n{"
        writer.write(head.encode())
        await writer.drain()
        await world.answer(world.order(), "Done")
        stopped_at = time.monotonic()
    assert time.monotonic() - stopped_at < 4
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)
