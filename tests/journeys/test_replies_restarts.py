"""The bot is killed while it works on a reply, and started again: one result, and no progress left behind."""

import logging

import pytest

from bot.texts import text
from sandbox.discord.model import Message
from sandbox.faults import Fault
from storage.records import JobState
from tests.api_cases import WAYS, Way
from tests.journeys.replying import ask, below, result_below, shows, tidy
from tests.journeys.restarts import HANG, MOMENTS, SEND, change, look, nobody_answers, until, until_stands
from tests.local_world import LocalWorld, booked, in_state

MESSAGE = f"{SEND}/*"
TOOK_EFFECT = Fault(hang=True, reset="after")
LONG_AGO = 3600


def clear(world: LocalWorld) -> None:
    """All servers answer again."""
    for server in (world.discord, world.api, world.ruxa):
        server.faults.clear()


async def progress_below(world: LocalWorld, asked: Message) -> Message:
    """The reply that says that the picture is being made."""
    return await world.ada.until(
        world.images, lambda message: message in below(world, asked) and "Making" in message.content
    )


@pytest.mark.parametrize(
    "way", [pytest.param(WAYS[name], id=name) for name in ("xhuo-async", "ruxa-polling")]
)
@pytest.mark.parametrize("moment", ["taken", "fetching", "posting"])
async def test_killed_with_an_answer(world: LocalWorld, way: Way, moment: str) -> None:
    """The next bot delivers once, as a reply, and takes the progress away."""
    photo = shows(world, "red")
    nobody_answers(world, way, moment)
    world.discord.faults.clear()
    async with world.bot_process() as bot:
        asked = ask(world, photo, "make it night")
        await progress_below(world, asked)
        if moment == "posting":
            world.discord.faults.plan("POST", SEND, HANG, times=10)
        await until_stands(world, MOMENTS[moment].job, MOMENTS[moment].call)
        bot.kill()
    clear(world)
    api = way.arrange(world)
    async with world.bot() as services:
        result = await result_below(world, asked)
        await tidy(world, services, result)
        assert api.posts == 1
        price = way.credits("edit", 1)
        assert await booked(services.store) == {"reserve": price, "settle": price}
        second = await result_below(world, ask(world, result, "add snow"))
        first_job, second_job = await tidy(world, services, result, second)
        assert second_job.parent_id == first_job.id


async def test_killed_while_the_api_works(world: LocalWorld) -> None:
    """The answer is lost: the progress becomes the failure, and nothing is sent again by itself."""
    photo = shows(world, "red")
    world.api.faults.plan("POST", world.api.paid_path, HANG)
    async with world.bot_process() as bot:
        asked = ask(world, photo, "make it night")
        progress = await progress_below(world, asked)
        await until_stands(world, "submitting", "submitting")
        await until(lambda: world.api.posts == 1)
        bot.kill()
    clear(world)
    async with world.bot() as services:
        await world.ada.until(world.images, lambda each: each.content == text("failed.restart"))
        assert world.posted(world.images) == [progress]
        assert world.api.posts == 1
        assert await booked(services.store) == {"reserve": 1, "refund": 1}


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_killed_while_it_waits_in_line(world: LocalWorld) -> None:
    """It goes on behind the others, with the same progress reply."""
    photo = shows(world, "red")
    world.api.faults.plan("POST", world.api.paid_path, HANG)
    async with world.bot_process() as bot:
        await world.answer(world.order("in the way"), "Making")
        asked = ask(world, photo, "make it night")
        waiting = await world.ada.until(world.images, lambda each: "In line" in each.content)
        await until(lambda: bool(look(world, f"SELECT 1 FROM jobs WHERE progress_message_id = {waiting.id}")))
        bot.kill()
    clear(world)
    async with world.bot() as services:
        result = await result_below(world, asked)
        await in_state(services.store, JobState.DELIVERED)
        await until(lambda: world.posted(world.images) == [result])


async def test_killed_before_it_knew_its_progress(world: LocalWorld) -> None:
    """Discord has taken the reply, and the bot has not heard of it: it is found, and taken away."""
    photo = shows(world, "red")
    world.api.faults.plan("POST", world.api.paid_path, Fault(delay=0.5))
    async with world.bot_process() as bot:
        world.discord.faults.plan("POST", SEND, TOOK_EFFECT, times=2)
        asked = ask(world, photo, "make it night")
        await progress_below(world, asked)
        world.discord.faults.plan("POST", SEND, HANG, times=10)
        await until(lambda: bool(look(world, "SELECT 1 FROM jobs WHERE state = 'ready'")))
        assert look(world, "SELECT progress_message_id FROM jobs") == [(None,)]
        bot.kill()
    clear(world)
    async with world.bot() as services:
        await tidy(world, services, await result_below(world, asked))


async def test_killed_before_the_progress_was_gone(world: LocalWorld) -> None:
    """The result stands and is paid: the next bot takes the progress away, and only then forgets it."""
    photo = shows(world, "red")
    world.discord.faults.plan("DELETE", MESSAGE, HANG, times=10)
    async with world.bot_process() as bot:
        asked = ask(world, photo, "make it night")
        await world.discord.faults.until_seen("DELETE", MESSAGE)
        bot.kill()
    clear(world)
    assert len(below(world, asked)) == 2
    async with world.bot() as services:
        result = await result_below(world, asked)
        await tidy(world, services, result)
        await until(lambda: look(world, "SELECT progress_message_id FROM jobs") == [(None,)])
    deletions = world.discord.faults.count("DELETE", MESSAGE)
    async with world.bot():
        await world.answer(world.order(), "Done")
        assert world.discord.faults.count("DELETE", MESSAGE) == deletions


async def test_a_database_that_fails_leaves_the_progress_for_the_next_start(
    world: LocalWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing that a start looks for stops the bot: it waits for jobs, and leaves what is to be tidied."""
    caplog.set_level(logging.INFO, "bot.logs")
    async with world.bot():
        await world.answer(world.order(), "Done")
    change(world, "UPDATE jobs SET reply_to = request_id, progress_message_id = 1")
    change(world, "ALTER TABLE pictures RENAME TO unreadable")
    change(world, "ALTER TABLE blocks RENAME TO gone")
    async with world.bot():
        await until(lambda: "after StorageError('no such table: blocks')" in caplog.text)
        change(world, "ALTER TABLE gone RENAME TO blocks")
        await until(lambda: "the next start tries again" in caplog.text)
        change(world, "ALTER TABLE unreadable RENAME TO pictures")
        await world.answer(world.order(), "Done")
        assert look(world, "SELECT count(progress_message_id) FROM jobs WHERE reply_to IS NOT NULL") == [(1,)]
    async with world.bot():
        await until(lambda: look(world, "SELECT progress_message_id FROM jobs WHERE reply_to") == [(None,)])


async def test_killed_before_it_said_that_some_are_missing(world: LocalWorld) -> None:
    """The next bot says it, in the place of the progress."""
    world.api.partial = 1
    photo = shows(world, "red")
    async with world.bot_process() as bot:
        asked = ask(world, photo, "make it night --count 2")
        await progress_below(world, asked)
        world.discord.faults.plan("PATCH", MESSAGE, HANG, times=10)
        await world.discord.faults.until_seen("PATCH", MESSAGE)
        bot.kill()
    clear(world)
    words = text("progress.partly", n=1, made=1, asked=2)
    async with world.bot() as services:
        said = await world.ada.until(world.images, lambda each: each.content == words)
        result = await result_below(world, asked)
        await until(lambda: look(world, "SELECT progress_message_id FROM jobs") == [(None,)])
        assert set(below(world, asked)) == {said, result}
        assert await booked(services.store) == {"reserve": 2, "settle": 1, "refund": 1}


async def test_down_for_longer_than_discord_knows_a_nonce(world: LocalWorld) -> None:
    """The result is found in the channel, and so is the progress."""
    photo = shows(world, "red")
    async with world.bot_process() as bot:
        asked = ask(world, photo, "make it night")
        await progress_below(world, asked)
        world.discord.faults.plan("POST", SEND, TOOK_EFFECT, times=10)
        await result_below(world, asked)
        bot.kill()
    clear(world)
    world.discord.advance(LONG_AGO)
    change(world, f"UPDATE jobs SET ready_at = ready_at - {LONG_AGO}, accepted_at = accepted_at - {LONG_AGO}")
    async with world.bot() as services:
        result = await result_below(world, asked)
        await tidy(world, services, result)
        lines = [line for line in await services.store.ledger() if not line.of_operator]
        assert [(line.kind, line.credits) for line in lines if line.credits] == [
            ("reserve", 1),
            ("settle", 1),
        ]
