"""What happens in the world, told to everybody who listens: the gateway, the page, a waiting test."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.discord.model import Channel, Guild, Interaction, Message, Role


@dataclass(frozen=True, slots=True)
class MessageCreated:
    """A message appeared."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """A message changed."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """A message is gone."""

    message: Message


@dataclass(frozen=True, slots=True)
class ReactionsChanged:
    """Somebody reacted to a message, or no longer does."""

    message: Message


@dataclass(frozen=True, slots=True)
class InteractionCreated:
    """A person used a command or a button, or submitted a form."""

    interaction: Interaction


@dataclass(frozen=True, slots=True)
class InteractionMoved:
    """An interaction's state changed."""

    interaction: Interaction


@dataclass(frozen=True, slots=True)
class ChannelCreated:
    """A channel, thread or conversation appeared."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelUpdated:
    """A channel's permissions or its archived state changed."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelDeleted:
    """A channel is gone."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class GuildJoined:
    """The bot was added to a server."""

    guild: Guild


@dataclass(frozen=True, slots=True)
class GuildLeft:
    """The bot was removed from a server."""

    guild: Guild


@dataclass(frozen=True, slots=True)
class RoleCreated:
    """A server has a new role."""

    guild: Guild
    role: Role


@dataclass(frozen=True, slots=True)
class RoleDeleted:
    """A role is gone."""

    guild: Guild
    role: Role


@dataclass(frozen=True, slots=True)
class CommandsChanged:
    """The bot registered its commands."""


@dataclass(frozen=True, slots=True)
class ServicesChanged:
    """A service behind the bot was switched on the page."""


@dataclass(frozen=True, slots=True)
class BotCameOnline:
    """A bot's gateway session is ready or was resumed."""


@dataclass(frozen=True, slots=True)
class BotWentOffline:
    """The last gateway connection of the bot ended."""


Event = (
    MessageCreated
    | MessageEdited
    | MessageDeleted
    | ReactionsChanged
    | InteractionCreated
    | InteractionMoved
    | ChannelCreated
    | ChannelUpdated
    | ChannelDeleted
    | GuildJoined
    | GuildLeft
    | RoleCreated
    | RoleDeleted
    | CommandsChanged
    | ServicesChanged
    | BotCameOnline
    | BotWentOffline
)
Listener = Callable[[Event], None]


class Events:
    """Passes each event on to every listener, at once and in order; listeners must not wait."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def publish(self, event: Event) -> None:
        """Tell everybody."""
        for listener in list(self._listeners):
            listener(event)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Let `listener` hear every event from now on; return what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)
