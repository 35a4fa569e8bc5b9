"""Wakes whoever waits for a call when its callback has come."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Alarms:
    """One alarm for each call that is waited for."""

    def __init__(self) -> None:
        self._alarms: dict[tuple[str, int], asyncio.Event] = {}

    @contextmanager
    def listening(self, job_id: str, position: int) -> Iterator[asyncio.Event]:
        """The alarm of a call, inside the block."""
        alarm = self._alarms[job_id, position] = asyncio.Event()
        try:
            yield alarm
        finally:
            del self._alarms[job_id, position]

    def ring(self, job_id: str, position: int) -> None:
        """Wake whoever waits for this call, if anybody does."""
        if alarm := self._alarms.get((job_id, position)):
            alarm.set()
