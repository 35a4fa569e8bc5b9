"""The bot's own HTTP server: its health for monitors, callbacks and inputs for the image APIs."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.services.callbacks import Undecided
from bot.settings import SettingsError
from storage.errors import StorageError

BODY_LIMIT = 64 * 1024  # bytes of a callback
CHECKING = 2.0  # seconds for one check of the health
CLOSING = 2.0  # seconds for requests under way when the bot stops

log = logging.getLogger(__name__)

Check = Callable[[], Awaitable[bool]]
Receive = Callable[[str, str, Mapping[str, Any]], Awaitable[bool]]
Find = Callable[[str, str], Awaitable[Path | None]]


def health_routes(checks: Mapping[str, Check]) -> list[web.RouteDef]:
    """`GET /healthz` answers 200 when every check holds, so that members can be served now, else 503."""

    async def healthz(_: web.Request) -> web.Response:
        states = {name: await _holds(check) for name, check in checks.items()}
        return web.json_response(states, status=200 if all(states.values()) else 503)

    return [web.get("/healthz", healthz)]


def callback_routes(receive: Receive) -> list[web.RouteDef]:
    """`POST /callbacks/<api>/<secret>` takes a JSON object for one of our calls; 404 for all else."""

    async def callback(request: web.Request) -> web.Response:
        document = await _json_object(request) if request.method == "POST" else None
        if document is None:
            raise web.HTTPNotFound
        try:
            taken = await receive(request.match_info["api"], request.match_info["secret"], document)
        except (StorageError, Undecided) as error:
            log.warning("a callback could not be taken: %s", error)
            raise web.HTTPServiceUnavailable from error
        if not taken:
            raise web.HTTPNotFound
        return web.json_response({})

    return [web.route("*", "/callbacks/{api}/{secret}", callback)]


def input_routes(find: Find) -> list[web.RouteDef]:
    """`GET /inputs/<secret>/<name>` gives a member's cleaned picture while its job runs; 404 for all else."""

    async def picture(request: web.Request) -> web.FileResponse:
        if request.method not in {"GET", "HEAD"}:
            raise web.HTTPNotFound
        try:
            path = await find(request.match_info["secret"], request.match_info["name"])
        except StorageError as error:
            raise web.HTTPServiceUnavailable from error
        if path is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return web.FileResponse(path, headers=headers)

    return [web.route("*", "/inputs/{secret}/{name}", picture)]


@asynccontextmanager
async def serve(host: str, port: int, routes: list[web.RouteDef]) -> AsyncIterator[None]:
    """Answer on these routes; raises `SettingsError` when the port cannot be had."""
    app = web.Application(client_max_size=BODY_LIMIT)
    app.router.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSING)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            words = f"HTTP_HOST={host}, HTTP_PORT={port}: cannot be listened on ({error.strerror})"
            raise SettingsError([words]) from error
        yield
    finally:
        await runner.cleanup()


async def _holds(check: Check) -> bool:
    """Whether it does; what cannot be found out in time does not."""
    try:
        async with asyncio.timeout(CHECKING):
            return await check()
    except (StorageError, TimeoutError) as error:
        log.warning("not healthy: %r", error)
        return False


async def _json_object(request: web.Request) -> dict[str, Any] | None:
    """The body, if it is a JSON object within the limit."""
    try:
        document = json.loads(await request.read())
    except (ValueError, RecursionError, ConnectionError):
        return None
    except (web.HTTPRequestEntityTooLarge, web.RequestPayloadError):
        return None
    return document if isinstance(document, dict) else None
