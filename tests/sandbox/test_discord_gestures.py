"""What the bot does besides writing: typing, reacting, and taking private messages back."""

import asyncio
import io

import discord
import pytest

from sandbox.discord.server import DiscordWorld
from tests.sandbox.conftest import Api, Interaction, Place, ToyBot, path_of


async def test_the_bot_types_and_reacts(place: Place, bot: ToyBot) -> None:
    """Its reaction stands on the message until it takes it back."""
    said = place.ada.say(place.channel, "a cat, please")
    there = bot.get_partial_messageable(place.channel.id)
    async with there.typing():
        message = await there.fetch_message(said.id)
        await message.add_reaction("👀")
    await place.ada.until(place.channel, lambda seen: "👀" in seen.reactions)
    (reaction,) = (await there.fetch_message(said.id)).reactions
    assert (reaction.emoji, reaction.count, reaction.me) == ("👀", 1, True)
    assert bot.user is not None
    await message.remove_reaction("👀", bot.user)
    assert said.reactions == {}


@pytest.mark.parametrize(
    ("denied", "code"), [("ADD_REACTIONS", 50013), ("READ_MESSAGE_HISTORY", 50001), ("VIEW_CHANNEL", 50001)]
)
async def test_reactions_need_permissions(
    world: DiscordWorld, place: Place, api: Api, denied: str, code: int
) -> None:
    """Each missing one has its code."""
    world.deny(place.channel, denied)
    path = f"{path_of(place, place.ada.say(place.channel, 'x'))}/reactions/👀/@me"
    assert (await api("PUT", path))[1]["code"] == code


async def test_wrong_reactions_are_refused(world: DiscordWorld, place: Place, api: Api) -> None:
    """No emoji, no such message, a reaction that is not there, an archived thread; and typing unheard."""
    path = f"{path_of(place, place.ada.say(place.channel, 'x'))}/reactions"
    assert (await api("PUT", f"{path}/eyes/@me"))[1]["code"] == 10014
    assert (await api("DELETE", f"{path}/👀/@me"))[1]["code"] == 10014
    assert (await api("PUT", f"{path_of(place)}/1/reactions/👀/@me"))[1]["code"] == 10008
    thread = world.add_thread(place.channel, "old")
    said = place.ada.say(thread, "x")
    world.archive(thread)
    archived = f"/channels/{thread.id}/messages/{said.id}/reactions/👀/@me"
    assert (await api("PUT", archived))[1]["code"] == 50083
    world.deny(place.channel, "SEND_MESSAGES")
    assert (await api("POST", f"/channels/{place.channel.id}/typing"))[1]["code"] == 50013


async def test_a_press_brings_a_private_message_whole_and_may_delete_it(place: Place, bot: ToyBot) -> None:
    """The bot cannot fetch it, but gets it with its picture, and deletes it as the original response."""
    brought: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    class Buttons(discord.ui.View):
        @discord.ui.button(label="Away", custom_id="away")
        async def away(self, interaction: discord.Interaction, _button: object) -> None:
            assert interaction.message is not None
            picture = await interaction.message.attachments[0].read()
            await interaction.response.defer()
            await interaction.delete_original_response()
            brought.put_nowait((interaction.message.content, picture))

    async def answer(interaction: Interaction) -> None:
        picture = discord.File(io.BytesIO(b"secret"), "a.png")
        await interaction.response.send_message("private", file=picture, view=Buttons(), ephemeral=True)

    bot.answer = answer
    message = await place.ada.slash(place.channel, "make", prompt="x").answered()
    assert message is not None
    place.ada.press(message, "Away")
    async with asyncio.timeout(10):
        assert await brought.get() == ("private", b"secret")
    assert place.ada.sees(place.channel) == []
