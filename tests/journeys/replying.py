"""What tests of replies share: who shows pictures, who asks below them, and what the bot says there."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image

from bot.client import Services
from bot.texts import text
from sandbox.discord.model import Channel, Message, Upload
from sandbox.discord.people import Person
from storage.records import JobRecord
from tests.journeys.restarts import until
from tests.local_world import LocalWorld, ended, upload

COLOURS = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}


def shows(world: LocalWorld, *colours: str, channel: Channel | None = None) -> Message:
    """Linus shows a message with pictures of these colours."""
    uploads = [upload(colour, name=f"{colour}.png") for colour in colours]
    return world.linus.say(channel or world.images, "look", uploads=uploads)


def ask(
    world: LocalWorld,
    target: Message,
    words: str,
    *,
    person: Person | None = None,
    uploads: Sequence[Upload] = (),
    ping: bool = True,
) -> Message:
    """Ada replies: to the bot's own message as she is, to anybody else's with a mention of the bot."""
    bot = world.discord.state.bot
    if target.author is not bot and target.channel.guild:
        words = f"<@{bot.id}> {words}"
    return (person or world.ada).say(target.channel, words, uploads=uploads, reply_to=target, ping=ping)


def below(world: LocalWorld, asked: Message) -> list[Message]:
    """What the bot says as a reply to this message."""
    return [
        message
        for message in world.posted(asked.channel)
        if message.reference and message.reference.message_id == asked.id
    ]


async def result_below(world: LocalWorld, asked: Message, person: Person | None = None) -> Message:
    """The result that replies to this message."""
    return await (person or world.ada).until(
        asked.channel, lambda message: bool(message.attachments) and message in below(world, asked)
    )


async def told_below(world: LocalWorld, asked: Message, key: str, **values: object) -> Message:
    """The reply to this message that is exactly this text, which notifies nobody, as the only one."""
    words = text(key, **values)
    told = await world.ada.until(
        asked.channel, lambda message: message in below(world, asked) and message.content == words
    )
    assert told.pinged == set()
    assert below(world, asked) == [told]
    return told


async def is_passed_over(world: LocalWorld, services: Services, *asked: Message) -> None:
    """The bot says nothing below these and does nothing, although it hears what comes behind them."""
    photo = shows(world, "red")
    result = await result_below(world, ask(world, photo, "make it noon"))
    [job] = await tidy(world, services, result)
    assert job.prompt == "make it noon"
    assert [below(world, each) for each in asked] == [[] for _ in asked]


async def tidy(world: LocalWorld, services: Services, *left: Message) -> list[JobRecord]:
    """Wait until a job has ended for each of these results, and the bot has nothing else in their channel.

    Gives the jobs. What it has said besides may be among the messages that are left.
    """
    jobs = await ended(services.store, sum(bool(message.attachments) for message in left))
    await until(lambda: set(world.posted(left[0].channel)) == set(left))
    return jobs


def colours_of(pictures: Sequence[bytes]) -> list[str]:
    """The names of the colours that plain pictures have."""
    names = {value: name for name, value in COLOURS.items()}
    found = []
    for picture in pictures:
        with Image.open(BytesIO(picture)) as opened:
            found.append(names.get(opened.convert("RGB").getpixel((0, 0)), "another"))  # type: ignore[arg-type]  # RGB
    return found
