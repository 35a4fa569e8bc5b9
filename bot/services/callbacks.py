"""What an image API tells us by itself: its result, or a reason to ask for it."""

import hmac
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bot.errors import ProviderError
from bot.logs import job_context
from bot.providers.base import NoReply, Provider
from bot.services.addresses import hashed
from bot.services.image_jobs import ImageJobs
from bot.services.paid_call import TURNED_AWAY, PaidCall
from bot.services.patience import insist
from bot.services.workshop import Workshop
from storage.errors import WrongState
from storage.records import CallRecord, CallState, Ticket

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
        if call is None or not hmac.compare_digest(call.callback_hash, hashed(secret)):
            return False
        if api not in self._shop.apis:
            return False
        with job_context(call.job_id):
            return await self._take(call, document)

    async def _take(self, call: CallRecord, document: Mapping[str, Any]) -> bool:
        api = self._shop.apis[call.provider]
        paid_call = PaidCall(self._shop, call, api)
        try:
            ticket = api.provider.read_callback(document)
        except ValueError:
            return False
        except ProviderError as error:
            if _is_other(call, error.task_id):
                return False
            # Before the POST's own answer, what may be tried again is for that to say.
            if not call.state.ended and not (
                call.state is CallState.SUBMITTING and isinstance(error, TURNED_AWAY)
            ):
                await paid_call.fail(error)
        else:
            if _is_other(call, ticket.task_id):
                return False
            await self._bring(api.provider, call, ticket)
        self._shop.alarms.ring(call.job_id, call.position)
        return True

    async def _bring(self, provider: Provider, call: CallRecord, ticket: Ticket) -> None:
        """Take the pictures that a callback brings, or is a reason to ask for."""
        is_known = call.task_id is not None
        if ticket.task_id and not is_known:
            call = await self._shop.calls.learn_task(call.job_id, call.position, ticket.task_id)
        if not ticket.urls and call.task_id and _nobody_asks(call, is_known=is_known):
            try:
                ticket = await provider.query(call.task_id)
            except NoReply as error:
                raise Undecided(str(error)) from error
            except ProviderError as error:
                log.info("what was given up has failed: %s", error)
                return
        if ticket.urls:
            await self._save(call, ticket)

    async def _save(self, call: CallRecord, ticket: Ticket) -> None:
        """Keep the pictures; where the call was given up and its job is over, they are for free."""
        ticket = replace(ticket, urls=ticket.urls[: call.images])
        now = self._shop.clock()
        with suppress(WrongState):  # it was answered before, or its job has brought other pictures
            if job := await insist(lambda: self._shop.calls.bring(call.job_id, call.position, now, ticket)):
                log.info("the pictures have come after all")
                self._jobs.revive(job)


class Undecided(Exception):
    """The API could not be asked whether a callback is true: it should call again."""


def _nobody_asks(call: CallRecord, *, is_known: bool) -> bool:
    """Whether a wake-up finds nobody to ask: the call was given up, or its task id was not known."""
    if call.state is CallState.SUBMITTING:
        return False  # its own answer is about to come
    return not is_known or call.state is CallState.UNKNOWN


def _is_other(call: CallRecord, task_id: str | None) -> bool:
    """Whether a callback speaks of another task than this call's."""
    return None not in {task_id, call.task_id} and task_id != call.task_id
