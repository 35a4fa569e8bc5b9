"""A server whose answers can be broken, for the tests of the planned failures."""

import asyncio

from aiohttp import web

from sandbox.faults import Faults


class Counter:
    """A server with one route that counts what took effect."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.effects = 0
        self.took_effect = asyncio.Event()
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        """Count the request."""
        self.effects += 1
        self.took_effect.set()
        if request.path == "/refused":
            raise web.HTTPForbidden
        return web.Response(text="fine")
