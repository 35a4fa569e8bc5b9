"""The kinds of people of the table of rights, all that the bot offers them, and what came of their tries."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import discord

from bot.client import COGS
from bot.texts import text
from sandbox.discord.model import Channel, Guild, Message, Role
from sandbox.discord.people import Person
from storage.server_records import Action
from tests.journeys.restarts import Rows, look
from tests.local_world import LocalWorld

REFUSED = {
    "member": "refused.not_moderator",
    "administrator": "refused.not_a_member",
    "outsider": "refused.not_a_member",
    "direct": "refused.not_in_direct",
    "conversation": "refused.not_in_direct",
}
MODERATORS = ("moderator", "helper", "chief")
KINDS = (*REFUSED, *MODERATORS)
VALUES = ("spent", "budget", "back", "running", "waiting", "servers")  # that stand in a text


@dataclass(frozen=True)
class Cast:
    """One of each kind, and where they try; `low` is a role that stands below those of all moderators."""

    world: LocalWorld
    people: Mapping[str, tuple[Person, Channel]]
    low: Role
    helpers: Role

    def copy(self, message: Message, kind: str) -> Message:
        """The same panel where this kind of people is."""
        channel = self.people[kind][1]
        return self.world.discord.post(channel, self.world.discord.state.bot, components=message.components)

    def role(self, kind: str) -> Role | None:
        """A role of the server where they are."""
        guild = self.people[kind][1].guild
        if guild is None:
            return None
        return self.low if guild is self.world.places.hq else guild.roles[0]


def cast_in(world: LocalWorld) -> Cast:
    """Moderators by permission, by a named role and as administrators; and those who are none here.

    The administrator rules another server, where they carry the app, and the outsider is a member there; in
    direct messages, with the bot or with a friend, it is Grace, who moderates elsewhere.
    """
    hq, foreign, discord_ = world.places.hq, world.places.foreign, world.discord
    low, helpers = discord_.add_role(hq, "Low"), discord_.add_role(hq, "Helpers")
    hq.roles.remove(low)
    hq.roles.insert(0, low)
    people = {
        "member": (world.ada, world.images),
        "administrator": (_joined(world, "Rex", foreign, "ADMINISTRATOR"), world.places.sketches),
        "outsider": (_joined(world, "Otto", foreign), world.places.sketches),
        "direct": (world.grace, world.grace.dm()),
        "conversation": (
            world.grace,
            discord_.add_private_channel(world.places.grace, world.places.linus),
        ),
        "moderator": (world.grace, world.images),
        "helper": (_joined(world, "Helper", hq), world.images),
        "chief": (_joined(world, "Chief", hq, "ADMINISTRATOR"), world.images),
    }
    hq.members[people["helper"][0].user.id].roles.append(helpers)
    for kind in ("administrator", "outsider", "conversation"):
        discord_.install_for_user(people[kind][0].user)
    return Cast(world, people, low, helpers)


def _joined(world: LocalWorld, name: str, guild: Guild, *permissions: str) -> Person:
    user = world.discord.add_user(name)
    role = world.discord.add_role(guild, f"Role of {name}", *permissions)
    world.discord.join(user, guild, roles=[role])
    return world.discord.person(user)


def kept(world: LocalWorld) -> dict[str, Rows]:
    """Every row of the bot's database, to be compared with what stands there later."""
    tables = look(world, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return {str(name): look(world, f"SELECT * FROM {name}") for [name] in tables}


def happened(world: LocalWorld, person: Person, done: Action | str, told: str) -> None:
    """Hold that a change stands in the log under this person's name, or that they read this text."""
    if isinstance(done, Action):
        last = look(world, "SELECT actor_id, action FROM changes ORDER BY id DESC LIMIT 1")
        assert last == [(person.user.id, done)], told
    else:
        first, _, _ = text(done, **dict.fromkeys(VALUES, "…")).partition("…")
        assert first in told


def commands_of(world: LocalWorld) -> set[str]:
    """All commands that the running bot has registered with Discord, wherever."""
    return {
        entry.name
        for commands in world.discord.state.commands.values()
        for command in commands
        for entry in command.entries
    }


def parts_of_the_product() -> dict[str, type[Any]]:
    """Every button, menu, form and view that the product makes a class of, by its name."""
    for cog in COGS:
        import_module(cog)
    kinds = (discord.ui.Item, discord.ui.View, discord.ui.LayoutView, discord.ui.Modal)
    found = {each for kind in kinds for each in _below(kind)}
    ours = {each for each in found if each.__module__.startswith(("bot.", "cogs."))}
    return {each.__name__: each for each in ours if not each.__subclasses__()}


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def shape(custom_id: str) -> str:
    """What an id says, whatever numbers it names."""
    return re.sub(r"(?<=:)([0-9a-f]{16}|\d+)(?=:|$)", "#", custom_id)
