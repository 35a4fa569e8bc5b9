"""The commands that the client offers: after a "/", and in the Apps menu of a message; and their use."""

from collections.abc import Mapping

from sandbox.discord import interactions
from sandbox.discord.commands import CommandDefinition, OptionType
from sandbox.discord.files import keep
from sandbox.discord.model import FORUMS, JSON, Channel, Interaction, Message, Upload, User
from sandbox.discord.options import OptionValue
from sandbox.discord.permissions import Permission, permissions_in
from sandbox.discord.state import State
from sandbox.discord.things import thing

SLASH, ON_MESSAGE = 1, 3
"""The types of commands, with Discord's numbers."""


def offered(state: State, user: User, channel: Channel, kind: int) -> list[CommandDefinition]:
    """Return the commands of one type that the client lists for the person in the channel."""
    if channel.type in FORUMS:
        return []
    guild_id = channel.guild.id if channel.guild else None
    registered = [*state.commands.get(None, []), *(state.commands.get(guild_id, []) if guild_id else [])]
    return [
        entry
        for command in registered
        if command.type == kind and _owners(state, user, channel, command)
        for entry in command.entries
    ]


def send(
    state: State,
    user: User,
    channel: Channel,
    command: CommandDefinition,
    values: Mapping[str, OptionValue],
    focused: str | None = None,
    owners: Mapping[str, int] | None = None,
) -> Interaction:
    """Send a slash command; `focused` names the option of which suggestions are wanted instead.

    `owners` are who brings it along where no client would send it.
    """
    uploads = {name: value for name, value in values.items() if isinstance(value, Upload)}
    kept = {name: keep(state, channel, value, ephemeral=True) for name, value in uploads.items()}
    options = []
    for option in command.options:
        if option.name in values:
            if option.type in (OptionType.USER, OptionType.ROLE):
                thing(state, channel.guild, option.type.name.lower(), str(values[option.name]))
            value = str(kept[option.name].id) if option.name in kept else values[option.name]
            options.append(
                {"name": option.name, "type": int(option.type), "value": value}
                | ({"focused": True} if option.name == focused else {})
            )
    name, _, below = command.name.partition(" ")
    if below:
        options = [{"name": below, "type": int(OptionType.SUB_COMMAND), "options": options}]
    return interactions.begin(
        state,
        "autocomplete" if focused else "command",
        user,
        channel,
        _named_data(command) | {"name": name, "options": options},
        owners=_owners(state, user, channel, command) if owners is None else owners,
        uploads=list(kept.values()),
    )


def send_on(
    state: State,
    user: User,
    message: Message,
    command: CommandDefinition,
    owners: Mapping[str, int] | None = None,
) -> Interaction:
    """Use a message command; for `owners` see `send`."""
    return interactions.begin(
        state,
        "command",
        user,
        message.channel,
        _named_data(command) | {"target_id": str(message.id)},
        owners=_owners(state, user, message.channel, command) if owners is None else owners,
        target=message,
    )


def _named_data(command: CommandDefinition) -> JSON:
    data: JSON = {"id": str(command.id), "name": command.name, "type": command.type}
    return data | ({"guild_id": str(command.guild_id)} if command.guild_id else {})


def _owners(state: State, user: User, channel: Channel, command: CommandDefinition) -> dict[str, int]:
    """Return who brings the command here by type of install; empty: it is not offered."""
    allowed = permissions_in(channel, user)
    if channel.archived or Permission.USE_APPLICATION_COMMANDS | command.permissions not in allowed:
        return {}
    context = interactions.context_of(state, channel)
    owners = interactions.owners_of(state, channel, user)
    return {kind: owner for kind, owner in owners.items() if command.offered(context, int(kind))}
