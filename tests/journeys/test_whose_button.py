"""Who may press what: results that one member alone sees, and who may delete one."""

import pytest

from bot.texts import text
from sandbox.discord.people import Person
from sandbox.faults import Fault
from storage.records import JobState
from tests.journeys.panels import forge, jobs_of, shown
from tests.journeys.restarts import SEND, look, until
from tests.journeys.result_row import Spot, form, job_id, newest, press, row
from tests.journeys.test_result_buttons import HAS_MESSAGE
from tests.local_world import LocalWorld, booked, ended

SHOW = text("button.deliver_again")


async def is_gone(world: LocalWorld, job: str) -> None:
    """Wait until the bot knows that the message of a result was deleted."""
    await until(lambda: look(world, HAS_MESSAGE.format(job)) == [])


@pytest.mark.parametrize("who", ["ada", "grace"])
@pytest.mark.parametrize("place", ["images", "dm", "sketches"])
async def test_deleted_by_who_asked_or_moderates(world: LocalWorld, place: str, who: str) -> None:
    """The message goes, its credits stay spent, and `/jobs` has no link to it any more."""
    if who == "grace" and place != "images":
        world.discord.join(world.places.grace, world.places.foreign, roles=[world.places.hq.roles[0]])
    spot = Spot(world, place)
    person = spot.ada if place == "dm" else Person(world.discord.state, getattr(world.places, who))
    async with world.bot() as services:
        result = await spot.ask()
        [job] = await ended(services.store)
        press(person, result, "delete")
        await until(lambda: result not in spot.ada.sees(spot.channel))
        await is_gone(world, job.id)
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


@pytest.mark.parametrize("place", ["images", "sketches"])
async def test_not_deleted_by_anybody_else(world: LocalWorld, place: str) -> None:
    """They read why, and the message stays as it is."""
    spot = Spot(world, place)
    other = world.linus
    if place == "sketches":  # which belongs to Linus
        other = world.discord.person(world.places.grace)
        world.discord.join(other.user, world.places.foreign)
    async with world.bot() as services:
        result = await spot.ask()
        await ended(services.store)
        press(other, result, "delete")
        told = await other.until(
            spot.channel, lambda each: each.content == text("refused.not_yours_to_remove")
        )
        assert told.ephemeral_for is other.user
        assert result in spot.ada.sees(spot.channel)
        assert (await newest(services, world.ada)).result_message_id == result.id


async def test_deleted_before_its_delivery_is_written(world: LocalWorld) -> None:
    """The message is there before Discord's answer to the bot; `/jobs` never links to it."""
    async with world.bot() as services:
        world.discord.faults.plan("POST", SEND, Fault(drip=0.001))
        order = world.order()
        result = await world.result(world.images)
        press(world.ada, result, "delete")
        await until(lambda: world.posted(world.images) == [])
        assert [job.state for job in await services.store.in_states(JobState)] == [JobState.READY]
        await world.answer(order, "Done")
        [job] = await ended(services.store)
        await is_gone(world, job.id)


async def test_deleted_twice_at_once(world: LocalWorld) -> None:
    """Nobody reads of an error."""
    grace = world.discord.person(world.places.grace)
    async with world.bot() as services:
        result = await Spot(world, "images").ask()
        [job] = await ended(services.store)
        before = len(grace.sees(world.images)), len(world.ada.sees(world.images))
        press(world.ada, result, "delete")
        press(grace, result, "delete")
        await is_gone(world, job.id)
        await world.discord.faults.until_seen("DELETE", "/api/v10/webhooks/*", count=2)
        await world.answer(world.order("another boat"), "Done")
        assert len(grace.sees(world.images)) == before[0]  # one result went, another one came
        assert len(world.ada.sees(world.images)) == before[1] + 1  # and the answer to Ada


async def test_a_copy_that_is_deleted_is_not_the_result(world: LocalWorld) -> None:
    """What `/jobs` shows once more goes, and the message in the channel stays, with its link."""
    spot = Spot(world, "images")
    async with world.bot() as services:
        result = await spot.ask()
        [job] = await ended(services.store)
        listed = await jobs_of(world, world.ada)
        copy = await shown(world.ada, world.ada.press(listed, SHOW))
        press(world.ada, copy, "delete")
        await until(lambda: copy not in world.ada.sees(world.images))
        assert result in world.ada.sees(world.images)
        await world.answer(world.order(), "Done")
        assert (await services.store.get(job.id)).result_message_id == result.id


@pytest.mark.parametrize("action", ["again", "bigger", "edit"])
async def test_what_comes_of_a_copy_is_for_its_member_alone(world: LocalWorld, action: str) -> None:
    """Somebody who gets a result once more, perhaps elsewhere, has not asked to show it there."""
    spot, lounge = Spot(world, "images"), world.places.lounge
    async with world.bot() as services:
        await spot.ask("edit")
        await ended(services.store)
        listed = await jobs_of(world, world.ada, lounge)
        copy = await shown(world.ada, world.ada.press(listed, SHOW))
        pressed = press(world.ada, copy, action)
        if action == "edit":
            await form(pressed)
            pressed = world.ada.submit(pressed, words="let it snow")
        result = await shown(world.ada, pressed)
        job = await newest(services, world.ada)
        assert (job.id, job.private, job.source_message_id) == (job_id(result), True, None)
        assert world.posted(lounge) == []


@pytest.mark.parametrize("action", ["edit", "again", "bigger", "compare", "delete"])
async def test_a_private_result_is_for_its_member_alone(world: LocalWorld, action: str) -> None:
    """A forged button leads nowhere, and tells nothing."""
    async with world.bot() as services:
        secret = await Spot(world, "private").ask("edit", prompt="a secret")
        assert secret not in world.linus.sees(world.images)
        world.linus.slash(world.images, "generate", prompt="mine")
        own = await world.result(world.images, world.linus)
        before = row(secret)[action].split(":")
        world.linus.press(own, forge(own, action, ":".join(before[1:])))
        told = await world.linus.until(
            world.images, lambda each: each.content == text("refused.request_gone")
        )
        assert told.ephemeral_for is world.linus.user
        assert own in world.linus.sees(world.images)
        assert secret in world.ada.sees(world.images)
        assert len(await services.store.in_states(JobState)) == 2


@pytest.mark.parametrize("action", ["edit", "again", "bigger", "compare", "delete"])
async def test_a_button_of_a_request_that_never_was(world: LocalWorld, action: str) -> None:
    """After the loss of the database, or forged: one sentence."""
    async with world.bot():
        result = await Spot(world, "images").ask("edit")
        before = row(result)[action].split(":")
        name = forge(result, action, ":".join(["0" * 16, *before[2:]]))
        world.linus.press(result, name)
        told = await world.linus.until(
            world.images, lambda each: each.content == text("refused.request_gone")
        )
        assert told.ephemeral_for is world.linus.user
