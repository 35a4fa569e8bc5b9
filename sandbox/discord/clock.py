"""The world's time: real seconds, which a test may push forward."""

import asyncio
import time
from collections.abc import Callable


class Clock:
    """Tells the time and rings alarms; `advance` ages tokens, links and rate limits at once."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._alarms: dict[asyncio.TimerHandle, tuple[float, Callable[[], None]]] = {}

    def __call__(self) -> float:
        """Return the seconds since 1970."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass in this moment, ringing the alarms that fall due."""
        self._ahead += seconds
        for handle, (due, ring) in list(self._alarms.items()):
            if due <= self():
                handle.cancel()
                del self._alarms[handle]
                ring()

    def ring_after(self, seconds: float, ring: Callable[[], None]) -> None:
        """Call `ring` once after `seconds` of the world's time."""

        def due() -> None:
            del self._alarms[handle]
            ring()

        handle = asyncio.get_running_loop().call_later(seconds, due)
        self._alarms[handle] = (self() + seconds, ring)

    def stop(self) -> None:
        """Silence every alarm that is left."""
        for handle in self._alarms:
            handle.cancel()
        self._alarms.clear()
