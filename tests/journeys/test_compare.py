"""Compare: the picture before and after an edit, side by side, for who may see both."""

from io import BytesIO
from shutil import rmtree

import pytest
from PIL import Image

from bot.texts import text
from sandbox.discord.model import Message
from sandbox.discord.permissions import Permission
from sandbox.faults import Fault
from tests.api_cases import WAYS, Way
from tests.journeys.result_row import RICH, Spot, form, newest, pass_days, press
from tests.local_world import LocalWorld, ended, upload

MESSAGE = "/api/v10/channels/*/messages/*"


def picture(message: Message) -> Image.Image:
    """What is attached to a message."""
    [file] = message.attachments
    return Image.open(BytesIO(file.data))


async def edited_from_the_chat(spot: Spot) -> tuple[Message, Message]:
    """Linus' photo, and what Ada has had made of it."""
    world = spot.world
    photo = world.linus.say(world.images, "my boat", uploads=[upload()])
    opened = world.ada.menu(photo, "Edit image")
    await opened.answered()
    world.ada.submit(opened, words="let it snow")
    return photo, await spot.next(world.ada)


@pytest.mark.parametrize("way", [WAYS["xhuo-sync"], WAYS["ruxa-polling"]], ids=["xhuo", "ruxa"])
async def test_before_and_after_for_who_gave_the_picture(world: LocalWorld, way: Way) -> None:
    """Both at one height, the old one on the left, to the presser alone and at no cost."""
    way.arrange(world)
    async with world.bot() as services:
        edited = await Spot(world, "images").ask("edit", image1=upload("red", (300, 200)))
        await ended(services.store)
        before = await services.store.ledger()
        compared = await press(world.ada, edited, "compare").answered()
        assert compared is not None
        assert compared.content == text("compare.words")
        assert compared.ephemeral_for is world.ada.user
        assert compared.attachments[0].description == text("compare.alt")
        image = picture(compared)
        red, green, blue = image.convert("RGB").getpixel((10, image.height // 2))  # type: ignore[misc]
        assert red > 200
        assert max(green, blue) < 60
        assert image.width > image.height * 2
        assert await services.store.ledger() == before


async def test_who_may_not_use_commands_compares_nothing(world: LocalWorld) -> None:
    """As with all the other buttons."""
    async with world.bot():
        edited = await Spot(world, "images").ask("edit", image1=upload("red", (300, 200)))
        world.images.overwrites[world.linus.user.id] = Permission.USE_APPLICATION_COMMANDS
        await world.reads(press(world.linus, edited, "compare"), "refused.not_allowed")


async def test_a_picture_that_was_given_to_the_bot_alone(world: LocalWorld) -> None:
    """Nobody but its giver sees it, also through other people's presses of Again, however many."""
    world.changes |= RICH
    spot = Spot(world, "images")
    async with world.bot():
        edited = await spot.ask("edit")
        for _ in range(22):
            await world.reads(press(world.linus, edited, "compare"), "refused.not_yours_to_compare")
            await form(press(world.linus, edited, "edit"))
            press(world.linus, edited, "again")
            edited = await spot.next()
        await press(world.ada, edited, "compare").answered()
        compared = await press(world.ada, edited, "compare").answered()
        assert compared is not None
        assert len(compared.attachments) == 1


async def test_a_picture_that_stands_in_the_chat(world: LocalWorld) -> None:
    """Whoever sees its edit has seen it too, also after Again."""
    spot = Spot(world, "images")
    async with world.bot():
        _, edited = await edited_from_the_chat(spot)
        press(world.ada, edited, "again")
        for message in (edited, await spot.next()):
            compared = await press(world.linus, message, "compare").answered()
            assert compared is not None
            assert len(compared.attachments) == 1


@pytest.mark.parametrize("who", ["author", "moderator", "channel"])
async def test_a_picture_that_no_longer_stands_in_the_chat(world: LocalWorld, who: str) -> None:
    """Whoever has deleted it meant it; the bot shows it only to who had it edited."""
    grace = world.discord.person(world.places.grace)
    async with world.bot():
        photo, edited = await edited_from_the_chat(Spot(world, "images"))
        match who:
            case "author":
                world.linus.delete(photo)
            case "moderator":
                grace.delete(photo)
            case "channel":
                world.discord.deny(world.images, "READ_MESSAGE_HISTORY")
        for person in (world.linus, grace):
            await world.reads(press(person, edited, "compare"), "refused.compare_deleted")
        compared = await press(world.ada, edited, "compare").answered()
        assert compared is not None
        assert len(compared.attachments) == 1


async def test_one_at_a_time_for_each_member(world: LocalWorld) -> None:
    """Who presses again and again waits for the first one; others do not."""
    async with world.bot():
        _, edited = await edited_from_the_chat(Spot(world, "images"))
        world.discord.faults.plan("GET", MESSAGE, Fault(delay=1))
        first = press(world.linus, edited, "compare")
        await world.discord.faults.until_seen("GET", MESSAGE)
        await world.reads(press(world.linus, edited, "compare"), "refused.compare_running")
        for waiting in (press(world.ada, edited, "compare"), first):
            compared = await world.answer(waiting, text("compare.words"))
            assert len(compared.attachments) == 1
        await world.answer(press(world.linus, edited, "compare"), text("compare.words"))


async def test_a_hidden_picture_stays_hidden(world: LocalWorld) -> None:
    """Until it is clicked."""
    async with world.bot():
        edited = await Spot(world, "images").ask("edit", spoiler=True)
        compared = await press(world.ada, edited, "compare").answered()
        assert compared is not None
        assert [file.spoiler for file in compared.attachments] == [True]


@pytest.mark.parametrize("gone", ["after a day", "before its time"])
async def test_after_a_day(world: LocalWorld, gone: str) -> None:
    """Compare and Again say what is gone; Edit and Bigger go on from the picture in the chat."""
    world.changes |= RICH
    spot = Spot(world, "images")
    async with world.bot() as services:
        edited = await spot.ask("edit")
        if gone == "after a day":
            await pass_days(world, services, 2)
        else:
            rmtree(world.folder / "spool")
        await world.reads(press(world.ada, edited, "compare"), "refused.compare_gone")
        await world.reads(press(world.ada, edited, "again"), "refused.inputs_gone")
        press(world.ada, edited, "bigger")
        assert len((await spot.next()).attachments) == 1
        opened = press(world.ada, edited, "edit")
        await opened.answered()
        world.ada.submit(opened, words="let it snow")
        assert "let it snow" in (await spot.next()).content


async def test_after_a_month(world: LocalWorld) -> None:
    """Without its words nothing can be made again or bigger; Edit asks for new ones."""
    spot = Spot(world, "images")
    async with world.bot() as services:
        made = await spot.ask()
        await pass_days(world, services, 31)
        for action in ("again", "bigger"):
            await world.reads(press(world.linus, made, action), "refused.words_gone")
        opened = press(world.linus, made, "edit")
        await opened.answered()
        world.linus.submit(opened, words="let it snow")
        assert "let it snow" in (await spot.next()).content
        assert (await newest(services, world.linus)).parent_id is not None


async def test_a_new_picture_of_yesterday_is_made_again(world: LocalWorld) -> None:
    """Its words are enough."""
    spot = Spot(world, "images")
    async with world.bot() as services:
        made = await spot.ask()
        await pass_days(world, services, 2)
        press(world.linus, made, "again")
        assert "a boat" in (await spot.next()).content
