"""Commands below a command: registered together, offered one by one, sent to the bot nested."""

from typing import Any

import discord
import pytest
from discord import app_commands

from sandbox.discord.options import ClientRefused
from sandbox.discord.server import DiscordWorld
from tests.sandbox.conftest import Api, Place, ToyBot

BELOW: dict[str, Any] = {"type": 1, "name": "show", "description": "Show it"}
PROMPT = {"type": 3, "name": "prompt", "description": "What to make"}
COMMAND: dict[str, Any] = {"name": "album", "description": "Your album", "type": 1, "options": [BELOW]}


@pytest.mark.parametrize(
    "options",
    [
        [BELOW, BELOW],
        [BELOW, PROMPT],
        [BELOW | {"required": True}],
        [BELOW | {"options": [PROMPT, PROMPT]}],
        [BELOW | {"options": [PROMPT, PROMPT | {"name": "a", "required": True}]}],
        [PROMPT | {"options": [PROMPT | {"name": "a"}]}],
        [BELOW | {"options": [PROMPT | {"name": f"o{number}"} for number in range(26)]}],
    ],
)
async def test_wrong_subcommands_are_refused(world: DiscordWorld, api: Api, options: list[Any]) -> None:
    """Each mistake is 50035."""
    path = f"/applications/{world.application.id}/commands"
    status, body = await api("PUT", path, [COMMAND | {"options": options}])
    assert (status, body["code"]) == (400, 50035)


async def test_each_is_offered_and_reaches_its_own_code(place: Place, bot: ToyBot) -> None:
    """The client lists them under both names, checks their options, and the bot gets what was typed."""
    album = app_commands.Group(name="album", description="Your album.")
    told: list[str] = []

    @album.command(description="Show it.")
    async def show(interaction: discord.Interaction) -> None:
        told.append("show")
        await interaction.response.send_message("shown", ephemeral=True)

    @album.command(description="Name it.")
    async def name(interaction: discord.Interaction, words: app_commands.Range[str, 1, 5]) -> None:
        told.append(words)
        await interaction.response.send_message("named")

    @name.autocomplete("words")
    async def suggest(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{typed}!", value=typed)]

    bot.tree.add_command(album)
    await bot.tree.sync()
    assert [command.name for command in place.ada.commands(place.channel)] == [
        "make",
        "album show",
        "album name",
    ]
    shown = await place.ada.slash(place.channel, "album show").answered()
    assert shown is not None
    assert shown.ephemeral_for is place.ada_user
    (choice,) = await place.ada.autocomplete(place.channel, "album name", "words", "ab")
    assert choice.name == "ab!"
    await place.ada.slash(place.channel, "album name", words="sun").answered()
    assert told == ["show", "sun"]
    for wrong, options in (("album", {}), ("album name", {}), ("album name", {"words": "longer"})):
        with pytest.raises(ClientRefused):
            place.ada.slash(place.channel, wrong, **options)
