"""A web server as the receiver of callbacks."""

import asyncio
from types import TracebackType
from typing import Any, Self

from aiohttp import web


class Listener:
    """Keeps every JSON body that is posted to it."""

    def __init__(self) -> None:
        self.url = ""
        """An address to be called back at."""
        self.status = 200
        """What it answers."""
        self._bodies: asyncio.Queue[Any] = asyncio.Queue()
        app = web.Application()
        app.router.add_post("/callbacks/token", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/callbacks/token"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def next(self) -> Any:
        """Return the next callback's body."""
        async with asyncio.timeout(10):
            return await self._bodies.get()

    @property
    def is_empty(self) -> bool:
        """Whether each callback that came was taken."""
        return self._bodies.empty()

    async def _take(self, request: web.Request) -> web.Response:
        self._bodies.put_nowait(await request.json())
        return web.Response(status=self.status)
