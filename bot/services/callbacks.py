"""What an image API tells us by itself: its result, or a reason to ask for it."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bot.errors import ProviderError
from bot.logs import job_context
from bot.providers.base import NoReply
from bot.services.addresses import hashed
from bot.services.image_apis import ImageApi
from bot.services.image_jobs import ImageJobs
from bot.services.paid_call import TURNED_AWAY, PaidCall
from bot.services.patience import insist
from bot.services.workshop import Workshop
from storage.errors import WrongState
from storage.records import CallRecord, CallState, Ticket

ANSWERED = {CallState.DONE, CallState.FAILED}

log = logging.getLogger(__name__)


class Callbacks:
    """Takes callbacks: what comes late, twice or for nothing changes nothing, but a late picture is free."""

    def __init__(self, shop: Workshop, jobs: ImageJobs) -> None:
        self._shop = shop
        self._jobs = jobs

    async def receive(self, api: str, secret: str, document: Mapping[str, Any]) -> bool:
        """Take what came to a secret address; False when it belongs to no call of ours.

        Raises `Undecided`, and `StorageError`, when it should come again.
        """
        call = await self._shop.calls.called_back(api, hashed(secret))
        if call is None or api not in self._shop.apis:
            return False
        with job_context(call.job_id):
            try:
                return await self._take(self._shop.apis[api], call, document)
            finally:
                self._shop.alarms.ring(call.job_id, call.position)

    async def _take(self, api: ImageApi, call: CallRecord, document: Mapping[str, Any]) -> bool:
        try:
            ticket = api.provider.read_callback(document)
        except ValueError:
            return False
        except ProviderError as error:
            if _is_other(call, error.task_id):
                return False
            await self._fail(api, call, error)
            return True
        if _is_other(call, ticket.task_id):
            return False
        if ticket.urls:
            await self._save(call, ticket)
        else:
            await self._ask(api, call, ticket.task_id)
        return True

    async def _fail(self, api: ImageApi, call: CallRecord, error: ProviderError) -> None:
        """End the call; but before the POST's own answer, what may be tried again is for that to say."""
        if not (call.state is CallState.SUBMITTING and isinstance(error, TURNED_AWAY)):
            await PaidCall(self._shop, call, api).fail(error)

    async def _ask(self, api: ImageApi, call: CallRecord, task_id: str | None) -> None:
        """Ask whether a wake-up is true; raises `Undecided` where it is not yet, and nobody else asks."""
        if call.task_id is None and task_id:
            call = await self._shop.calls.learn_task(call.job_id, call.position, task_id)
        if call.task_id is None or call.state in ANSWERED or _is_other(call, task_id):
            return
        try:
            ticket = await api.provider.query(call.task_id)
        except NoReply as error:
            log.info("%s does not say how far task %s is: %s", api.name, call.task_id, error)
        except ProviderError as error:
            await self._fail(api, call, error)
            return
        else:
            if ticket.urls:
                await self._save(call, ticket)
                return
        call = await self._shop.calls.get(call.job_id, call.position)
        if call.state is CallState.UNKNOWN:
            raise Undecided(f"task {call.task_id} was given up, and its pictures are not to be had yet")

    async def _save(self, call: CallRecord, ticket: Ticket) -> None:
        """Keep the pictures; where the call was given up and its job is over, they are for free."""
        ticket = replace(ticket, urls=ticket.urls[: call.images])
        now = self._shop.clock()
        with suppress(WrongState):  # it was answered before, or its job has brought other pictures
            if job := await insist(lambda: self._shop.calls.bring(call.job_id, call.position, now, ticket)):
                log.info("the pictures have come after all")
                self._jobs.revive(job)


class Undecided(Exception):
    """Whether a callback is true is not known yet, and nobody will ask: it should come again."""


def _is_other(call: CallRecord, task_id: str | None) -> bool:
    """Whether a callback speaks of another task than this call's."""
    return None not in {task_id, call.task_id} and task_id != call.task_id
