"""Has the pictures of a job made: by one call or several, and by the next API where that is safe."""

import asyncio
from collections.abc import Collection, Coroutine, Sequence
from typing import Any

from bot.errors import BotError, ContentRefused, ProviderError, RequestRejected
from bot.providers.base import Order
from bot.services.addresses import Addresses, hashed
from bot.services.job_queue import QueueClosed, Slot
from bot.services.paid_call import TURNED_AWAY, PaidCall
from bot.services.patience import insist
from bot.services.request_rules import request_of
from bot.services.workshop import Workshop
from storage.records import (
    CallRecord,
    CallState,
    JobRecord,
    NewCall,
    PictureKind,
    PictureRecord,
)

LATE_WINDOW = 20.0  # seconds in which the other calls of a job follow one that came late
HOPELESS = {RequestRejected.text_key, ContentRefused.text_key}  # no other call for it would fare better


class Making:
    """One job at the image APIs.

    `in_line` is set when it has its place in the queue, `started` when it no longer waits for a first call;
    `able` are the APIs that may still be asked.
    """

    def __init__(self, shop: Workshop, job: JobRecord, *, is_new: bool = False) -> None:
        self._shop = shop
        self._job = job
        self._is_new = is_new  # no call can have been made for it
        self.in_line = asyncio.Event()
        self.started = asyncio.Event()
        self.able: tuple[str, ...] = ()
        self._sources: Sequence[PictureRecord] = ()
        self._trouble: ProviderError | None = None
        self._entering: asyncio.Task[Slot] | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Go on until every picture is there or cannot come; raises `BotError` when there is none.

        Raises `QueueClosed` when the rest has to wait for a restart.
        """
        try:
            if self._job.inputs:
                self._sources = await insist(
                    lambda: self._shop.store.pictures(self._job.id, PictureKind.SOURCE)
                )
            if not self._job.late:  # else it is over, but for what has come after all
                self.able = self._shop.rules.able(request_of(self._job), editing=bool(self._sources))
            calls: Sequence[CallRecord] = ()
            if not self._is_new:
                calls = await self._calls()
            self._is_new = False
            for call in calls:
                if call.state is CallState.SUBMITTED:
                    self._begin(self._resume(call))
            calls = await self._go_on(calls)
        finally:
            self.in_line.set()
            self.started.set()
            await self._leave_line()
            for under_way in self._under_way:
                under_way.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
        self._judge(calls)

    async def _go_on(self, calls: Sequence[CallRecord]) -> Sequence[CallRecord]:
        """Make calls for what nobody makes yet, as slots come free; gives them when all have ended."""
        closed = False
        failure: Exception | None = None
        while True:
            unmade = self._unmade(calls)
            if unmade and not closed and not failure and self._entering is None:
                entering = self._shop.queue.enter(
                    self._job.id, self._job.user_id, self._job.server_id, self.able
                )
                self._entering = asyncio.create_task(entering)
                await asyncio.sleep(0)  # the task takes its place first
                self.in_line.set()
            if not (waited := self._waited()):
                break
            done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            ended = self._under_way & done
            self._under_way -= ended
            # What else is under way is waited for, whatever happens to one call: it is paid for.
            failure = failure or next((error for call in ended if (error := _error(call))), None)
            if failure:
                await self._leave_line()
            if ended:
                calls = await self._calls()
            try:
                if self._entering in done:
                    calls = await self._use(self._entering, calls)
            except QueueClosed:
                closed = True
            except Exception as error:  # noqa: BLE001  (raised below)
                failure = failure or error
        if failure or unmade:
            raise failure or QueueClosed
        return calls

    def _waited(self) -> set[asyncio.Task[Any]]:
        """The calls under way, and the place in line."""
        return self._under_way | ({self._entering} if self._entering else set())

    async def _use(self, entering: asyncio.Task[Slot], calls: Sequence[CallRecord]) -> Sequence[CallRecord]:
        """Make the next call with the slot that has come free, if there still is one to be made.

        Gives all calls that there are now.
        """
        self._entering = None
        slot = entering.result()
        try:
            if calls:  # they may have changed meanwhile
                calls = await self._calls()
            if not (unmade := self._unmade(calls)):
                self._shop.queue.leave(slot)
                return calls
            call, order = await self._prepare(slot, *unmade)
        except BaseException:
            self._shop.queue.leave(slot)
            raise
        self._begin(self._make_call(slot, call, order))
        return [*calls, call]

    def _unmade(self, calls: Sequence[CallRecord]) -> tuple[int, int] | None:
        """Position and number of the next pictures to be asked for, as long as it makes sense to ask."""
        if not self.able or any(call.outcome in HOPELESS for call in calls):
            return None
        return _gap(self._job, calls)

    async def _prepare(self, slot: Slot, position: int, images: int) -> tuple[CallRecord, Order]:
        """Commit the intent to pay for these pictures, as many as one call may ask for."""
        job, provider = self._job, self._shop.apis[slot.api].provider
        sources = await insist(lambda: self._shop.sources.ready(job.id, self._sources))
        addresses = Addresses(self._shop.public_url)
        new = NewCall(
            job_id=job.id,
            position=position,
            images=min(images, provider.images_per_call),
            provider=provider.name,
            callback_hash=hashed(addresses.callback_secret),
            inputs_hash=hashed(addresses.inputs_secret),
            sent_at=self._shop.clock(),
        )
        call = await insist(lambda: self._shop.calls.start(new))
        order = Order(
            request_of(job).but(count=call.images),
            addresses.inputs(sources) if provider.fetches_inputs else sources,
            addresses.callback(provider.name) if provider.calls_back else None,
        )
        return call, order

    async def _make_call(self, slot: Slot, call: NewCall, order: Order) -> None:
        api = self._shop.apis[slot.api]
        try:
            error = await PaidCall(self._shop, call, api).make(order)
        finally:
            self._shop.queue.leave(slot)
        if isinstance(error, TURNED_AWAY) and not self._shop.submission.stopping:
            self._trouble = error
            await self._ask_only([name for name in self.able if name != api.name])

    async def _resume(self, call: CallRecord) -> None:
        """Wait for a call that was under way before a restart."""
        slot = self._shop.queue.resume(call.provider, call.job_id, self._job.user_id)
        try:
            paid_call = PaidCall(self._shop, call, self._shop.apis.get(call.provider))
            await paid_call.resume(call.task_id, window=LATE_WINDOW if self._job.late else 0.0)
        finally:
            self._shop.queue.leave(slot)

    async def _ask_only(self, able: Collection[str]) -> None:
        """Ask nobody else from now on; who stands in line for somebody else starts anew."""
        self.able = tuple(able)
        await self._leave_line()

    async def _leave_line(self) -> None:
        entering, self._entering = self._entering, None
        if entering is None:
            return
        entering.cancel()
        [slot] = await asyncio.gather(entering, return_exceptions=True)
        if isinstance(slot, Slot):  # it had just been given
            self._shop.queue.leave(slot)

    def _begin(self, call: Coroutine[None, None, None]) -> None:
        self.in_line.set()
        self.started.set()
        self._under_way.add(asyncio.create_task(call))

    async def _calls(self) -> list[CallRecord]:
        return await insist(lambda: self._shop.calls.of_job(self._job.id))

    def _judge(self, calls: Sequence[CallRecord]) -> None:
        """Raise what the member shall hear when no call has brought a picture."""
        if any(call.state is CallState.DONE for call in calls):
            return
        outcomes = [call.outcome for call in calls if call.outcome]
        if outcomes:
            raise BotError(outcomes[0])
        raise self._trouble or BotError("failed.not_offered")


def _error(call: asyncio.Task[None]) -> Exception | None:
    error = call.exception()
    return error if isinstance(error, Exception) else None


def _gap(job: JobRecord, calls: Sequence[CallRecord]) -> tuple[int, int] | None:
    """Position and number of the first pictures in a row that no call makes."""
    made = {call.position + image for call in calls for image in range(call.images)}
    free = [position for position in range(1, job.count + 1) if position not in made]
    in_a_row = [position for offset, position in enumerate(free) if position == free[0] + offset]
    return (in_a_row[0], len(in_a_row)) if in_a_row else None
