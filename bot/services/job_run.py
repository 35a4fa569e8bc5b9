"""One job on its way: each state has one step, and each step starts from what the last one committed."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.errors import (
    AnswerLost,
    BlockedByDiscord,
    BotError,
    KeyRefused,
    NothingSent,
    OutOfBalance,
    TooManyRequests,
    Undeliverable,
)
from bot.images import ImageRequest
from bot.logs import job_context
from bot.services.clock import Clock
from bot.services.etas import Etas
from bot.services.job_queue import JobQueue, QueueClosed
from bot.services.messenger import Delivered, Messenger
from bot.services.patience import insist
from bot.services.quotas import Quotas
from bot.services.request_rules import RequestRules
from bot.services.result_images import ResultImages
from bot.services.source_images import SourceImages
from bot.services.submission import Submission
from storage.errors import StorageError, WrongState
from storage.jobs import JobStore
from storage.records import JobRecord, JobState, PictureKind, QueueLimits

BETWEEN_EDITS = 10.0  # seconds between two edits of a progress message that say the place in the queue

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The parts that image jobs are made with."""

    store: JobStore
    rules: RequestRules
    quotas: Quotas
    queue: JobQueue
    queue_limits: QueueLimits
    submission: Submission
    provider_name: str
    sources: SourceImages
    results: ResultImages
    etas: Etas
    messenger: Messenger
    clock: Clock


class JobRun:
    """Takes one job from where it stands to its end; what was not sent yet shows its progress meanwhile."""

    def __init__(self, shop: Workshop, job: JobRecord) -> None:
        self._shop = shop
        self._job = job
        self._turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tell: Callable[[], Awaitable[None]] = _nothing
        self._steps: dict[JobState, Callable[[JobRecord], Awaitable[JobRecord]]] = {
            JobState.ACCEPTED: self._submit,
            JobState.SUBMITTED: self._fetch,
            JobState.READY: self._deliver,
        }

    async def run(self) -> None:
        """Go on until the job has ended, waits for its member, or waits for a restart."""
        with job_context(self._job.id):
            progress = asyncio.create_task(self._show_progress())
            try:
                await self._advance()
                await asyncio.wait({progress})  # the last word in the progress message is the end's
                await self._tell()
            except QueueClosed:
                log.info("the job waits for the restart")
            finally:
                progress.cancel()

    async def _advance(self) -> None:
        """Do one step after the other."""
        try:
            while step := self._steps.get(self._job.state):
                self._job = await step(self._job)
        except QueueClosed:
            raise
        except WrongState:
            log.warning("somebody else has ended the job")
        except BotError as error:
            self._job = await self._end(error)
        except Exception:
            log.exception("the job failed in a way that nobody foresaw")
            self._job = await self._end(BotError("failed.internal", reference=self._job.id))

    async def _submit(self, job: JobRecord) -> JobRecord:
        """Wait for a slot, commit the intent, make the paid call, commit its answer."""
        await self._shop.queue.enter(job.id, job.user_id)
        self._turn.set_result(None)
        try:
            if not job.reachable(self._shop.clock()):
                raise Undeliverable("failed.waited")
            sources = await self._shop.sources.of(job.id)
            await insist(lambda: self._shop.store.start_submitting(job.id, self._shop.clock()))
            try:
                ticket = await self._shop.submission.submit(request_of(job), sources)
            except (NothingSent, TooManyRequests):
                if not self._shop.submission.stopping:
                    raise
                await insist(lambda: self._shop.store.take_back(job.id))
                raise QueueClosed from None
            log.info(
                "answer: task %s, trace %s, %d images", ticket.task_id, ticket.trace_id, len(ticket.urls)
            )
            return await insist(
                lambda: self._shop.store.save_answer(
                    job.id,
                    self._shop.clock(),
                    task_id=ticket.task_id,
                    trace_id=ticket.trace_id,
                    urls=ticket.urls,
                )
            )
        finally:
            self._shop.queue.leave(job.user_id)

    async def _fetch(self, job: JobRecord) -> JobRecord:
        """Bring the pictures from the API's links to our disk."""
        answered = await insist(lambda: self._shop.store.pictures(job.id, PictureKind.RESULT))
        results = await self._shop.results.fetch(job.id, answered)
        return await insist(lambda: self._shop.store.save_results(job.id, self._shop.clock(), results))

    async def _deliver(self, job: JobRecord) -> JobRecord:
        """Bring the pictures to their place in the chat, then settle them."""
        results = await insist(lambda: self._shop.store.pictures(job.id, PictureKind.RESULT))
        images = await self._shop.results.images(job.id, results)
        try:
            delivered = await self._shop.messenger.deliver(job, images)
        except BlockedByDiscord as error:
            return await self._end(error, images=len(images))
        done = await insist(
            lambda: self._shop.store.deliver(
                job.id, self._shop.clock(), message_id=delivered.message_id, images=len(images)
            )
        )
        log.info("delivered %d of %d images", len(images), job.count)
        self._tell = lambda: self._show_done(done, delivered, len(images))
        return done

    async def _show_done(self, job: JobRecord, delivered: Delivered, images: int) -> None:
        left = await insist(lambda: self._shop.quotas.left_after(job))
        await self._shop.messenger.show_done(job, delivered, left=left, images=images)

    async def _end(self, error: BotError, *, images: int = 0) -> JobRecord:
        """End the job without a result: what it reserved is refunded, but for the images named."""
        operator = isinstance(error, (KeyRefused, OutOfBalance))
        log.log(logging.ERROR if operator else logging.WARNING, "ended without a result: %s", error)
        unsure = self._job.state is JobState.ACCEPTED and self._turn.done() and error.key == "failed.internal"
        state = JobState.UNKNOWN if unsure or isinstance(error, AnswerLost) else JobState.FAILED
        job = await insist(
            lambda: self._shop.store.fail(
                self._job.id, self._shop.clock(), outcome=error.key, state=state, images=images
            )
        )
        self._tell = lambda: self._shop.messenger.show_failure(job, error)
        return job

    async def _show_progress(self) -> None:
        """Show the place in the queue while the job waits, then what is being made."""
        if self._job.state is not JobState.ACCEPTED:
            return
        try:
            await self._show_places()
            ready_at = await self._shop.etas.ready_at(self._job)
        except StorageError as error:
            log.warning("no progress is shown: %s", error)
        else:
            await self._shop.messenger.show_progress(self._job, ready_at)

    async def _show_places(self) -> None:
        shown = None
        while place := self._shop.queue.place(self._job.id, self._job.user_id):
            if place != shown:
                rounds = math.ceil(place / self._shop.queue.slots)
                ready_at = await self._shop.etas.ready_at(self._job, rounds)
                await self._shop.messenger.show_waiting(self._job, place, ready_at)
                shown = place
            await asyncio.wait([self._turn], timeout=BETWEEN_EDITS)


async def _nothing() -> None:
    """There is nothing to tell."""


def request_of(job: JobRecord) -> ImageRequest:
    """What a job asks for."""
    return ImageRequest(
        prompt=job.prompt,
        model=job.model,
        resolution=job.resolution,
        aspect_ratio=job.aspect_ratio,
        count=job.count,
        spoiler=job.spoiler,
        private=job.private,
    )
