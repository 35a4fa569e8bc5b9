"""Replies with and without the content of messages, which Discord grants or does not."""

import asyncio
import sys
from asyncio.subprocess import PIPE

import pytest

from bot.texts import text
from sandbox.discord.model import Message
from sandbox.discord.people import Person
from tests.journeys.replying import ask, below, result_below, shows, tidy, told_below
from tests.journeys.restarts import change
from tests.local_world import LocalWorld, upload

A_DAY = 24 * 3600


@pytest.fixture
def blind(world: LocalWorld) -> LocalWorld:
    """A world in which the bot may not read what is not meant for it."""
    world.discord.application.message_content = False
    return world


async def own_picture(world: LocalWorld) -> Message:
    """A result of the bot."""
    await world.answer(world.order("a boat"), "Done")
    return await world.result(world.images)


async def is_hinted(world: LocalWorld, picture: Message, person: Person | None = None) -> None:
    """A reply without the ping is answered with why nothing comes of it."""
    asked = ask(world, picture, "make it night", ping=False, person=person)
    await told_below(world, asked, "refused.leave_ping")


async def is_passed_over(world: LocalWorld, *asked: Message) -> None:
    """None of these is answered, although what was asked behind them is."""
    channel = asked[-1].channel
    await world.answer(world.ada.slash(channel, "generate", prompt="a kite"), "Done")
    assert [below(world, each) for each in asked] == [[] for _ in asked]


async def test_without_it_replies_to_the_bot_work_with_their_ping(blind: LocalWorld) -> None:
    """Words, options and further pictures are read."""
    async with blind.bot() as services:
        first = await own_picture(blind)
        asked = ask(blind, first, "put this on --count 2", uploads=[upload("blue")])
        second = await result_below(blind, asked)
        _, job = await tidy(blind, services, first, second)
        assert (job.prompt, job.count, job.inputs) == ("put this on", 2, 2)


async def test_without_it_direct_messages_work(blind: LocalWorld) -> None:
    """There everything is meant for the bot: also a reply to one's own picture, and without a ping."""
    photo = blind.ada.say(blind.ada.dm(), uploads=[upload("red")])
    async with blind.bot() as services:
        first = await result_below(blind, ask(blind, photo, "make it night"))
        second = await result_below(blind, ask(blind, first, "add snow", ping=False))
        await tidy(blind, services, first, second)


async def test_without_it_others_pictures_are_hidden(blind: LocalWorld) -> None:
    """One line with the way out, each time that the bot is mentioned."""
    photo = shows(blind, "red")
    async with blind.bot() as services:
        await told_below(blind, ask(blind, photo, "make it night"), "refused.hidden")
        forward = blind.linus.forward(photo, blind.images)
        await told_below(blind, ask(blind, forward, "make it noon"), "refused.hidden")
        assert text("menu.edit") in text("refused.hidden")
        await is_passed_over(blind, ask(blind, photo, "thanks!"))
        assert len(await services.store.recent(blind.ada.user.id, skip=0, limit=9)) == 1


async def test_without_it_a_reply_without_the_ping_is_explained_once_a_day(blind: LocalWorld) -> None:
    """For each member and channel; also after a restart, and anew a day later."""
    async with blind.bot():
        picture = await own_picture(blind)
        await is_hinted(blind, picture)
        again = ask(blind, picture, "make it night", ping=False)
        await is_hinted(blind, picture, blind.linus)
        elsewhere = blind.ada.slash(blind.places.lounge, "generate", prompt="a car")
        await blind.answer(elsewhere, "Done")
        await is_hinted(blind, await blind.result(blind.places.lounge))
        await is_passed_over(blind, again)
    async with blind.bot():
        await is_passed_over(blind, ask(blind, picture, "make it night", ping=False))
        change(blind, f"UPDATE hints SET at = at - {A_DAY}")
        await is_hinted(blind, picture)


async def test_without_it_talk_between_members_is_left_alone(blind: LocalWorld) -> None:
    """Only a reply to a picture of the bot may have been meant as a request."""
    photo = shows(blind, "red")
    async with blind.bot():
        refused = ask(blind, photo, "make it night")
        words = await told_below(blind, refused, "refused.hidden")
        to_words = ask(blind, words, "oh", ping=False)
        to_member = blind.ada.say(blind.images, "make it night", reply_to=photo)
        await is_passed_over(blind, to_words, to_member)


async def test_with_it_no_ping_is_needed_below_the_bot_s_pictures(world: LocalWorld) -> None:
    """And pictures of others are seen."""
    async with world.bot() as services:
        first = await own_picture(world)
        second = await result_below(world, ask(world, first, "make it night", ping=False))
        third = await result_below(world, ask(world, shows(world, "red"), "make it noon"))
        await tidy(world, services, first, second, third)


@pytest.mark.settings(message_content_intent="off")
async def test_switched_off_it_is_as_if_it_were_not_granted(world: LocalWorld) -> None:
    """The operator may not want to read along."""
    async with world.bot():
        await told_below(world, ask(world, shows(world, "red"), "make it night"), "refused.hidden")
        await is_hinted(world, await own_picture(world))


async def test_a_restart_notices_that_it_was_granted(blind: LocalWorld) -> None:
    """Nothing has to be set: the bot asks Discord."""
    photo = shows(blind, "red")
    async with blind.bot():
        await told_below(blind, ask(blind, photo, "make it night"), "refused.hidden")
    blind.discord.application.message_content = True
    async with blind.bot():
        await result_below(blind, ask(blind, photo, "make it night"))


@pytest.mark.settings(message_content_intent="on")
async def test_demanded_and_not_granted(blind: LocalWorld) -> None:
    """The bot ends with status 2, and the last line says what to do."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"), cwd=blind.folder, env=blind.environment(), stderr=PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    last = said.decode().splitlines()[-1]
    assert "MESSAGE_CONTENT_INTENT" in last
    assert "developer portal" in last
    assert b"Traceback" not in said
