"""Everything a person at a Discord client can do and see; the page is a thin skin on it."""

import asyncio
from collections.abc import Callable, Sequence

from sandbox.discord import interactions, messages, offers
from sandbox.discord.commands import CommandDefinition
from sandbox.discord.components import flat
from sandbox.discord.events import Event, MessageCreated, MessageDeleted, MessageEdited, ReactionsChanged
from sandbox.discord.forms import FieldValue, fill_in
from sandbox.discord.forwards import forward_of
from sandbox.discord.mentions import EVERYBODY_BUT_THE_REPLIED
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
from sandbox.discord.things import MENUS, check_menu

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
            if isinstance(event, MessageCreated | MessageEdited | MessageDeleted | ReactionsChanged):
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
        return offers.offered(self._state, self.user, channel, offers.SLASH)

    def slash(self, channel: Channel, command_name: str, /, **options: OptionValue) -> Interaction:
        """Send a slash command."""
        command = self._slash(channel, command_name)
        check_options(command, options)
        return offers.send(self._state, self.user, channel, command, options)

    async def autocomplete(
        self, channel: Channel, command_name: str, option: str, text: str, /, **others: OptionValue
    ) -> list[Choice]:
        """Type `text` into an option and return the bot's suggestions.

        Raises InteractionFailed after three seconds without an answer.
        """
        command = self._slash(channel, command_name)
        if not any(known.name == option and known.autocomplete for known in command.options):
            raise ClientRefused(f"/{command_name} suggests nothing for {option}")
        for name, value in others.items():
            check_option(command, name, value)
        values = {**others, option: text}
        interaction = offers.send(self._state, self.user, channel, command, values, focused=option)
        await interaction.answered()
        return interaction.choices

    def menu_commands(self, message: Message) -> list[CommandDefinition]:
        """Return what the client offers under Apps in the menu of this message."""
        if message not in self.sees(message.channel) or message.ephemeral_for:
            return []
        return offers.offered(self._state, self.user, message.channel, offers.ON_MESSAGE)

    def menu(self, message: Message, command_name: str) -> Interaction:
        """Use a command from the Apps menu of a message."""
        for command in self.menu_commands(message):
            if command.name == command_name:
                return offers.send_on(self._state, self.user, message, command)
        raise ClientRefused(f"{command_name} is not offered for this message")

    def submit(self, shown: Interaction, /, **fields: FieldValue) -> Interaction:
        """Fill in the form that the bot opened, by custom_id, and submit it; the rest keeps its defaults."""
        if shown.modal is None or shown.user is not self.user:
            raise ClientRefused("no form is open")
        if Permission.VIEW_CHANNEL not in permissions_in(shown.channel, self.user):
            raise ClientRefused("this channel cannot be seen")
        data, files = fill_in(self._state, shown.channel, shown.modal, fields)
        return interactions.begin(
            self._state,
            "modal",
            self.user,
            shown.channel,
            data,
            owners=shown.owners,
            uploads=files,
            message=shown.message,
            shown=shown,
        )

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
            if component["type"] in (3, *MENUS) and component["custom_id"] == custom_id:
                check_menu(self._state, message.channel, component, values)
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
        self._must_write(channel)
        if uploads and Permission.ATTACH_FILES not in permissions_in(channel, self.user):
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
            mentions=None if ping else EVERYBODY_BUT_THE_REPLIED,
        )
        return messages.post(self._state, channel, self.user, draft)

    def forward(self, message: Message, channel: Channel) -> Message:
        """Forward a message as it is now to a channel."""
        if message not in self.sees(message.channel):
            raise ClientRefused("this message cannot be seen")
        self._must_write(channel)
        return messages.post(self._state, channel, self.user, forward_of(self._state, message, channel))

    def delete(self, message: Message) -> None:
        """Delete a message of one's own, or anybody's as a moderator."""
        moderates = Permission.MANAGE_MESSAGES in permissions_in(message.channel, self.user)
        if message not in self.sees(message.channel) or message.ephemeral_for:
            raise ClientRefused("this message cannot be deleted")
        if message.author is not self.user and not moderates:
            raise ClientRefused("you may only delete your own messages")
        messages.delete(self._state, message)

    def _slash(self, channel: Channel, name: str) -> CommandDefinition:
        for command in self.commands(channel):
            if command.name == name:
                return command
        raise ClientRefused(f"/{name} is not offered here")

    def _must_write(self, channel: Channel) -> None:
        needed = Permission.SEND_MESSAGES_IN_THREADS if channel.parent else Permission.SEND_MESSAGES
        if needed not in permissions_in(channel, self.user) or channel.archived:
            raise ClientRefused("you may not write here")

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
