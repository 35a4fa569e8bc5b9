"""The Apps menu of a message: "Edit image" on anybody's picture, "Image details" on the bot's."""

import pytest

from bot.texts import text
from sandbox.discord.model import Message
from sandbox.discord.people import Person
from sandbox.discord.permissions import Permission
from storage.records import JobState
from tests.api_cases import WAYS, Way
from tests.journeys.panels import entries, jobs_of, panel, words
from tests.journeys.restarts import look, until
from tests.journeys.result_row import RICH, Spot, job_id, newest, pass_days, press
from tests.journeys.test_result_buttons import HAS_MESSAGE
from tests.local_world import LocalWorld, booked, ended, upload

EDIT, DETAILS = "Edit image", "Image details"


async def details(person: Person, message: Message) -> str:
    """What somebody reads about a result."""
    return words(await panel(person.menu(message, DETAILS)))


async def edited(spot: Spot, message: Message, prompt: str = "let it snow") -> Message:
    """Ada edits a message by its menu; gives the result."""
    opened = spot.ada.menu(message, EDIT)
    await opened.answered()
    spot.ada.submit(opened, words=prompt)
    return await spot.next(spot.ada)


PLACES = ("images", "thread", "dm", "sketches")


@pytest.mark.parametrize(
    ("way", "place"),
    [
        pytest.param(
            way, place, id=f"{name}-{place}", marks=() if at % len(PLACES) == to else pytest.mark.long
        )
        for at, (name, way) in enumerate(WAYS.items())
        for to, place in enumerate(PLACES)
    ],
)
async def test_anybodys_picture_anywhere(world: LocalWorld, way: Way, place: str) -> None:
    """In a server, a thread, a direct message and where the app is carried to: the one who asks pays."""
    way.arrange(world)
    spot = Spot(world, place)
    async with world.bot() as services:
        author = world.ada if place == "dm" else world.linus
        photo = author.say(spot.channel, "my boat", uploads=[upload()])
        result = await edited(spot, photo)
        assert "let it snow" in result.content
        [job] = await ended(services.store)
        assert (job.user_id, job.inputs, job.parent_id) == (world.ada.user.id, 1, None)
        assert job.source_message_id == photo.id
        assert (result.reference is not None) == (place != "sketches")
        cost = way.credits("edit", 1)
        assert await booked(services.store) == {"reserve": cost, "settle": cost}


async def test_a_member_who_wants_everything_private(world: LocalWorld) -> None:
    """Their edit of a picture in the channel is shown to them alone."""
    spot = Spot(world, "private")
    async with world.bot() as services:
        await world.ada.slash(world.images, "defaults", private=True).answered()
        result = await edited(spot, world.linus.say(world.images, uploads=[upload()]))
        assert result.ephemeral_for is world.ada.user
        [job] = await ended(services.store)
        assert job.private
        assert world.posted(world.images) == []


async def test_a_message_without_pictures(world: LocalWorld) -> None:
    """Both commands say so, and no form is opened."""
    async with world.bot() as services:
        message = world.linus.say(world.images, "no picture here")
        await world.reads(world.ada.menu(message, EDIT), "refused.no_picture")
        await world.reads(world.ada.menu(message, DETAILS), "refused.no_details")
        photo = world.linus.say(world.images, uploads=[upload()])
        await world.reads(world.ada.menu(photo, DETAILS), "refused.no_details")
        assert await services.store.in_states(JobState) == []


async def test_details(world: LocalWorld) -> None:
    """Words, settings, who asked, cost, the picture before and those after, each as a link."""
    world.changes |= RICH
    spot = Spot(world, "images")
    async with world.bot() as services:
        first = await spot.ask(prompt="a *red* boat", model="nano-banana-2", resolution="2K")
        second = await edited(spot, first, "let it snow")
        third = await edited(spot, second, "and at night")
        await ended(services.store, 3)
        shown = await details(world.linus, second)
        base = f"https://discord.com/channels/{world.places.hq.id}/{world.images.id}"
        assert "> let it snow\n" in shown
        assert "nano-banana-2 · 2K · 1 picture · <t:" in shown
        assert f"Asked for by <@{world.ada.user.id}> · 3 credits" in shown
        assert rf"**Made from** [a \*red\* boat]({base}/{first.id})" in shown
        assert f"**Became** [and at night]({base}/{third.id})" in shown
        assert f"`{job_id(second)}` · done" in shown
        assert "trace" not in shown
        assert (await details(world.linus, third)).count(base) == 2
        [line, _, last] = entries(await jobs_of(world, world.ada))
        assert f"[made from]({base}/{second.id})" in line
        assert "made from" not in last


@pytest.mark.parametrize("way", [WAYS["xhuo-sync"], WAYS["ruxa-polling"]], ids=["xhuo", "ruxa"])
async def test_the_apis_ids_are_for_who_manages_the_server(world: LocalWorld, way: Way) -> None:
    """They help with a support case; in a server without the bot nobody manages it."""
    way.arrange(world)
    spot, away = Spot(world, "images"), Spot(world, "sketches")
    grace = world.discord.person(world.places.grace)
    async with world.bot():
        result = await spot.ask()
        shown = await details(grace, result)
        assert f"-# {way.api} · task `" in shown
        assert "trace `" in shown
        assert "trace" not in await details(world.ada, result)
        there = await away.ask()
        world.discord.install_for_user(world.linus.user)
        assert "trace" not in await details(world.linus, there)  # its owner


async def test_a_deleted_message_in_the_middle(world: LocalWorld) -> None:
    """The chain goes on over it, and its own link is gone."""
    world.changes |= RICH
    spot = Spot(world, "images")
    async with world.bot() as services:
        first = await spot.ask(prompt="a boat")
        second = await edited(spot, first, "let it snow")
        third = await edited(spot, second, "and at night")
        await ended(services.store, 3)
        press(world.ada, second, "delete")
        await until(lambda: look(world, HAS_MESSAGE.format(job_id(second))) == [])
        shown = await details(world.ada, third)
        assert f"**Made from** {text('details.gone')} · [a boat](" in shown
        assert "**Became**" not in await details(world.ada, first)
        assert "at dawn" in (await edited(spot, third, "at dawn")).content


async def test_what_was_said_elsewhere_stays_there(world: LocalWorld) -> None:
    """A private edit, and one of a result that came as a direct message, are not told in the channel."""
    world.changes |= RICH
    spot, alone, dm = Spot(world, "images"), Spot(world, "private"), Spot(world, "dm")
    async with world.bot() as services:
        await world.ada.slash(world.images, "defaults", dm=True).answered()
        first = await spot.ask()
        alone.known = spot.known
        await world.ada.slash(world.images, "defaults", private=True).answered()
        secret = await edited(alone, first, "a secret")
        assert secret.ephemeral_for is world.ada.user
        await world.ada.slash(world.images, "defaults", private=False).answered()
        world.discord.deny(world.images, "SEND_MESSAGES")
        world.api.seconds = 0.5
        ordered = world.order("a lake")
        await world.answer(ordered, "Making")
        world.discord.advance(16 * 60)
        lake = await dm.next(world.ada)
        await edited(dm, lake, "another secret")
        job = await newest(services, world.ada)
        assert job.parent_id == job_id(lake)
        assert "secret" not in await details(world.linus, first)
        assert "secret" not in await details(world.ada, lake)


async def test_the_longest_words_of_a_chain_fit(world: LocalWorld) -> None:
    """Whatever ten prompts are; all of one's own are in a file."""
    world.changes |= RICH
    spot = Spot(world, "images")
    prompt = "[" * 4000
    async with world.bot() as services:
        message = await spot.ask(prompt=prompt, count=4)
        for _ in range(5):
            message = await edited(spot, message, prompt)
        middle = message
        for _ in range(6):
            await edited(spot, middle, prompt)
        await ended(services.store, 12)
        grace = world.discord.person(world.places.grace)
        shown = await details(grace, middle)
        assert len(shown) <= 4000
        assert shown.count("https://") == 10
        file = await grace.until(
            world.images, lambda each: [file.filename for file in each.attachments] == ["words.txt"]
        )
        assert file.attachments[0].data.decode() == prompt
        assert file.ephemeral_for is world.places.grace


async def test_details_of_last_month(world: LocalWorld) -> None:
    """Words go after a month; what is left is told."""
    spot = Spot(world, "images")
    async with world.bot() as services:
        result = await spot.ask()
        await ended(services.store)
        await pass_days(world, services, 31)
        shown = await details(world.linus, result)
        assert text("details.words_gone") in shown
        assert "nano-banana · 1K · 1:1 · 1 picture" in shown


async def test_a_result_without_buttons(world: LocalWorld) -> None:
    """Its files tell which it is, as of those from before there were buttons."""
    spot = Spot(world, "images")
    async with world.bot() as services:
        result = await spot.ask()
        result.components = []
        assert "> a boat" in await details(world.linus, result)
        await edited(spot, result)
        first, second = await ended(services.store, 2)
        assert second.parent_id == first.id


async def test_who_may_not_use_commands(world: LocalWorld) -> None:
    """A form that is open already does not help them."""
    async with world.bot() as services:
        opened = world.ada.menu(world.linus.say(world.images, uploads=[upload()]), EDIT)
        await opened.answered()
        world.images.overwrites[world.ada.user.id] = Permission.USE_APPLICATION_COMMANDS
        await world.reads(world.ada.submit(opened, words="let it snow"), "refused.not_allowed")
        assert await services.store.in_states(JobState) == []
