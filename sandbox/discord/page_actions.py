"""What a person does on the chat page, each action as one request brings it."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.discord.events import Event, InteractionMoved
from sandbox.discord.model import JSON, Channel, Interaction, Message, Upload
from sandbox.discord.options import ClientRefused
from sandbox.discord.people import Person
from sandbox.discord.state import State

_ANSWER_SECONDS = 10

Action = Callable[["PageActions", dict[str, Any], dict[str, Upload]], Awaitable[object]]
"""An action of PageActions: takes a request's values and its files by name, gives what the page must know."""


class PageActions:
    """One person at one channel; what the client refuses raises ClientRefused."""

    def __init__(self, state: State, person: Person, channel_id: str) -> None:
        self._state = state
        self._person = person
        self._channel_id = channel_id

    async def slash(self, payload: dict[str, Any], uploads: dict[str, Upload]) -> JSON:
        """Send a slash command."""
        options = {**payload["options"], **uploads}
        return await self._settled(self._person.slash(self._channel, payload["command"], **options))

    async def autocomplete(self, payload: dict[str, Any], _: dict[str, Upload]) -> list[JSON]:
        """Ask the bot for suggestions."""
        choices = await self._person.autocomplete(
            self._channel, payload["command"], payload["option"], payload["text"], **payload["others"]
        )
        return [{"name": choice.name, "value": choice.value} for choice in choices]

    async def menu(self, payload: dict[str, Any], _: dict[str, Upload]) -> JSON:
        """Use a command from a message's menu."""
        message = self._message(payload["message"])
        return await self._settled(self._person.menu(message, payload["command"]))

    async def press(self, payload: dict[str, Any], _: dict[str, Upload]) -> JSON:
        """Press a button, or choose in a select menu."""
        message = self._message(payload["message"])
        values = payload.get("values")
        if values is None:
            return await self._settled(self._person.press(message, payload["custom_id"]))
        return await self._settled(self._person.choose(message, payload["custom_id"], *values))

    async def submit(self, payload: dict[str, Any], uploads: dict[str, Upload]) -> JSON:
        """Submit the modal that an earlier interaction was answered with."""
        files = {
            custom_id: [uploads[name] for name in names] for custom_id, names in payload["files"].items()
        }
        shown = self._interaction(payload["interaction"])
        return await self._settled(self._person.submit(shown, **payload["fields"], **files))

    async def say(self, payload: dict[str, Any], uploads: dict[str, Upload]) -> str:
        """Write a message."""
        replied = payload["reply_to"]
        message = self._person.say(
            self._channel,
            self._with_mentions(payload["text"]),
            uploads=list(uploads.values()),
            reply_to=self._message(replied) if replied else None,
            ping=payload["ping"],
        )
        return str(message.id)

    async def delete(self, payload: dict[str, Any], _: dict[str, Upload]) -> None:
        """Delete a message."""
        self._person.delete(self._message(payload["message"]))

    async def _settled(self, interaction: Interaction) -> JSON:
        """Wait until the client knows what became of it: "answered", "deferred" or "failed", or a modal."""
        moved = asyncio.Event()

        def listen(event: Event) -> None:
            if isinstance(event, InteractionMoved) and event.interaction is interaction:
                moved.set()

        unsubscribe = self._state.events.subscribe(listen)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                while interaction.state == "waiting":
                    await moved.wait()
                    moved.clear()
        finally:
            unsubscribe()
        return {"id": str(interaction.id), "state": interaction.state, "modal": interaction.modal}

    @property
    def _channel(self) -> Channel:
        try:
            return self._state.channels[int(self._channel_id)]
        except (KeyError, ValueError):
            raise ClientRefused("this channel is gone") from None

    def _with_mentions(self, text: str) -> str:
        """What a client sends for "@Name": a mention of who is in the channel by this name."""
        guild = self._channel.guild
        users = [member.user for member in guild.members.values()] if guild else self._channel.recipients
        for user in sorted(users, key=lambda user: len(user.name), reverse=True):
            text = re.sub(
                rf"(?<!\w)@{re.escape(user.name)}(?!\w)", f"<@{user.id}>", text, flags=re.IGNORECASE
            )
        return text

    def _message(self, message_id: str) -> Message:
        message = self._state.message(self._channel, int(message_id))
        if message is None:
            raise ClientRefused("this message is gone")
        return message

    def _interaction(self, interaction_id: str) -> Interaction:
        for interaction in self._state.interactions.values():
            if str(interaction.id) == interaction_id and interaction.user is self._person.user:
                return interaction
        raise ClientRefused("this form is gone")


ACTIONS: tuple[Action, ...] = (
    PageActions.slash,
    PageActions.autocomplete,
    PageActions.menu,
    PageActions.press,
    PageActions.submit,
    PageActions.say,
    PageActions.delete,
)
"""Every action; its name is its address."""
