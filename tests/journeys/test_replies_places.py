"""Replies where something is missing: the message, the member, a permission."""

import pytest

from bot.texts import text
from sandbox.discord.permissions import Permission
from sandbox.faults import Fault
from tests.journeys.replying import ask, is_passed_over, result_below, shows, tidy, told_below
from tests.local_world import LocalWorld, booked


async def test_messages_that_are_deleted_meanwhile(world: LocalWorld) -> None:
    """The picture was taken already: the result comes as a message of its own, which pings the member."""
    world.api.seconds = 0.3
    photo = shows(world, "red")
    async with world.bot() as services:
        asked = ask(world, photo, "make it night")
        await world.ada.until(world.images, lambda each: "Making" in each.content)
        world.ada.delete(asked)
        world.linus.delete(photo)
        result = await world.result(world.images)
        assert result.reference is None
        assert result.pinged == {world.ada.user.id}
        await tidy(world, services, result)
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


async def test_the_member_has_left(world: LocalWorld) -> None:
    """What was asked for comes all the same."""
    world.api.seconds = 0.3
    photo = shows(world, "red")
    async with world.bot() as services:
        asked = ask(world, photo, "make it night")
        await world.linus.until(world.images, lambda each: "Making" in each.content)
        world.discord.leave(world.ada.user, world.places.hq)
        await tidy(world, services, await result_below(world, asked, world.linus))


@pytest.mark.parametrize("permission", ["SEND_MESSAGES", "ATTACH_FILES"])
async def test_where_the_bot_may_not_speak(world: LocalWorld, permission: str) -> None:
    """Nothing is accepted that could not be shown, and nothing is tried."""
    quiet = world.discord.add_channel(world.places.hq, "quiet")
    photo = shows(world, "red", channel=quiet)
    world.discord.deny(quiet, permission)
    async with world.bot() as services:
        await is_passed_over(world, services, ask(world, photo, "make it night"))
        assert world.discord.faults.count("POST", f"/api/v10/channels/{quiet.id}/messages") == 0


async def test_who_may_not_use_commands_in_a_thread_that_the_gateway_never_told_of(world: LocalWorld) -> None:
    """A reply is a command there too, although the bot has to ask what the thread is."""
    thread = world.discord.add_thread(world.images, "old pictures")
    world.images.overwrites[world.ada.user.id] = Permission.USE_APPLICATION_COMMANDS
    thread.archived = True
    async with world.bot() as services:
        thread.archived = False
        below = ask(world, shows(world, "red", channel=thread), "let it snow")
        await told_below(world, below, "refused.not_allowed")
        assert await services.store.ledger() == []


async def test_where_the_bot_may_not_read_the_history(world: LocalWorld) -> None:
    """It cannot reply there: result, refusal and failure come as messages of their own, to the member."""
    photo = shows(world, "red")
    world.discord.deny(world.images, "READ_MESSAGE_HISTORY")
    async with world.bot() as services:
        ask(world, photo, "make it night")
        result = await world.result(world.images)
        assert (result.reference, result.pinged) == (None, {world.ada.user.id})
        ask(world, photo, "night --colour red")
        words = text("refused.option_unknown", given="colour", options=text("reply.options"))
        refused = await world.ada.until(world.images, lambda each: words in each.content)
        assert (refused.reference, refused.pinged) == (None, {world.ada.user.id})
        world.api.faults.plan("POST", world.api.paid_path, Fault(500))
        ask(world, photo, "make it noon")
        words = text("failed.lost")
        failed = await world.ada.until(world.images, lambda each: words in each.content)
        assert (failed.reference, failed.pinged) == (None, {world.ada.user.id})
        assert await booked(services.store) == {"reserve": 2, "settle": 1, "refund": 1}


async def test_a_gateway_that_says_it_twice(world: LocalWorld) -> None:
    """A message that comes a second time makes one job, and one refusal."""
    photo = shows(world, "red")
    async with world.bot() as services:
        asked, wrong = ask(world, photo, "make it night"), ask(world, photo, "--ar 1:1")
        refused = await told_below(world, wrong, "refused.only_options")
        result = await result_below(world, asked)
        for session in world.discord.gateway._sessions.values():
            for frame in list(session._sent):
                if frame["t"] == "MESSAGE_CREATE":
                    session._send(frame)
        later = await result_below(world, ask(world, result, "add snow"))
        jobs = await tidy(world, services, refused, result, later)
        assert [job.prompt for job in jobs] == ["make it night", "add snow"]
