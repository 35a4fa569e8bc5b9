"""Finds what a route names, for the bot: with Discord's refusals where it may not."""

from aiohttp import web

from sandbox.discord.errors import DiscordError, Refusal
from sandbox.discord.model import FORUMS, Channel, Message
from sandbox.discord.permissions import Permission, permissions_in
from sandbox.discord.state import State

STATE = web.AppKey("state", State)


def channel_of(request: web.Request) -> Channel:
    """Return the route's channel: 10003 unknown, 50001 not visible to the bot."""
    state = request.app[STATE]
    channel = state.channels.get(int(request.match_info["channel"]))
    if channel is None:
        raise DiscordError(Refusal.UNKNOWN_CHANNEL)
    if Permission.VIEW_CHANNEL not in permissions_in(channel, state.bot):
        raise DiscordError(Refusal.MISSING_ACCESS)
    return channel


def message_of(request: web.Request) -> Message:
    """Return the route's message: 10008 unknown or ephemeral."""
    channel = channel_of(request)
    message = request.app[STATE].message(channel, int(request.match_info["message"]))
    if message is None or message.ephemeral_for:
        raise DiscordError(Refusal.UNKNOWN_MESSAGE)
    return message


def must_be_allowed(state: State, channel: Channel, *, files: bool, reply: bool) -> None:
    """Refuse a message that the bot may not post: 50008, 50013, 160002, 50083, 50007."""
    if channel.type in FORUMS:
        raise DiscordError(Refusal.NO_TEXT_CHANNEL)
    allowed = permissions_in(channel, state.bot)
    writing = Permission.SEND_MESSAGES_IN_THREADS if channel.parent else Permission.SEND_MESSAGES
    if writing not in allowed or (files and Permission.ATTACH_FILES not in allowed):
        raise DiscordError(Refusal.MISSING_PERMISSIONS)
    if channel.archived:
        raise DiscordError(Refusal.THREAD_ARCHIVED)
    if reply and Permission.READ_MESSAGE_HISTORY not in allowed:
        raise DiscordError(Refusal.NO_HISTORY_TO_REPLY)
    for user in channel.recipients:
        reachable = state.shares_guild(user) or user.id in state.user_installs
        if user is not state.bot and not (user.takes_dms and reachable):
            raise DiscordError(Refusal.CANNOT_DM)
