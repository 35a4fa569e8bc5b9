"""What tests of moderation share: what moderators type and read, and what stands in the log channel."""

from bot.texts import text
from sandbox.discord.components import flat
from sandbox.discord.model import Channel, Interaction, Message
from sandbox.discord.options import OptionValue
from sandbox.discord.people import Person
from tests.journeys.panels import words
from tests.local_world import LocalWorld


def quota(world: LocalWorld, command: str, /, **options: OptionValue) -> Interaction:
    """Grace, who may manage the server, types a command; people and roles are meant by their ids."""
    named = {name: str(value) if name in {"member", "role"} else value for name, value in options.items()}
    return world.grace.slash(world.images, f"quota {command}", **named)


async def answered(interaction: Interaction) -> Message:
    """The answer of a command, which its moderator alone sees."""
    message = await interaction.answered(30)
    assert message is not None
    assert message.ephemeral_for is interaction.user
    assert message.pinged == set()
    return message


async def done(world: LocalWorld, command: str, /, **options: OptionValue) -> str:
    """A change that goes through: what is said of it."""
    message = await answered(quota(world, command, **options))
    assert message.content.startswith("✅ "), message.content
    return message.content.removeprefix("✅ ").removesuffix(".")


async def refused(world: LocalWorld, key: str, command: str, /, **options: OptionValue) -> str:
    """A change that is refused with this text's first words."""
    message = await answered(quota(world, command, **options))
    assert message.content.startswith(text(key, **dict.fromkeys(VALUES, "…")).partition("…")[0]), (
        message.content
    )
    return message.content


VALUES = ("given", "n", "limit", "left", "back", "until", "highest")


async def shown(world: LocalWorld, command: str, /, **options: OptionValue) -> Message:
    """A panel."""
    return await answered(quota(world, command, **options))


async def set_log_channel(world: LocalWorld, channel: Channel | None = None) -> Channel:
    """Grace chooses where the log stands."""
    channel = channel or world.places.lounge
    panel = await shown(world, "settings")
    await changed(world.grace, panel, menu_id(panel, "log"), str(channel.id))
    return channel


def menu_id(panel: Message, what: str) -> str:
    """The id of a menu or button of the settings, with the version that it was shown with."""
    ids = [str(each["custom_id"]) for each in flat(panel.components) if "custom_id" in each]
    [found] = [each for each in ids if each.startswith(f"q-set:{what}:")]
    return found


async def changed(person: Person, panel: Message, custom_id: str, *values: str) -> None:
    """Use a menu or a button of a panel, and wait until the panel has changed."""
    before = words(panel)
    is_menu = any(each.get("custom_id") == custom_id and each["type"] != 2 for each in flat(panel.components))
    interaction = person.choose(panel, custom_id, *values) if is_menu else person.press(panel, custom_id)
    await interaction.answered(30)
    assert words(panel) != before


def logged(world: LocalWorld, channel: Channel) -> list[str]:
    """What stands in the log channel, oldest first."""
    return [message.content or words(message) for message in world.posted(channel)]


async def in_log(world: LocalWorld, channel: Channel, holding: str) -> Message:
    """The line of the log channel that has these words."""
    found = await world.grace.until(
        channel,
        lambda message: (
            message.author is world.discord.state.bot
            and message.ephemeral_for is None
            and (holding in message.content or holding in words(message))
        ),
    )
    assert found.pinged == set()
    return found
