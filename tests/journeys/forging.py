"""Commands and presses that no client would send: the bot itself has to say no."""

from sandbox.discord import interactions, offers
from sandbox.discord.commands import CommandDefinition, OptionType
from sandbox.discord.components import flat
from sandbox.discord.forms import FieldValue, fill_in
from sandbox.discord.model import Channel, Interaction, Message
from sandbox.discord.options import OptionValue
from sandbox.discord.people import Person
from tests.journeys.panels import words
from tests.local_world import LocalWorld


def registered(world: LocalWorld, name: str, kind: int = offers.SLASH) -> CommandDefinition:
    """A command or subcommand as the bot has registered it, wherever."""
    for commands in world.discord.state.commands.values():
        for command in commands:
            for entry in command.entries:
                if command.type == kind and entry.name == name:
                    return entry
    raise LookupError(name)


def without_roles(command: CommandDefinition) -> CommandDefinition:
    """The same where there are no roles: Discord adds none to the id that somebody names."""
    options = [
        option.model_copy(update={"type": OptionType.STRING}) if option.type is OptionType.ROLE else option
        for option in command.options
    ]
    return command.model_copy(update={"options": tuple(options)})


def owners(world: LocalWorld, person: Person, channel: Channel) -> dict[str, int]:
    """Who brings the app to a channel: the server, or the person who carries it."""
    return interactions.owners_of(world.discord.state, channel, person.user) or {"1": person.user.id}


def forged(
    world: LocalWorld, person: Person, channel: Channel, name: str, /, **options: OptionValue
) -> Interaction:
    """A slash command that is not offered to this person, or not there."""
    command = registered(world, name)
    if channel.guild is None:
        command = without_roles(command)
    state, who = world.discord.state, owners(world, person, channel)
    return offers.send(state, person.user, channel, command, options, owners=who)


def forged_typing(world: LocalWorld, person: Person, channel: Channel, name: str, option: str) -> Interaction:
    """The wish for suggestions while somebody types a command that is not offered to them, or not there."""
    who = owners(world, person, channel)
    command = registered(world, name)
    return offers.send(world.discord.state, person.user, channel, command, {option: ""}, option, owners=who)


def forged_menu(world: LocalWorld, person: Person, message: Message, name: str) -> Interaction:
    """A command of the Apps menu that is not offered to this person, or not there."""
    command = registered(world, name, offers.ON_MESSAGE)
    who = owners(world, person, message.channel)
    return offers.send_on(world.discord.state, person.user, message, command, owners=who)


def forged_press(
    world: LocalWorld, person: Person, message: Message, custom_id: str, *values: str
) -> Interaction:
    """A button or menu of a message that this person cannot see, in the message's own channel or not."""
    [component] = [each for each in flat(message.components) if each.get("custom_id") == custom_id]
    data = {"component_type": component["type"], "custom_id": custom_id, "id": component["id"]}
    data |= {"values": list(values)} if component["type"] != 2 else {}
    return interactions.begin(
        world.discord.state,
        "component",
        person.user,
        message.channel,
        data,
        owners=owners(world, person, message.channel),
        message=message,
    )


def with_button(world: LocalWorld, channel: Channel, custom_id: str) -> Message:
    """A message of the bot with a button of this id, which the bot has never made."""
    button = {"type": 2, "style": 2, "label": "forged", "custom_id": custom_id}
    components = [{"type": 1, "components": [button]}]
    return world.discord.post(channel, world.discord.state.bot, components=components)


def forged_id(world: LocalWorld, person: Person, message: Message, custom_id: str) -> Interaction:
    """A press of a button that the message does not have."""
    who = owners(world, person, message.channel)
    data = {"component_type": 2, "custom_id": custom_id, "id": 1}
    state = world.discord.state
    return interactions.begin(
        state, "component", person.user, message.channel, data, owners=who, message=message
    )


def forged_form(world: LocalWorld, person: Person, channel: Channel, custom_id: str) -> Interaction:
    """A form of this id, filled in by somebody who has never opened it."""
    field = {"type": 4, "id": 2, "custom_id": "words", "value": "let it snow"}
    data = {"custom_id": custom_id, "components": [{"type": 18, "id": 1, "component": field}]}
    who = owners(world, person, channel)
    return interactions.begin(world.discord.state, "modal", person.user, channel, data, owners=who)


def forged_submit(
    world: LocalWorld, person: Person, channel: Channel, shown: Interaction, **fields: FieldValue
) -> Interaction:
    """A form that somebody else has opened, sent by this person from this channel."""
    assert shown.modal is not None
    data, files = fill_in(world.discord.state, channel, shown.modal, fields)
    return interactions.begin(
        world.discord.state,
        "modal",
        person.user,
        channel,
        data,
        owners=owners(world, person, channel),
        uploads=files,
        message=shown.message,
        shown=shown,
    )


async def said(world: LocalWorld, interaction: Interaction) -> str:
    """All that the bot says to somebody about what they did, once it has answered."""
    await interaction.answered(30)
    told = [
        message.content or words(message)
        for message in world.discord.state.messages[interaction.channel.id].values()
        if message.interaction is interaction
    ]
    return "\n".join(told)
