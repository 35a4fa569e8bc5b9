"""All that the world knows, in memory, and how it grows."""

import secrets
from dataclasses import dataclass, field
from itertools import count

from sandbox.discord.attachment import Attachment
from sandbox.discord.clock import Clock
from sandbox.discord.commands import CommandDefinition
from sandbox.discord.events import Events
from sandbox.discord.model import Channel, ChannelType, Guild, Interaction, Message, User

_EPOCH_MILLISECONDS = 1_420_070_400_000


@dataclass(eq=False, slots=True)
class Application:
    """The bot's entry in the developer portal."""

    id: int
    bot: User
    owner: User
    token: str = field(repr=False)
    message_content: bool = True
    """Whether the privileged message-content intent is granted."""
    team: list[User] = field(default_factory=list)
    """Who owns it together, the owner first; empty: the owner alone."""
    members: bool = False
    """Whether the privileged server-members intent is granted."""


class State:
    """The one store that every part of the world reads and writes; all in one event loop."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.events = Events()
        self.url = ""
        """Where the world is served; known once its port is open."""
        self.secret = secrets.token_bytes(32)
        """Signs the links of files."""
        self._sequence = count()
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, dict[int, Message]] = {}
        """By channel, then by message, oldest first; ephemeral messages too."""
        self.files: dict[int, Attachment] = {}
        """What the signed links lead to."""
        self.interactions: dict[str, Interaction] = {}
        """By token."""
        self.commands: dict[int | None, list[CommandDefinition]] = {}
        """By server; None: the global ones."""
        self.user_installs: set[int] = set()
        """Who carries the app along to every server."""
        self.problems: list[str] = []
        """Requests that no real Discord would have understood; a test asserts that there are none."""
        bot = self.add_user("Nano Banana", bot=True)
        owner = self.add_user("Operator")
        token = f"{bot.id}.{secrets.token_urlsafe(24)}"
        self.application = Application(bot.id, bot, owner, token)

    @property
    def gateway_url(self) -> str:
        """Return where bots connect."""
        return self.url.replace("http", "ws", 1) + "/gateway"

    @property
    def bot(self) -> User:
        """Return the bot's account."""
        return self.application.bot

    def new_id(self) -> int:
        """Return a fresh snowflake of the world's time, greater than all before."""
        milliseconds = int(self.clock() * 1000) - _EPOCH_MILLISECONDS
        return (milliseconds << 22) + next(self._sequence)

    def add_user(self, name: str, *, bot: bool = False) -> User:
        """Add an account."""
        user = User(self.new_id(), name, bot)
        self.users[user.id] = user
        return user

    def add_channel(self, channel: Channel) -> Channel:
        """Keep a new channel."""
        self.channels[channel.id] = channel
        self.messages[channel.id] = {}
        return channel

    def conversation(self, one: User, other: User) -> Channel:
        """Return the direct messages of two people, opened if need be."""
        for channel in self.channels.values():
            if channel.recipients and {one, other} == set(channel.recipients):
                return channel
        return self.add_channel(Channel(self.new_id(), ChannelType.DM, recipients=[one, other]))

    def in_guild(self, guild: Guild) -> bool:
        """Tell whether the bot is a member of the server."""
        return self.bot.id in guild.members

    def shares_guild(self, user: User) -> bool:
        """Tell whether the user and the bot are in some server together."""
        return any(user.id in guild.members and self.in_guild(guild) for guild in self.guilds.values())

    def message(self, channel: Channel, message_id: int) -> Message | None:
        """Return a message by its id, or None."""
        return self.messages.get(channel.id, {}).get(message_id)
