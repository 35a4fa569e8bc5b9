"""What moderators have decided, as members meet it: at commands, replies and in `/usage`."""

import pytest

from bot.client import Services
from bot.periods import Allowance, Period
from bot.services.change_checks import Moderator, Target, TargetRole
from bot.services.origin import Asker
from bot.texts import text
from sandbox.discord.model import Channel
from storage.records import JobState, Place
from storage.server_records import Channels, ServerSettings
from tests.journeys.panels import panel, words
from tests.journeys.replying import ask, result_below, shows, told_below
from tests.journeys.restarts import until
from tests.local_world import LocalWorld, booked, upload

CALL = "/v1/nano-banana/images"
NOTHING = Allowance(0, Period.DAY)


def grace(world: LocalWorld) -> Moderator:
    """The moderator."""
    return Moderator(world.places.hq.id, world.places.grace.id)


def ada(world: LocalWorld) -> Target:
    """The member whom it is about."""
    return Target(user_id=world.places.ada.id)


async def only_in(world: LocalWorld, services: Services, channel: Channel) -> None:
    """Images may be made in one channel."""
    settings = ServerSettings(channels=Channels.ONLY, channel_ids=(channel.id,))
    await services.moderation.change_settings(grace(world), settings)


async def test_roles_are_those_of_the_request(world: LocalWorld) -> None:
    """A role of this moment counts for a command and for a reply, and no longer when it is gone."""
    role = world.discord.add_role(world.places.hq, "Painters")
    async with world.bot() as services:
        await services.moderation.set_default(grace(world), NOTHING)
        await services.moderation.set_role(
            grace(world), TargetRole(role_id=role.id), Allowance(9, Period.WEEK)
        )
        picture = shows(world, "red")
        await world.reads(world.order(), "refused.no_allowance")
        await told_below(world, ask(world, picture, "let it snow"), "refused.no_allowance")
        roles = world.places.hq.members[world.places.ada.id].roles
        roles.append(role)
        await world.answer(world.order(), "8 credits left")
        await result_below(world, ask(world, picture, "let it snow"))
        shown = words(await panel(world.ada.slash(world.images, "usage")))
        assert shown.startswith(text("usage.title"))
        assert "**7 credits left** of 9 a week" in shown
        roles.remove(role)
        await world.reads(world.order(), "refused.no_allowance")
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


async def test_a_thread_follows_its_parent(world: LocalWorld) -> None:
    """At commands and at replies, also in a thread that the gateway never told of."""
    inside = world.discord.add_thread(world.images, "night pictures")
    unknown = world.discord.add_thread(world.images, "old pictures")
    outside = world.discord.add_thread(world.places.lounge, "talk")
    unknown.archived = True
    async with world.bot() as services:
        unknown.archived = False
        await only_in(world, services, world.images)
        for thread in (inside, unknown):
            world.ada.slash(thread, "generate", prompt="an owl")
            await world.result(thread)
            await result_below(world, ask(world, shows(world, "red", channel=thread), "let it snow"))
        await world.reads(world.ada.slash(outside, "generate", prompt="an owl"), "refused.channel")
        below = ask(world, shows(world, "red", channel=outside), "let it snow")
        await told_below(world, below, "refused.channel")
        assert (await booked(services.store))["reserve"] == 4


async def test_an_edit_is_made_where_it_may_be(world: LocalWorld) -> None:
    """Elsewhere it is refused, and no file of it is kept."""
    async with world.bot() as services:
        await only_in(world, services, world.places.lounge)
        await world.reads(world.order(command="edit"), "refused.channel")
        assert [path for path in world.folder.glob("spool/**/*") if path.is_file()] == []
        picture = {"image1": upload()}
        lounge = world.ada.slash(world.places.lounge, "edit", prompt="snow", **picture)
        await world.answer(lounge, "19 credits left")
        assert len(await services.store.in_states(JobState)) == 1


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_a_block_takes_back_what_waits(world: LocalWorld) -> None:
    """What is being made is brought and paid; what waits is cancelled, and its credits are back."""
    world.api.seconds = 1
    async with world.bot() as services:
        first = world.order("first")
        await world.api.faults.until_seen("POST", CALL)
        second, third = world.order("second", count=4), world.order("third")
        theirs = world.linus.slash(world.images, "generate", prompt="theirs")
        await world.answer(second, "In line")
        await world.answer(third, "In line")
        await services.moderation.block(grace(world), ada(world))
        for waiting in (second, third):
            await world.reads(waiting, "progress.cancelled")
        await world.reads(world.order("fourth"), "refused.blocked")
        await world.answer(first, "19 credits left")
        await world.answer(theirs, "19 credits left", world.linus)
        usage = words(await panel(world.ada.slash(world.images, "usage")))
        assert text("refused.blocked") in usage
        there = world.ada.slash(world.ada.dm(), "generate", prompt="a boat")
        await world.answer(there, "4 credits left")
        assert await booked(services.store) == {"reserve": 8, "settle": 3, "refund": 5}
    assert world.api.posts == 3


async def test_a_bonus_is_shown_and_spent_last(world: LocalWorld) -> None:
    """`/usage` says what comes on top and until when; what a result leaves counts it too."""
    async with world.bot() as services:
        moderation = services.moderation
        await moderation.grant(grace(world), ada(world), 5)
        await moderation.grant(grace(world), ada(world), 1, expires_at=4_000_000_000.0)
        await world.answer(world.order(count=4, model="nano-banana-pro"), "10 credits left")
        await world.answer(world.order(count=2, model="nano-banana-pro"), "2 credits left")
        usage = words(await panel(world.ada.slash(world.images, "usage")))
        assert "**0 credits left** of 20 a day" in usage
        assert "**2 bonus credits** on top · does not expire" in usage
        await moderation.grant(grace(world), ada(world), 1, expires_at=4_000_000_000.0)
        usage = words(await panel(world.ada.slash(world.images, "usage")))
        assert "**1 bonus credit** on top · until <t:4000000000:f>\n**2 bonus credits**" in usage
        await booked(services.store)


@pytest.mark.settings(xhuo_max_in_flight=8)
async def test_how_many_run_at_once_is_the_servers_choice(world: LocalWorld) -> None:
    """One at a time here, while as many as the operator allows run elsewhere; also after a restart."""
    world.api.seconds = 0.5
    async with world.bot() as services:
        settings = ServerSettings(member_running=1)
        await services.moderation.change_settings(grace(world), settings)
    async with world.bot() as services:
        first, second = world.order("first"), world.order("second")
        await world.answer(second, "In line: number 1")
        others = [world.ada.slash(world.ada.dm(), "generate", prompt="a boat") for _ in range(2)]
        await world.answer(first, "Done")
        await world.answer(second, "Done")
        for other in others:
            await world.answer(other, "Done")
        assert await booked(services.store) == {"reserve": 4, "settle": 4}


@pytest.mark.settings(server_ceiling="2/day")
async def test_a_server_that_has_used_its_images(world: LocalWorld) -> None:
    """Everybody in it reads so, and when it goes on, or that less may fit; direct messages go on."""
    async with world.bot() as services:
        await world.reads(world.order(count=3), "refused.never_here", n=3)
        await world.answer(world.order(), "19 credits left")
        await world.answer(world.order(count=2), "too little is left for this server until <t:")
        await world.answer(world.order(), "18 credits left")
        theirs = world.linus.slash(world.images, "generate", prompt="a boat")
        told = await world.answer(theirs, "This server has used its images for today", world.linus)
        asker = Asker(
            place=Place.GUILD, guild_id=world.places.hq.id, user_id=world.places.ada.id, role_ids=()
        )
        back = int((await services.quotas.balance(asker)).renews_at)
        assert told.content == text("refused.server_ceiling.day", back=back)
        await world.answer(world.ada.slash(world.ada.dm(), "generate", prompt="a boat"), "4 credits left")
        await until(lambda: world.api.billed == 3)
        assert await booked(services.store) == {"reserve": 3, "settle": 3}


@pytest.mark.settings(allowed_servers="12345")
async def test_a_server_that_is_not_allowed(world: LocalWorld) -> None:
    """Members read why; where they carry the app, and in direct messages, it works."""
    async with world.bot():
        await world.reads(world.order(), "refused.server_not_allowed")
        await world.answer(world.ada.slash(world.ada.dm(), "generate", prompt="a boat"), "4 credits left")
        world.ada.slash(world.places.sketches, "generate", prompt="a boat")
        await world.result(world.places.sketches)
