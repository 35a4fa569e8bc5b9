"""A bot's session at the gateway: which events it gets, and what it missed while away."""

import secrets
from collections import deque
from collections.abc import Callable
from typing import Protocol

from sandbox.discord import events
from sandbox.discord.interaction_payloads import interaction_json
from sandbox.discord.model import JSON, Channel, Guild, Message
from sandbox.discord.payloads import message_json
from sandbox.discord.permissions import Permission, permissions_in
from sandbox.discord.place_payloads import (
    application_json,
    channel_json,
    guild_json,
    member_json,
    role_json,
    user_json,
)
from sandbox.discord.state import State

GUILD_MESSAGES = 1 << 9
DIRECT_MESSAGES = 1 << 12
MESSAGE_CONTENT = 1 << 15
_GUILDS = 1 << 0
_REMEMBERED = 1000


class Receiver(Protocol):
    """Where a session's frames go."""

    def send(self, frame: JSON) -> None:
        """Take one frame, at once."""


class Session:
    """Turns what happens in the world into numbered events for one shard."""

    def __init__(self, state: State, shard: tuple[int, int], intents: int) -> None:
        self.id = secrets.token_hex(16)
        self.shard = shard
        self.receiver: Receiver | None = None
        self._state = state
        self._intents = intents
        self._sequence = 0
        self._sent: deque[JSON] = deque(maxlen=_REMEMBERED)
        self._unsubscribe: Callable[[], None] = state.events.subscribe(self._hear)

    def end(self) -> None:
        """Forget the session; it cannot be resumed any more."""
        self._unsubscribe()

    def ready(self) -> None:
        """Send READY and the servers of this shard."""
        guilds = [guild for guild in self._state.guilds.values() if self._has(guild)]
        self._dispatch(
            "READY",
            {
                "v": 10,
                "user": user_json(self._state.bot),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "private_channels": [],
                "session_id": self.id,
                "resume_gateway_url": self._state.gateway_url,
                "shard": list(self.shard),
                "application": {
                    key: application_json(self._state.application)[key] for key in ("id", "flags")
                },
            },
        )
        for guild in guilds:
            self._dispatch("GUILD_CREATE", guild_json(self._state, guild) | {"unavailable": False})

    def resume(self, sequence: int) -> bool:
        """Send again what came after `sequence`, then RESUMED; False if too much was missed."""
        missed = [frame for frame in self._sent if frame["s"] > sequence]
        if sequence > self._sequence or len(missed) < self._sequence - sequence:
            return False
        for frame in missed:
            self._send(frame)
        self._dispatch("RESUMED", {})
        return True

    def _dispatch(self, name: str, data: JSON) -> None:
        self._sequence += 1
        frame = {"op": 0, "t": name, "s": self._sequence, "d": data}
        self._sent.append(frame)
        self._send(frame)

    def _send(self, frame: JSON) -> None:
        if self.receiver:
            self.receiver.send(frame)

    def _has(self, guild: Guild | None) -> bool:
        return self._is_here(guild) and (guild is None or self._state.in_guild(guild))

    def _is_here(self, guild: Guild | None) -> bool:
        number, count = self.shard
        return (guild.id >> 22) % count == number if guild else number == 0

    def _hear(self, event: events.Event) -> None:
        match event:
            case events.InteractionCreated(interaction) if self._is_here(interaction.channel.guild):
                self._dispatch("INTERACTION_CREATE", interaction_json(self._state, interaction))
            case events.MessageCreated(message) if self._reads(message):
                self._dispatch("MESSAGE_CREATE", self._message(message))
            case events.MessageEdited(message) if self._reads(message):
                self._dispatch("MESSAGE_UPDATE", self._message(message))
            case events.MessageDeleted(message) if self._reads(message):
                ids = {"id": str(message.id), "channel_id": str(message.channel.id)}
                self._dispatch("MESSAGE_DELETE", ids | _guild_id(message.channel))
            case _:
                self._hear_of_places(event)

    def _hear_of_places(self, event: events.Event) -> None:
        if not self._intents & _GUILDS:
            return
        match event:
            case events.ChannelCreated(channel) if self._has(channel.guild):
                new = {"newly_created": True} if channel.parent else {}
                self._dispatch(_name(channel, "CREATE"), channel_json(channel) | new)
            case events.ChannelUpdated(channel) if self._has(channel.guild):
                self._dispatch(_name(channel, "UPDATE"), channel_json(channel))
            case events.ChannelDeleted(channel) if self._has(channel.guild):
                self._dispatch(_name(channel, "DELETE"), channel_json(channel))
            case events.GuildJoined(guild) if self._is_here(guild):
                self._dispatch("GUILD_CREATE", guild_json(self._state, guild))
            case events.GuildLeft(guild) if self._is_here(guild):
                self._dispatch("GUILD_DELETE", {"id": str(guild.id)})
            case events.RoleCreated(guild, role) if self._has(guild):
                new_role = {"guild_id": str(guild.id), "role": role_json(role, guild)}
                self._dispatch("GUILD_ROLE_CREATE", new_role)
            case events.RoleDeleted(guild, role) if self._has(guild):
                self._dispatch("GUILD_ROLE_DELETE", {"guild_id": str(guild.id), "role_id": str(role.id)})

    def _reads(self, message: Message) -> bool:
        wanted = GUILD_MESSAGES if message.channel.guild else DIRECT_MESSAGES
        return (
            bool(self._intents & wanted)
            and message.ephemeral_for is None
            and self._has(message.channel.guild)
            and Permission.VIEW_CHANNEL in permissions_in(message.channel, self._state.bot)
        )

    def _message(self, message: Message) -> JSON:
        result = message_json(
            self._state, message, content_intent=bool(self._intents & MESSAGE_CONTENT)
        ) | _guild_id(message.channel)
        guild = message.channel.guild
        member = guild.members.get(message.author.id) if guild else None
        by_webhook = message.webhook or message.interaction
        return result | ({"member": member_json(member)} if member and not by_webhook else {})


def _guild_id(channel: Channel) -> JSON:
    return {"guild_id": str(channel.guild.id)} if channel.guild else {}


def _name(channel: Channel, what: str) -> str:
    return f"{'THREAD' if channel.parent else 'CHANNEL'}_{what}"
