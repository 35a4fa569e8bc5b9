"""Sets the scene: servers, channels, people, and what they do to each other besides writing."""

import copy
from collections.abc import Sequence

from sandbox.discord import messages
from sandbox.discord.components import give_ids
from sandbox.discord.events import (
    ChannelCreated,
    ChannelDeleted,
    ChannelUpdated,
    GuildJoined,
    GuildLeft,
    RoleCreated,
    RoleDeleted,
)
from sandbox.discord.model import (
    JSON,
    Channel,
    ChannelType,
    Guild,
    Member,
    Message,
    MessageFlag,
    Role,
    Upload,
    User,
)
from sandbox.discord.people import Person
from sandbox.discord.permissions import MEMBERS, NOTHING, named
from sandbox.discord.state import State


class Stage:
    """Changes the world from outside of it."""

    def __init__(self, state: State) -> None:
        self.state = state

    def add_user(self, name: str, *, bot: bool = False) -> User:
        """Add a person's account, or that of another app or a webhook."""
        return self.state.add_user(name, bot=bot)

    def person(self, user: User) -> Person:
        """Return the person at this account's client."""
        return Person(self.state, user)

    def add_guild(self, name: str, *, owner: User) -> Guild:
        """Found a server; its owner joins it, the bot does not."""
        guild_id = self.state.new_id()
        guild = Guild(guild_id, name, owner, Role(guild_id, "@everyone", MEMBERS))
        self.state.guilds[guild_id] = guild
        self.join(owner, guild)
        return guild

    def add_role(self, guild: Guild, name: str, *permission_names: str) -> Role:
        """Add a role with Discord's permission names, such as "MANAGE_GUILD"."""
        role = Role(self.state.new_id(), name, named(*permission_names))
        guild.roles.append(role)
        self.state.events.publish(RoleCreated(guild, role))
        return role

    def remove_role(self, guild: Guild, role: Role) -> None:
        """Delete a role; its members lose it."""
        guild.roles.remove(role)
        for member in guild.members.values():
            member.roles = [each for each in member.roles if each is not role]
        self.state.events.publish(RoleDeleted(guild, role))

    def join(self, user: User, guild: Guild, *, roles: Sequence[Role] = ()) -> Member:
        """Let a user join a server."""
        member = guild.members[user.id] = Member(user, self.state.clock(), list(roles))
        return member

    def leave(self, user: User, guild: Guild) -> None:
        """Let a member leave a server."""
        del guild.members[user.id]

    def add_channel(self, guild: Guild, name: str, kind: ChannelType = ChannelType.TEXT) -> Channel:
        """Add a text channel, or one of another kind."""
        return self._opened(Channel(self.state.new_id(), kind, name, guild))

    def add_thread(self, channel: Channel, name: str) -> Channel:
        """Open a public thread under a channel."""
        thread_id = self.state.new_id()
        return self._opened(
            Channel(thread_id, ChannelType.PUBLIC_THREAD, name, channel.guild, parent=channel)
        )

    def archive(self, thread: Channel) -> None:
        """Archive a thread."""
        thread.archived = True
        self.state.events.publish(ChannelUpdated(thread))

    def add_private_channel(self, one: User, other: User) -> Channel:
        """Open the direct messages of two people, in which the bot is no part."""
        return self.state.conversation(one, other)

    def install_bot(self, guild: Guild) -> None:
        """Add the bot to a server."""
        role = Role(self.state.new_id(), self.state.bot.name, NOTHING, managed=True)
        guild.roles.append(role)
        self.join(self.state.bot, guild, roles=[role])
        self.state.events.publish(GuildJoined(guild))

    def remove_bot(self, guild: Guild) -> None:
        """Throw the bot out of a server."""
        member = guild.members.pop(self.state.bot.id)
        guild.roles = [role for role in guild.roles if role not in member.roles]
        self.state.events.publish(GuildLeft(guild))

    def install_for_user(self, user: User) -> None:
        """Let the user carry the app along to every server and conversation."""
        self.state.user_installs.add(user.id)

    def deny(self, channel: Channel, *permission_names: str, to: User | None = None) -> None:
        """Deny somebody, or else the bot, these permissions in a channel, such as "SEND_MESSAGES"."""
        whom = to or self.state.bot
        denied = channel.overwrites.get(whom.id, NOTHING)
        channel.overwrites[whom.id] = denied | named(*permission_names)
        self.state.events.publish(ChannelUpdated(channel))

    def delete_channel(self, channel: Channel) -> None:
        """Delete a channel with all its messages."""
        del self.state.channels[channel.id]
        del self.state.messages[channel.id]
        self.state.events.publish(ChannelDeleted(channel))

    def delete_message(self, message: Message) -> None:
        """Delete a message, as its author or a moderator would."""
        messages.delete(self.state, message)

    def post(
        self,
        channel: Channel,
        author: User,
        content: str = "",
        *,
        files: Sequence[Upload] = (),
        embeds: Sequence[JSON] = (),
        components: Sequence[JSON] = (),
        extra: JSON | None = None,
        webhook: bool = False,
    ) -> Message:
        """Post what other apps, webhooks and special clients do; `extra` are raw fields of the message."""
        raw = dict(extra or {})
        flags = MessageFlag(raw.pop("flags", 0))
        if any(component["type"] != 1 for component in components):
            flags |= MessageFlag.COMPONENTS_V2
        shown = copy.deepcopy(list(components))
        give_ids(shown)
        draft = messages.Draft(
            content=content,
            uploads=tuple(files),
            components=tuple(shown),
            flags=flags,
            embeds=tuple(embeds),
            extra=raw,
            webhook=webhook,
        )
        return messages.post(self.state, channel, author, draft)

    def _opened(self, channel: Channel) -> Channel:
        self.state.add_channel(channel)
        self.state.events.publish(ChannelCreated(channel))
        return channel
