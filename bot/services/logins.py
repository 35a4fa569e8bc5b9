"""Spaces the logins at Discord's gateway, also over restarts: 1,000 in a day reset the bot's token."""

import asyncio
import logging
from collections.abc import Sequence

from bot.services.clock import Clock
from storage.errors import StorageError
from storage.logins import LoginStore

HOUR = 3600.0  # seconds
AT_ONCE = 20  # logins in an hour before they are spaced
APART = HOUR / AT_ONCE  # seconds, so that no hour sees more than forty
LONGEST_WAIT = 40.0  # seconds during which a connection may stay open without a login

log = logging.getLogger(__name__)


class Logins:
    """The turns of all shards."""

    def __init__(self, store: LoginStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def due(self) -> None:
        """Wait until the next login may be made."""
        while seconds := await self._pause():
            log.warning("%d logins in an hour: the next one in %.0f s", AT_ONCE, seconds)
            await asyncio.sleep(seconds)

    async def take(self) -> None:
        """Count a login that is made now; raises `TimeoutError` if its connection would not last so long."""
        async with asyncio.timeout(LONGEST_WAIT):
            await self.due()
        now = self._clock()
        try:
            await self._store.note(now, forget_before=now - HOUR)
        except StorageError as error:  # busy or full for a while, which must not end the bot
            log.warning("a login is not counted: %s", error)

    async def _pause(self) -> float:
        """Seconds until the next login."""
        now = self._clock()
        try:
            return pause(await self._store.since(now - HOUR), now)
        except StorageError as error:
            log.warning("earlier logins are not known: %s", error)
            return 0.0


def pause(since_an_hour: Sequence[float], now: float) -> float:
    """Seconds until the next login may be made; a clock that was set back never makes it longer."""
    last_hour = [at for at in since_an_hour if at <= now]
    return max(0.0, last_hour[-1] + APART - now) if len(last_hour) >= AT_ONCE else 0.0
