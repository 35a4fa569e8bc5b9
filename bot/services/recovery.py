"""What a restart finds: decided before anything new is accepted, carried on once members can be spoken to."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import BotError
from bot.logs import job_context
from bot.services.clock import Clock
from bot.services.image_jobs import ImageJobs
from bot.services.messenger import Messenger
from bot.services.patience import insist
from storage.calls import CallStore
from storage.jobs import JobStore
from storage.records import CallState, JobRecord, JobState, PictureKind

RESTART = "failed.restart"
NOTHING_COMES = {CallState.FAILED, CallState.UNKNOWN}
RESUMED = [JobState.READY, JobState.SUBMITTED, JobState.SUBMITTING, JobState.ACCEPTED]

log = logging.getLogger(__name__)


class Recovery:
    """Takes up the jobs of the last run."""

    def __init__(
        self, store: JobStore, calls: CallStore, jobs: ImageJobs, messenger: Messenger, clock: Clock
    ) -> None:
        self._store = store
        self._calls = calls
        self._jobs = jobs
        self._messenger = messenger
        self._clock = clock

    async def settle(self) -> None:
        """Refund what was sent and never answered: it may have been billed, so it is never sent again.

        To be called before the first request is accepted, because later such jobs are simply under way.
        """
        for job in await self._calls.lose_unanswered(RESTART):
            calls = await self._calls.of_job(job.id)
            with job_context(job.id):
                log.warning("sent before the restart, and the answer is lost; perhaps billed to us")
            asked = sum(call.images for call in calls)
            if asked == job.count and all(call.state in NOTHING_COMES for call in calls):
                await self._store.fail(job.id, self._clock(), outcome=RESTART)

    async def resume(self) -> None:
        """Go on with everything else, tell the members whose jobs ended, and tidy up below their messages."""
        blocked = await insist(lambda: self._store.of_blocked(self._clock()))
        for job in await insist(lambda: self._store.in_states(RESUMED)):
            if job not in blocked:
                await self._jobs.resume(job)
        self._jobs.serve()
        async with asyncio.TaskGroup() as group:
            for job in blocked:
                group.create_task(self._cancel(job))
            for job in await insist(self._store.untold):
                group.create_task(self._tell(job))
            for job in await insist(self._store.with_progress):
                group.create_task(self._close(job))

    async def _tell(self, job: JobRecord) -> None:
        with _or_at_the_next_start(job, "the member was not told"):
            error = BotError(job.outcome or RESTART, reference=job.id)
            await self._messenger.show_failure(job, error)

    async def _cancel(self, job: JobRecord) -> None:
        """A moderator has blocked the member, and the end came before their waiting jobs were cancelled."""
        with _or_at_the_next_start(job, "what a blocked member has waiting was not cancelled"):
            await self._jobs.cancel(job.id, job.user_id)

    async def _close(self, job: JobRecord) -> None:
        """A job was delivered, and below the message that asked it still says that it is being made."""
        with _or_at_the_next_start(job, "the progress of a delivered job stands there yet"):
            made = await self._store.pictures(job.id, PictureKind.RESULT)
            await self._messenger.close_reply(job, images=len(made))


@contextmanager
def _or_at_the_next_start(job: JobRecord, trouble: str) -> Iterator[None]:
    """What fails for one job stops neither the others nor the bot."""
    with job_context(job.id):
        try:
            yield
        except Exception:
            log.exception("%s; the next start tries again", trouble)
