"""Everything a person at a Discord client can do and see; the page is a thin skin on it."""

import asyncio
from collections.abc import Callable, Sequence

from sandbox.discord import interactions, messages
from sandbox.discord.commands import CommandDefinition
from sandbox.discord.components import flat
from sandbox.discord.events import Event, MessageCreated, MessageDeleted, MessageEdited
from sandbox.discord.files import keep
from sandbox.discord.model import (
    JSON,
    Channel,
    Choice,
    Interaction,
    Message,
    MessageFlag,
    Reference,
    Upload,
    User,
)
from sandbox.discord.options import ClientRefused, OptionValue, check_option, check_options
from sandbox.discord.permissions import Permission, permissions_in
from sandbox.discord.state import State

_ANY_TEXT = 4000
_FILES = 10


class Person:
    """One person at their client. What the real client would not let them do raises ClientRefused."""

    def __init__(self, state: State, user: User) -> None:
        self._state = state
        self.user = user

    def dm(self) -> Channel:
        """Return the direct messages with the bot."""
        return self._state.conversation(self.user, self._state.bot)

    def sees(self, channel: Channel) -> list[Message]:
        """Return the channel's messages, oldest first, with the ephemeral ones for this person alone."""
        if Permission.VIEW_CHANNEL not in permissions_in(channel, self.user):
            return []
        visible = self._state.messages.get(channel.id, {}).values()
        return [message for message in visible if message.ephemeral_for in (None, self.user)]

    async def until(
        self,
        channel: Channel,
        fits: Callable[[Message], bool],
        timeout: float = 10,  # noqa: ASYNC109 - a test's own deadline
    ) -> Message:
        """Wait for a message visible in the channel that fits, and return the oldest one.

        Raises TimeoutError after `timeout` seconds.
        """
        changed = asyncio.Event()

        def listen(event: Event) -> None:
            if isinstance(event, MessageCreated | MessageEdited | MessageDeleted):
                changed.set()

        unsubscribe = self._state.events.subscribe(listen)
        try:
            async with asyncio.timeout(timeout):
                while True:
                    changed.clear()
                    for message in self.sees(channel):
                        if fits(message):
                            return message
                    await changed.wait()
        finally:
            unsubscribe()

    def commands(self, channel: Channel) -> list[CommandDefinition]:
        """Return what the client offers after a "/" in this channel."""
        guild_id = channel.guild.id if channel.guild else None
        registered = [
            *self._state.commands.get(None, []),
            *(self._state.commands.get(guild_id, []) if guild_id else []),
        ]
        return [command for command in registered if self._owners(channel, command)]

    def slash(self, channel: Channel, command_name: str, /, **options: OptionValue) -> Interaction:
        """Send a slash command."""
        command = self._command(channel, command_name)
        check_options(command, options)
        return self._send_command(channel, command, options)

    async def autocomplete(
        self, channel: Channel, command_name: str, option: str, text: str, /, **others: OptionValue
    ) -> list[Choice]:
        """Type `text` into an option and return the bot's suggestions.

        Raises InteractionFailed after three seconds without an answer.
        """
        command = self._command(channel, command_name)
        if not any(known.name == option and known.autocomplete for known in command.options):
            raise ClientRefused(f"/{command_name} suggests nothing for {option}")
        for name, value in others.items():
            check_option(command, name, value)
        interaction = self._send_command(channel, command, {**others, option: text}, focused=option)
        await interaction.answered()
        return interaction.choices

    def press(self, message: Message, custom_id_or_label: str) -> Interaction:
        """Press a button."""
        for component in flat(message.components):
            if component["type"] == 2 and custom_id_or_label in (
                component.get("custom_id"),
                component.get("label"),
            ):
                return self._use(message, component, {})
        raise ClientRefused(f"there is no button {custom_id_or_label!r}")

    def choose(self, message: Message, custom_id: str, *values: str) -> Interaction:
        """Choose values in a select menu."""
        for component in flat(message.components):
            if component["type"] == 3 and component["custom_id"] == custom_id:
                known = {option["value"] for option in component["options"]}
                least, most = component.get("min_values", 1), component.get("max_values", 1)
                if not known.issuperset(values) or not least <= len(values) <= most:
                    raise ClientRefused(f"the menu does not offer {values}")
                return self._use(message, component, {"values": list(values)})
        raise ClientRefused(f"there is no menu {custom_id!r}")

    def say(
        self,
        channel: Channel,
        text: str = "",
        *,
        uploads: Sequence[Upload] = (),
        reply_to: Message | None = None,
        ping: bool = True,
    ) -> Message:
        """Write a message, perhaps with files, perhaps as a reply that pings its author or not."""
        allowed = permissions_in(channel, self.user)
        needed = Permission.SEND_MESSAGES_IN_THREADS if channel.parent else Permission.SEND_MESSAGES
        if needed not in allowed or channel.archived:
            raise ClientRefused("you may not write here")
        if uploads and Permission.ATTACH_FILES not in allowed:
            raise ClientRefused("you may not attach files here")
        if not (text.strip() or uploads) or len(text) > _ANY_TEXT or len(uploads) > _FILES:
            raise ClientRefused("a message has a text or files, at most 4000 characters and ten files")
        if reply_to and (reply_to.channel is not channel or reply_to not in self.sees(channel)):
            raise ClientRefused("this message is not in the channel")
        if reply_to and reply_to.ephemeral_for:
            raise ClientRefused("nobody can reply to an ephemeral message")
        draft = messages.Draft(
            content=text.strip(),
            uploads=tuple(uploads),
            reference=Reference(reply_to.id, channel, reply_to) if reply_to else None,
            mentions=None if ping else messages.EVERYBODY_BUT_THE_REPLIED,
        )
        return messages.post(self._state, channel, self.user, draft)

    def _command(self, channel: Channel, name: str) -> CommandDefinition:
        for command in self.commands(channel):
            if command.name == name:
                return command
        raise ClientRefused(f"/{name} is not offered here")

    def _owners(self, channel: Channel, command: CommandDefinition) -> dict[str, int]:
        """Return who brings the command here by type of install; empty: it is not offered."""
        allowed = permissions_in(channel, self.user)
        if channel.archived or Permission.USE_APPLICATION_COMMANDS | command.permissions not in allowed:
            return {}
        context = interactions.context_of(self._state, channel)
        owners = interactions.owners_of(self._state, channel, self.user)
        return {kind: owner for kind, owner in owners.items() if command.offered(context, int(kind))}

    def _send_command(
        self,
        channel: Channel,
        command: CommandDefinition,
        values: dict[str, OptionValue],
        focused: str | None = None,
    ) -> Interaction:
        uploads = {name: value for name, value in values.items() if isinstance(value, Upload)}
        kept = {name: keep(self._state, channel, value, ephemeral=True) for name, value in uploads.items()}
        options = []
        for option in command.options:
            if option.name in values:
                value = str(kept[option.name].id) if option.name in kept else values[option.name]
                options.append(
                    {"name": option.name, "type": int(option.type), "value": value}
                    | ({"focused": True} if option.name == focused else {})
                )
        data: JSON = {"id": str(command.id), "name": command.name, "type": command.type, "options": options}
        if command.guild_id:
            data["guild_id"] = str(command.guild_id)
        return interactions.begin(
            self._state,
            "autocomplete" if focused else "command",
            self.user,
            channel,
            data,
            owners=self._owners(channel, command),
            uploads=list(kept.values()),
        )

    def _use(self, message: Message, component: JSON, values: JSON) -> Interaction:
        if message not in self.sees(message.channel):
            raise ClientRefused("this message cannot be seen")
        if component.get("disabled") or "custom_id" not in component or MessageFlag.LOADING in message.flags:
            raise ClientRefused("it cannot be used")
        data = {
            "component_type": component["type"],
            "custom_id": component["custom_id"],
            "id": component["id"],
            **values,
        }
        owners = (
            message.interaction.owners
            if message.interaction
            else interactions.owners_of(self._state, message.channel, self.user)
        )
        return interactions.begin(
            self._state, "component", self.user, message.channel, data, owners=owners, message=message
        )
