"""What the bot tidies up by itself, twice a minute."""

import asyncio
import logging
from contextlib import suppress

from bot.memory import give_back
from bot.services.clock import Clock
from bot.services.privacy import WORDS_KEPT_FOR
from bot.services.spool import KEPT_FOR, Spool
from bot.services.stand_ins import StandIns
from storage.errors import StorageError, WrongState
from storage.forgetting import Forgetting
from storage.hints import HINT_LASTS
from storage.jobs import JobStore
from storage.records import ALIVE

EVERY = 30.0  # seconds; with the life of an interaction token at most 15 minutes
# Seconds between the last offer of a held result and its refund: it is paid for once it was shown, which may
# take as long as the interaction's token lives, 15 minutes.
COMING = 20 * 60

log = logging.getLogger(__name__)


class Housekeeping:
    """Deletes what is kept for a time only: pictures and the links to them, words, held results, tokens.

    `spool_limit` is how many bytes the pictures may take.
    """

    def __init__(
        self,
        store: JobStore,
        forgetting: Forgetting,
        stand_ins: StandIns,
        spool: Spool,
        *,
        spool_limit: int,
        clock: Clock,
    ) -> None:
        self._store = store
        self._forgetting = forgetting
        self._stand_ins = stand_ins
        self._spool = spool
        self._spool_limit = spool_limit
        self._clock = clock

    async def run(self) -> None:
        """Tidy up until cancelled."""
        chores = (
            self.purge_pictures,  # room first
            self.make_room,
            self.forget_tokens,
            self.forget_words,
            self.give_back_held,
            self.forget_hints,
            self.forget_expired,
            self._stand_ins.forget,
            self.give_back_memory,
        )
        while True:
            for chore in chores:
                try:
                    await chore()
                except (StorageError, OSError) as error:
                    log.warning("not tidied up this time: %s", error)
            await asyncio.sleep(EVERY)

    async def purge_pictures(self) -> None:
        """Delete the pictures of yesterday, and the links to them."""
        before = self._clock() - KEPT_FOR
        if purged := await self._spool.purge(before):
            log.info("deleted the pictures of %d jobs", purged)
        await self._forgetting.forget_links(before)

    async def make_room(self) -> None:
        """Delete the oldest pictures where all together take too much, but for those of jobs that go on."""
        if await self._spool.size() <= self._spool_limit:
            return
        needed = {job.id for job in await self._store.in_states(ALIVE)}
        if dropped := await self._spool.shrink(self._spool_limit, needed, self._clock()):
            log.warning("deleted the pictures of %d jobs early: they took more than SPOOL_LIMIT_MB", dropped)

    async def forget_words(self) -> None:
        """Delete the prompts of a month ago."""
        if forgotten := await self._forgetting.forget_words(self._clock() - WORDS_KEPT_FOR):
            log.info("deleted the words of %d jobs", forgotten)

    async def forget_hints(self) -> None:
        """Drop the hints that may be given again."""
        await self._forgetting.forget_hints(self._clock() - HINT_LASTS)

    async def forget_expired(self) -> None:
        """Drop blocks, bonuses and the like that are over."""
        await self._forgetting.forget_expired(self._clock())

    async def give_back_memory(self) -> None:
        """Leave no holes where a busy moment was."""
        await asyncio.to_thread(give_back)

    async def give_back_held(self) -> None:
        """Refund the results that nobody came for: their pictures are gone."""
        for job in await self._store.held_since(self._clock() - KEPT_FOR - COMING):
            with suppress(WrongState):  # its member has just come for it
                await self._store.fail(job.id, self._clock(), outcome="failed.not_collected")
                await self._store.mark_told(job.id)

    async def forget_tokens(self) -> None:
        """Drop the interaction tokens that are no longer good for anything."""
        await self._store.forget_tokens(self._clock())
