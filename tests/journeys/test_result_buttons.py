"""The row of buttons below every result: what is there, for whom, at which price, and where."""

import pytest

from bot.texts import text
from sandbox.discord.options import ClientRefused
from sandbox.discord.permissions import Permission
from sandbox.faults import Fault
from storage.records import JobState
from tests.api_cases import WAYS, XHUO_CALL, Way
from tests.journeys.restarts import look, until
from tests.journeys.result_row import PLACES, RICH, Spot, form, job_id, newest, press, price, row
from tests.local_world import LocalWorld, booked, ended

HAS_MESSAGE = "SELECT id FROM jobs WHERE result_message_id IS NOT NULL AND id = '{}'"

# Each way meets one place every time, and the others in the long tests.
WALKS = [
    pytest.param(way, place, id=f"{name}-{place}", marks=() if at == to else pytest.mark.long)
    for at, (name, way) in enumerate(WAYS.items())
    for to, place in enumerate(PLACES)
]


@pytest.mark.parametrize(("way", "place"), WALKS)
async def test_the_whole_row(world: LocalWorld, way: Way, place: str) -> None:
    """Again, edited, compared, made bigger, deleted: what each press costs is its presser's, once."""
    way.arrange(world)
    world.changes |= RICH
    spot = Spot(world, place)
    person = spot.presser
    async with world.bot() as services:
        first = await spot.ask()
        assert list(row(first)) == ["edit", "again", "bigger", "delete"]

        press(person, first, "again")
        again = await spot.next()
        costs = [price(first, "again")]
        [original, second] = await ended(services.store, 2)
        assert (second.user_id, second.prompt, second.parent_id) == (person.user.id, "a boat", None)
        assert (second.private, second.channel_id) == (spot.private, spot.channel.id)
        assert "a boat" in again.content

        opened = press(person, again, "edit")
        await form(opened)
        person.submit(opened, words="let it snow", model="nano-banana-pro")
        edited = await spot.next()
        costs.append(4)
        third = (await ended(services.store, 3))[2]
        assert (third.parent_id, third.inputs, third.private) == (second.id, 1, spot.private)
        assert list(row(edited)) == ["edit", "again", "bigger", "compare", "delete"]

        compared = await press(person, edited, "compare").answered()
        assert compared is not None
        assert compared.ephemeral_for is person.user
        assert [file.content_type for file in compared.attachments] == ["image/jpeg"]

        press(person, edited, "bigger")
        bigger = await spot.next()
        costs.append(price(edited, "bigger"))
        fourth = (await ended(services.store, 4))[3]
        assert (fourth.parent_id, fourth.resolution, fourth.prompt) == (third.id, "2K", "let it snow")
        assert text("result.bigger") in bigger.content

        paid = await services.store.paid([original.id, second.id, third.id, fourth.id])
        assert [paid[job.id] for job in (second, third, fourth)] == costs
        assert await booked(services.store) == {"reserve": sum(costs) + 1, "settle": sum(costs) + 1}
        results = [message for message in (again, edited, bigger) if message.reference]
        assert len(results) == (0 if place in {"sketches", "private"} else 3)
        press(person, bigger, "delete")
        await until(lambda: bigger not in person.sees(spot.channel))
        await until(lambda: look(world, HAS_MESSAGE.format(fourth.id)) == [])


async def test_after_a_restart_and_next_month(world: LocalWorld) -> None:
    """The meaning of a button stands in its id."""
    spot = Spot(world, "images")
    async with world.bot():
        first = await spot.ask("edit")
    async with world.bot() as services:
        press(world.linus, first, "again")
        await spot.next()
        opened = press(world.linus, first, "edit")
        assert "words" in await form(opened)
        assert (await newest(services, world.linus)).press == f"again:{job_id(first)}"


@pytest.mark.parametrize("action", ["again", "bigger"])
async def test_another_price_is_shown_before_it_is_paid(world: LocalWorld, action: str) -> None:
    """The button is relabelled and nothing is spent; pressed again, it costs what stands on it."""
    spot = Spot(world, "images")
    async with world.bot():
        message = await spot.ask()
    others = {key: id_ for key, id_ in row(message).items() if key != action}
    world.changes["credit_prices"] = "nano-banana:1K=3,nano-banana-2:2K=7"
    async with world.bot() as services:
        pressed = press(world.linus, message, action)
        told = await world.linus.until(
            world.images, lambda each: each.ephemeral_for is world.linus.user and each.content != ""
        )
        now = {"again": 3, "bigger": 7}[action]
        assert told.content == text("refused.price_changed", n=now)
        assert price(message, action) == now
        assert {key: id_ for key, id_ in row(message).items() if key != action} == others
        assert len(message.attachments) == 1
        assert await booked(services.store) == {"reserve": 1, "settle": 1}
        assert pressed.answer is message
        press(world.linus, message, action)
        await spot.next()
        await ended(services.store, 2)
        assert await booked(services.store) == {"reserve": 1 + now, "settle": 1 + now}


async def test_another_price_of_trying_again(world: LocalWorld) -> None:
    """The button below a failure keeps its words, for whoever presses."""
    world.api.faults.plan("POST", XHUO_CALL, Fault(500, json={}))
    async with world.bot():
        message = await world.reads(world.order(), "failed.lost")
    world.changes["credit_prices"] = "nano-banana=2"
    async with world.bot() as services:
        world.ada.press(message, text("button.try_again", n=1))
        await world.ada.until(world.images, lambda each: each.content == text("refused.price_changed", n=2))
        assert message.content == text("failed.lost")
        world.ada.press(message, text("button.try_again", n=2))
        await world.result(world.images)
        await ended(services.store, 2)
        assert await booked(services.store) == {"reserve": 3, "refund": 1, "settle": 2}


async def test_a_largest_picture_has_no_bigger(world: LocalWorld) -> None:
    """There is no button for what cannot be made."""
    async with world.bot():
        message = await Spot(world, "images").ask(model="nano-banana-pro", resolution="4K")
        assert list(row(message)) == ["edit", "again", "delete"]


async def test_a_failure_that_is_tried_again(world: LocalWorld) -> None:
    """The message that only Ada sees becomes a result for everybody, as she had asked."""
    world.api.faults.plan("POST", XHUO_CALL, Fault(500, json={}))
    async with world.bot() as services:
        message = await world.reads(world.order(count=2), "failed.lost")
        world.ada.press(message, text("button.try_again", n=2))
        assert len((await world.result(world.images, world.linus)).attachments) == 2
        await ended(services.store, 2)
        assert await booked(services.store) == {"reserve": 4, "refund": 2, "settle": 2}


async def test_a_member_without_credits(world: LocalWorld) -> None:
    """It is the presser's account that is empty, and nobody else pays."""
    world.changes["default_allowance"] = "1/day"
    spot = Spot(world, "images")
    async with world.bot() as services:
        message = await spot.ask()
        refused = press(world.ada, message, "again")
        answer = await world.answer(refused, "This costs 1 credit and you have 0 left")
        assert answer.content.endswith("Nothing was spent.")
        press(world.linus, message, "again")
        await spot.next()
        [_, job] = await ended(services.store, 2)
        assert job.user_id == world.linus.user.id


@pytest.mark.parametrize("action", ["edit", "again", "bigger"])
async def test_who_may_not_use_commands_may_not_press(world: LocalWorld, action: str) -> None:
    """Discord keeps them from commands alone."""
    async with world.bot() as services:
        message = await Spot(world, "images").ask()
        world.images.overwrites[world.linus.user.id] = Permission.USE_APPLICATION_COMMANDS
        with pytest.raises(ClientRefused):
            world.linus.slash(world.images, "generate", prompt="a boat")
        await world.reads(press(world.linus, message, action), "refused.not_allowed")
        assert len(await services.store.in_states(JobState)) == 1


@pytest.mark.parametrize("action", ["again", "bigger"])
async def test_where_the_bot_may_no_longer_post(world: LocalWorld, action: str) -> None:
    """The presser gets the result in the answer, for them alone."""
    async with world.bot() as services:
        message = await Spot(world, "images").ask()
        world.discord.deny(world.images, "SEND_MESSAGES")
        answer = await world.answer(press(world.linus, message, action), text("result.only_you"))
        assert (answer.ephemeral_for, len(answer.attachments)) == (world.linus.user, 1)
        assert len(await ended(services.store, 2)) == 2


async def test_in_an_archived_thread(world: LocalWorld) -> None:
    """Nobody can write there, and the result still comes to whoever presses."""
    spot = Spot(world, "thread")
    async with world.bot():
        message = await spot.ask()
        world.discord.archive(spot.channel)
        answer = await world.answer(press(world.linus, message, "again"), text("result.only_you"))
        assert (answer.ephemeral_for, len(answer.attachments)) == (world.linus.user, 1)
