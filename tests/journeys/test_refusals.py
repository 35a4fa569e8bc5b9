"""Bad input: one plain sentence, nothing spent, nothing sent."""

import asyncio
import sqlite3
from contextlib import closing
from io import BytesIO

import pytest
from PIL import Image

from bot.client import Services
from bot.services.origin import Asker
from sandbox.discord.model import Upload
from sandbox.discord.options import ClientRefused, OptionValue
from sandbox.faults import Fault
from storage.records import Place
from tests.local_world import LocalWorld, booked, upload

MODELS = "nano-banana, nano-banana-2, nano-banana-pro"


def picture(kind: str, **options: object) -> bytes:
    """A still or animated picture of this format."""
    file = BytesIO()
    Image.new("RGB", (64, 48), "red").save(file, kind, **options)
    return file.getvalue()


def animated(kind: str) -> bytes:
    """Two frames."""
    return picture(kind, save_all=True, append_images=[Image.new("RGB", (64, 48), "blue")], duration=100)


def bomb() -> bytes:
    """A small file with very many pixels."""
    file = BytesIO()
    Image.new("1", (9000, 9000)).save(file, "PNG")
    return file.getvalue()


BAD_FILES = {
    "an animated GIF": ("cat.gif", animated("GIF"), "picture_animated"),
    "a still GIF": ("cat.gif", picture("GIF"), "picture_animated"),
    "an animated WebP": ("cat.webp", animated("WEBP"), "picture_animated"),
    "an animated PNG": ("cat.png", animated("PNG"), "picture_animated"),
    "a truncated PNG": ("cat.png", upload(size=(300, 300)).data[:-40], "picture_truncated"),
    "a truncated JPEG": ("cat.jpg", picture("JPEG")[:-200], "picture_truncated"),
    "an empty file": ("cat.png", b"", "picture_empty"),
    "a pixel bomb": ("cat.png", bomb(), "picture_pixels"),
    "a BMP": ("cat.bmp", picture("BMP"), "picture_type"),
    "a BMP by another name": ("cat.png", picture("BMP"), "picture_type"),
    "a text": ("cat.png", b"not a picture at all, only words" * 10, "picture_type"),
    "an SVG": ("cat.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture_type"),
    "26 MB": ("cat.png", b"\x89PNG\r\n\x1a\n".ljust(26 * 2**20 + 1, b"\0"), "picture_size"),
}

BAD_OPTIONS: dict[str, tuple[dict[str, OptionValue], str, dict[str, object]]] = {
    "a blank prompt": ({"prompt": " \n "}, "prompt_empty", {}),
    "an unknown model": (
        {"prompt": "a boat", "model": "dall-e"},
        "model",
        {"given": "dall-e", "choices": MODELS},
    ),
    "an unknown size": (
        {"prompt": "a boat", "resolution": "8K"},
        "resolution",
        {"given": "8K", "choices": "1K, 2K, 4K"},
    ),
    "an unknown shape": (
        {"prompt": "a boat", "aspect_ratio": "5:1"},
        "aspect_ratio",
        {"given": "5:1", "choices": "1:1, 3:2, 2:3, 16:9, 9:16, 4:3, 3:4"},
    ),
    "a size that the model has not": (
        {"prompt": "a boat", "resolution": "2K"},
        "model_and_resolution",
        {"model": "nano-banana", "resolution": "2K", "able": "nano-banana-2 or nano-banana-pro"},
    ),
}


def asker(world: LocalWorld) -> Asker:
    """Ada in her server."""
    return Asker(place=Place.GUILD, guild_id=world.places.hq.id, user_id=world.places.ada.id, role_ids=())


async def nothing_spent(world: LocalWorld, services: Services) -> None:
    """No line in the ledger, a full account, no call to the API, nothing in the channel, no file left."""
    assert await booked(services.store) == {}
    balance = await services.quotas.balance(asker(world))
    assert balance.left == balance.allowance.credits
    assert world.api.posts == 0
    assert world.posted(world.images) == []
    assert [path for path in world.folder.glob("spool/**/*") if path.is_file()] == []


@pytest.mark.parametrize("case", BAD_OPTIONS)
async def test_bad_options(world: LocalWorld, case: str) -> None:
    """The sentence names what was given and what works instead."""
    options, key, values = BAD_OPTIONS[case]
    async with world.bot() as services:
        interaction = world.ada.slash(world.images, "generate", **options)
        await world.reads(interaction, f"refused.{key}", **values)
        await nothing_spent(world, services)


async def test_bad_pictures(world: LocalWorld) -> None:
    """Each unusable file is told by its bytes and named in the sentence."""
    async with world.bot() as services:
        for name, data, key in BAD_FILES.values():
            files = {"image1": upload(), "image2": Upload(name, data)}
            interaction = world.ada.slash(world.images, "edit", prompt="night", **files)
            await world.reads(interaction, f"refused.{key}", name=name)
        await nothing_spent(world, services)


async def test_a_picture_that_cannot_be_fetched(world: LocalWorld) -> None:
    """When the chat's own link is dead, the member hears it."""
    world.discord.faults.plan("GET", "/ephemeral-attachments/*", Fault(404), times=10)
    async with world.bot() as services:
        interaction = world.ada.slash(world.images, "edit", prompt="night", image1=upload())
        await world.reads(interaction, "refused.picture_gone", name="photo.png")
        await nothing_spent(world, services)


async def test_a_malicious_file_name_is_not_rendered(world: LocalWorld) -> None:
    """Nothing in a file's name becomes a mention or a format."""
    async with world.bot():
        file = Upload("**@everyone**_`.png", b"no picture")
        interaction = world.ada.slash(world.images, "edit", prompt="night", image1=file)
        answer = await world.answer(interaction, "is not a PNG")
        assert "**" not in answer.content
        assert "@everyone" not in answer.content


@pytest.mark.parametrize("prompt", ["", "x" * 4001])
async def test_the_client_itself_refuses_some_prompts(world: LocalWorld, prompt: str) -> None:
    """The lengths are registered with the command, so that nobody can send it."""
    async with world.bot() as services:
        with pytest.raises(ClientRefused):
            world.ada.slash(world.images, "generate", prompt=prompt)
        await nothing_spent(world, services)


async def test_the_longest_prompt_is_taken(world: LocalWorld) -> None:
    """4,000 characters reach the API whole, and are shortened in the channel."""
    async with world.bot():
        world.ada.slash(world.images, "generate", prompt="x" * 4000)
        message = await world.result(world.images)
        [call] = world.api.calls
        assert len(call.prompt) == 4000
        assert len(message.content) < 500


@pytest.mark.settings(default_allowance="15/week")
async def test_too_few_credits(world: LocalWorld) -> None:
    """The sentence has the price, what is left, and when more come."""
    async with world.bot() as services:
        await world.answer(world.order(model="nano-banana-pro", count=2), "7 credits left")
        options = {"model": "nano-banana-pro", "resolution": "4K"}
        interaction = world.ada.slash(world.images, "generate", prompt="a boat", **options)
        balance = await services.quotas.balance(asker(world))
        await world.reads(interaction, "refused.credits", n=8, left=7, back=round(balance.renews_at))
        assert await booked(services.store) == {"reserve": 8, "settle": 8}
        assert world.api.posts == 1


@pytest.mark.settings(bot_budget=1)
async def test_the_budget_of_the_whole_bot(world: LocalWorld) -> None:
    """It stops everybody, and says when it is over."""
    async with world.bot() as services:
        await world.answer(world.order(), "Done")
        interaction = world.ada.slash(world.images, "generate", prompt="another boat")
        await world.answer(interaction, "I have used up today's budget for everybody; I'm back <t:")
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("member_queue", marks=pytest.mark.settings(member_max_queued=2)),
        pytest.param("queue", marks=pytest.mark.settings(queue_max=2)),
    ],
)
async def test_a_full_queue(world: LocalWorld, key: str) -> None:
    """With three at the API and two waiting, the sixth is refused; the others are made."""
    world.api.seconds = 1.5
    async with world.bot() as services:
        accepted = []
        for number in range(5):
            interaction = world.ada.slash(world.images, "generate", prompt=f"boat {number}")
            await world.answer(interaction, "boat")
            accepted.append(interaction)
        await world.api.faults.until_seen("POST", "/v1/*", count=3)
        refused = world.ada.slash(world.images, "generate", prompt="one more")
        await world.reads(refused, f"refused.{key}", limit=2)
        world.api.seconds = 0.02
        for interaction in accepted:
            await world.answer(interaction, "Done")
        assert await booked(services.store) == {"reserve": 5, "settle": 5}


async def test_a_database_that_somebody_else_holds(world: LocalWorld) -> None:
    """A backup that takes too long is waited for, and then the member is asked to come again."""
    async with world.bot() as services:
        path = world.folder / "bot.sqlite3"
        with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
            await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")  # the bot may be writing just now
            interaction = world.order()
            await world.reads(interaction, "refused.database_busy")
        await nothing_spent(world, services)


async def test_refused_content_is_refunded(world: LocalWorld) -> None:
    """What the image service will not make costs nothing and is not tried again."""
    async with world.bot() as services:
        interaction = world.ada.slash(world.images, "generate", prompt="a forbidden thing")
        answer = await world.reads(interaction, "failed.content")
        assert answer.components == []
        assert world.api.posts == 1
        assert await booked(services.store) == {"reserve": 1, "refund": 1}
