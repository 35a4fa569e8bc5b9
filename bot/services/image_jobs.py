"""The heart: a request is accepted, paid for once, made, and brought to its member, whatever happens."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from functools import partial

from bot.errors import UserError
from bot.images import Attachment, ImageRequest
from bot.logs import job_context
from bot.services.job_run import JobRun, Workshop, request_of
from bot.services.origin import Origin
from storage.errors import BudgetExhausted, TooManyWaiting
from storage.records import JobRecord, NewJob, PictureKind, PictureRecord

FINISHING = 5.0  # seconds that jobs with an answer get at shutdown; the rest waits for the restart

log = logging.getLogger(__name__)


class ImageJobs:
    """Every request comes in through `accept`; each job then runs in a task of its own."""

    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._admissions: set[asyncio.Task[list[PictureRecord]]] = set()

    async def accept(
        self, request: ImageRequest, origin: Origin, attachments: Sequence[Attachment] = ()
    ) -> JobRecord:
        """Check a request, reserve its credits and start on it; raises `UserError`, and nothing was spent."""
        self._refuse_when_stopping()
        request = self._shop.rules.check(request, sources=len(attachments))
        job_id = secrets.token_hex(8)
        take = partial(self._shop.sources.take, job_id, attachments)
        return await self._admit(job_id, request, origin, take)

    async def accept_again(self, job_id: str, origin: Origin) -> JobRecord:
        """Start on the same request once more, as a new job; raises `UserError`."""
        self._refuse_when_stopping()
        old = await self._shop.store.get(job_id)
        kept = await self._shop.store.pictures(job_id, PictureKind.SOURCE)
        request = self._shop.rules.check(request_of(old), sources=len(kept))
        new_id = secrets.token_hex(8)
        return await self._admit(
            new_id, request, origin, partial(self._shop.sources.copy, job_id, new_id, kept)
        )

    def resume(self, job: JobRecord) -> None:
        """Go on with a job from the state in which a restart found it."""
        if job.id not in self._tasks:
            self._start(job, fresh=False)

    async def stop(self, grace: float) -> None:
        """Take nothing new, send nothing more, wait for the answers of what was sent, end the rest.

        Jobs that did not finish go on after the restart. `grace` is in seconds.
        """
        self._shop.submission.stop()
        self._shop.queue.close()
        for admission in self._admissions:
            admission.cancel()
        try:
            async with asyncio.timeout(grace):
                await self._shop.submission.answered()
        except TimeoutError:
            log.warning("stopping although answers are outstanding; their jobs will be refunded")
        if tasks := list(self._tasks.values()):
            await asyncio.wait(tasks, timeout=FINISHING)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _refuse_when_stopping(self) -> None:
        if self._shop.submission.stopping:
            raise UserError("refused.restarting")

    async def _unless_stopped(self, take: Coroutine[None, None, list[PictureRecord]]) -> list[PictureRecord]:
        """Fetch the inputs, or refuse as soon as the bot stops."""
        admission = asyncio.create_task(take)
        self._admissions.add(admission)
        try:
            return await admission
        except asyncio.CancelledError:
            self._refuse_when_stopping()
            raise
        finally:
            self._admissions.discard(admission)

    async def _admit(
        self,
        job_id: str,
        request: ImageRequest,
        origin: Origin,
        take: Callable[[], Coroutine[None, None, list[PictureRecord]]],
    ) -> JobRecord:
        """Put the inputs on disk, then write job and reservation in one transaction."""
        try:
            sources = await self._unless_stopped(take())
            job = await self._write(job_id, request, origin, sources)
        except Exception:
            await self._shop.sources.drop(job_id)
            raise
        with job_context(job_id):
            log.info("accepted: %d of %s at %s", job.count, job.model, job.resolution)
        self._start(job, fresh=True)
        return job

    async def _write(
        self, job_id: str, request: ImageRequest, origin: Origin, sources: list[PictureRecord]
    ) -> JobRecord:
        new = NewJob(
            id=job_id,
            price=self._shop.rules.prices.price(request.model, request.resolution),
            provider=self._shop.provider_name,
            accepted_at=self._shop.clock(),
            **asdict(request),
            **asdict(origin),
        )
        budgets = self._shop.quotas.budgets(origin.place, origin.guild_id, origin.user_id)
        try:
            return await self._shop.store.accept(new, sources, budgets, self._shop.queue_limits)
        except BudgetExhausted as error:
            raise self._shop.quotas.refusal(error, new.credits) from error
        except TooManyWaiting as error:
            key = "refused.member_queue" if error.member else "refused.queue"
            raise UserError(key, limit=error.limit) from error

    def _start(self, job: JobRecord, *, fresh: bool) -> None:
        run = JobRun(self._shop, job, fresh=fresh)
        task = asyncio.create_task(run.run(), name=f"job {job.id}")
        self._tasks[job.id] = task
        task.add_done_callback(partial(self._finished, job.id))

    def _finished(self, job_id: str, task: asyncio.Task[None]) -> None:
        del self._tasks[job_id]
        if not task.cancelled() and (error := task.exception()):
            log.error("job %s stopped; a restart takes it up again", job_id, exc_info=error)
