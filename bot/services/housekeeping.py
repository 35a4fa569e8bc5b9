"""What the bot tidies up by itself, every ten minutes."""

import asyncio
import logging

from bot.services.clock import Clock
from bot.services.spool import KEPT_FOR, Spool
from storage.errors import StorageError
from storage.jobs import JobStore

EVERY = 600.0  # seconds

log = logging.getLogger(__name__)


class Housekeeping:
    """Deletes what is kept for a time only: pictures and interaction tokens."""

    def __init__(self, store: JobStore, spool: Spool, clock: Clock) -> None:
        self._store = store
        self._spool = spool
        self._clock = clock

    async def run(self) -> None:
        """Tidy up until cancelled."""
        while True:
            try:
                await self.tidy()
            except (StorageError, OSError) as error:
                log.warning("not tidied up this time: %s", error)
            await asyncio.sleep(EVERY)

    async def tidy(self) -> None:
        """Tidy up once."""
        await self._store.forget_tokens(self._clock())
        if purged := await self._spool.purge(self._clock() - KEPT_FOR):
            log.info("deleted the pictures of %d jobs", purged)
