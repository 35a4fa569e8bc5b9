"""A member types a command, and a picture comes back."""

from io import BytesIO

import pytest
from PIL import ExifTags, Image

from sandbox.discord.model import Message, Upload
from tests.local_world import LocalWorld, booked, ended, upload

ORDERS = [
    ("nano-banana", "1K", "1:1"),
    ("nano-banana-2", "1K", "3:2"),
    ("nano-banana-2", "2K", "2:3"),
    ("nano-banana-2", "4K", "16:9"),
    ("nano-banana-pro", "1K", "9:16"),
    ("nano-banana-pro", "2K", "4:3"),
    ("nano-banana-pro", "4K", "3:4"),
]
PRICE_OF_ALL = 1 + 2 + 3 + 4 + 4 + 4 + 8


async def test_generate_posts_a_picture_and_counts_its_credit(world: LocalWorld) -> None:
    """The result is a new message that pings its member, and the private answer ends with what is left."""
    async with world.bot() as services:
        interaction = world.ada.slash(world.images, "generate", prompt="a *red* fox in snow")
        message = await world.result(world.images)
        done = await world.answer(interaction, "Done")
        assert "19 credits left" in done.content
        assert done.ephemeral_for is world.places.ada
        assert message.ephemeral_for is None
        assert message.pinged == {world.places.ada.id}
        assert r"a \*red\* fox in snow" in message.content
        assert "AI-generated · nano-banana · 1K" in message.content
        [job] = await ended(services.store)
        assert [(line.kind, line.credits) for line in await services.store.ledger(job.id)] == [
            *3 * [("reserve", 1)],
            *3 * [("settle", 1)],
        ]
        assert world.api.posts == 1


async def test_progress_names_what_is_made_and_when(world: LocalWorld) -> None:
    """While the API works, the private answer says what it makes, and a time that the client counts down."""
    world.api.seconds = 0.5
    async with world.bot():
        interaction = world.ada.slash(world.images, "generate", prompt="two owls", count=2)
        progress = await world.answer(interaction, "Ready about <t:")
        assert "Making 2 pictures with nano-banana" in progress.content
        assert "two owls" in progress.content
        assert progress.ephemeral_for is world.places.ada
        await world.answer(interaction, "Done")


async def test_four_pictures_come_in_one_message(world: LocalWorld) -> None:
    """Each of the four has a name of its own and is described for those who cannot see it."""
    async with world.bot() as services:
        interaction = world.ada.slash(world.images, "generate", prompt="four seasons", count=4)
        message = await world.result(world.images)
        assert len({attachment.filename for attachment in message.attachments}) == 4
        assert {attachment.description for attachment in message.attachments} == {
            "AI-generated: four seasons"
        }
        assert "16 credits left" in (await world.answer(interaction, "Done")).content
        assert await booked(services.store) == {"reserve": 4, "settle": 4}


@pytest.mark.parametrize("count", [1, 4])
async def test_edit_sends_the_pictures_to_the_api(world: LocalWorld, count: int) -> None:
    """The attached pictures reach the API in their order, and the shape is left to it."""
    async with world.bot() as services:
        pictures = {"image1": upload("red", (96, 64)), "image2": upload("blue", (64, 96))}
        interaction = world.ada.slash(world.images, "edit", prompt="make it night", count=count, **pictures)
        message = await world.result(world.images)
        assert len(message.attachments) == count
        [call] = world.api.calls
        assert (call.action, call.aspect_ratio, call.count, len(call.inputs)) == ("edit", None, count, 2)
        await world.answer(interaction, "Done")
        assert await booked(services.store) == {"reserve": count, "settle": count}


async def test_a_photograph_leaves_without_its_metadata(world: LocalWorld) -> None:
    """The API gets it upright, and learns nothing of camera and place."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Model] = "Secret Camera"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 51.0, 24.0)
    photograph = BytesIO()
    Image.new("RGB", (96, 64), "green").save(photograph, "JPEG", exif=exif)
    async with world.bot():
        options = {"image1": Upload("photo.jpg", photograph.getvalue())}
        world.ada.slash(world.images, "edit", prompt="make it night", **options)
        await world.result(world.images)
        [[sent]] = [call.inputs for call in world.api.calls]
        with Image.open(BytesIO(sent)) as picture:
            assert picture.size == (64, 96)
            assert not picture.getexif()
        assert b"Secret Camera" not in sent


async def test_generate_with_pictures_is_an_edit_for_the_api(world: LocalWorld) -> None:
    """Eight reference pictures may come along, and the chosen shape is kept."""
    async with world.bot():
        pictures = {f"image{number}": upload(size=(32, 32)) for number in range(1, 9)}
        world.ada.slash(world.images, "generate", prompt="all of these", aspect_ratio="16:9", **pictures)
        await world.result(world.images)
        [call] = world.api.calls
        assert (call.action, call.aspect_ratio, len(call.inputs)) == ("edit", "16:9", 8)


@pytest.mark.settings(default_allowance="50/day")
async def test_every_model_size_and_shape_reaches_the_api(world: LocalWorld) -> None:
    """What is chosen is what the API is asked for, at the listed price."""
    async with world.bot() as services:
        for model, resolution, ratio in ORDERS:
            options = {"model": model, "resolution": resolution, "aspect_ratio": ratio}
            interaction = world.ada.slash(world.images, "generate", prompt="a boat", **options)
            await world.answer(interaction, "Done")
        asked = [(call.model, call.resolution, call.aspect_ratio) for call in world.api.calls]
        assert asked == ORDERS
        assert await booked(services.store) == {"reserve": PRICE_OF_ALL, "settle": PRICE_OF_ALL}


async def test_typed_values_are_matched_without_regard_to_case(world: LocalWorld) -> None:
    """People type as they like; the API gets its own spelling."""
    async with world.bot():
        options = {"model": " NANO-Banana-2 ", "resolution": "2k", "aspect_ratio": "16 : 9"}
        world.ada.slash(world.images, "generate", prompt="a boat", **options)
        await world.result(world.images)
        [call] = world.api.calls
        assert (call.model, call.resolution, call.aspect_ratio) == ("nano-banana-2", "2K", "16:9")


async def test_autocomplete_shows_prices(world: LocalWorld) -> None:
    """The labels carry the price of what is chosen so far, and typing narrows them down."""

    async def names(option: str, typed: str = "", **others: str) -> list[str]:
        choices = await world.ada.autocomplete(world.images, "generate", option, typed, **others)
        return [choice.name for choice in choices]

    async with world.bot():
        assert await names("model") == [
            "nano-banana · 1 credit an image",
            "nano-banana-2 · from 2 credits an image",
            "nano-banana-pro · from 4 credits an image",
        ]
        assert await names("model", "PRO") == ["nano-banana-pro · from 4 credits an image"]
        assert await names("resolution") == [
            "1K · from 1 credit an image",
            "2K · from 3 credits an image",
            "4K · from 4 credits an image",
        ]
        assert await names("resolution", model="nano-banana-2") == [
            "1K · 2 credits an image",
            "2K · 3 credits an image",
            "4K · 4 credits an image",
        ]
        assert await names("aspect_ratio", "16", model="Nano-Banana-Pro", resolution="4k") == [
            "16:9 · 8 credits an image",
            "9:16 · 8 credits an image",
        ]


@pytest.mark.settings(image_apis="xhuo,ruxa")
async def test_autocomplete_knows_what_edits_cost(world: LocalWorld) -> None:
    """Where another model makes the edit, its price is shown; what cannot be had is not offered."""

    async def ratios(command: str, typed: str, **others: str) -> list[str]:
        choices = await world.ada.autocomplete(world.images, command, "aspect_ratio", typed, **others)
        return [choice.name for choice in choices]

    async with world.bot():
        assert await ratios("generate", "21:9") == ["21:9 · 1 credit an image"]
        assert await ratios("edit", "21:9") == ["21:9 · 4 credits an image"]
        assert await ratios("edit", "16:9") == ["16:9 · 1 credit an image"]
        assert await ratios("generate", "21:9", model="nano-banana-2") == []


@pytest.mark.settings(image_apis="ruxa")
async def test_usage_says_what_edits_cost(world: LocalWorld) -> None:
    """Ruxa AI edits with its pro model, and the price table says so."""
    async with world.bot():
        world.ada.slash(world.images, "usage")
        line = "`nano-banana` 1 at 1K · edits 4 at 1K"
        await world.ada.until(world.images, lambda message: line in str(message.components))


@pytest.mark.settings(credit_prices="nano-banana=3,nano-banana-pro:4K=9")
async def test_the_operators_prices_count(world: LocalWorld) -> None:
    """A price from the settings is shown and taken."""
    async with world.bot():
        choices = await world.ada.autocomplete(world.images, "generate", "model", "")
        assert choices[0].name == "nano-banana · from 3 credits an image"
        interaction = world.ada.slash(world.images, "generate", prompt="a boat")
        assert "17 credits left" in (await world.answer(interaction, "Done")).content


async def test_spoiler_hides_every_picture(world: LocalWorld) -> None:
    """The client hides them until they are clicked."""
    async with world.bot():
        world.ada.slash(world.images, "generate", prompt="the ending", count=2, spoiler=True)
        message = await world.result(world.images)
        assert [attachment.spoiler for attachment in message.attachments] == [True, True]


async def test_private_results_are_never_in_the_channel(world: LocalWorld) -> None:
    """Only the member who asked ever sees anything of it."""
    async with world.bot():
        before = world.linus.sees(world.images)
        interaction = world.ada.slash(world.images, "generate", prompt="a surprise", count=2, private=True)
        message = await world.answer(interaction, "18 credits left")
        assert message.ephemeral_for is world.places.ada
        assert len(message.attachments) == 2
        assert "AI-generated" in message.content
        assert world.linus.sees(world.images) == before
        assert world.discord.faults.count("POST", "/api/v10/channels/*/messages") == 0


async def test_a_thread_gets_its_result(world: LocalWorld) -> None:
    """A command in a thread is answered in the thread."""
    thread = world.discord.add_thread(world.images, "night pictures")
    async with world.bot():
        world.ada.slash(thread, "generate", prompt="an owl")
        message = await world.result(thread)
        assert message.channel is thread
        assert world.posted(world.images) == []


def panel(message: Message) -> str:
    """All words of a panel."""
    return str(message.components)


async def test_usage_shows_what_is_left_and_the_prices(world: LocalWorld) -> None:
    """The panel is private and counts what was spent here."""
    async with world.bot():
        interaction = world.ada.slash(world.images, "generate", prompt="a boat", count=3)
        await world.answer(interaction, "Done")
        answer = await world.ada.slash(world.images, "usage").answered()
        assert answer is not None
        assert answer.ephemeral_for is world.places.ada
        assert "17 credits left** of 20 a day · renews <t:" in panel(answer)
        assert "Nothing is running." in panel(answer)
        for words in ("`nano-banana` 1 at 1K", "`nano-banana-2` 2 at 1K · 3 at 2K · 4 at 4K", "8 at 4K"):
            assert words in panel(answer)


async def test_usage_shows_what_is_running(world: LocalWorld) -> None:
    """A picture in the works stands there with its prompt."""
    world.api.seconds = 1
    async with world.bot():
        interaction = world.ada.slash(world.images, "generate", prompt="a slow snail")
        await world.answer(interaction, "Ready about")
        answer = await world.ada.slash(world.images, "usage").answered()
        assert answer is not None
        assert "a slow snail · nano-banana" in panel(answer)
        await world.answer(interaction, "Done")
