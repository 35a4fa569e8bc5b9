"""The heart: a request is accepted, paid for once, made, and brought to its member, whatever happens."""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from bot.errors import BlockedByDiscord, ResultError, UserError
from bot.images import Attachment, Descent, ImageRequest
from bot.logs import job_context
from bot.services.intake import Intake, Taking
from bot.services.job_run import JobRun
from bot.services.messenger import Delivered
from bot.services.next_steps import again
from bot.services.origin import Origin
from bot.services.patience import insist
from bot.services.spool import KEPT_FOR, is_kept
from bot.services.workshop import Workshop
from storage.errors import WrongState
from storage.records import AGAIN, JobRecord, JobState, PictureKind

NEW = Descent()  # of pictures that come from nowhere else
UNDER_WAY = 60.0  # seconds; what has shown its result writes so at once, but for bad days
FINISHING = 4.0  # seconds that jobs with an answer get at shutdown; the rest waits for the restart

log = logging.getLogger(__name__)


class ImageJobs:
    """Every request comes in through `accept`; each job then runs in a task of its own."""

    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._once_more: dict[str, JobRecord] = {}  # what came back to life while its end was being told
        self._serving = asyncio.Event()
        self._intake = Intake(workshop)
        self.admissions = self._intake.admissions
        self.accepted = asyncio.Event()  # set with every request, for who wants to know what is used up

    async def accept(
        self,
        request: ImageRequest,
        origin: Origin,
        attachments: Sequence[Attachment] = (),
        *,
        descent: Descent = NEW,
        agreed: int | None = None,
    ) -> JobRecord:
        """Check a request, reserve its credits and start on it; raises `UserError`, and nothing was spent.

        `agreed` is the price in credits that its member has seen; another one is refused.
        """
        request = self._checked(request, sources=len(attachments), agreed=agreed)
        job_id = secrets.token_hex(8)
        take = partial(self._shop.sources.take, job_id, attachments)
        return await self._admit(job_id, request, origin, take, descent, inputs=len(attachments))

    async def accept_again(
        self, job: JobRecord, origin: Origin, *, private: bool, agreed: int | None
    ) -> JobRecord:
        """Start on the request of a job once more, as a new job; raises as `accept` does."""
        kept = await self._shop.store.pictures(job.id, PictureKind.SOURCE)
        given_at = (await self._shop.store.giver(job.id)).ended_at
        if kept and given_at is not None and given_at < self._shop.clock() - KEPT_FOR:
            raise UserError("refused.inputs_gone")  # however often they were copied since
        request = self._checked(again(job).but(private=private), sources=len(kept), agreed=agreed)
        new_id = secrets.token_hex(8)
        copy = partial(self._shop.sources.copy, job.id, new_id, kept)
        descent = Descent(
            parent_id=job.parent_id,
            source_message_id=job.source_message_id if origin.channel_id == job.channel_id else None,
            chosen=job.chosen,
            press=f"{AGAIN}:{job.id}",
        )
        return await self._admit(new_id, request, origin, copy, descent, inputs=len(kept))

    def price(self, request: ImageRequest, *, inputs: int) -> int:
        """Credits for what would be made now; raises `UserError` for what cannot be made."""
        made = self._checked(request, sources=inputs, agreed=None)
        return made.count * self._shop.rules.price(made)

    async def cancel(self, job_id: str, user_id: int) -> None:
        """End a job that its member no longer wants and that was not sent yet; raises `UserError`."""
        try:
            job = await self._shop.store.get(job_id)
            if job.user_id != user_id:
                raise UserError("refused.not_yours_to_cancel")
            await self._cancel(job)
        except WrongState as error:
            raise UserError("refused.too_late_to_cancel") from error

    async def cancel_waiting(self, guild_id: int, user_id: int) -> int:
        """End a member's jobs in a server that were not sent yet, and refund them; gives how many it were."""
        running = await self._shop.store.running(user_id)
        waiting = [job for job in running if job.server_id == guild_id and job.state is JobState.ACCEPTED]
        ends = await asyncio.gather(*map(self._cancel, waiting), return_exceptions=True)
        for end in ends:
            if end is not None and not isinstance(end, WrongState):  # which says that it was sent just now
                raise end
        return ends.count(None)

    async def _cancel(self, job: JobRecord) -> None:
        """End a job that was not sent yet; raises `WrongState` where it was."""
        await self._shop.store.cancel(job.id, self._shop.clock())
        if task := self._tasks.get(job.id):
            task.cancel()
            await asyncio.wait({task})
        await self._shop.sources.drop(job.id)
        with job_context(job.id):
            log.info("cancelled while it waited")
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
            if job.state not in {JobState.DELIVERED, JobState.HELD} or not is_kept(job, self._shop.clock()):
                raise UserError("refused.result_gone")
            images = await self._shop.results.kept(job_id, results)
        except (WrongState, ResultError) as error:
            raise UserError("refused.result_gone") from error
        with job_context(job_id):
            here = replace(job, **origin.kept, private=True)
            try:
                delivered = await self._shop.messenger.deliver(here, images)
            except BlockedByDiscord as error:
                if job.state is JobState.HELD:
                    await self._charge_for_blocked(job, error.key, len(images))
                raise
            log.info("shown again to its member")
            if job.state is JobState.HELD:
                with suppress(WrongState):  # it was asked for twice at once
                    await self._pay_for_held(job, here, delivered, len(images))

    async def _pay_for_held(self, job: JobRecord, here: JobRecord, delivered: Delivered, images: int) -> None:
        """The member has come for a held result: it is settled, and `here` they see what is left."""
        await insist(
            lambda: self._shop.store.deliver(job.id, self._shop.clock(), message_id=None, images=images)
        )
        left = await insist(lambda: self._shop.quotas.left_after(job))
        await self._shop.messenger.show_done(here, delivered, left=left, images=images)

    async def _charge_for_blocked(self, job: JobRecord, outcome: str, images: int) -> None:
        """Discord refuses a held result as explicit: it ends, and is charged."""
        with suppress(WrongState):  # it was asked for twice at once
            await insist(
                lambda: self._shop.store.fail(job.id, self._shop.clock(), outcome=outcome, images=images)
            )

    async def done_with(self, job_id: str) -> None:
        """Wait until a job that is under way has written what came of it, for a minute at most."""
        if task := self._tasks.get(job_id):
            await asyncio.wait({task}, timeout=UNDER_WAY)

    async def resume(self, job: JobRecord) -> None:
        """Go on with a job from the state in which it stands; the next one comes behind it in the queue."""
        if run := self._taken_up(job):
            self._start(run, job.id)
            await run.in_line()

    def revive(self, job: JobRecord) -> None:
        """Go on with a job that was over; right after a start, once Discord takes what we say."""
        if run := self._taken_up(job):
            self._start(run, job.id, after=self._serving)

    def serve(self) -> None:
        """Start on what is accepted from now on: everything older stands in line."""
        self._serving.set()

    async def stop(self, grace: float) -> None:
        """Take nothing new, send nothing more, wait for the answers of what was sent, end the rest.

        Jobs that did not finish go on after the restart. `grace` is in seconds.
        """
        self._shop.submission.stop()
        self._shop.queue.close()
        self._intake.stop()
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

    def _checked(self, request: ImageRequest, *, sources: int, agreed: int | None) -> ImageRequest:
        """The request as it will be made now; raises `UserError` for what cannot be made at this price."""
        request = self._shop.rules.check(request, sources=sources)
        request = self._shop.rules.as_made(request, editing=bool(sources), well=self._shop.apis.well())
        price = request.count * self._shop.rules.price(request)
        if agreed is not None and price != agreed:
            raise UserError("refused.price_changed", n=price)
        return request

    async def _admit(
        self,
        job_id: str,
        request: ImageRequest,
        origin: Origin,
        take: Taking,
        descent: Descent,
        *,
        inputs: int,
    ) -> JobRecord:
        job = await self._intake.admit(job_id, request, origin, take, descent, inputs=inputs)
        self._start(JobRun(self._shop, job, is_new=True), job_id, after=self._serving)
        self.accepted.set()
        return job

    def _taken_up(self, job: JobRecord) -> JobRun | None:
        """Who goes on with a job; nobody while we stop, and later where somebody is at it already."""
        if self._shop.submission.stopping:
            return None
        if job.id in self._tasks:
            self._once_more[job.id] = job
            return None
        return JobRun(self._shop, job)

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
