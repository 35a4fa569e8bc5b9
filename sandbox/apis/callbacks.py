"""The callbacks of a stand-in: a result is posted to the address that the request named."""

import asyncio
from collections import deque
from types import TracebackType
from typing import Self

import aiohttp

from sandbox.apis.shelf import TASKS_KEPT, put

_SENT_KEPT = 1_000
_TIMEOUT = 10


class Callbacks:
    """Posts the results of tasks; open in `async with`, and its attributes may be changed while it is."""

    def __init__(self) -> None:
        self.times = 1
        """How often each callback is sent: 0 is never, 2 is doubled."""
        self.delay = 0.0
        """Seconds between a result and its callback."""
        self.forgeries = 0
        """How often a stranger tells of each result first: all is right but the secret in the address."""
        self.forged: deque[int | None] = deque(maxlen=_SENT_KEPT)
        """How the strangers were answered: with a status, or None without an answer."""
        self.sent: deque[tuple[str, int | None]] = deque(maxlen=_SENT_KEPT)
        """Each URL that was posted to, and the status it answered with, or None without an answer."""
        self._results: dict[str, tuple[str, object]] = {}
        self._progress = asyncio.Condition()
        self._http: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(force_close=True)
        timeout = aiohttp.ClientTimeout(_TIMEOUT)
        self._http = aiohttp.ClientSession(connector=connector, timeout=timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def announce(self, task_id: str, url: str, body: object) -> None:
        """Send a finished task's callback as planned, and keep it for send_again."""
        put(self._results, task_id, (url, body), TASKS_KEPT)
        for _ in range(self.forgeries):
            self.forged.append(await self._post(f"{url[:-4]}AAAA", body))
        await asyncio.sleep(self.delay)
        for _ in range(self.times):
            await self.send_again(task_id)

    async def send_again(self, task_id: str) -> None:
        """Send the callback of a finished task once more; KeyError if there is none."""
        url, body = self._results[task_id]
        self.sent.append((url, await self._post(url, body)))
        async with self._progress:
            self._progress.notify_all()

    async def until_sent(
        self,
        count: int = 1,
        timeout: float = 10,  # noqa: ASYNC109 - a wait without its own deadline would hang the tests
    ) -> None:
        """Wait until `count` callbacks were sent in all; TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout), self._progress:
            await self._progress.wait_for(lambda: len(self.sent) >= count)

    async def _post(self, url: str, body: object) -> int | None:
        """Give the status of the answer, or None without one."""
        try:
            async with self._http.post(url, json=body) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return None
