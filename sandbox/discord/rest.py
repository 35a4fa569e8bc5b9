"""Discord's HTTP API: everything that belongs together under /api/v10."""

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.discord import interaction_routes, message_routes, reaction_routes
from sandbox.discord.access import STATE, channel_of
from sandbox.discord.bodies import ConversationBody, parse, parse_commands, read_json
from sandbox.discord.commands import CommandBody, CommandDefinition
from sandbox.discord.errors import DiscordError, Refusal, answer
from sandbox.discord.events import CommandsChanged
from sandbox.discord.model import JSON
from sandbox.discord.place_payloads import (
    application_json,
    channel_json,
    guild_json,
    member_json,
    user_json,
)
from sandbox.discord.rate_limits import RateLimits
from sandbox.discord.state import State

routes = web.RouteTableDef()
_COMMANDS = r"/applications/{application:\d+}/commands"
_GUILD_COMMANDS = r"/applications/{application:\d+}/guilds/{guild:\d+}/commands"


def rest_application(state: State, *, rate_limits: bool) -> web.Application:
    """Return the API as an application, to be mounted under its path."""
    middlewares = [_refusals]
    if rate_limits:
        middlewares.append(RateLimits(state.clock).middleware)
    app = web.Application(middlewares=[*middlewares, _authorization])
    app[STATE] = state
    for table in (routes, message_routes.routes, reaction_routes.routes, interaction_routes.routes):
        app.router.add_routes(table)
    app.router.add_route("*", "/{unknown:.*}", _unknown)
    return app


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except DiscordError as error:
        if error.slip:
            request.app[STATE].problems.append(f"{request.method} {request.path}: {error.errors}")
        return error.response()


@web.middleware
async def _authorization(request: web.Request, handler: Handler) -> web.StreamResponse:
    by_token_in_path = "/interactions/" in request.path or "/webhooks/" in request.path
    if not by_token_in_path and request.headers.get("Authorization") != (
        f"Bot {request.app[STATE].application.token}"
    ):
        raise DiscordError(Refusal.UNAUTHORIZED)
    return await handler(request)


async def _unknown(request: web.Request) -> web.Response:
    request.app[STATE].problems.append(f"{request.method} {request.path}: no such route")
    raise DiscordError(Refusal.NOT_FOUND)


@routes.get("/gateway/bot")
async def gateway(request: web.Request) -> web.Response:
    """Say where the gateway is."""
    limit = {"total": 1000, "remaining": 1000, "reset_after": 86_400_000, "max_concurrency": 1}
    return answer({"url": request.app[STATE].gateway_url, "shards": 1, "session_start_limit": limit})


@routes.get("/users/@me")
async def me(request: web.Request) -> web.Response:
    """Return the bot's account."""
    return answer(user_json(request.app[STATE].bot))


@routes.get("/applications/@me")
@routes.get("/oauth2/applications/@me")
async def application(request: web.Request) -> web.Response:
    """Return the bot's entry in the developer portal."""
    return answer(application_json(request.app[STATE].application))


@routes.get(r"/guilds/{guild:\d+}")
async def guild(request: web.Request) -> web.Response:
    """Return a server in which the bot is."""
    state = request.app[STATE]
    found = state.guilds.get(int(request.match_info["guild"]))
    if found is None or not state.in_guild(found):
        raise DiscordError(Refusal.UNKNOWN_GUILD)
    return answer(guild_json(state, found))


@routes.get(r"/users/{user:\d+}")
async def user(request: web.Request) -> web.Response:
    """Return anybody's account."""
    found = request.app[STATE].users.get(int(request.match_info["user"]))
    if found is None:
        raise DiscordError(Refusal.UNKNOWN_USER)
    return answer(user_json(found))


@routes.get(r"/guilds/{guild:\d+}/members/{user:\d+}")
async def member(request: web.Request) -> web.Response:
    """Return a member of a server in which the bot is."""
    state = request.app[STATE]
    guild = state.guilds.get(int(request.match_info["guild"]))
    if guild is None or not state.in_guild(guild):
        raise DiscordError(Refusal.UNKNOWN_GUILD)
    found = guild.members.get(int(request.match_info["user"]))
    if found is None:
        raise DiscordError(Refusal.UNKNOWN_MEMBER)
    return answer(member_json(found) | {"user": user_json(found.user)})


@routes.get(r"/channels/{channel:\d+}")
async def channel(request: web.Request) -> web.Response:
    """Return a channel."""
    return answer(channel_json(channel_of(request)))


@routes.post("/users/@me/channels")
async def open_conversation(request: web.Request) -> web.Response:
    """Open the direct messages with a person."""
    state = request.app[STATE]
    user = state.users.get(parse(ConversationBody, await read_json(request)).recipient_id)
    if user is None or user.bot:
        raise DiscordError(Refusal.INVALID_RECIPIENT)
    return answer(channel_json(state.conversation(user, state.bot)))


@routes.get(_COMMANDS)
@routes.get(_GUILD_COMMANDS)
async def commands(request: web.Request) -> web.Response:
    """Return the registered commands."""
    registered = request.app[STATE].commands.get(_commands_guild(request), [])
    return answer([_command_json(command) for command in registered])


@routes.put(_COMMANDS)
@routes.put(_GUILD_COMMANDS)
async def register(request: web.Request) -> web.Response:
    """Replace all commands, globally or of a server; a known one keeps its id."""
    state, guild_id = request.app[STATE], _commands_guild(request)
    bodies = parse_commands(await read_json(request))
    known = {(command.type, command.name): command.id for command in state.commands.get(guild_id, [])}
    state.commands[guild_id] = [
        _definition(state, body, guild_id, known.get((body.type, body.name)) or state.new_id())
        for body in bodies
    ]
    state.events.publish(CommandsChanged())
    return answer([_command_json(command) for command in state.commands[guild_id]])


def _commands_guild(request: web.Request) -> int | None:
    state = request.app[STATE]
    if int(request.match_info["application"]) != state.application.id:
        raise DiscordError(Refusal.MISSING_ACCESS)
    if "guild" not in request.match_info:
        return None
    found = state.guilds.get(int(request.match_info["guild"]))
    if found is None or not state.in_guild(found):
        raise DiscordError(Refusal.MISSING_ACCESS)
    return found.id


def _definition(state: State, body: CommandBody, guild_id: int | None, command_id: int) -> CommandDefinition:
    return CommandDefinition(
        **dict(body),
        id=command_id,
        application_id=state.application.id,
        guild_id=guild_id,
        version=state.new_id(),
    )


def _command_json(command: CommandDefinition) -> JSON:
    result = command.model_dump(mode="json", exclude_none=True)
    for name in ("id", "application_id", "version", "guild_id"):
        if name in result:
            result[name] = str(result[name])
    needed = command.default_member_permissions
    return result | {"default_member_permissions": None if needed is None else str(needed)}
