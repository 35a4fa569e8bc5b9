"""The paid call: sent once, and again only where nothing can have been billed."""

import asyncio
import logging
import random
import time
from contextlib import suppress
from itertools import count

from bot.errors import AnswerLost, KeyRefused, NothingSent, OutOfBalance, ProviderError, TooManyRequests
from bot.providers.base import Order
from bot.services.breaker import Health
from bot.services.image_apis import ImageApi
from storage.records import Ticket

CONNECT_TRIES = 3
BUSY_TRIES = 6
LONGEST_PAUSE = 120.0  # seconds; an API that asks for more is given up

log = logging.getLogger(__name__)


class Submission:
    """Makes paid calls until the bot stops; then it sends nothing more and waits for the answers."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._stopping = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._in_flight = 0

    @property
    def stopping(self) -> bool:
        """Whether nothing more is sent."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Send nothing more, not even again after a pause."""
        self._stopping.set()

    async def answered(self) -> None:
        """Wait until no call is under way."""
        await self._idle.wait()

    async def submit(self, api: ImageApi, order: Order) -> Ticket:
        """The API's answer; raises the last `ProviderError` when it may not or need not be asked again."""
        if self.stopping:
            raise NothingSent("the bot is stopping")
        give_up_at = time.monotonic() + self._deadline
        for tries in count(1):
            try:
                return await self._once(api, order)
            except (NothingSent, TooManyRequests) as error:
                pause = _pause(error, tries)
                resting = api.breaker.health is Health.RESTING
                if pause is None or resting or time.monotonic() + pause > give_up_at:
                    raise
                log.info("sending to %s again in %.1f s: %s", api.name, pause, error)
                if await self._stops_within(pause):
                    raise
        raise AssertionError("unreachable: the loop above only ends by return or raise")

    async def _once(self, api: ImageApi, order: Order) -> Ticket:
        """One call, if the API is not known to be ill; what comes of it tells how it is."""
        if api.breaker.health is Health.RESTING:
            raise NothingSent(f"{api.name} rests after many failures")
        self._in_flight += 1
        self._idle.clear()
        try:
            ticket = await api.provider.submit(order)
        except (NothingSent, AnswerLost):
            api.breaker.failed()
            raise
        except (KeyRefused, OutOfBalance):
            api.breaker.refused()
            raise
        except ProviderError:
            api.breaker.succeeded()
            raise
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._idle.set()
        api.breaker.succeeded()
        return ticket

    async def _stops_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        return self.stopping


def _pause(error: NothingSent | TooManyRequests, tries: int) -> float | None:
    """Seconds until the next try, jittered so that many jobs do not come back at once; None ends it."""
    if isinstance(error, NothingSent):
        return random.uniform(0, 2.0**tries) if tries < CONNECT_TRIES else None  # noqa: S311  (no secret)
    if tries >= BUSY_TRIES:
        return None
    if error.retry_after is None:
        return random.uniform(0.5, 2.0**tries)  # noqa: S311
    return error.retry_after + random.uniform(0, 1) if error.retry_after <= LONGEST_PAUSE else None  # noqa: S311
