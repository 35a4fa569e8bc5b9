"""The one door: a request's pictures are put on disk, then its job and its credits are written at once."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TypeAlias

from bot.errors import UserError
from bot.images import Descent, ImageRequest
from bot.logs import job_context
from bot.services.admissions import Admissions
from bot.services.origin import Origin
from bot.services.workshop import Workshop
from storage.errors import AlreadyPressed, BudgetExhausted, GoneMeanwhile, TooManyWaiting
from storage.records import JobRecord, NewJob, PictureRecord

Taking: TypeAlias = Callable[[], Coroutine[None, None, list[PictureRecord]]]
"""Puts the inputs of a job on disk."""

log = logging.getLogger(__name__)


class Intake:
    """Turns checked requests into jobs that are paid for."""

    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop
        self.admissions = Admissions()
        self._takings: set[asyncio.Task[list[PictureRecord]]] = set()

    def stop(self) -> None:
        """Refuse what is still fetching its pictures."""
        for taking in self._takings:
            taking.cancel()

    async def admit(
        self,
        job_id: str,
        request: ImageRequest,
        origin: Origin,
        take: Taking,
        descent: Descent,
        *,
        inputs: int,
    ) -> JobRecord:
        """Put the inputs on disk, then write job and reservation in one transaction."""
        if inputs:
            await self._foresee(request, origin)
        self._refuse_when_stopping()
        with self.admissions.enter(origin.user_id):
            try:
                sources = await self._unless_stopped(take())
                job = await self._write(job_id, request, origin, sources, descent)
            except Exception:
                await self._shop.sources.drop(job_id)
                raise
        with job_context(job_id):
            what = f"{job.count} of {job.model} at {job.resolution}"
            log.info("accepted: %s, from member %d in channel %d", what, job.user_id, job.channel_id)
        return job

    async def _write(
        self,
        job_id: str,
        request: ImageRequest,
        origin: Origin,
        sources: list[PictureRecord],
        descent: Descent,
    ) -> JobRecord:
        now = self._shop.clock()
        new = NewJob(
            id=job_id,
            price=self._shop.rules.price(request),
            accepted_at=now,
            inputs=len(sources),
            **asdict(request),
            **origin.kept,
            **asdict(descent),
        )
        payment = self._shop.quotas.payment(origin.asker, now)
        with self._refusals(request):
            return await self._shop.store.accept(new, sources, payment, self._shop.queue_limits)

    async def _foresee(self, request: ImageRequest, origin: Origin) -> None:
        """Refuse what will be refused before its pictures are fetched: fetching costs us, and others wait."""
        credits_, limits = request.count * self._shop.rules.price(request), self._shop.queue_limits
        now = self._shop.clock()
        payment = self._shop.quotas.payment(origin.asker, now)
        with self._refusals(request):
            await self._shop.store.check(origin.request_id, credits_, payment, limits, now)
        if self.admissions.of(origin.user_id) >= limits.member:
            raise UserError("refused.member_queue", limit=limits.member)

    def _refuse_when_stopping(self) -> None:
        if self._shop.submission.stopping:
            raise UserError("refused.restarting")

    async def _unless_stopped(self, take: Coroutine[None, None, list[PictureRecord]]) -> list[PictureRecord]:
        """Fetch the inputs, or refuse as soon as the bot stops."""
        taking = asyncio.create_task(take)
        self._takings.add(taking)
        try:
            return await taking
        except asyncio.CancelledError:
            self._refuse_when_stopping()
            raise
        finally:
            self._takings.discard(taking)

    @contextmanager
    def _refusals(self, request: ImageRequest) -> Iterator[None]:
        """The storage's refusals of a request, as sentences."""
        try:
            yield
        except BudgetExhausted as error:
            raise self._shop.quotas.refusal(error, request, self._shop.rules.price(request)) from error
        except AlreadyPressed as error:
            raise UserError("refused.pressed_twice") from error
        except GoneMeanwhile as error:
            raise UserError("refused.words_gone" if error.words else "refused.inputs_gone") from error
        except TooManyWaiting as error:
            key = "refused.member_queue" if error.member else "refused.queue"
            raise UserError(key, limit=error.limit) from error
