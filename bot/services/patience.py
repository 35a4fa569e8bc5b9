"""Steps that must not be lost because the database is busy, or the disk full, for a while."""

import errno
from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from storage.errors import DatabaseDamaged, StorageError, WrongState

LONGEST = 24 * 3600.0  # seconds
STAYS = (WrongState, DatabaseDamaged)  # however often one tries

T = TypeVar("T")


async def insist(step: Callable[[], Awaitable[T]]) -> T:
    """Do a step of a job until database and disk take it; what has been paid for is worth the wait."""
    try:
        return await step()  # which is all there is to it but for bad days, and cheaper than to plan for them
    except (StorageError, OSError) as error:
        if not _may_pass(error):
            raise
    async for attempt in stamina.retry_context(
        on=_may_pass, attempts=None, timeout=LONGEST, wait_initial=0.1, wait_max=30.0
    ):
        with attempt:
            return await step()
    raise AssertionError("unreachable: the last attempt raises")


def _may_pass(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno == errno.ENOSPC
    return isinstance(error, StorageError) and not isinstance(error, STAYS)
