"""The channel's messages over HTTP."""

import dataclasses

from aiohttp import web

from sandbox.discord import messages
from sandbox.discord.access import STATE, channel_of, message_of, must_be_allowed
from sandbox.discord.bodies import AnswerBody, MessageBody, ReferenceBody, parse, read_with_files
from sandbox.discord.errors import DiscordError, Refusal, answer, invalid
from sandbox.discord.model import Channel, Message, Reference
from sandbox.discord.payloads import bots_message_json
from sandbox.discord.permissions import Permission, permissions_in
from sandbox.discord.state import State

routes = web.RouteTableDef()
_CHANNEL = r"/channels/{channel:\d+}/messages"
_MESSAGE = _CHANNEL + r"/{message:\d+}"
_WINDOWS = {"before", "after", "around"}


@routes.post(_CHANNEL)
async def create(request: web.Request) -> web.Response:
    """Post a message; with enforce_nonce a second one within minutes returns the first."""
    payload, files = await read_with_files(request)
    state, channel = request.app[STATE], channel_of(request)
    body = parse(MessageBody, payload)
    must_be_allowed(state, channel, files=bool(files), reply=body.message_reference is not None)
    draft = dataclasses.replace(
        messages.draft_of(body, files, channel.file_limit),
        reference=_reference(state, channel, body.message_reference),
        nonce=body.nonce if body.enforce_nonce else None,
    )
    return _answer(state, messages.post(state, channel, state.bot, draft))


@routes.get(_CHANNEL)
async def history(request: web.Request) -> web.Response:
    """Return messages, newest first: the last ones, or those before, after or around an id."""
    state, channel = request.app[STATE], channel_of(request)
    window, pivot, limit = _window(request)
    if Permission.READ_MESSAGE_HISTORY not in permissions_in(channel, state.bot):
        return answer([])
    public = [message for message in state.messages[channel.id].values() if not message.ephemeral_for]
    before = [message for message in public if message.id < pivot]
    after = [message for message in public if message.id > pivot]
    if window == "before":
        found = before[-limit:]
    elif window == "after":
        found = after[:limit]
    elif window == "around":
        half = limit // 2
        found = before[-half:] + [message for message in public if message.id == pivot] + after[:half]
    else:
        found = public[-limit:]
    return answer([bots_message_json(state, message) for message in reversed(found)])


@routes.get(_MESSAGE)
async def fetch(request: web.Request) -> web.Response:
    """Return a message."""
    state, message = request.app[STATE], message_of(request)
    if Permission.READ_MESSAGE_HISTORY not in permissions_in(message.channel, state.bot):
        raise DiscordError(Refusal.MISSING_ACCESS)
    return _answer(state, message)


@routes.patch(_MESSAGE)
async def edit(request: web.Request) -> web.Response:
    """Change one of the bot's own messages."""
    payload, files = await read_with_files(request)
    state, message = request.app[STATE], message_of(request)
    if message.author is not state.bot:
        raise DiscordError(Refusal.NOT_THE_AUTHOR)
    return _answer(state, messages.edit(state, message, parse(AnswerBody, payload), files))


@routes.delete(_MESSAGE)
async def delete(request: web.Request) -> web.Response:
    """Delete a message of its own, or anybody's with the permission."""
    state, message = request.app[STATE], message_of(request)
    moderates = Permission.MANAGE_MESSAGES in permissions_in(message.channel, state.bot)
    if message.author is not state.bot and not moderates:
        raise DiscordError(Refusal.MISSING_PERMISSIONS)
    messages.delete(state, message)
    return web.Response(status=204)


def _reference(state: State, channel: Channel, body: ReferenceBody | None) -> Reference | None:
    if body is None:
        return None
    message = state.message(channel, body.message_id)
    if message is None or message.ephemeral_for:
        if body.fail_if_not_exists:
            raise invalid(["message_reference"], "REPLIES_UNKNOWN_MESSAGE", "Unknown message", slip=False)
        return None
    return Reference(message.id, channel, message)


def _window(request: web.Request) -> tuple[str | None, int, int]:
    unknown = request.query.keys() - _WINDOWS - {"limit"}
    if unknown:
        raise invalid([min(unknown)], "UNKNOWN_FIELD", "There is no such parameter.")
    given = sorted(request.query.keys() & _WINDOWS)
    numbers = [request.query.get("limit", "50"), *(request.query[name] for name in given)]
    if len(given) > 1 or not all(number.isdecimal() for number in numbers):
        raise invalid(["limit"], "NUMBER_TYPE_COERCE", "One window, and numbers only.")
    limit, *pivot = map(int, numbers)
    if not 1 <= limit <= 100:
        raise invalid(["limit"], "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    return (given[0], pivot[0], limit) if given else (None, 0, limit)


def _answer(state: State, message: Message) -> web.Response:
    return answer(bots_message_json(state, message))
