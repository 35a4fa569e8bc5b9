"""The demo's world: a server with channels, people and a little conversation, and a foreign server."""

import io
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageOps

from sandbox.discord.model import Channel, Guild, Upload, User
from sandbox.discord.stage import Stage

_SIZE = (960, 640)
_SKY = ("#2b1b4d", "#ff9e6d")
_SUN = (600, 250, 760, 410)
_HILLS = (((-200, 380, 700, 1000), "#3d2a5c"), ((350, 430, 1300, 1100), "#241a3a"))


@dataclass(frozen=True, slots=True)
class Seeded:
    """What the demo's world consists of."""

    hq: Guild
    images: Channel
    lounge: Channel
    announcements: Channel
    """The bot may read here, not write."""
    mod_log: Channel
    """Only moderators see it: they may make it the log channel."""
    foreign: Guild
    """A server without the bot."""
    sketches: Channel
    """The foreign server's channel, to which Ada brings the app along."""
    ada: User
    linus: User
    grace: User
    """A moderator: she may manage the server."""


def seed(world: Stage) -> Seeded:
    """Fill an empty world for the demo."""
    ada, linus, grace = (world.add_user(name) for name in ("Ada", "Linus", "Grace"))
    hq = world.add_guild("Nano Banana HQ", owner=world.state.application.owner)
    moderators = world.add_role(hq, "Moderators", "MANAGE_GUILD", "MANAGE_MESSAGES")
    for member in (ada, linus):
        world.join(member, hq)
    world.join(grace, hq, roles=[moderators])
    foreign = world.add_guild("Sunday Painters", owner=linus)
    world.join(ada, foreign)
    seeded = Seeded(
        hq=hq,
        images=world.add_channel(hq, "images"),
        lounge=world.add_channel(hq, "lounge"),
        announcements=world.add_channel(hq, "announcements"),
        mod_log=world.add_channel(hq, "mod-log"),
        foreign=foreign,
        sketches=world.add_channel(foreign, "sketches"),
        ada=ada,
        linus=linus,
        grace=grace,
    )
    world.install_bot(hq)
    world.deny(seeded.announcements, "SEND_MESSAGES")
    for member in (ada, linus):
        world.deny(seeded.mod_log, "VIEW_CHANNEL", to=member)
    world.install_for_user(ada)
    _talk(world, seeded)
    return seeded


def _talk(world: Stage, seeded: Seeded) -> None:
    ada, linus, grace = (world.person(user) for user in (seeded.ada, seeded.linus, seeded.grace))
    grace.say(
        seeded.announcements,
        "Welcome! Pictures live in **#images**, everything else in **#lounge**. The bot only listens here.",
    )
    grace.say(seeded.lounge, "Morning all ☕ The picture bot is in. Type `/` to see what it can do.")
    linus.say(seeded.lounge, "On my way to #images then.")
    evening = Upload("evening.png", _evening(), description="A low sun over two dark hills")
    photo = ada.say(
        seeded.images, "My view from the train yesterday. I wonder how it looks in snow…", uploads=[evening]
    )
    linus.say(
        seeded.images,
        "Lovely! Reply to it, mention the bot, and say so: `@Nano Banana let it snow`.",
        reply_to=photo,
    )
    grace.say(
        seeded.images,
        "Or start from nothing: `/generate a banana astronaut on the moon`. Your credits: `/usage`.",
    )
    grace.say(
        seeded.mod_log,
        "For us moderators: choose **#mod-log** in `/quota settings`, and reports of images come here.",
    )
    linus.say(seeded.sketches, "No bots in here so far. Ada, you carry yours along, don't you?")


@cache
def _evening() -> bytes:
    picture = ImageOps.colorize(Image.linear_gradient("L").resize(_SIZE), *_SKY)
    draw = ImageDraw.Draw(picture)
    draw.ellipse(_SUN, fill="#ffe3a8")
    for box, colour in _HILLS:
        draw.ellipse(box, fill=colour)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
