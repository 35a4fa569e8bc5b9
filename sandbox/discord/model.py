"""The things in the world: people, servers, channels, messages and interactions."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any, Literal

from sandbox.discord.attachment import Attachment
from sandbox.discord.permissions import Permission

JSON = dict[str, Any]
"""An object of Discord's API, as it goes over the wire."""

MEBIBYTE = 1024 * 1024


class InteractionFailed(Exception):
    """The bot did not answer an interaction in time."""


class ChannelType(IntEnum):
    """The kinds of channels there are here, with Discord's numbers."""

    TEXT = 0
    DM = 1
    VOICE = 2
    ANNOUNCEMENT = 5
    PUBLIC_THREAD = 11
    STAGE_VOICE = 13
    FORUM = 15
    MEDIA = 16


FORUMS = (ChannelType.FORUM, ChannelType.MEDIA)
"""Where people write in threads alone."""


class MessageFlag(IntFlag):
    """The message flags that matter here."""

    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    HAS_SNAPSHOT = 1 << 14
    COMPONENTS_V2 = 1 << 15


NO_FLAGS = MessageFlag(0)


@dataclass(eq=False, slots=True)
class User:
    """An account: a person's or the bot's."""

    id: int
    name: str
    """The name people read; the account's unique name is this in lower case."""
    bot: bool = False
    takes_dms: bool = True


@dataclass(eq=False, slots=True)
class Role:
    """A role of one server; the one with the server's id is @everyone."""

    id: int
    name: str
    permissions: Permission
    managed: bool = False


@dataclass(eq=False, slots=True)
class Member:
    """A user's place in one server."""

    user: User
    joined_at: float
    roles: list[Role] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Guild:
    """A server."""

    id: int
    name: str
    owner: User = field(repr=False)
    everyone: Role = field(repr=False)
    roles: list[Role] = field(default_factory=list, repr=False)
    """The roles beside @everyone."""
    members: dict[int, Member] = field(default_factory=dict, repr=False)
    file_limit: int = 10 * MEBIBYTE
    """Bytes one file may have here."""


@dataclass(eq=False, slots=True)
class Channel:
    """A channel or thread of a server, or a conversation of two people."""

    id: int
    type: ChannelType
    name: str = ""
    guild: Guild | None = None
    recipients: list[User] = field(default_factory=list)
    """Who takes part, outside servers."""
    parent: "Channel | None" = None
    archived: bool = False
    overwrites: dict[int, Permission] = field(default_factory=dict)
    """What is denied here, by the id of a role or a user."""

    @property
    def file_limit(self) -> int:
        """Return the bytes that one file may have here."""
        return self.guild.file_limit if self.guild else 10 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on a person's or the bot's side, on its way into the world."""

    name: str
    data: bytes
    content_type: str | None = None
    """None: taken from the name's ending, as Discord does."""
    description: str | None = None
    """The alt text."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a reply or a forward points to."""

    message_id: int
    channel: Channel
    message: "Message | None"
    """None if it is gone."""
    forward: bool = False


@dataclass(eq=False, slots=True)
class Message:
    """A message as it stands now; edits change it in place."""

    id: int
    channel: Channel = field(repr=False)
    author: User
    created_at: float
    content: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    components: list[JSON] = field(default_factory=list)
    """As the bot sent them; for their files see `component_files`."""
    component_files: list[Attachment] = field(default_factory=list)
    """Files that components show under `attachment://NAME`."""
    reference: Reference | None = None
    flags: MessageFlag = NO_FLAGS
    ephemeral_for: User | None = None
    """The only person who sees it; None: everybody in the channel."""
    interaction: "Interaction | None" = field(default=None, repr=False)
    """What it answers."""
    pinged: set[int] = field(default_factory=set)
    """The ids of the users who were really notified."""
    edited_at: float | None = None
    nonce: str | None = None
    embeds: list[JSON] = field(default_factory=list)
    snapshot: "Message | None" = None
    """What a forward shows: the message as it was then."""
    webhook: bool = False
    """Whether its author is a webhook."""
    extra: JSON = field(default_factory=dict)
    """Further fields of Discord's message object, such as a poll or stickers."""
    reactions: dict[str, set[int]] = field(default_factory=dict)
    """Who reacted, by emoji."""

    @property
    def loading(self) -> bool:
        """Tell whether it still reads "… is thinking"."""
        return MessageFlag.LOADING in self.flags


InteractionKind = Literal["command", "component", "autocomplete", "modal"]
InteractionState = Literal["waiting", "answered", "deferred", "failed"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of an option, or one suggestion of the bot."""

    name: str
    value: str | int | float


@dataclass(eq=False)
class Interaction:
    """Something a person did that the bot must answer."""

    id: int
    token: str = field(repr=False)
    kind: InteractionKind
    user: User
    channel: Channel = field(repr=False)
    data: JSON
    """Discord's `data` object, its attachments left out."""
    created_at: float
    owners: Mapping[str, int] = field(default_factory=dict)
    """By integration type ("0" server, "1" user) who brought the app along."""
    uploads: list[Attachment] = field(default_factory=list, repr=False)
    message: Message | None = field(default=None, repr=False)
    """The message whose button was pressed, perhaps to open the form that is submitted now."""
    target: Message | None = field(default=None, repr=False)
    """The message on which a message command was used."""
    shown: "Interaction | None" = field(default=None, repr=False)
    """What opened the form that is submitted now."""
    acknowledged_at: float | None = None
    state: InteractionState = "waiting"
    """"failed": the client reads "The application did not respond"."""
    answer: Message | None = None
    """The original answer, also while it is loading."""
    modal: JSON | None = None
    """The form that the bot opened instead of an answer: custom_id, title and components."""
    choices: list[Choice] = field(default_factory=list)
    """The bot's suggestions, for an autocomplete."""
    follow_ups: int = 0

    def __post_init__(self) -> None:
        self._moved = asyncio.Event()

    @property
    def user_install_only(self) -> bool:
        """Tell whether the app is here with this user alone."""
        return "0" not in self.owners

    def moved(self) -> None:
        """Wake those who wait for the state."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def answered(self, timeout: float = 10) -> Message | None:  # noqa: ASYNC109 - a test's own deadline
        """Wait for a real answer, not only a deferred one, and return its message (None: nothing to show).

        Raises InteractionFailed when the client would say so, TimeoutError after `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            while self.state != "answered":
                if self.state == "failed":
                    raise InteractionFailed(json.dumps(self.data))
                await self._moved.wait()
        return self.answer
