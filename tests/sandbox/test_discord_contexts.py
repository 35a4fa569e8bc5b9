"""Where an interaction comes from, and who brought the app there."""

import discord
import pytest

from sandbox.discord.server import DiscordWorld
from tests.sandbox.conftest import Interaction, Place, ToyBot


async def test_an_interaction_says_where_it_comes_from(place: Place, bot: ToyBot) -> None:
    """Server, channel, member, permissions and owner of the install are in the payload."""
    seen = []

    async def answer(interaction: Interaction) -> None:
        seen.append(interaction)
        await interaction.response.send_message("ok")

    bot.answer = answer
    await place.ada.slash(place.channel, "make", prompt="x").answered()
    (interaction,) = seen
    assert interaction.guild_id == place.guild.id
    assert interaction.channel_id == place.channel.id
    assert isinstance(interaction.user, discord.Member)
    assert interaction.permissions.send_messages
    assert interaction.app_permissions.attach_files
    assert interaction.context.guild
    assert interaction.is_guild_integration()
    assert not interaction.is_user_integration()
    assert interaction.filesize_limit == 10 * 1024 * 1024


async def test_a_user_install_reaches_foreign_places(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """In a server without the bot the app comes with Ada, gets five follow-ups, and never the channel."""
    foreign = world.add_guild("Elsewhere", owner=place.linus.user)
    world.join(place.ada_user, foreign)
    sketches = world.add_channel(foreign, "sketches")
    assert place.ada.commands(sketches) == []
    world.install_for_user(place.ada_user)
    seen: list[object] = []

    async def answer(interaction: Interaction) -> None:
        seen.append((interaction.is_user_integration(), interaction.is_guild_integration()))
        await interaction.response.send_message("one")
        for number in range(5):
            await interaction.followup.send(str(number))
        with pytest.raises(discord.HTTPException) as caught:
            await interaction.followup.send("six")
        seen.append(caught.value.code)
        assert isinstance(interaction.channel, discord.PartialMessageable | discord.TextChannel)
        with pytest.raises(discord.Forbidden) as refused:
            await interaction.channel.send("from outside")
        seen.append(refused.value.code)
        await interaction.edit_original_response(content="end")

    bot.answer = answer
    place.ada.slash(sketches, "make", prompt="x")
    await place.ada.until(sketches, lambda message: message.content == "end", timeout=30)
    assert seen == [(True, False), 40094, 50001]
    assert [message.content for message in place.linus.sees(sketches)] == ["end", *"01234"]
    assert place.linus.commands(sketches) == []


async def test_the_bots_dm_and_private_channels_have_contexts(
    world: DiscordWorld, place: Place, bot: ToyBot
) -> None:
    """A DM with the bot is context 1, one with somebody else is context 2 and needs a user install."""
    seen = []

    async def answer(interaction: Interaction) -> None:
        context = interaction.context
        seen.append((context.dm_channel, context.private_channel, interaction.guild_id))
        await interaction.response.send_message("ok")

    bot.answer = answer
    await place.ada.slash(place.ada.dm(), "make", prompt="x").answered()
    private = world.add_private_channel(place.ada_user, place.linus.user)
    assert place.ada.commands(private) == []
    world.install_for_user(place.ada_user)
    await place.ada.slash(private, "make", prompt="x").answered()
    assert seen == [(True, False, None), (False, True, None)]
