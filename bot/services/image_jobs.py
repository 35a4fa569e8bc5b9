"""The heart: a request is accepted, paid for once, made, and brought to its member, whatever happens."""

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import partial

from bot.errors import BlockedByDiscord, ResultError, UserError
from bot.images import Attachment, ImageRequest
from bot.logs import job_context
from bot.services.job_run import JobRun
from bot.services.messenger import Delivered
from bot.services.origin import Origin
from bot.services.request_rules import request_of
from bot.services.workshop import Workshop
from storage.errors import BudgetExhausted, TooManyWaiting, WrongState
from storage.records import JobRecord, JobState, NewJob, PictureKind, PictureRecord

FINISHING = 4.0  # seconds that jobs with an answer get at shutdown; the rest waits for the restart

log = logging.getLogger(__name__)


class ImageJobs:
    """Every request comes in through `accept`; each job then runs in a task of its own."""

    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._once_more: dict[str, JobRecord] = {}  # what came back to life while its end was being told
        self._serving = asyncio.Event()
        self._admitting: Counter[int] = Counter()  # by member
        self._admissions: set[asyncio.Task[list[PictureRecord]]] = set()

    async def accept(
        self, request: ImageRequest, origin: Origin, attachments: Sequence[Attachment] = ()
    ) -> JobRecord:
        """Check a request, reserve its credits and start on it; raises `UserError`, and nothing was spent."""
        request = self._checked(request, sources=len(attachments))
        job_id = secrets.token_hex(8)
        take = partial(self._shop.sources.take, job_id, attachments)
        return await self._admit(job_id, request, origin, take, inputs=len(attachments))

    async def accept_again(self, job_id: str, origin: Origin) -> JobRecord:
        """Start on the same request once more, as a new job; raises `UserError`."""
        old = request_of(await self._shop.store.get(job_id))
        kept = await self._shop.store.pictures(job_id, PictureKind.SOURCE)
        named = old.but(model=old.asked_model or old.model, asked_model=None)
        request = self._checked(named, sources=len(kept))
        new_id = secrets.token_hex(8)
        copy = partial(self._shop.sources.copy, job_id, new_id, kept)
        return await self._admit(new_id, request, origin, copy, inputs=len(kept))

    async def cancel(self, job_id: str, user_id: int) -> None:
        """End a job that its member no longer wants and that was not sent yet; raises `UserError`."""
        try:
            job = await self._shop.store.get(job_id)
            if job.user_id != user_id:
                raise UserError("refused.not_yours_to_cancel")
            await self._shop.store.cancel(job_id, self._shop.clock())
        except WrongState as error:
            raise UserError("refused.too_late_to_cancel") from error
        if task := self._tasks.get(job_id):
            task.cancel()
            await asyncio.wait({task})
        await self._shop.sources.drop(job_id)
        with job_context(job_id):
            log.info("cancelled by its member")
            await self._shop.messenger.show_cancelled(job)

    async def deliver_again(self, job_id: str, origin: Origin) -> None:
        """Show a member their result privately, as long as it is kept; what was held for them is paid now.

        Raises `UserError`.
        """
        try:
            job = await self._shop.store.get(job_id)
            results = await self._shop.store.pictures(job_id, PictureKind.RESULT)
            if job.user_id != origin.user_id:
                raise UserError("refused.request_gone")
            if job.state not in {JobState.DELIVERED, JobState.HELD}:
                raise UserError("refused.result_gone")
            images = await self._shop.results.images(job_id, results)
        except (WrongState, ResultError) as error:
            raise UserError("refused.result_gone") from error
        with job_context(job_id):
            here = replace(job, **asdict(origin), private=True)
            try:
                delivered = await self._shop.messenger.deliver(here, images)
            except BlockedByDiscord as error:
                if job.state is JobState.HELD:
                    await self._shop.store.fail(
                        job_id, self._shop.clock(), outcome=error.key, images=len(images)
                    )
                raise
            log.info("shown again to its member")
            if job.state is JobState.HELD:
                with suppress(WrongState):  # it was asked for twice at once
                    await self._pay_for_held(job, here, delivered, len(images))

    async def _pay_for_held(self, job: JobRecord, here: JobRecord, delivered: Delivered, images: int) -> None:
        """The member has come for a held result: it is settled, and `here` they see what is left."""
        await self._shop.store.deliver(job.id, self._shop.clock(), message_id=None, images=images)
        left = await self._shop.quotas.left_after(job)
        await self._shop.messenger.show_done(here, delivered, left=left, images=images)

    async def resume(self, job: JobRecord) -> None:
        """Go on with a job from the state in which it stands; the next one comes behind it in the queue."""
        if self._shop.submission.stopping:
            return
        if job.id in self._tasks:
            self._once_more[job.id] = job
            return
        run = JobRun(self._shop, job)
        self._start(run, job.id)
        await run.in_line()

    def serve(self) -> None:
        """Start on what is accepted from now on: everything older stands in line."""
        self._serving.set()

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

    def _checked(self, request: ImageRequest, *, sources: int) -> ImageRequest:
        """The request as it will be made now; raises `UserError` for what cannot be made."""
        request = self._shop.rules.check(request, sources=sources)
        return self._shop.rules.as_made(request, editing=bool(sources), well=self._shop.apis.well())

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
        *,
        inputs: int,
    ) -> JobRecord:
        """Put the inputs on disk, then write job and reservation in one transaction."""
        if inputs:
            await self._foresee(request, origin)
        self._refuse_when_stopping()
        self._admitting[origin.user_id] += 1
        try:
            sources = await self._unless_stopped(take())
            job = await self._write(job_id, request, origin, sources)
        except Exception:
            await self._shop.sources.drop(job_id)
            raise
        finally:
            self._admitting -= Counter([origin.user_id])  # keeps no zeros
        with job_context(job_id):
            what = f"{job.count} of {job.model} at {job.resolution}"
            log.info("accepted: %s, from member %d in channel %d", what, job.user_id, job.channel_id)
        self._start(JobRun(self._shop, job, is_new=True), job_id, after=self._serving)
        return job

    async def _write(
        self, job_id: str, request: ImageRequest, origin: Origin, sources: list[PictureRecord]
    ) -> JobRecord:
        new = NewJob(
            id=job_id,
            price=self._shop.rules.price(request),
            accepted_at=self._shop.clock(),
            **asdict(request),
            **asdict(origin),
        )
        budgets = self._shop.quotas.budgets(origin.place, origin.guild_id, origin.user_id)
        with self._refusals(request):
            return await self._shop.store.accept(new, sources, budgets, self._shop.queue_limits)

    async def _foresee(self, request: ImageRequest, origin: Origin) -> None:
        """Refuse what will be refused before its pictures are fetched: fetching costs us, and others wait."""
        credits_, limits = request.count * self._shop.rules.price(request), self._shop.queue_limits
        budgets = self._shop.quotas.budgets(origin.place, origin.guild_id, origin.user_id)
        with self._refusals(request):
            await self._shop.store.check(origin.request_id, origin.user_id, credits_, budgets, limits)
        if self._admitting[origin.user_id] >= limits.member:
            raise UserError("refused.member_queue", limit=limits.member)

    @contextmanager
    def _refusals(self, request: ImageRequest) -> Iterator[None]:
        """The storage's refusals of a request, as sentences."""
        try:
            yield
        except BudgetExhausted as error:
            raise self._shop.quotas.refusal(error, request, self._shop.rules.price(request)) from error
        except TooManyWaiting as error:
            key = "refused.member_queue" if error.member else "refused.queue"
            raise UserError(key, limit=error.limit) from error

    def _start(self, run: JobRun, job_id: str, *, after: asyncio.Event | None = None) -> None:
        async def go() -> None:
            if after:
                await after.wait()
            await run.run()

        task = asyncio.create_task(go(), name=f"job {job_id}")
        self._tasks[job_id] = task
        task.add_done_callback(partial(self._finished, job_id))

    def _finished(self, job_id: str, task: asyncio.Task[None]) -> None:
        del self._tasks[job_id]
        if not task.cancelled() and (error := task.exception()):
            log.error("job %s stopped; a restart takes it up again", job_id, exc_info=error)
        again = self._once_more.pop(job_id, None)
        if again and not self._shop.submission.stopping:
            self._start(JobRun(self._shop, again), job_id)
