"""A member replies to a picture and says what should change."""

import pytest

from bot.texts import text
from sandbox.discord.components import flat
from sandbox.faults import Fault
from storage.records import JobState
from tests.api_cases import WAYS, Way
from tests.journeys.replying import ask, below, colours_of, result_below, shows, tidy
from tests.local_world import LocalWorld, booked, ended, in_state, upload

PLACES = ("server", "thread", "direct")


async def test_a_reply_to_the_bot_s_own_picture(world: LocalWorld) -> None:
    """With the ping that Discord sets by itself it is enough; the result replies to the reply."""
    async with world.bot() as services:
        await world.answer(world.order("a boat"), "Done")
        first = await world.result(world.images)
        asked = ask(world, first, "make it night", person=world.linus)
        second = await result_below(world, asked)
        assert second.pinged == {world.linus.user.id}
        assert second.content.startswith(f"<@{world.linus.user.id}> make it night\n-# AI-generated")
        labels = {each.get("label") for each in flat(second.components)}
        assert {text("button.edit"), text("button.compare"), text("button.delete")} <= labels
        boat, night = await tidy(world, services, first, second)
        assert (night.parent_id, night.source_message_id) == (boat.id, first.id)
        assert (night.user_id, night.chosen, night.inputs) == (world.linus.user.id, None, 1)
        assert [call.action for call in world.api.calls] == ["generate", "edit"]
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


async def test_replies_go_on_and_branch(world: LocalWorld) -> None:
    """Each works on the picture that it replies to, and knows its line."""
    async with world.bot() as services:
        await world.answer(world.order("a boat"), "Done")
        boat = await world.result(world.images)
        night = await result_below(world, ask(world, boat, "make it night"))
        snow = await result_below(world, ask(world, night, "add snow"))
        day = await result_below(world, ask(world, boat, "make it noon"))
        jobs = {job.prompt: job for job in await tidy(world, services, boat, night, snow, day)}
        parents = {prompt: job.parent_id for prompt, job in jobs.items()}
        assert parents == {
            "a boat": None,
            "make it night": jobs["a boat"].id,
            "add snow": jobs["make it night"].id,
            "make it noon": jobs["a boat"].id,
        }
        line = await services.descent.ancestors(jobs["add snow"].id, most=10)
        assert [job.prompt for job in line] == ["make it night", "a boat"]
        children = await services.descent.children(jobs["a boat"], most=10)
        assert [job.prompt for job in children] == ["make it noon", "make it night"]


@pytest.mark.parametrize("place", PLACES)
async def test_a_reply_to_somebody_s_picture(world: LocalWorld, place: str) -> None:
    """It mentions the bot, but in direct messages; the one who asks pays, from the account of the place."""
    if place == "direct":
        channel = world.ada.dm()
        photo = world.ada.say(channel, uploads=[upload("red")])
    else:
        thread = world.discord.add_thread(world.images, "night pictures")
        channel = thread if place == "thread" else world.images
        photo = shows(world, "red", channel=channel)
    async with world.bot() as services:
        result = await result_below(world, ask(world, photo, "make it night"))
        [job] = await tidy(world, services, result)
        assert (job.prompt, job.parent_id, job.source_message_id) == ("make it night", None, photo.id)
        assert (job.channel_id, job.user_id) == (channel.id, world.ada.user.id)
        assert colours_of(world.api.calls[0].inputs) == ["red"]
        left = 4 if place == "direct" else 19
        await world.answer(world.ada.slash(channel, "generate", prompt="x"), f"{left - 1} credits left")


async def test_without_a_mention_it_is_not_meant(world: LocalWorld) -> None:
    """People talk about each other's pictures."""
    photo = shows(world, "red")
    async with world.bot() as services:
        world.ada.say(world.images, "make it night", reply_to=photo)
        world.ada.say(world.images, f"<@{world.discord.state.bot.id}> make it night")
        result = await result_below(world, ask(world, photo, "make it noon"))
        [job] = await tidy(world, services, result)
        assert job.prompt == "make it noon"


async def test_its_progress_is_one_small_reply(world: LocalWorld) -> None:
    """It says what is being made, notifies nobody, and goes away when the result stands."""
    world.api.seconds = 0.3
    photo = shows(world, "red")
    async with world.bot() as services:
        asked = ask(world, photo, "make it **night** @everyone")
        progress = await world.linus.until(
            world.images, lambda message: "Making your picture" in message.content
        )
        assert below(world, asked) == [progress]
        assert progress.pinged == set()
        assert r"\*\*night\*\*" in progress.content
        await tidy(world, services, await result_below(world, asked))
        assert world.discord.faults.count("POST", "/api/v10/channels/*/messages") == 2


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_cancelled_while_it_waits(world: LocalWorld) -> None:
    """The progress has the button; only the member who asked may press it."""
    world.api.faults.plan("POST", world.api.paid_path, Fault(hang=True))
    photo = shows(world, "red")
    async with world.bot() as services:
        await world.answer(world.order("in the way"), "Making")
        await in_state(services.store, JobState.SUBMITTING)
        asked = ask(world, photo, "make it night")
        waiting = await world.ada.until(world.images, lambda message: "In line" in message.content)
        refused = world.linus.press(waiting, text("button.cancel"))
        words = text("refused.not_yours_to_cancel")
        told = await world.linus.until(world.images, lambda message: message.content == words)
        assert (told.interaction, told.ephemeral_for) == (refused, world.linus.user)
        world.ada.press(waiting, text("button.cancel"))
        await world.ada.until(world.images, lambda message: message.content == text("progress.cancelled"))
        assert below(world, asked) == [waiting]
        assert list(flat(waiting.components)) == []
        [job] = await ended(services.store)
        assert job.state is JobState.CANCELLED
        assert await booked(services.store) == {"reserve": 2, "refund": 1}


async def test_a_failure_stands_where_the_progress_was(world: LocalWorld) -> None:
    """With what became of the credits, and a button to try it again."""
    photo = shows(world, "red")
    async with world.bot() as services:
        world.api.faults.plan("POST", world.api.paid_path, Fault(500))
        asked = ask(world, photo, "make it night")
        failed = await world.ada.until(
            world.images, lambda message: message.content.endswith(text("failed.lost"))
        )
        assert below(world, asked) == [failed]
        assert await booked(services.store) == {"reserve": 1, "refund": 1}
        again = world.ada.press(failed, text("button.try_again", n=1))
        await world.answer(again, "19 credits left")


async def test_fewer_pictures_than_asked_for(world: LocalWorld) -> None:
    """Then the progress stays, with what came back."""
    world.api.partial = 1
    photo = shows(world, "red")
    async with world.bot() as services:
        asked = ask(world, photo, "make it night --count 3")
        result = await result_below(world, asked)
        assert len(result.attachments) == 1
        await world.ada.until(
            world.images,
            lambda message: message.content == text("progress.partly", n=2, made=1, asked=3),
        )
        assert len(below(world, asked)) == 2
        assert await booked(services.store) == {"reserve": 3, "settle": 1, "refund": 2}


@pytest.mark.parametrize("way", [pytest.param(way, id=name) for name, way in WAYS.items()])
@pytest.mark.parametrize("place", PLACES)
async def test_at_both_image_apis(world: LocalWorld, way: Way, place: str) -> None:
    """In each waiting mode, wherever it was asked: charged once, to the one who asked."""
    api = way.arrange(world)
    direct = place == "direct"
    channel = world.ada.dm() if direct else world.images
    if place == "thread":
        channel = world.discord.add_thread(world.images, "night pictures")
    photo = (world.ada if direct else world.linus).say(channel, uploads=[upload("red")])
    async with world.bot() as services:
        result = await result_below(world, ask(world, photo, "make it night"))
        [job] = await tidy(world, services, result)
        price = way.credits("edit", 1)
        assert (job.state, job.user_id, job.credits) == (JobState.DELIVERED, world.ada.user.id, price)
        assert await booked(services.store) == {"reserve": price, "settle": price}
        assert (api.posts, api.billed) == (1, 1)
        assert len(result.attachments) == 1
