"""An image API whose answers to paid calls stay on the way until a test lets them go."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.apis.server import ApiServer

PASSED_ON = {"Authorization", "Accept", "Content-Type"}


class HeldAnswers:
    """Stands between the bot and a stand-in: what is sent arrives at once, what is answered does not."""

    def __init__(self, api: ApiServer, http: aiohttp.ClientSession) -> None:
        self.url = ""
        self._api = api
        self._http = http
        self._decided = asyncio.Event()
        self._lost = False
        self.orders: list[dict[str, Any]] = []  # what was sent with each paid call

    def let_go(self, *, lost: bool = False) -> None:
        """Pass all answers on, or lose them on the way."""
        self._lost = lost
        self._decided.set()

    async def forward(self, request: web.Request) -> web.Response:
        """Pass one request on, and hold its answer if it may have cost money."""
        body = await request.read()
        if request.path == self._api.paid_path:
            self.orders.append(json.loads(body))
        headers = {name: value for name, value in request.headers.items() if name in PASSED_ON}
        url = f"http://{self._api.authority}{request.path}"
        async with self._http.request(request.method, url, data=body or None, headers=headers) as answer:
            said, status = await answer.read(), answer.status
        if request.path == self._api.paid_path:
            await self._decided.wait()
            if self._lost and request.transport:
                request.transport.abort()
        return web.Response(body=said, status=status, content_type="application/json")


@asynccontextmanager
async def held_answers(api: ApiServer) -> AsyncIterator[HeldAnswers]:
    """A way to the API that holds the answers to paid calls; its `url` is the host to ask."""
    app = web.Application()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    async with aiohttp.ClientSession() as http:
        held = HeldAnswers(api, http)
        app.router.add_route("*", "/{path:.*}", held.forward)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            held.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield held
        finally:
            held.let_go(lost=True)
            await runner.cleanup()
