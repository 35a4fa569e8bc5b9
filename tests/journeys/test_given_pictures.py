"""Pictures that were given to the bot alone: what becomes of them when others press Again."""

import asyncio
from typing import Any

import pytest

from sandbox.discord.people import Person
from sandbox.faults import Fault
from storage.records import JobState
from tests.api_cases import XHUO_CALL
from tests.journeys.exports import exported
from tests.journeys.restarts import change, look
from tests.journeys.result_row import RICH, Spot, job_id, press
from tests.journeys.test_privacy_deletion import delete, files
from tests.local_world import LocalWorld, booked, ended, upload

DEFER = "/api/v10/interactions/*"


async def links(world: LocalWorld, person: Person) -> list[Any]:
    """Where the input pictures of somebody's requests were, by their export."""
    requests = (await exported(world, person))["requests"]
    return [each["url"] for request in requests for each in request["pictures"] if each["kind"] == "source"]


async def test_nobody_else_gets_the_link_to_them(world: LocalWorld) -> None:
    """Again copies the picture, and only the giver's own export says where Discord has it."""
    world.changes |= RICH
    spot = Spot(world, "images")
    async with world.bot():
        edited = await spot.ask("edit", image1=upload("lime", name="my-face.png"))
        press(world.linus, edited, "again")
        press(world.linus, await spot.next(), "again")
        again = await spot.next()
        assert await links(world, world.linus) == [None, None]
        press(world.ada, again, "again")
        await spot.next()
        [copied, given] = await links(world, world.ada)
        assert copied == given
        assert "my-face.png" in given


async def test_copies_go_with_their_giver(world: LocalWorld) -> None:
    """Results that others have made stay; what they were made from is gone, over however many presses."""
    world.changes |= RICH
    spot = Spot(world, "images")
    grace = world.discord.person(world.places.grace)
    async with world.bot() as services:
        edited = await spot.ask("edit")
        press(world.linus, edited, "again")
        second = await spot.next()
        press(grace, second, "again")
        third = await spot.next()
        own = world.linus.slash(world.images, "edit", prompt="their boat", image1=upload())
        await world.answer(own, "Done", world.linus)
        await ended(services.store, 4)
        await delete(world)
        kept = [path for path in await asyncio.to_thread(files, world) if "source" in path.name]
        assert [
            str(look(world, f"SELECT prompt FROM jobs WHERE id = '{path.parent.name}'")) for path in kept
        ] == ["[('their boat',)]"]
        for message, person in ((second, world.linus), (third, grace), (third, world.linus)):
            await world.reads(press(person, message, "again"), "refused.inputs_gone")
            assert (world.folder / "spool" / job_id(message)).exists()
        await world.reads(press(grace, third, "compare"), "refused.not_yours_to_compare")


async def test_a_copy_that_is_under_way_has_nothing_to_work_on(world: LocalWorld) -> None:
    """It waits in line while the giver is deleted: it is refunded, and never made from words alone."""
    world.changes |= RICH | {"xhuo_max_in_flight": 1}
    spot = Spot(world, "images")
    async with world.bot() as services:
        edited = await spot.ask("edit")
        await ended(services.store)
        world.api.seconds = 1.5
        first = world.linus.slash(world.images, "generate", prompt="their boat")
        await world.api.faults.until_seen("POST", XHUO_CALL, count=2)
        pressed = press(world.linus, edited, "again")
        await world.answer(pressed, "In line", world.linus)
        await delete(world)
        await world.reads(pressed, "failed.inputs_gone")
        await world.answer(first, "Done", world.linus)
        assert len(world.api.calls) == 2
        assert (await booked(services.store))["refund"] == 1


async def test_no_press_keeps_them_for_longer_than_a_day(world: LocalWorld) -> None:
    """What counts is when the first request ended, for which the picture was given."""
    world.changes |= RICH
    spot = Spot(world, "images")
    async with world.bot() as services:
        edited = await spot.ask("edit")
        press(world.linus, edited, "again")
        second = await spot.next()
        await ended(services.store, 2)
        first = f"UPDATE jobs SET ended_at = ended_at - {{}} WHERE id = '{job_id(edited)}'"
        change(world, first.format(23 * 3600))
        press(world.linus, second, "again")
        third = await spot.next()
        await ended(services.store, 3)
        change(world, first.format(3601))
        for message in (second, third):
            await world.reads(press(world.linus, message, "again"), "refused.inputs_gone")


@pytest.mark.parametrize("command", ["generate", "edit"])
async def test_deleted_while_a_press_is_being_answered(world: LocalWorld, command: str) -> None:
    """The button's request was read before the deletion, and would be written after it."""
    world.changes |= RICH
    async with world.bot() as services:
        made = await Spot(world, "images").ask(command)
        await ended(services.store)
        world.discord.faults.plan("POST", DEFER, Fault(delay=1))
        pressed = press(world.linus, made, "again")
        await world.discord.faults.until_seen("POST", DEFER, count=2)
        await services.privacy.delete(world.ada.user.id)
        await world.reads(pressed, "refused.words_gone")
        assert len(await services.store.in_states(JobState)) == 1
