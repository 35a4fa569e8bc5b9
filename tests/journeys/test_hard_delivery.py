"""Deliveries in bad weather: refused, cut, dismissed, or resumed long after; shown once, or refunded."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from bot.discord_errors import CALL as CALL_PATIENCE
from bot.texts import text
from sandbox.discord.model import Interaction
from sandbox.faults import Fault
from storage.database import BUSY_TIMEOUT
from tests.local_world import LocalWorld, booked, ended, refusal, upload

CALL = "/v1/nano-banana/images"
PICTURES = "/nanobanana/*.png"
SEND = "/api/v10/channels/*/messages"
ANSWER = "/api/v10/webhooks/*"
TOO_LARGE = refusal(413, 40005)
HANG = Fault(hang=True)
PATIENT = 30  # seconds that a test waits for what takes several tries


async def posted_by_a_bot_that_died(world: LocalWorld) -> Interaction:
    """The result stands in the channel, and the next bot starts four minutes later without knowing it."""
    world.discord.faults.plan("POST", SEND, Fault(reset="after"))
    world.discord.faults.plan("POST", SEND, HANG, times=10)
    async with world.bot_process() as bot:
        interaction = world.order(count=2)
        await world.result(world.images)
        bot.kill()
    world.discord.faults.clear()
    world.discord.advance(240)
    with closing(sqlite3.connect(world.folder / "bot.sqlite3")) as database, database:
        database.execute("UPDATE jobs SET ready_at = ready_at - 240")
    assert len(world.posted(world.images)) == 1
    return interaction


async def test_too_large_for_a_foreign_server_becomes_links(world: LocalWorld) -> None:
    """The follow-up's words are changed once more, and then hold the links instead of the files."""
    world.api.seconds = 0.5
    sketches = world.places.sketches
    async with world.bot() as services:
        interaction = world.ada.slash(sketches, "generate", prompt="a barn", count=2)
        await world.answer(interaction, "Making")
        world.discord.faults.plan("PATCH", ANSWER, TOO_LARGE, times=2)
        await world.answer(interaction, "3 credits left")
        [result] = [each for each in world.posted(sketches) if "AI-generated" in each.content]
        assert result.attachments == []
        assert "Too large for Discord: [original 1](http" in result.content
        assert "[original 2](http" in result.content
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


def answer_with_links(world: LocalWorld, number: int, length: int) -> list[str]:
    """Let the API answer with so many signed links of this length, and serve a picture under each."""
    links = [f"http://{world.api.authority}/nanobanana/{each}.png?signature=" for each in range(number)]
    links = [link.ljust(length, "x") for link in links]
    data = [{"prompt": "a boat", "image_url": link} for link in links]
    answer = {"success": True, "task_id": "task", "trace_id": "trace", "data": data}
    world.api.faults.plan("POST", CALL, Fault(200, json=answer))
    world.api.faults.plan("GET", PICTURES, Fault(200, body=upload().data), times=number)
    return links


async def test_long_links_that_do_not_all_fit(world: LocalWorld) -> None:
    """Discord takes 2,000 characters: as many links as fit, each of them whole."""
    links = answer_with_links(world, 4, 500)
    world.discord.faults.plan("POST", SEND, TOO_LARGE, times=2)
    async with world.bot() as services:
        await world.answer(world.order(count=4), "16 credits left")
        [message] = world.posted(world.images)
        assert len(message.content) <= 2000
        assert [link for link in links if f"({link})" in message.content] == links[:3]
        assert await booked(services.store) == {"reserve": 4, "settle": 4}


async def test_words_alone_are_not_a_result(world: LocalWorld) -> None:
    """Where even one link is too long for a message, the member does not pay for words without a picture."""
    [link] = answer_with_links(world, 1, 2100)
    world.discord.faults.plan("POST", SEND, TOO_LARGE, times=2)
    async with world.bot() as services:
        world.order()
        await ended(services.store)
        results = [each for each in world.ada.sees(world.images) if "AI-generated" in each.content]
        assert [each.content for each in results if not each.attachments and link not in each.content] == []


async def test_after_automod_the_prompt_is_nowhere(world: LocalWorld) -> None:
    """Words that a server blocks stand neither in the message nor in the pictures' alt text."""
    world.discord.faults.plan("POST", SEND, refusal(400, 200000))
    async with world.bot():
        world.order("a rude kite", count=2)
        message = await world.result(world.images)
        assert "rude" not in message.content
        assert [each.description for each in message.attachments] == 2 * [text("result.alt_bare")]


@pytest.mark.parametrize("private", [True, False])
async def test_an_answer_that_was_dismissed(world: LocalWorld, private: bool) -> None:
    """Where it would have become the result, its member alone gets the picture beside it."""
    world.api.seconds = 0.5
    if not private:
        world.discord.deny(world.images, "SEND_MESSAGES")
    async with world.bot() as services:
        interaction = world.order(private=private)
        world.discord.delete_message(await world.answer(interaction, "Making"))
        message = await world.answer(interaction, "AI-generated")
        assert message.ephemeral_for is world.places.ada
        assert len(message.attachments) == 1
        assert (text("result.only_you") in message.content) is not private
        assert world.posted(world.images) == []
        await ended(services.store)
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


async def told_at_last(world: LocalWorld, interaction: Interaction) -> None:
    """Wait until the answer says that the picture is lost, longer than `world.answer` does."""
    await world.ada.until(
        interaction.channel,
        lambda each: each.interaction is interaction and text("failed.lost") in each.content,
        PATIENT,
    )


async def test_a_failure_that_only_the_answer_can_tell(world: LocalWorld) -> None:
    """Private or in a foreign server it is told as soon as Discord can be reached again, however late."""
    world.api.faults.plan("POST", CALL, Fault(500, delay=1), times=2)
    async with world.bot() as services:
        private = world.order("a secret kite", private=True)
        foreign = world.ada.slash(world.places.sketches, "generate", prompt="a barn")
        for interaction in (private, foreign):
            await world.answer(interaction, "Making")
        world.discord.faults.plan("PATCH", ANSWER, Fault(delay=6, reset="before"), times=2)
        await ended(services.store, 2)
        for interaction in (private, foreign):
            await told_at_last(world, interaction)
    async with world.store() as store:
        assert await store.untold() == []
    assert world.posted(world.images) == []


async def test_without_the_history_nothing_is_posted_twice(world: LocalWorld) -> None:
    """The bot cannot see whether its result stands there, and keeps it for the member."""
    world.discord.deny(world.images, "READ_MESSAGE_HISTORY")
    interaction = await posted_by_a_bot_that_died(world)
    async with world.bot() as services:
        await world.reads(interaction, "held.undeliverable")
        assert len(world.posted(world.images)) == 1
        assert await booked(services.store) == {"reserve": 2}


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_result_that_waited_long_for_its_turn(world: LocalWorld) -> None:
    """It cannot stand there before it was first sent: a second try needs no look into the channel."""
    world.discord.deny(world.images, "READ_MESSAGE_HISTORY")
    world.discord.faults.plan("POST", SEND, HANG)
    world.discord.faults.plan("POST", SEND, Fault(503))
    async with world.bot() as services:
        first = world.order("a kite")
        await world.discord.faults.until_seen("POST", SEND)
        world.linus.slash(world.images, "generate", prompt="a barn")
        await world.linus.until(
            world.images, lambda _: len(world.posted(world.images)) == 1, CALL_PATIENCE + PATIENT
        )
        await world.reads(first, "held.undeliverable")  # which perhaps stands there
        await ended(services.store)
        assert await booked(services.store) == {"reserve": 2, "settle": 1}


async def test_a_result_under_much_talk_is_found(world: LocalWorld) -> None:
    """More than one page of newer messages do not hide it."""
    interaction = await posted_by_a_bot_that_died(world)
    for number in range(120):
        world.linus.say(world.images, f"chat {number}")
    async with world.bot() as services:
        await world.answer(interaction, "18 credits left")
        assert len(world.posted(world.images)) == 1
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


async def test_a_busy_database_does_not_lose_a_follow_up(world: LocalWorld) -> None:
    """The message that was sent is remembered when the database is free again, and gets its picture."""
    sketches = world.places.sketches
    async with world.bot() as services:
        world.discord.faults.plan("POST", ANSWER, Fault(delay=0.3))
        interaction = world.ada.slash(sketches, "generate", prompt="a barn")
        await world.discord.faults.until_seen("POST", ANSWER)
        with closing(sqlite3.connect(world.folder / "bot.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(BUSY_TIMEOUT + 1)  # longer than the bot waits for it at once
        await world.answer(interaction, "4 credits left")
        [result] = [each for each in world.posted(sketches) if "AI-generated" in each.content]
        assert len(result.attachments) == 1
        assert await booked(services.store) == {"reserve": 1, "settle": 1}
