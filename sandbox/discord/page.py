"""The chat page in the browser: a thin skin over what a person at a client sees and does."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader, web

from sandbox.discord.model import MEBIBYTE, InteractionFailed, Upload
from sandbox.discord.options import ClientRefused
from sandbox.discord.page_actions import ACTIONS, Action, PageActions
from sandbox.discord.page_guard import refuse_strangers
from sandbox.discord.page_view import PageView, people
from sandbox.discord.people import Person

if TYPE_CHECKING:
    from sandbox.discord.server import DiscordWorld

_FILES = Path(__file__).with_name("page_files")
_FILE_LIMIT = 10 * MEBIBYTE
_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def add_page(app: web.Application, world: "DiscordWorld") -> None:
    """Serve the page at the root of a world, and what it needs under /page/."""
    page = _Page(world)
    app.router.add_get("/", page.index)
    app.router.add_get("/page/files/{name}", page.file)
    app.router.add_get("/page/live", page.live)
    for action in ACTIONS:
        app.router.add_post(f"/page/{action.__name__}", page.handler(action))
    app.on_shutdown.append(page.close)


def is_page(request: web.Request) -> bool:
    """Tell whether a request is for the page, which is no part of Discord."""
    return request.path == "/" or request.path.startswith("/page/")


class _Page:
    def __init__(self, world: "DiscordWorld") -> None:
        self._world = world
        self._sockets: set[web.WebSocketResponse] = set()

    async def index(self, request: web.Request) -> web.FileResponse:
        refuse_strangers(request)
        return web.FileResponse(_FILES / "index.html", headers=_HEADERS)

    async def file(self, request: web.Request) -> web.FileResponse:
        refuse_strangers(request)
        path = _FILES / request.match_info["name"]
        if path.parent != _FILES or not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers=_HEADERS)

    async def live(self, request: web.Request) -> web.WebSocketResponse:
        """Push what the person sees: everything at first, then each value that changes."""
        refuse_strangers(request)
        person = self._person(request, or_first=True)
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        self._sockets.add(socket)
        async with asyncio.TaskGroup() as group:
            pushing = group.create_task(self._push(socket, person))
            try:
                async for _ in socket:
                    pass
            finally:
                self._sockets.discard(socket)
                pushing.cancel()
        return socket

    async def _push(self, socket: web.WebSocketResponse, person: Person) -> None:
        changed = asyncio.Event()
        unsubscribe = self._world.state.events.subscribe(lambda _: changed.set())
        person.dm()  # stands in the list from the first visit on
        seen = PageView(self._world, person)
        shown: dict[str, object] = {}
        try:
            while not socket.closed:
                changed.clear()
                now = seen.now()
                push = {
                    "fresh": not shown,
                    "set": {key: value for key, value in now.items() if shown.get(key) != value},
                    "gone": [key for key in shown if key not in now],
                }
                if push["set"] or push["gone"]:
                    await socket.send_json(push)
                shown = now
                await changed.wait()
        except ConnectionResetError:
            return  # the browser has gone; its socket ends in `live`
        finally:
            unsubscribe()

    async def close(self, _: web.Application) -> None:
        """End the pushes, so that the server need not wait for the browsers."""
        for socket in list(self._sockets):
            await socket.close(code=1001)

    def handler(self, action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Return `action` as a request handler; what the client refuses is told in a sentence."""

        async def handle(request: web.Request) -> web.Response:
            refuse_strangers(request)
            actions = PageActions(self._world.state, self._person(request), request.query.get("channel", ""))
            payload, uploads = await _form(request)
            try:
                return web.json_response(await action(actions, payload, uploads))
            except ClientRefused as refusal:
                return web.json_response(
                    {"message": f"{str(refusal)[:1].upper()}{str(refusal)[1:]}."}, status=400
                )
            except InteractionFailed:
                return web.json_response({"message": "The application did not respond."}, status=504)

        return handle

    def _person(self, request: web.Request, *, or_first: bool = False) -> Person:
        everybody = {str(user.id): user for user in people(self._world.state)}
        user = everybody.get(request.query.get("user", ""))
        if user is None and or_first:
            user = next(iter(everybody.values()), None)
        if user is None:
            raise web.HTTPNotFound(text="There is nobody of this name.")
        return self._world.person(user)


async def _form(request: web.Request) -> tuple[dict[str, Any], dict[str, Upload]]:
    if request.content_type != "multipart/form-data":
        raise web.HTTPUnsupportedMediaType
    payload: dict[str, Any] = {}
    uploads: dict[str, Upload] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise web.HTTPBadRequest
        data = await _read(part)
        name = part.name or ""
        if part.filename is None:
            payload = json.loads(data)
        else:
            uploads[name] = Upload(part.filename, data, part.headers.get("Content-Type"))
    return payload, uploads


async def _read(part: BodyPartReader) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk():
        data += chunk
        if len(data) > _FILE_LIMIT:
            raise web.HTTPRequestEntityTooLarge(_FILE_LIMIT, len(data))
    return bytes(data)
