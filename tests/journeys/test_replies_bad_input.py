"""Replies to what cannot be changed: one sentence each, and nothing spent."""

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from sandbox.discord.messages import Draft, post
from sandbox.discord.model import Message, Reference, Upload
from sandbox.faults import Fault
from storage.records import JobState
from tests.journeys.replying import ask, result_below, shows, told_below
from tests.local_world import LocalWorld, ended, upload

POLL = {
    "question": {"text": "Which?"},
    "answers": [{"answer_id": 1, "poll_media": {"text": "this"}}],
    "expiry": "2030-01-01T00:00:00+00:00",
    "allow_multiselect": False,
    "layout_type": 1,
}
STICKER = {"id": "7", "name": "wave", "format_type": 1}
VOICE = Upload("voice-message.ogg", b"OggS", "audio/ogg")


def animated() -> Upload:
    """A GIF that moves."""
    file = BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return Upload("dance.gif", file.getvalue())


def only_words(world: LocalWorld) -> Message:
    """A message without a picture."""
    return world.linus.say(world.images, "look")


def a_poll(world: LocalWorld) -> Message:
    """Which has nothing to change."""
    return world.discord.post(world.images, world.linus.user, extra={"poll": POLL})


def a_sticker(world: LocalWorld) -> Message:
    """Which is no picture of the message."""
    return world.discord.post(world.images, world.linus.user, extra={"sticker_items": [STICKER]})


def a_voice_message(world: LocalWorld) -> Message:
    """Which cannot be seen."""
    return world.discord.post(world.images, world.linus.user, files=[VOICE], extra={"flags": 1 << 13})


@pytest.mark.parametrize("posted", [only_words, a_poll, a_sticker, a_voice_message])
async def test_a_message_without_a_picture(
    world: LocalWorld, posted: Callable[[LocalWorld], Message]
) -> None:
    """It says so."""
    target = posted(world)
    async with world.bot() as services:
        await told_below(world, ask(world, target, "make it night"), "refused.no_picture")
        assert await services.store.in_states(JobState) == []


@pytest.mark.parametrize(
    ("file", "key"),
    [
        (animated(), "picture_animated"),
        (Upload("page.png", b"<html>"), "picture_type"),
        (Upload("empty.png", b""), "picture_empty"),
        (Upload("large.png", bytes(25 * 2**20 + 1)), "picture_size"),
    ],
)
async def test_a_picture_that_cannot_be_used(world: LocalWorld, file: Upload, key: str) -> None:
    """It is named; with another one in its place it works."""
    target = world.linus.say(world.images, uploads=[file, upload("red")])
    async with world.bot() as services:
        refused = ask(world, target, "make it night")
        await told_below(world, refused, f"refused.{key}", name=file.name)
        result = await result_below(world, ask(world, target, "#2 make it night"))
        assert len(await ended(services.store)) == 1
        assert "from picture 2 of 2" in result.content


async def test_a_picture_that_is_gone(world: LocalWorld) -> None:
    """Discord's copy cannot be fetched."""
    photo = shows(world, "red")
    world.discord.faults.plan("GET", "/attachments/*", Fault(404), times=5)
    async with world.bot() as services:
        await told_below(world, ask(world, photo, "make it night"), "refused.picture_gone", name="red.png")
        assert await services.store.in_states(JobState) == []


async def test_a_message_that_is_gone_already(world: LocalWorld) -> None:
    """What is replied to was deleted while the member wrote."""
    photo = shows(world, "red")
    world.linus.delete(photo)
    async with world.bot() as services:
        late = Draft(
            f"<@{world.discord.state.bot.id}> make it night",
            reference=Reference(photo.id, world.images, None),
        )
        asked = post(world.discord.state, world.images, world.ada.user, late)
        await told_below(world, asked, "refused.message_gone")
        assert await services.store.in_states(JobState) == []
