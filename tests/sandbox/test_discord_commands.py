"""Registering commands, and what the client then offers and refuses."""

from typing import Any

import pytest

from sandbox.discord.model import Upload
from sandbox.discord.options import ClientRefused, OptionValue
from sandbox.discord.seed import seed
from sandbox.discord.server import DiscordWorld
from tests.sandbox.conftest import Api, Place, ToyBot

PROMPT = {"type": 3, "name": "prompt", "description": "What to make", "required": True}
COMMAND: dict[str, Any] = {"name": "make", "description": "Make it", "type": 1, "options": [PROMPT]}


def options(count: int, **changes: object) -> dict[str, Any]:
    """Return a command with so many options."""
    made = [PROMPT | {"name": f"o{number}", "required": False} | changes for number in range(count)]
    return COMMAND | {"options": made}


@pytest.mark.parametrize(
    "command",
    [
        COMMAND | {"name": "Make"},
        COMMAND | {"name": "x" * 33},
        COMMAND | {"description": ""},
        COMMAND | {"description": "x" * 101},
        COMMAND | {"colour": 1},
        COMMAND | {"contexts": [3]},
        COMMAND | {"integration_types": [2]},
        options(26),
        COMMAND | {"options": [PROMPT, PROMPT]},
        COMMAND | {"options": [PROMPT | {"name": "a", "required": False}, PROMPT]},
        options(1, autocomplete=True, choices=[{"name": "a", "value": "a"}]),
        options(1, choices=[{"name": str(number), "value": str(number)} for number in range(26)]),
        options(1, max_length=6001),
        options(1, min_value=1),
        options(1, type=11, autocomplete=True),
        options(25, choices=[{"name": f"{number}" * 50, "value": "x" * 100} for number in range(4)]),
    ],
)
async def test_a_wrong_command_is_refused(world: DiscordWorld, api: Api, command: dict[str, Any]) -> None:
    """Each mistake is 50035, and nothing is registered."""
    path = f"/applications/{world.application.id}/commands"
    status, body = await api("PUT", path, [command])
    assert (status, body["code"]) == (400, 50035)
    assert await api("GET", path) == (200, [])


async def test_commands_keep_their_ids(world: DiscordWorld, place: Place, api: Api) -> None:
    """A command registered again keeps its id; those left out are gone; servers have their own."""
    path = f"/applications/{world.application.id}/commands"
    _, (first,) = await api("PUT", path, [COMMAND])
    _, both = await api("PUT", path, [COMMAND | {"description": "Now"}, COMMAND | {"name": "other"}])
    assert [command["name"] for command in both] == ["make", "other"]
    assert both[0]["id"] == first["id"]
    guild_path = f"/applications/{world.application.id}/guilds/{place.guild.id}/commands"
    await api("PUT", guild_path, [COMMAND | {"name": "local"}])
    assert [command.name for command in place.ada.commands(place.channel)] == ["make", "other", "local"]
    assert [command.name for command in place.ada.commands(place.ada.dm())] == ["make", "other"]
    assert (await api("PUT", path, [COMMAND, COMMAND]))[1]["code"] == 50035


async def test_the_client_offers_what_fits_the_place(world: DiscordWorld, place: Place, api: Api) -> None:
    """Contexts, kinds of install and permissions decide."""
    await api(
        "PUT",
        f"/applications/{world.application.id}/commands",
        [
            COMMAND | {"name": "server", "contexts": [0], "integration_types": [0]},
            COMMAND | {"name": "direct", "contexts": [1], "integration_types": [0]},
            COMMAND | {"name": "mine", "contexts": [0, 1, 2], "integration_types": [1]},
            COMMAND | {"name": "moderate", "contexts": [0], "default_member_permissions": 1 << 5},
        ],
    )
    moderator = world.person(world.add_user("Grace"))
    world.join(moderator.user, place.guild, roles=[world.add_role(place.guild, "Mods", "MANAGE_GUILD")])
    assert [command.name for command in place.ada.commands(place.channel)] == ["server"]
    assert [command.name for command in moderator.commands(place.channel)] == ["server", "moderate"]
    assert [command.name for command in place.ada.commands(place.ada.dm())] == ["direct"]
    world.install_for_user(place.ada_user)
    assert [command.name for command in place.ada.commands(place.channel)] == ["server", "mine"]
    assert [command.name for command in place.ada.commands(place.ada.dm())] == ["direct", "mine"]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"prompt": ""},
        {"prompt": "x" * 4001},
        {"prompt": 5},
        {"prompt": "x", "colour": "red"},
        {"prompt": "x", "count": 0},
        {"prompt": "x", "count": 5},
        {"prompt": "x", "count": True},
        {"prompt": "x", "spoiler": "yes"},
        {"prompt": "x", "image1": "cat.png"},
        {"prompt": Upload("a.png", b"x")},
    ],
)
async def test_the_client_checks_options(place: Place, bot: ToyBot, values: dict[str, OptionValue]) -> None:
    """What does not fit an option never reaches the bot."""
    with pytest.raises(ClientRefused):
        place.ada.slash(place.channel, "make", **values)
    with pytest.raises(ClientRefused):
        place.ada.slash(place.channel, "unknown", prompt="x")


async def test_the_demo_has_a_friendly_start(world: DiscordWorld, bot: ToyBot) -> None:
    """People talk about a picture, and Ada brings the bot to a server where it is no member."""
    seeded = seed(world)
    ada, linus = world.person(seeded.ada), world.person(seeded.linus)
    assert len(ada.sees(seeded.images)) == 3
    assert ada.sees(seeded.images)[0].attachments[0].width == 960
    assert [command.name for command in ada.commands(seeded.sketches)] == ["make"]
    assert linus.commands(seeded.sketches) == []
    assert world.problems == []
