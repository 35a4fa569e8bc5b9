"""Whom a message notifies, by its mentions, its reply, and what its author allows."""

import re

from sandbox.discord.bodies import AllowedMentions
from sandbox.discord.components import flat
from sandbox.discord.model import Channel, Message
from sandbox.discord.permissions import Permission, permissions_in

EVERYBODY_BUT_THE_REPLIED = AllowedMentions(parse=("users",))
_BY_PEOPLE = AllowedMentions(parse=("users",), replied_user=True)
_BY_BOTS = AllowedMentions(parse=("users", "roles", "everyone"), replied_user=True)
_MENTION = re.compile(r"<@!?(\d+)>")
_ROLE_MENTION = re.compile(r"<@&(\d+)>")
_MENTION_OF_ALL = re.compile(r"@(?:everyone|here)")


def pinged(message: Message, mentions: AllowedMentions | None) -> set[int]:
    """Return the ids of the users who are notified; None allows what a client does by itself."""
    allowed = mentions or (_BY_BOTS if message.author.bot else _BY_PEOPLE)
    text = "\n".join([message.content, *(part.get("content", "") for part in flat(message.components))])
    named = {int(found) for found in _MENTION.findall(text)}
    if "users" not in allowed.parse:
        named &= set(allowed.users)
    named |= _in_groups(message.channel, text, allowed)
    reference = message.reference
    replied = reference.message if reference and not reference.forward else None
    if replied and allowed.replied_user and not replied.interaction:  # an interaction's answer pings nobody
        named.add(replied.author.id)
    guild = message.channel.guild
    people = [member.user for member in guild.members.values()] if guild else message.channel.recipients
    return {
        user.id
        for user in people
        if user.id in named
        and user is not message.author
        and Permission.VIEW_CHANNEL in permissions_in(message.channel, user)
    }


def _in_groups(channel: Channel, text: str, allowed: AllowedMentions) -> set[int]:
    """Return who is mentioned with their role, or with everybody."""
    members = channel.guild.members.values() if channel.guild else ()
    if "everyone" in allowed.parse and _MENTION_OF_ALL.search(text):
        return {member.user.id for member in members}
    roles = {int(found) for found in _ROLE_MENTION.findall(text)}
    if "roles" not in allowed.parse:
        roles &= set(allowed.roles)
    return {member.user.id for member in members if roles & {role.id for role in member.roles}}
