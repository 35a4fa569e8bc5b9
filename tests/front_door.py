"""What stands between the bot and the internet: a reverse proxy that writes down who asks for what."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from tests.local_world import LocalWorld


@asynccontextmanager
async def front_door(world: LocalWorld) -> AsyncIterator[list[str]]:
    """Give the bot a PUBLIC_URL that leads to it through a proxy; inside, the addresses asked for so far."""
    asked: list[str] = []

    async def pass_on(request: web.Request) -> web.Response:
        asked.append(str(request.url))
        inside = f"http://127.0.0.1:{world.port}{request.raw_path}"
        async with session.request(request.method, inside, data=await request.read()) as answer:
            return web.Response(status=answer.status, body=await answer.read())

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", pass_on)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        async with aiohttp.ClientSession() as session:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            world.changes |= {"public": True, "public_url": f"http://{host}:{port}"}
            yield asked
    finally:
        await runner.cleanup()
