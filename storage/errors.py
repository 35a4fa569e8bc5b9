"""What can go wrong with the database, as the product sees it: no driver's error leaves the storage.

StorageError
├── DatabaseBusy       another writer held the file too long
├── DatabaseFull       the disk is full
├── DatabaseInUse      a second process was started on the same file
├── DatabaseTooNew     the file was written by a newer version of the bot
├── BudgetExhausted    a budget has too little left for a reservation
├── TooManyWaiting     a queue limit was reached
└── WrongState         a job is no longer in the state that a step starts from
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError


class StorageError(Exception):
    """The database refused or failed; the root of this tree."""


class DatabaseBusy(StorageError):
    """Another writer held the database longer than we wait."""


class DatabaseFull(StorageError):
    """There is no room left on the disk of the database."""


class DatabaseInUse(StorageError):
    """Another process runs on the same database file."""


class DatabaseTooNew(StorageError):
    """The database has a schema that this version does not know."""


class BudgetExhausted(StorageError):
    """A budget has less left than a reservation needs; nothing was reserved."""

    def __init__(self, holder: str, left: int, period_end: float) -> None:
        super().__init__(f"{holder} has {left} credits left")
        self.holder = holder
        self.left = left
        self.period_end = period_end


class TooManyWaiting(StorageError):
    """A limit on waiting jobs was reached: the member's own, or the whole bot's; nothing was reserved."""

    def __init__(self, *, member: bool, limit: int) -> None:
        super().__init__(f"{limit} jobs are waiting")
        self.member = member
        self.limit = limit


class WrongState(StorageError):
    """A job is not in a state that the step may start from: somebody else has ended it."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn whatever the driver raises into a `StorageError`."""
    try:
        yield
    except DBAPIError as error:
        words = str(error.orig).lower()
        if "locked" in words or "busy" in words:
            raise DatabaseBusy(words) from error
        if "full" in words:
            raise DatabaseFull(words) from error
        raise StorageError(f"{type(error.orig).__name__}: {words}") from error
