"""What reaches Ruxa AI: models, shapes, sizes and formats in its own words, and addresses of the inputs."""

from io import BytesIO

import aiohttp
import pytest
from PIL import ExifTags, Image

from bot.texts import text
from sandbox.apis.ruxa_requests import ASPECT_RATIOS
from sandbox.discord.model import Upload
from sandbox.faults import Fault
from tests.api_cases import RUXA_QUERY
from tests.front_door import front_door
from tests.local_world import LocalWorld, booked, ended, upload

DISCORDS_LINKS = "/ephemeral-attachments/*"
PRO = "google/nano-banana-pro"
SIZES = ("1K", "2K", "4K", *(8 * ("1K",)))  # one for each shape; large ones take long to paint


def photograph() -> Upload:
    """A photograph that knows where it was taken, and lies on its side."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Model] = "Secret Camera"
    file = BytesIO()
    Image.new("RGB", (96, 64), "green").save(file, "JPEG", exif=exif)
    return Upload("photo.jpg", file.getvalue())


@pytest.mark.settings(image_apis="ruxa")
async def test_every_shape_reaches_the_standard_model(world: LocalWorld) -> None:
    """All eleven, at its only size and as PNG; the picture has the shape that was asked for."""
    assert len(ASPECT_RATIOS) == 11
    async with world.bot() as services:
        for ratio in ASPECT_RATIOS:
            await world.answer(world.order(aspect_ratio=ratio), "Done")
        assert [call.ratio for call in world.ruxa.calls] == list(ASPECT_RATIOS)
        assert {(call.model, call.output_format) for call in world.ruxa.calls} == {
            ("google/nano-banana", "png")
        }
        assert await booked(services.store) == {"reserve": 11, "settle": 11}


@pytest.mark.settings(image_apis="ruxa", default_allowance="200/day")
async def test_every_shape_and_size_reaches_the_pro_model(world: LocalWorld) -> None:
    """Sizes in lower case, `jpg` at 4K, no input pictures, each size at its price."""
    asked = list(zip(ASPECT_RATIOS, SIZES, strict=True))
    async with world.bot() as services:
        for ratio, size in asked:
            order = world.order(model="nano-banana-pro", aspect_ratio=ratio, resolution=size)
            await world.answer(order, "Done")
        assert [
            (call.model, call.ratio, call.resolution, call.output_format, call.inputs)
            for call in world.ruxa.calls
        ] == [(PRO, ratio, size.lower(), "jpg" if size == "4K" else "png", ()) for ratio, size in asked]
        price = sum(8 if size == "4K" else 4 for _, size in asked)
        assert await booked(services.store) == {"reserve": price, "settle": price}


@pytest.mark.parametrize(("model", "output_format"), [("nano-banana", "jpeg"), ("nano-banana-pro", "jpg")])
@pytest.mark.settings(image_apis="ruxa", ruxa_output_format="jpeg")
async def test_jpeg_is_spelt_as_each_model_wants_it(
    world: LocalWorld, model: str, output_format: str
) -> None:
    """`jpeg` for the standard model, `jpg` for the other, and the file is what it says it is."""
    async with world.bot():
        await world.answer(world.order(model=model), "Done")
        [call] = world.ruxa.calls
        assert call.output_format == output_format
        [file] = (await world.result(world.images)).attachments
        assert file.content_type == "image/jpeg"


@pytest.mark.settings(image_apis="ruxa")
async def test_a_jpeg_that_is_called_png_gets_its_right_name(world: LocalWorld) -> None:
    """The pro model gives JPEG under any name; members get a file that other programs open."""
    async with world.bot():
        await world.answer(world.order(model="nano-banana-pro"), "Done")
        [call] = world.ruxa.calls
        assert call.links[0].endswith(".png")
        [file] = (await world.result(world.images)).attachments
        assert file.filename.endswith(".jpg")
        assert file.content_type == "image/jpeg"


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.settings(image_apis="ruxa")
async def test_an_edit_is_made_by_the_model_that_can_and_says_so(world: LocalWorld, count: int) -> None:
    """The standard model cannot edit: the progress names the other one and its price before it is spent."""
    world.ruxa.seconds = 0.6
    async with world.bot() as services:
        interaction = world.order(command="edit", count=count)
        words = {"asked": "nano-banana", "model": "nano-banana-pro", "n": 4 * count}
        progress = await world.answer(interaction, text("progress.instead", **words))
        assert "with nano-banana-pro" in progress.content
        await world.answer(interaction, "Done")
        assert "nano-banana-pro" in (await world.result(world.images)).content
        assert [(call.model, call.ratio, len(call.inputs)) for call in world.ruxa.calls] == count * [
            (PRO, "auto", 1)
        ]
        assert await booked(services.store) == {"reserve": 4 * count, "settle": 4 * count}


@pytest.mark.settings(image_apis="ruxa", ruxa_edit_model="google/nano-banana-edit")
async def test_the_operator_can_name_a_model_that_edits(world: LocalWorld) -> None:
    """Then an edit stays at its own price, and there is nothing to say; words alone go where they went."""
    world.ruxa.seconds = 0.3
    async with world.bot() as services:
        edit = world.order(command="edit", count=2, aspect_ratio="21:9")
        assert "can't change" not in (await world.answer(edit, "Making")).content
        await world.answer(edit, "Done")
        await world.answer(world.order(), "Done")
        assert [(call.model, call.ratio, len(call.inputs)) for call in world.ruxa.calls] == [
            *2 * [("google/nano-banana-edit", "21:9", 1)],
            ("google/nano-banana", "1:1", 0),
        ]
        assert await booked(services.store) == {"reserve": 3, "settle": 3}


@pytest.mark.settings(image_apis="ruxa")
async def test_eight_pictures_keep_their_order(world: LocalWorld) -> None:
    """All inputs of an edit reach the API, the first one first."""
    pictures = {f"image{number}": upload(size=(16 * number, 16)) for number in range(1, 9)}
    async with world.bot():
        interaction = world.ada.slash(
            world.images, "edit", prompt="all of these", model="nano-banana-pro", **pictures
        )
        await world.answer(interaction, "Done")
        [call] = world.ruxa.calls
        assert [Image.open(BytesIO(each)).width for each in call.inputs] == [
            16 * number for number in range(1, 9)
        ]


@pytest.mark.settings(image_apis="ruxa")
async def test_inputs_are_fetched_from_us_without_their_metadata(world: LocalWorld) -> None:
    """Under a secret address the API finds the cleaned picture, as long as the job runs."""
    async with front_door(world) as asked, world.bot(), aiohttp.ClientSession() as anybody:
        world.ruxa.seconds = 0.5
        interaction = world.ada.slash(world.images, "edit", prompt="night", image1=photograph())
        await world.answer(interaction, "Making")
        await world.answer(interaction, "Done")
        [call] = world.ruxa.calls
        [sent] = call.inputs
        with Image.open(BytesIO(sent)) as picture:
            assert picture.size == (64, 96)
            assert not picture.getexif()
        assert b"Secret Camera" not in sent
        [address] = [url for url in asked if "/inputs/" in url]
        async with anybody.get(address) as answer:
            assert answer.status == 404
        assert world.discord.faults.count("GET", DISCORDS_LINKS) == 1  # ours


@pytest.mark.settings(image_apis="ruxa")
async def test_only_the_whole_address_leads_to_an_input(world: LocalWorld) -> None:
    """While the job runs, neither another secret nor another name gives a picture."""
    async with front_door(world) as asked, world.bot(), aiohttp.ClientSession() as anybody:
        world.ruxa.faults.plan("GET", RUXA_QUERY, Fault(503), times=100)  # the job goes on
        interaction = world.ada.slash(world.images, "edit", prompt="night", image1=photograph())
        await world.answer(interaction, "Making")
        await world.ruxa.callbacks.until_sent()
        [address] = [url for url in asked if "/inputs/" in url]
        base, _, name = address.rpartition("/")
        statuses = []
        for url in (address, f"{base}x/{name}", f"{base}/source-2.jpg", f"{base}/..%2F{name}", base):
            async with anybody.get(url) as answer:
                statuses.append(answer.status)
        assert statuses == [200, 404, 404, 404, 404]
        world.ruxa.faults.clear()
        await world.answer(interaction, "Done")


@pytest.mark.settings(image_apis="ruxa")
async def test_without_an_address_of_ours_discords_link_is_passed_on(world: LocalWorld) -> None:
    """Then the API fetches the picture as it was uploaded, with all that it tells."""
    original = photograph()
    async with world.bot():
        interaction = world.ada.slash(world.images, "edit", prompt="night", image1=original)
        await world.answer(interaction, "Done")
        [call] = world.ruxa.calls
        assert call.inputs == (original.data,)
        assert world.discord.faults.count("GET", DISCORDS_LINKS) == 2


@pytest.mark.settings(image_apis="ruxa", public=True)
async def test_each_task_has_a_secret_of_its_own(world: LocalWorld) -> None:
    """Four pictures are four tasks; who learns one address can speak for one of them alone."""
    async with world.bot() as services:
        await world.answer(world.order(count=4), "Done")
        addresses = {call.callback_url for call in world.ruxa.calls}
        assert len(addresses) == 4
        settings = world.settings()
        assert all(str(each).startswith(f"{settings.public_url}/callbacks/ruxa/") for each in addresses)
        assert [job.count for job in await ended(services.store)] == [4]


@pytest.mark.settings(image_apis="ruxa")
async def test_discords_link_that_is_dead(world: LocalWorld) -> None:
    """The task fails at the API; nothing is billed, and the member has all back."""
    world.discord.faults.plan("GET", DISCORDS_LINKS, Fault())  # ours, when the request is accepted
    world.discord.faults.plan("GET", DISCORDS_LINKS, Fault(404))
    async with world.bot() as services:
        await world.refunded(services, world.order(command="edit"), "not_made", 4)
        assert world.ruxa.billed == 0
