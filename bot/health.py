"""`GET /healthz`: whether members can be served right now, for containers and monitors."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from bot.settings import SettingsError

Check = Callable[[], Awaitable[bool]]


@asynccontextmanager
async def serve_health(host: str, port: int, checks: Mapping[str, Check]) -> AsyncIterator[None]:
    """Answer 200 when every check holds, else 503; raises `SettingsError` when the port cannot be had."""

    async def healthz(_: web.Request) -> web.Response:
        states = {name: await check() for name, check in checks.items()}
        return web.json_response(states, status=200 if all(states.values()) else 503)

    app = web.Application(client_max_size=64 * 1024)
    app.router.add_get("/healthz", healthz)
    runner = web.AppRunner(app, access_log=None)
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
