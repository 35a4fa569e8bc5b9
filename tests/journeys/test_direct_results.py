"""`/defaults dm:True`: what cannot be posted anywhere else comes as a direct message, once."""

import pytest

from bot.texts import text
from sandbox.discord.model import Message
from sandbox.faults import Fault
from storage.records import JobState
from tests.journeys.panels import jobs_of, labels, words
from tests.journeys.restarts import HANG, SEND, change, until_told
from tests.journeys.result_row import RICH, form, press
from tests.local_world import LocalWorld, booked, ended, in_state, upload


def in_person(world: LocalWorld) -> list[Message]:
    """What the bot has written to Ada."""
    return world.posted(world.ada.dm())


async def left_without_a_place(world: LocalWorld, *, private: bool = False) -> None:
    """Ada asks for a picture; then the bot may no longer post, and her answer has expired."""
    world.api.seconds = 0.5
    interaction = world.order("a lake", private=private)
    await world.answer(interaction, "Making")
    world.discord.deny(world.images, "SEND_MESSAGES")
    world.discord.advance(16 * 60)


@pytest.mark.parametrize("private", [False, True])
async def test_with_the_wish(world: LocalWorld, private: bool) -> None:
    """It stands there with its buttons, which work at the cost of the account for direct messages."""
    async with world.bot() as services:
        await world.ada.slash(world.images, "defaults", dm=True).answered()
        await left_without_a_place(world, private=private)
        message = await world.result(world.ada.dm())
        await ended(services.store)
        assert await booked(services.store) == {"reserve": 1, "settle": 1}
        opened = press(world.ada, message, "edit")
        await form(opened)
        world.ada.submit(opened, words="let it snow")
        assert "let it snow" in (await world.result(world.ada.dm(), after=1)).content
        world.ada.press(message, "Again · 1 credit")
        jobs = await ended(services.store, 3)
        assert [job.guild_id for job in jobs] == [world.places.hq.id, None, None]
        assert [job.source_message_id for job in jobs] == [None, message.id, None]
        assert world.posted(world.images) == []


async def test_an_edit_that_comes_as_a_direct_message(world: LocalWorld) -> None:
    """Made again there, it has no link to a message of the channel, which would lead nowhere."""
    world.api.seconds = 0.5
    async with world.bot() as services:
        await world.ada.slash(world.images, "defaults", dm=True).answered()
        opened = world.ada.menu(world.linus.say(world.images, uploads=[upload()]), "Edit image")
        await opened.answered()
        await world.answer(world.ada.submit(opened, words="let it snow"), "Making")
        world.discord.deny(world.images, "SEND_MESSAGES")
        world.discord.advance(16 * 60)
        press(world.ada, await world.result(world.ada.dm()), "again")
        again = await world.result(world.ada.dm(), after=1)
        first, second = await ended(services.store, 2)
        assert (first.source_message_id is None, second.source_message_id) == (False, None)
        compared = await press(world.ada, again, "compare").answered()
        assert compared is not None
        assert len(compared.attachments) == 1


@pytest.mark.parametrize("wish", [True, False])
async def test_else_it_is_held(world: LocalWorld, wish: bool) -> None:
    """Without the wish nobody is written to; who takes no direct messages finds it in `/jobs`."""
    world.places.ada.takes_dms = not wish
    async with world.bot() as services:
        await world.ada.slash(world.images, "defaults", dm=wish).answered()
        await left_without_a_place(world)
        await in_state(services.store, JobState.HELD)
        assert in_person(world) == []
        listed = await jobs_of(world, world.ada)
        assert text("held.undeliverable") in words(listed)
        assert text("button.deliver") in labels(listed)


async def test_never_where_there_is_another_place(world: LocalWorld) -> None:
    """The wish is for what could not be posted, not for everything."""
    world.changes |= RICH
    async with world.bot():
        await world.ada.slash(world.images, "defaults", dm=True).answered()
        await world.answer(world.order(), "Done")
        await world.answer(world.order(private=True), "AI-generated")
        world.discord.deny(world.images, "SEND_MESSAGES")
        await world.answer(world.order(), text("result.only_you"))
        assert in_person(world) == []


@pytest.mark.parametrize("later", [0, 240], ids=["at once", "after Discord has forgotten the nonce"])
@pytest.mark.parametrize("lost", [Fault(reset="after"), HANG], ids=["sent", "not sent"])
async def test_killed_while_it_is_sent(world: LocalWorld, lost: Fault, later: int) -> None:
    """The next bot sends it, or finds it there: it comes once."""
    dm = f"/api/v10/channels/{world.ada.dm().id}/messages"
    async with world.bot_process() as bot:
        await world.ada.slash(world.images, "defaults", dm=True).answered()
        world.discord.faults.plan("POST", dm, lost)
        world.discord.faults.plan("POST", dm, HANG, times=10)
        await left_without_a_place(world)
        await world.discord.faults.until_seen("POST", dm, count=1 if lost is HANG else 2)
        bot.kill()
        await bot.wait()
    world.discord.faults.clear()
    world.discord.advance(later)
    change(world, f"UPDATE jobs SET ready_at = ready_at - {later}")
    async with world.bot() as services:
        await ended(services.store)
        await until_told(world)
        assert [len(message.attachments) for message in in_person(world)] == [1]
        assert await booked(services.store) == {"reserve": 1, "settle": 1}
    assert world.discord.faults.count("POST", SEND) >= 1
