"""Message commands: what the Apps menu of a message offers, and what the bot gets of the message."""

from typing import Any

import discord
import pytest
from discord import app_commands

from sandbox.discord.model import Message, Upload
from sandbox.discord.options import ClientRefused
from sandbox.discord.server import DiscordWorld
from tests.sandbox.conftest import Api, Interaction, Place, StartBot, ToyBot

COMMAND = {"name": "Edit image", "type": 3}


class MenuBot:
    """A bot with the message command "Edit image", and what it was used on."""

    def __init__(self, bot: ToyBot) -> None:
        self.used_on: list[discord.Message] = []
        self.bot = bot

    async def register(self) -> None:
        """Register the command beside /make."""

        @app_commands.allowed_installs(guilds=True, users=True)
        @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
        async def edit(interaction: Interaction, message: discord.Message) -> None:
            self.used_on.append(message)
            await interaction.response.send_message(f"editing {len(message.attachments)}")

        self.bot.tree.add_command(app_commands.ContextMenu(name="Edit image", callback=edit))
        await self.bot.tree.sync()


@pytest.fixture
async def menus(world: DiscordWorld, place: Place, start_bot: StartBot) -> MenuBot:
    """Return a running bot without the message-content intent."""
    world.application.message_content = False
    intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
    bot = MenuBot(await start_bot(intents))
    await bot.register()
    return bot


def photo(place: Place) -> Message:
    """Let Linus post a picture."""
    return place.linus.say(place.channel, "my cat", uploads=[Upload("cat.png", b"meow")])


async def test_the_bot_gets_the_whole_message(place: Place, menus: MenuBot) -> None:
    """Anybody's message comes with its words and files, though the bot may not read along."""
    message = photo(place)
    assert [command.name for command in place.ada.menu_commands(message)] == ["Edit image"]
    assert [command.name for command in place.ada.commands(place.channel)] == ["make"]
    answer = await place.ada.menu(message, "Edit image").answered()
    assert answer is not None
    assert answer.content == "editing 1"
    (got,) = menus.used_on
    assert (got.id, got.content, got.author.id) == (message.id, "my cat", place.linus.user.id)
    assert await got.attachments[0].read() == b"meow"
    assert (await menus.bot.heard.get()).content == ""


async def test_an_answer_tells_what_it_was_used_on(place: Place, menus: MenuBot) -> None:
    """It has a type of its own, and names the message."""
    message = photo(place)
    answer = await place.ada.menu(message, "Edit image").answered()
    channel = menus.bot.get_channel(place.channel.id)
    assert answer is not None
    assert isinstance(channel, discord.TextChannel)
    fetched = await channel.fetch_message(answer.id)
    assert fetched.type is discord.MessageType.context_menu_command
    assert fetched.interaction_metadata is not None
    assert fetched.interaction_metadata.target_message_id == message.id
    assert fetched.reference is not None
    assert isinstance(fetched.reference.resolved, discord.Message)
    assert (fetched.reference.resolved.id, fetched.reference.resolved.content) == (message.id, "")


async def test_not_every_message_has_the_command(world: DiscordWorld, place: Place, menus: MenuBot) -> None:
    """Private answers have none, nor messages that one cannot see, nor places without the app."""

    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message("secret", ephemeral=True)

    menus.bot.answer = answer
    secret = await place.ada.slash(place.channel, "make", prompt="x").answered()
    assert secret is not None
    elsewhere = world.add_channel(world.add_guild("Elsewhere", owner=place.ada_user), "foreign")
    foreign = place.ada.say(elsewhere, "x")
    for message in (secret, foreign):
        assert place.ada.menu_commands(message) == []
        with pytest.raises(ClientRefused):
            place.ada.menu(message, "Edit image")
    world.install_for_user(place.ada_user)
    assert len(place.ada.menu_commands(foreign)) == 1
    assert place.linus.menu_commands(foreign) == []
    with pytest.raises(ClientRefused):
        place.ada.menu(foreign, "Report")


@pytest.mark.parametrize(
    "command",
    [
        COMMAND | {"name": ""},
        COMMAND | {"name": "x" * 33},
        COMMAND | {"description": "x"},
        COMMAND | {"options": [{"type": 3, "name": "a", "description": "a"}]},
        COMMAND | {"type": 2},
    ],
)
async def test_a_wrong_message_command_is_refused(
    world: DiscordWorld, api: Api, command: dict[str, Any]
) -> None:
    """Each mistake is 50035."""
    status, body = await api("PUT", f"/applications/{world.application.id}/commands", [command])
    assert (status, body["code"]) == (400, 50035)


async def test_there_are_five_message_commands_at_most(world: DiscordWorld, api: Api) -> None:
    """The sixth is 30032; a slash command may have the name of a message command."""
    path = f"/applications/{world.application.id}/commands"
    five = [COMMAND | {"name": f"Edit {number}"} for number in range(4)] + [COMMAND | {"name": "make"}]
    slash = {"name": "make", "description": "Make it", "type": 1}
    status, registered = await api("PUT", path, [*five, slash])
    assert status == 200
    assert registered[0]["description"] == ""
    assert registered[4]["id"] != registered[5]["id"]
    status, body = await api("PUT", path, [*five, COMMAND])
    assert (status, body["code"]) == (400, 30032)
    assert await api("GET", path) == (200, registered)
