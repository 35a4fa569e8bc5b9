"""What members read in panels, and how somebody without manners presses the buttons of others."""

from sandbox.discord.components import flat
from sandbox.discord.model import Channel, Interaction, Message
from sandbox.discord.people import Person
from tests.local_world import LocalWorld


def words(message: Message) -> str:
    """All that stands in a panel."""
    return "\n".join(str(each["content"]) for each in flat(message.components) if "content" in each)


def labels(message: Message) -> list[str]:
    """The words on its buttons."""
    return [str(each["label"]) for each in flat(message.components) if each["type"] == 2]


def entries(message: Message) -> list[str]:
    """What the list of jobs says of each, the newest first."""
    return [str(each["content"]) for each in flat(message.components) if each["type"] == 10][1:]


async def jobs_of(world: LocalWorld, person: Person, channel: Channel | None = None) -> Message:
    """The panel that a member gets."""
    return await panel(person.slash(channel or world.images, "jobs"))


async def panel(interaction: Interaction) -> Message:
    """What a command shows, to its member alone."""
    message = await interaction.answered()
    assert message is not None
    assert message.ephemeral_for is interaction.user
    return message


async def reads(person: Person, message: Message, holding: str) -> None:
    """Wait until these words stand in a panel."""
    await person.until(message.channel, lambda each: each is message and holding in words(each))


async def shown(person: Person, interaction: Interaction, number: int = 1) -> Message:
    """The pictures that a button brings to its member alone."""
    message = await person.until(
        interaction.channel,
        lambda each: each.interaction is interaction and len(each.attachments) == number,
    )
    assert message.ephemeral_for is person.user
    return message


def forge(message: Message, action: str, job_id: str) -> str:
    """Change a button of one's own so that it names the job of somebody else; gives its new id."""
    [button, *_] = [each for each in flat(message.components) if each["type"] == 2]
    button["custom_id"] = f"{action}:{job_id}"
    return str(button["custom_id"])
