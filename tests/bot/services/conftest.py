"""What the tests of the services share."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from selectors import DefaultSelector, SelectorKey
from typing import Any

import pytest

from bot.services.downloads import (
    Downloads,
)
from bot.services.pictures import Darkroom
from tests.bot.services.desk import Desk, open_desk
from tests.bot.services.strange_server import Server


class JumpingSelector(DefaultSelector):
    """Waits for nothing: where a loop would sleep, its clock is put forward instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Look for what is ready, and let the time pass."""
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Coroutine[Any, Any, None]], None]:
    """Run a test in a loop whose time jumps; the product's `time.monotonic` follows it."""
    selector = JumpingSelector()
    monkeypatch.setattr(time, "monotonic", lambda: selector.now)

    def loop() -> asyncio.AbstractEventLoop:
        made = asyncio.SelectorEventLoop(selector)
        made.time = lambda: selector.now  # type: ignore[method-assign]  # the documented way to another clock
        return made

    def run(coroutine: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(coroutine)

    return run


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Open a desk in a folder of its own."""
    async with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server on one port of both loopback addresses."""
    server = Server()
    async with contextlib.AsyncExitStack() as stack:
        four = await stack.enter_async_context(await asyncio.start_server(server.serve, "127.0.0.1", 0))
        server.port = four.sockets[0].getsockname()[1]
        with contextlib.suppress(OSError):  # a machine without IPv6
            await stack.enter_async_context(await asyncio.start_server(server.serve, "::1", server.port))
        yield server


@pytest.fixture
async def downloads(server: Server) -> AsyncIterator[Downloads]:
    """Downloads that may go to the server by its plain address only."""
    async with Downloads(frozenset({f"127.0.0.1:{server.port}"})) as downloads:
        yield downloads


@pytest.fixture
async def strict() -> AsyncIterator[Downloads]:
    """Downloads that may go to no private host."""
    async with Downloads(frozenset()) as downloads:
        yield downloads


@pytest.fixture
def darkroom() -> Darkroom:
    """The one under test."""
    return Darkroom()
