"""`/operator`: what the application's owner or team can do, in one server."""

import pytest

from bot.texts import text
from sandbox.discord.model import Interaction
from sandbox.discord.options import OptionValue
from sandbox.discord.people import Person
from tests.journeys.forging import forged, said
from tests.journeys.moderating import answered, in_log, set_log_channel
from tests.journeys.panels import words
from tests.journeys.restarts import until
from tests.local_world import LocalWorld, booked, refusal


@pytest.fixture
def world(world: LocalWorld) -> LocalWorld:
    """The world, with the operator's server."""
    world.changes["operator_guild_id"] = world.places.hq.id
    return world


def operator(world: LocalWorld) -> Person:
    """The application's owner."""
    return world.discord.person(world.discord.application.owner)


def typed(world: LocalWorld, command: str, /, **options: OptionValue) -> Interaction:
    """The operator types a command."""
    return operator(world).slash(world.images, f"operator {command}", **options)


async def test_a_team(world: LocalWorld) -> None:
    """Each of its members is the operator, as long as Discord says so."""
    async with world.bot():
        world.discord.application.team[:] = [world.discord.application.owner, world.places.ada]
        told = await answered(world.ada.slash(world.images, "operator status"))
        assert "## All servers" in words(told)
        assert words(told).splitlines()[-2].endswith("0 waiting · 1 server")
        world.discord.application.team.remove(world.places.ada)
        told = await answered(world.ada.slash(world.images, "operator status"))
        assert told.content == text("refused.not_operator")


async def test_only_where_the_operator_wants_it(world: LocalWorld) -> None:
    """Other servers do not have the command; without the setting there is none."""
    other = world.discord.add_guild("Night Owls", owner=world.places.linus)
    owls = world.discord.add_channel(other, "owls")
    world.discord.install_bot(other)
    async with world.bot():
        assert "operator status" in {each.name for each in world.ada.commands(world.images)}
        assert "operator status" not in {each.name for each in world.linus.commands(owls)}
        assert "quota overview" in {each.name for each in world.linus.commands(owls)}


@pytest.mark.settings(bot_budget=10, credit_price_usd="0.02")
async def test_what_is_spent(world: LocalWorld) -> None:
    """The whole bot, and each server, in credits and in money."""
    other = world.discord.add_guild("Night *Owls*", owner=world.places.linus)
    owls = world.discord.add_channel(other, "owls")
    world.discord.install_bot(other)
    async with world.bot():
        assert "Nothing was spent in this period." in words(await answered(typed(world, "servers")))
        await world.answer(world.order(count=3), "Done")
        await world.answer(world.linus.slash(owls, "generate", prompt="x"), "Done", world.linus)
        status = words(await answered(typed(world, "status")))
        assert "**4 of 10 credits** used today · renews <t:" in status
        assert "0 being made, 0 waiting · 2 servers" in status
        assert "40 %" in status
        lines = words(await answered(typed(world, "servers"))).splitlines()[1:]
        assert lines == [
            f"**Nano Banana HQ** `{world.places.hq.id}` · 3 of 500 · $0.06",
            f"**Night \\*Owls\\*** `{other.id}` · 1 of 500 · $0.02",
        ]


async def test_a_ceiling_of_its_own(world: LocalWorld) -> None:
    """Nobody in chat can lift it; members read when it is back; the server's log has it."""
    async with world.bot() as services:
        log = await set_log_channel(world)
        told = await answered(typed(world, "ceiling", server="nano banana", credits=2))
        assert told.content == f"✅ Nano Banana HQ ({world.places.hq.id}): 2 credits a day."
        await in_log(world, log, "The operator set the ceiling of this server: 2 credits")
        await world.answer(world.order(count=2), "Done")
        refusal = await world.answer(world.order(), "This server has used")
        assert "<t:" in refusal.content
        lifted = world.grace.slash(world.images, "quota grant", member=str(world.places.ada.id), credits=50)
        await answered(lifted)
        await world.answer(world.order(), "This server has used")
        await answered(typed(world, "ceiling", server=str(world.places.hq.id)))
        await in_log(world, log, "back to the default")
        await world.answer(world.order(), "Done")
        assert await booked(services.store) == {"reserve": 3, "settle": 3}


@pytest.mark.settings(server_ceiling="4/day")
async def test_another_ceiling_is_told_anew(world: LocalWorld) -> None:
    """How much of the new one is used, although the same was told of the former one."""
    async with world.bot():
        log = await set_log_channel(world)
        await world.answer(world.order(count=4), "Done")
        await in_log(world, log, "All of this server's 4 credits are used")
        await answered(typed(world, "ceiling", server=str(world.places.hq.id), credits=8))
        await world.answer(world.order(count=4), "Done")
        await in_log(world, log, "All of this server's 8 credits are used")


async def test_the_ceiling_of_a_server_that_is_gone(world: LocalWorld) -> None:
    """It can be taken away by the server's number, and nothing else can be done there."""
    other = world.discord.add_guild("Night Owls", owner=world.places.linus)
    world.discord.install_bot(other)
    async with world.bot() as services:
        await answered(typed(world, "ceiling", server="owls", credits=2))
        world.discord.remove_bot(other)
        await until(lambda: services.server_log.knows_role(other.id)(other.id) is False)
        given = {"server": str(other.id)}
        assert "Nothing was changed." in (await answered(typed(world, "ceiling", **given, credits=3))).content
        assert "default" in (await answered(typed(world, "ceiling", **given))).content
        assert "Nothing was changed." in (await answered(typed(world, "ceiling", **given))).content


async def test_a_ceiling_whose_answer_is_put_away(world: LocalWorld) -> None:
    """It is set, so the server's log has it."""
    async with world.bot():
        log = await set_log_channel(world)
        edit = "/api/v10/webhooks/*/*/messages/@original"
        world.discord.faults.plan("PATCH", edit, refusal(404, 10008))
        await said(world, typed(world, "ceiling", server="nano banana", credits=2))
        await in_log(world, log, "The operator set the ceiling of this server: 2 credits")


@pytest.mark.parametrize(
    ("server", "credits_"), [("nowhere", 5), ("", 5), ("Nano Banana HQ", -1), ("Nano Banana HQ", 2**40)]
)
async def test_ceilings_that_are_none(world: LocalWorld, server: str, credits_: int) -> None:
    """An unknown server, an amount that nobody means."""
    other = world.discord.add_guild("Night Owls", owner=world.places.linus)
    world.discord.install_bot(other)
    async with world.bot():
        refusal = forged(
            world, operator(world), world.images, "operator ceiling", server=server, credits=credits_
        )
        assert (await said(world, refusal)).endswith("Nothing was changed.")


async def test_suggestions(world: LocalWorld) -> None:
    """Servers by name, for the operator alone."""
    async with world.bot():
        found = await operator(world).autocomplete(world.images, "operator ceiling", "server", "banana")
        hq = str(world.places.hq.id)
        assert [(each.name, each.value) for each in found] == [(f"Nano Banana HQ · {hq}", hq)]
        assert await world.ada.autocomplete(world.images, "operator ceiling", "server", "") == []


async def test_pause_and_resume(world: LocalWorld) -> None:
    """New requests are refused everywhere, accepted ones are made; a restart does not forget it."""
    world.api.seconds = 0.5
    async with world.bot():
        first = world.order("first")
        await world.api.faults.until_seen("POST", "/v1/nano-banana/*")
        assert (await answered(typed(world, "pause"))).content == text("operator.pause")
        assert (await answered(typed(world, "pause"))).content == text("operator.pause_already")
        await world.reads(world.order(), "refused.paused")
        await world.reads(world.ada.slash(world.ada.dm(), "generate", prompt="x"), "refused.paused")
        await world.answer(first, "Done")
    async with world.bot():
        await world.reads(world.order(), "refused.paused")
        assert "⏸️" in words(await answered(typed(world, "status")))
        overview = world.grace.slash(world.images, "quota overview")
        assert "⏸️" in words(await answered(overview))
        assert (await answered(typed(world, "resume"))).content == text("operator.resume")
        assert (await answered(typed(world, "resume"))).content == text("operator.resume_already")
        await world.answer(world.order(), "Done")
