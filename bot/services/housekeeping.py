"""What the bot tidies up by itself, twice a minute."""

import asyncio
import logging
from contextlib import suppress

from bot.services.clock import Clock
from bot.services.spool import KEPT_FOR, Spool
from storage.errors import StorageError, WrongState
from storage.jobs import JobStore

EVERY = 30.0  # seconds; with the life of an interaction token at most 15 minutes

log = logging.getLogger(__name__)


class Housekeeping:
    """Deletes what is kept for a time only: pictures, held results and interaction tokens."""

    def __init__(self, store: JobStore, spool: Spool, clock: Clock) -> None:
        self._store = store
        self._spool = spool
        self._clock = clock

    async def run(self) -> None:
        """Tidy up until cancelled."""
        while True:
            for chore in (self.purge_pictures, self.forget_tokens, self.give_back_held):  # room first
                try:
                    await chore()
                except (StorageError, OSError) as error:
                    log.warning("not tidied up this time: %s", error)
            await asyncio.sleep(EVERY)

    async def purge_pictures(self) -> None:
        """Delete the pictures of yesterday."""
        if purged := await self._spool.purge(self._clock() - KEPT_FOR):
            log.info("deleted the pictures of %d jobs", purged)

    async def give_back_held(self) -> None:
        """Refund the results that nobody came for: their pictures are gone."""
        for job in await self._store.held_since(self._clock() - KEPT_FOR):
            with suppress(WrongState):  # its member has just come for it
                await self._store.fail(job.id, self._clock(), outcome="failed.not_collected")
                await self._store.mark_told(job.id)

    async def forget_tokens(self) -> None:
        """Drop the interaction tokens that are no longer good for anything."""
        await self._store.forget_tokens(self._clock())
