"""One job on its way: each state has one step, and each step starts from what the last one committed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from bot.errors import BlockedByDiscord, BotError, ResultError, Undeliverable
from bot.logs import job_context
from bot.services.job_queue import QueueClosed
from bot.services.making import Making
from bot.services.messenger import Delivered, ResultImage
from bot.services.patience import insist
from bot.services.workshop import Workshop
from storage.errors import StorageError, WrongState
from storage.records import JobRecord, JobState, PictureKind, PictureRecord

BETWEEN_EDITS = 10.0  # seconds between two edits of a progress message that say the place in the queue
SOON = 3.0  # seconds in which a result needs no word before it: Discord shows that the bot is at work

log = logging.getLogger(__name__)


class JobRun:
    """Takes one job from where it stands to its end; what was not sent yet shows its progress meanwhile."""

    def __init__(self, shop: Workshop, job: JobRecord, *, is_new: bool = False) -> None:
        self._shop = shop
        self._job = job
        self._is_new = is_new  # else it may have been cancelled or ended since it was looked for
        self._making = Making(shop, job, is_new=is_new)
        self._over = asyncio.Event()
        self._tell: Callable[[], Awaitable[None]] = _nothing
        self._is_made = False  # whether no more calls are made for it
        self._come: list[PictureRecord] = []  # the results that this run has seen
        self._fetched: list[PictureRecord] = []  # and of them those that it has brought to our disk
        self._steps: dict[JobState, Callable[[JobRecord], Awaitable[JobRecord]]] = {
            JobState.ACCEPTED: self._make,
            JobState.SUBMITTING: self._make,
            JobState.SUBMITTED: self._make,
            JobState.READY: self._deliver,
        }

    async def run(self) -> None:
        """Go on until the job has ended, waits for its member, or waits for a restart."""
        with job_context(self._job.id):
            try:
                if not self._is_new:
                    self._job = await insist(lambda: self._shop.store.get(self._job.id))
                await self._go_on()
            except QueueClosed:
                log.info("the job waits for the restart")
            finally:
                self._making.in_line.set()

    async def in_line(self) -> None:
        """Wait until the job has its place in the queue, if it needs one."""
        if self._steps.get(self._job.state) == self._make:
            await self._making.in_line.wait()

    async def _go_on(self) -> None:
        progress = asyncio.create_task(self._show_progress())
        try:
            await self._advance()
            self._over.set()
            await asyncio.wait({progress})  # the last word in the progress message is the end's
            await self._tell()
        finally:
            progress.cancel()
            await asyncio.wait({progress})

    async def _advance(self) -> None:
        """Do one step after the other."""
        while step := self._steps.get(self._job.state):
            stood = self._job.state
            try:
                self._job = await step(self._job)
            except QueueClosed:
                raise
            except WrongState:
                self._job = await insist(lambda: self._shop.store.get(self._job.id))
                if self._job.state is stood:
                    raise
                log.info("somebody else has brought the job to %s", self._job.state)
            except BotError as error:
                self._job = await self._give_up(error)
            except Exception:
                log.exception("the job failed in a way that nobody foresaw")
                self._job = await self._stop_short(stood)

    async def _make(self, job: JobRecord) -> JobRecord:
        """Have the pictures made, then bring them from the API's links to our disk."""
        if not self._is_made:
            await self._making.run()
        return await self._fetch(job)

    async def _fetch(self, job: JobRecord) -> JobRecord:
        """Bring what has come to our disk, and what was lost and comes meanwhile; raises `ResultError`."""
        trouble = ResultError("failed.result_gone")
        while new := [picture for picture in await self._results() if picture not in self._come]:
            self._come += new
            try:
                self._fetched += await insist(partial(self._shop.results.fetch, job.id, new))
            except ResultError as error:
                trouble = error
            if self._fetched and (saved := await insist(self._save)):
                return saved
        raise trouble

    async def _save(self) -> JobRecord | None:
        """Commit what was fetched, unless more has come meanwhile."""
        self._fetched.sort(key=lambda picture: picture.position)
        return await self._shop.store.save_results(
            self._job.id, self._shop.clock(), self._fetched, of=len(self._come)
        )

    async def _results(self) -> list[PictureRecord]:
        return await insist(lambda: self._shop.store.pictures(self._job.id, PictureKind.RESULT))

    async def _deliver(self, job: JobRecord) -> JobRecord:
        """Bring the pictures to their place in the chat, then settle them."""
        if self._fetched:
            images = self._shop.results.images(job.id, self._fetched)
        else:
            images = await self._kept_images()
        try:
            delivered = await self._shop.messenger.deliver(job, images)
        except BlockedByDiscord as error:
            return await self._end(error, images=len(images))
        except Undeliverable as error:
            return await self._hold(error)
        done = await insist(
            lambda: self._shop.store.deliver(
                job.id, self._shop.clock(), message_id=delivered.message_id, images=len(images)
            )
        )
        log.info("delivered %d of %d images", len(images), job.count)
        self._tell = lambda: self._show_done(done, delivered, len(images))
        return done

    async def _kept_images(self) -> list[ResultImage]:
        return await self._shop.results.kept(self._job.id, await self._results())

    async def _show_done(self, job: JobRecord, delivered: Delivered, images: int) -> None:
        left = await insist(lambda: self._shop.quotas.left_after(job))
        await self._shop.messenger.show_done(job, delivered, left=left, images=images)

    async def _hold(self, error: Undeliverable) -> JobRecord:
        """Keep the result for its member, who may come for it with `/jobs`."""
        log.warning("the result waits for its member: %s", error.key)
        if self._job.late:
            error = Undeliverable("held.late")
        job = await insist(lambda: self._shop.store.hold(self._job.id, error.key))
        self._tell = lambda: self._shop.messenger.show_failure(job, error)
        return job

    async def _stop_short(self, stood: JobState) -> JobRecord:
        """After what nobody foresaw: a result that is there, and perhaps posted, is kept for its member."""
        if stood is JobState.READY:
            try:
                await self._kept_images()
                return await self._hold(Undeliverable("held.unsure"))
            except (ResultError, WrongState) as error:
                log.warning("the result is not kept for its member: %s", error)
        return await self._end(BotError("failed.internal", reference=self._job.id))

    async def _give_up(self, error: BotError) -> JobRecord:
        """End the job without a result, unless pictures have come by now: those are fetched first."""
        return await self._fail(error, partial(self._shop.store.give_up, of=len(self._come)))

    async def _end(self, error: BotError, *, images: int = 0) -> JobRecord:
        """End the job without a result: what it reserved is refunded, but for the images named."""
        return await self._fail(error, partial(self._shop.store.fail, images=images))

    async def _fail(self, error: BotError, fail: Callable[..., Awaitable[JobRecord | None]]) -> JobRecord:
        """Commit the end, and have the member told; gives the job as it stands where that is not its end."""
        job = None
        with suppress(WrongState):  # somebody else has ended it
            job = await insist(lambda: fail(self._job.id, self._shop.clock(), outcome=error.key))
        if job is None:
            self._is_made = True
            return await insist(lambda: self._shop.store.get(self._job.id))
        log.warning("ended without a result: %s", error)
        if not job.late:  # else its member was told when it ended first
            self._tell = lambda: self._shop.messenger.show_failure(job, error)
        return job

    async def _show_progress(self) -> None:
        """Show the place in the queue while the job waits, then what is being made."""
        if self._job.state is not JobState.ACCEPTED:
            return
        try:
            waited = await self._show_places()
            ready_at = await self._shop.etas.ready_at(self._job)
            is_soon = not waited and ready_at < self._shop.clock() + SOON
            if is_soon and await self._is_over_within(SOON):
                return
        except StorageError as error:
            log.warning("no progress is shown: %s", error)
        else:
            await self._shop.messenger.show_progress(self._job, ready_at)
            if not await self._is_over_within(max(0.0, ready_at - self._shop.clock()) + BETWEEN_EDITS):
                await self._shop.messenger.show_progress(self._job, None)

    async def _is_over_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self._over.is_set()

    async def _show_places(self) -> bool:
        """Show each place in the queue; whether there was one to be shown."""
        await self._making.in_line.wait()
        shown = None
        started = self._making.started
        while not started.is_set() and (place := self._shop.queue.place(self._job.id, self._job.user_id)):
            if place != shown:
                rounds = self._shop.queue.rounds(self._job.id, self._job.user_id, self._making.able)
                ready_at = await self._shop.etas.ready_at(self._job, rounds)
                await self._shop.messenger.show_waiting(self._job, place, ready_at)
                shown = place
            with suppress(TimeoutError):
                async with asyncio.timeout(BETWEEN_EDITS):
                    await started.wait()
        return shown is not None


async def _nothing() -> None:
    """There is nothing to tell."""
