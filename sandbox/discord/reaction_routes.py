"""What the bot does in a channel besides writing: typing and reacting."""

from aiohttp import web

from sandbox.discord.access import STATE, channel_of, message_of, must_be_allowed
from sandbox.discord.errors import DiscordError, Refusal
from sandbox.discord.events import ReactionsChanged
from sandbox.discord.model import Message
from sandbox.discord.permissions import Permission, permissions_in

routes = web.RouteTableDef()
_CHANNEL = r"/channels/{channel:\d+}"
_REACTION = _CHANNEL + r"/messages/{message:\d+}/reactions/{emoji}/@me"


@routes.post(_CHANNEL + "/typing")
async def typing(request: web.Request) -> web.Response:
    """Take note that the bot is typing, which nobody here looks at."""
    must_be_allowed(request.app[STATE], channel_of(request), files=False, reply=False)
    return web.Response(status=204)


@routes.put(_REACTION)
async def react(request: web.Request) -> web.Response:
    """Add the bot's reaction."""
    state, (message, emoji) = request.app[STATE], _reaction(request)
    allowed = permissions_in(message.channel, state.bot)
    if emoji not in message.reactions and Permission.ADD_REACTIONS not in allowed:
        raise DiscordError(Refusal.MISSING_PERMISSIONS)
    message.reactions.setdefault(emoji, set()).add(state.bot.id)
    state.events.publish(ReactionsChanged(message))
    return web.Response(status=204)


@routes.delete(_REACTION)
async def take_back(request: web.Request) -> web.Response:
    """Take the bot's reaction away."""
    state, (message, emoji) = request.app[STATE], _reaction(request)
    users = message.reactions.get(emoji, set())
    if state.bot.id not in users:
        raise DiscordError(Refusal.UNKNOWN_EMOJI)
    users.remove(state.bot.id)
    if not users:
        del message.reactions[emoji]
    state.events.publish(ReactionsChanged(message))
    return web.Response(status=204)


def _reaction(request: web.Request) -> tuple[Message, str]:
    """Return the message and the emoji, of which only those of Unicode are known here."""
    message, emoji = message_of(request), request.match_info["emoji"]
    if Permission.READ_MESSAGE_HISTORY not in permissions_in(message.channel, request.app[STATE].bot):
        raise DiscordError(Refusal.MISSING_ACCESS)
    if message.channel.archived:
        raise DiscordError(Refusal.THREAD_ARCHIVED)
    if emoji.isascii():
        raise DiscordError(Refusal.UNKNOWN_EMOJI)
    return message, emoji
