"""Tells the operator what only they can mend at an image API: once, until the API serves us again."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

from bot.errors import KeyRefused, OutOfBalance, ProviderError
from bot.providers.base import Provider
from bot.texts import text

log = logging.getLogger(__name__)

KEYS: dict[type[ProviderError], str] = {KeyRefused: "operator.key", OutOfBalance: "operator.balance"}


class OperatorAlerts:
    """`tell` brings a sentence to the operator's channel, or says no; the log has it in any case."""

    def __init__(self, tell: Callable[[str], Coroutine[None, None, bool]]) -> None:
        self._tell = tell
        self._told: set[tuple[str, str]] = set()
        self._telling: set[asyncio.Task[None]] = set()

    def trouble(self, api: Provider, error: ProviderError) -> None:
        """An API refused us; what the operator need not mend is passed over."""
        key = KEYS.get(type(error))
        if key is None or (api.name, key) in self._told:
            return
        self._told.add((api.name, key))
        log.error("%s needs the operator: %s", api.title, error)
        telling = asyncio.create_task(self._tell_of(api, key))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    def served(self, api: Provider) -> None:
        """An API has taken a call: if it refuses us again, the operator hears it again."""
        self._told -= {(api.name, key) for key in KEYS.values()}

    async def _tell_of(self, api: Provider, key: str) -> None:
        """Tell it; where it does not get through, the next trouble of the kind is told."""
        if not await self._tell(text(key, api=api.title)):
            self._told.discard((api.name, key))

    async def stop(self) -> None:
        """Give up what is still being told."""
        for telling in self._telling:
            telling.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)
