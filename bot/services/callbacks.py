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
from bot.services.paid_call import PaidCall
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
        """Take what came to a secret address; False when it belongs to no call of ours."""
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
            if not call.state.ended:
                await paid_call.fail(error)
        else:
            if _is_other(call, ticket.task_id):
                return False
            if call.state is CallState.UNKNOWN:
                await self._revive(paid_call, call, await _complete(api.provider, call, ticket))
            elif not call.state.ended and (ticket := await _complete(api.provider, call, ticket)).urls:
                await paid_call.save(ticket)
        self._shop.alarms.ring(call.job_id, call.position)
        return True

    async def _revive(self, paid_call: PaidCall, call: CallRecord, ticket: Ticket) -> None:
        """The call was given up, and its credits are back: if it has pictures, they are for free."""
        if not ticket.urls:
            return
        ticket = replace(ticket, urls=ticket.urls[: call.images])
        try:
            job = await self._shop.calls.revive(call.job_id, call.position, self._shop.clock(), ticket)
        except WrongState:  # its job goes on already, or has brought other pictures
            await paid_call.save(ticket)
        else:
            log.info("the pictures have come after all")
            await self._jobs.resume(job)


async def _complete(provider: Provider, call: CallRecord, ticket: Ticket) -> Ticket:
    """What the API says when it is asked, where a callback is no more than a wake-up for nobody.

    Nobody waits for a call that was given up, or can ask for one whose task id was lost with its answer.
    """
    task_id = call.task_id or ticket.task_id
    waited_for = call.state is CallState.SUBMITTING or (call.task_id and not call.state.ended)
    if ticket.urls or waited_for or task_id is None:
        return ticket
    with suppress(NoReply, ProviderError):
        return await provider.query(task_id)
    return ticket


def _is_other(call: CallRecord, task_id: str | None) -> bool:
    """Whether a callback speaks of another task than this call's."""
    return None not in {task_id, call.task_id} and task_id != call.task_id
