"""What the tests of the services share."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from selectors import DefaultSelector, SelectorKey
from typing import Any

import pytest

from tests.bot.services.desk import Desk, open_desk


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
