"""Locks by id: who waits for one channel waits for nobody else."""

import asyncio
from weakref import WeakValueDictionary


class Locks:
    """One lock for each id, as long as somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._locks = WeakValueDictionary[int, asyncio.Lock]()

    def of(self, key: int) -> asyncio.Lock:
        """The lock of an id."""
        return self._locks.setdefault(key, asyncio.Lock())
