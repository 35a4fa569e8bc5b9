"""One paid call: made once, its answer committed before anything else, its pictures waited for."""

import asyncio
import logging
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from itertools import count

from bot.errors import (
    AnswerLost,
    KeyRefused,
    NothingSent,
    OutOfBalance,
    ProviderError,
    TooManyRequests,
    TooSlow,
)
from bot.providers.base import NoReply, Order
from bot.services.image_apis import ImageApi
from bot.services.patience import insist
from bot.services.workshop import Workshop
from storage.errors import WrongState
from storage.records import CallRecord, NewCall, Ticket

# Nothing was billed, so that another API may be asked. After anything else it never is.
TURNED_AWAY = (NothingSent, TooManyRequests, KeyRefused, OutOfBalance)

log = logging.getLogger(__name__)


class PaidCall:
    """A call whose intent is committed; its API is None where the operator has taken that away since."""

    def __init__(self, shop: Workshop, call: NewCall, api: ImageApi | None) -> None:
        self._shop = shop
        self._call = call
        self._api = api

    async def make(self, order: Order) -> ProviderError | None:
        """Make the call and see it through; gives what went wrong, which is committed or overtaken.

        A call that was turned away is taken back, as if it had never been.
        """
        with self._alarm() as alarm:  # the callback may be faster than the answer
            try:
                ticket = await self._answer(order, alarm)
            except TURNED_AWAY as error:
                return await self._take_back(error)
            except ProviderError as error:
                task_id = await self.fail(error)
                if task_id is None:
                    return error
                alarm.set()  # it has called back because it has something to tell
                return await self._collect(alarm, task_id, self._shop.clock() + self._shop.deadline)
            if ticket is None:
                return None
            if ticket.urls:
                await self.save(ticket)
                return None
            taken_at = self._shop.clock()
            with suppress(WrongState):  # a callback has ended the call
                await insist(
                    lambda: self._shop.calls.taken(self._call.job_id, self._call.position, taken_at, ticket)
                )
            return await self._collect(alarm, ticket.task_id, taken_at + self._shop.deadline)

    async def _take_back(self, error: ProviderError) -> ProviderError | None:
        """Make the call undone; gives why, unless a callback has ended it."""
        try:
            await insist(lambda: self._shop.calls.take_back(self._call.job_id, self._call.position))
        except WrongState:
            return None
        return error

    async def resume(self, task_id: str | None, *, window: float = 0.0) -> ProviderError | None:
        """See a call through that was under way before: it is asked for at once.

        It is waited for until its deadline, or for so many seconds where that is over.
        """
        with self._alarm() as alarm:
            alarm.set()
            deadline = max(self._call.sent_at + self._shop.deadline, self._shop.clock() + window)
            return await self._collect(alarm, task_id, deadline)

    async def _answer(self, order: Order, alarm: asyncio.Event) -> Ticket | None:
        """The API's answer; None when a callback has ended the call while its answer was waited for."""
        submitting = asyncio.create_task(self._submit(order))
        ringing = asyncio.create_task(alarm.wait())
        rang = False
        try:
            while not submitting.done():
                await asyncio.wait({submitting, ringing}, return_when=asyncio.FIRST_COMPLETED)
                if alarm.is_set() and not submitting.done():
                    if (await self._now()).state.ended:
                        return None
                    alarm.clear()
                    ringing, rang = asyncio.create_task(alarm.wait()), True
            if rang:
                alarm.set()  # the API has something to tell as soon as it can be asked
            return submitting.result()
        finally:
            submitting.cancel()
            ringing.cancel()
            await asyncio.gather(submitting, ringing, return_exceptions=True)

    async def _submit(self, order: Order) -> Ticket:
        """Make the call; the operator hears what only they can mend."""
        api = self._api
        assert api is not None, "a new call is made at an API that is there"
        try:
            ticket = await self._shop.submission.submit(api, order)
        except TURNED_AWAY as error:
            log.warning("%s takes no call: %s", api.name, error)
            self._shop.alerts.trouble(api.provider, error)
            raise
        self._shop.alerts.served(api.provider)
        log.info("%s: task %s, trace %s", api.name, ticket.task_id, ticket.trace_id)
        return ticket

    async def _collect(
        self, alarm: asyncio.Event, task_id: str | None, deadline: float
    ) -> ProviderError | None:
        """Wait for the pictures of a call that was taken, and ask for them, until its deadline."""
        for questions in count():
            left = deadline - self._shop.clock()
            if left <= 0 and not alarm.is_set():
                late = TooSlow("no result in time", task_id=task_id)
                await self.fail(late)
                return late
            await _rings(alarm, min(left, self._pause(questions, task_id)))
            call = await self._now()
            if call.state.ended:
                return None
            task_id = task_id or call.task_id  # which a callback may have told
            try:
                if ticket := await self._ask(task_id):
                    await self.save(ticket)
                    return None
            except ProviderError as error:
                await self.fail(error)
                return error
        raise AssertionError("unreachable: the loop above only ends by return")

    def _alarm(self) -> AbstractContextManager[asyncio.Event]:
        return self._shop.alarms.listening(self._call.job_id, self._call.position)

    def _pause(self, questions: int, task_id: str | None) -> float:
        """Seconds until the next question; for ever where only a callback can tell."""
        return self._api.provider.pause(questions) if self._api and task_id else self._shop.deadline

    async def _ask(self, task_id: str | None) -> Ticket | None:
        """What the API says of the call if it has pictures."""
        if self._api is None or task_id is None:
            return None
        try:
            ticket = await self._api.provider.query(task_id)
        except NoReply as error:
            log.info("%s does not say how far task %s is: %s", self._api.name, task_id, error)
            return None
        return ticket if ticket.urls else None

    async def _now(self) -> CallRecord:
        """The call as it stands: a callback may have ended it, or told its task."""
        return await insist(lambda: self._shop.calls.get(self._call.job_id, self._call.position))

    async def save(self, ticket: Ticket) -> None:
        """Commit the pictures of the call, as many as were asked for."""
        ticket = replace(ticket, urls=ticket.urls[: self._call.images])
        with suppress(WrongState):  # the callback was faster
            await insist(
                lambda: self._shop.calls.done(
                    self._call.job_id, self._call.position, self._shop.clock(), ticket
                )
            )

    async def fail(self, error: ProviderError) -> str | None:
        """Commit that the call brings nothing, unless a callback has ended it.

        Gives its task if it goes on all the same: a callback has told that, and only the answer is lost.
        """
        lost = isinstance(error, AnswerLost)
        now, ids = self._shop.clock(), Ticket(error.task_id, error.trace_id)
        try:
            call = await insist(
                lambda: self._shop.calls.failed(
                    self._call.job_id,
                    self._call.position,
                    now,
                    ids,
                    outcome=error.key,
                    lost=lost,
                )
            )
        except WrongState:  # the callback was faster
            return None
        if not call.state.ended:
            log.info("the answer is lost, but not task %s: %s", call.task_id, error)
            return call.task_id
        log.warning("no picture%s: %s", ", perhaps billed" if lost else "", error)
        if self._api:
            self._shop.alerts.trouble(self._api.provider, error)
        return None


async def _rings(alarm: asyncio.Event, seconds: float) -> None:
    """Wait for the alarm, for so many seconds at most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, seconds)):
            await alarm.wait()
    alarm.clear()
