"""`/help`: one panel, for whoever asks, wherever they are."""

import pytest

from bot.texts import text
from sandbox.discord.components import flat
from tests.journeys.panels import panel, words
from tests.local_world import LocalWorld

PARTS = ("title", "make", "edit", "reply", "tips", "rules")


@pytest.mark.parametrize("place", ["images", "announcements", "dm", "sketches"])
async def test_shown_to_its_member_alone(world: LocalWorld, place: str) -> None:
    """In a server, also where the bot may not write, in direct messages, and where the app is carried to."""
    channel = world.ada.dm() if place == "dm" else getattr(world.places, place)
    async with world.bot():
        message = await panel(world.ada.slash(channel, "help"))
        assert words(message) == "\n".join(text(f"help.{part}").strip() for part in PARTS)
        assert len(words(message)) <= 4000
        assert len(list(flat(message.components))) <= 40
        assert message not in world.linus.sees(channel)
        assert world.posted(channel) == []


async def test_what_it_speaks_of_is_there(world: LocalWorld) -> None:
    """Each command that it names can be typed, and the limits that it names are the real ones."""
    async with world.bot():
        message = await panel(world.ada.slash(world.images, "help"))
        offered = {command.name: command for command in world.ada.commands(world.images)}
        named = {word.strip("/`") for word in words(message).split() if word.startswith("`/")}
        assert named == {"generate", "edit", "usage", "jobs", "privacy", "defaults"}
        assert named <= {name.split()[0] for name in offered}
        pictures = [option for option in offered["edit"].options if option.name.startswith("image")]
        assert len(pictures) == 8
        [count] = [option for option in offered["generate"].options if option.name == "count"]
        assert count.max_value == 4
