"""People, roles and channels: named in options, chosen in menus, resolved beside the interaction."""

from typing import Any

import discord
import pytest
from discord import app_commands

from sandbox.discord.options import ClientRefused
from sandbox.discord.server import DiscordWorld
from tests.sandbox.conftest import Api, Interaction, Place, ToyBot

V2 = 1 << 15
MENU = {"type": 8, "custom_id": "channels", "min_values": 0, "max_values": 2}


async def test_people_and_roles_as_options(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """A member arrives as a member, somebody else as a user, a role with its place among the others."""
    heard: list[Any] = []
    role = world.add_role(place.guild, "Artists")
    stranger = world.add_user("Grace")

    @app_commands.command(description="Say who.")
    async def who(
        interaction: discord.Interaction, member: discord.User, role: discord.Role | None = None
    ) -> None:
        heard.append((member, role))
        await interaction.response.send_message("heard")

    bot.tree.add_command(who)
    await bot.tree.sync()
    await place.ada.slash(place.channel, "who", member=str(place.linus.user.id), role=str(role.id)).answered()
    await place.ada.slash(place.channel, "who", member=str(stranger.id)).answered()
    (linus, artists), (grace, nothing) = heard
    assert isinstance(linus, discord.Member)
    assert (artists.id, artists.name, artists.position) == (role.id, "Artists", 2)
    assert not isinstance(grace, discord.Member)
    assert (grace.id, nothing) == (stranger.id, None)
    for wrong in ("12", "Linus", str(role.id)):
        with pytest.raises(ClientRefused):
            place.ada.slash(place.channel, "who", member=wrong)


async def test_menus_of_roles_and_channels(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """What is chosen arrives whole; what the menu shows as chosen stays with the message."""
    role = world.add_role(place.guild, "Artists")
    other = world.add_channel(place.guild, "other")
    chosen: list[list[str]] = []

    class Settings(discord.ui.LayoutView):
        row: discord.ui.ActionRow[Any] = discord.ui.ActionRow()
        more: discord.ui.ActionRow[Any] = discord.ui.ActionRow()

        @row.select(
            cls=discord.ui.ChannelSelect,
            custom_id="channels",
            channel_types=[discord.ChannelType.text],
            default_values=[discord.SelectDefaultValue.from_channel(discord.Object(place.channel.id))],
            max_values=2,
        )
        async def channels(self, interaction: Interaction, menu: discord.ui.ChannelSelect[Any]) -> None:
            chosen.append([each.name for each in menu.values])
            await interaction.response.defer()

        @more.select(cls=discord.ui.RoleSelect, custom_id="roles", min_values=0)
        async def roles(self, interaction: Interaction, menu: discord.ui.RoleSelect[Any]) -> None:
            chosen.append([each.name for each in menu.values])
            await interaction.response.defer()

    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message(view=Settings())

    bot.answer = answer
    message = await place.ada.slash(place.channel, "make", prompt="x").answered()
    assert message is not None
    [shown] = message.components[0]["components"][0]["default_values"]
    assert shown == {"id": str(place.channel.id), "type": "channel"}
    for menu, *values in (("channels", other.id, place.channel.id), ("roles", role.id), ("roles",)):
        place.ada.choose(message, str(menu), *map(str, values))
    thread = world.add_thread(place.channel, "thread")
    for menu, *values in (("channels",), ("channels", thread.id), ("channels", 12), ("roles", other.id)):
        with pytest.raises(ClientRefused):
            place.ada.choose(message, str(menu), *map(str, values))
    assert await place.ada.slash(place.channel, "make", prompt="y").answered()
    assert chosen == [["other", "images"], ["Artists"], []]


@pytest.mark.parametrize(
    "menu",
    [
        MENU | {"options": []},
        MENU | {"default_values": [{"id": "1", "type": "role"}]},
        MENU | {"default_values": [{"id": str(number), "type": "channel"} for number in range(3)]},
        MENU | {"type": 6, "channel_types": [0]},
    ],
)
async def test_wrong_menus_are_refused(place: Place, api: Api, menu: dict[str, Any]) -> None:
    """Each mistake is 50035."""
    body = {"flags": V2, "components": [{"type": 1, "components": [menu]}]}
    status, answer = await api("POST", f"/channels/{place.channel.id}/messages", body)
    assert (status, answer["code"]) == (400, 50035)


async def test_a_role_that_goes_is_gone_at_once(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """The bot hears of roles that come and go, and members lose them."""
    seen: list[list[str]] = []

    async def answer(interaction: Interaction) -> None:
        assert isinstance(interaction.user, discord.Member)
        seen.append([role.name for role in interaction.user.roles])
        await interaction.response.send_message("seen")

    bot.answer = answer
    role = world.add_role(place.guild, "Artists")
    place.guild.members[place.linus.user.id].roles.append(role)
    await place.linus.slash(place.channel, "make", prompt="x").answered()
    world.remove_role(place.guild, role)
    await place.linus.slash(place.channel, "make", prompt="x").answered()
    assert seen == [["@everyone", "Artists"], ["@everyone"]]
    guild = bot.get_guild(place.guild.id)
    assert guild is not None
    assert guild.get_role(role.id) is None
