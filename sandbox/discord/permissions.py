"""Discord's permissions, computed for a user in a channel as its documentation describes."""

import functools
import operator
from enum import IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.discord.model import Channel, User


class Permission(IntFlag):
    """The permission bits that matter here, under Discord's names."""

    ADMINISTRATOR = 1 << 3
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    USE_APPLICATION_COMMANDS = 1 << 31
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50


NOTHING = Permission(0)
EVERYTHING = functools.reduce(operator.or_, Permission)
MEMBERS = EVERYTHING & ~(
    Permission.ADMINISTRATOR
    | Permission.MANAGE_GUILD
    | Permission.MANAGE_MESSAGES
    | Permission.MENTION_EVERYONE
)
"""What @everyone may do in a new server."""
EXTERNAL_APP = (
    Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.MENTION_EVERYONE
    | Permission.USE_EXTERNAL_EMOJIS
)
"""What an app may do in its answers where it is no member: DMs and servers it comes to with a user."""


def named(*names: str) -> Permission:
    """Return the permissions with these names of Discord's, such as "SEND_MESSAGES"."""
    result = NOTHING
    for name in names:
        result |= Permission[name]
    return result


def permissions_in(channel: "Channel", user: "User") -> Permission:
    """Return what the user may do in the channel; nothing where they cannot see it."""
    if channel.guild is None:
        return MEMBERS if user in channel.recipients else NOTHING
    member = channel.guild.members.get(user.id)
    if member is None:
        return NOTHING
    granted = channel.guild.everyone.permissions
    for role in member.roles:
        granted |= role.permissions
    if user is channel.guild.owner or Permission.ADMINISTRATOR in granted:
        return EVERYTHING
    overwrites = (channel.parent or channel).overwrites
    for target in (channel.guild.id, *(role.id for role in member.roles), user.id):
        granted &= ~overwrites.get(target, NOTHING)
    return granted if Permission.VIEW_CHANNEL in granted else NOTHING
