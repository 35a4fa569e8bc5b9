"""What can go wrong with the database, as the product sees it: no driver's error leaves the storage.

StorageError
├── DatabaseBusy       another writer held the file too long
├── DatabaseFull       the disk is full
├── DatabaseDamaged    the file cannot be read as what it was
├── DatabaseInUse      a second process was started on the same file
├── DatabaseTooNew     the file was written by a newer version of the bot
├── BudgetExhausted    a budget has too little left for a reservation
├── TooManyWaiting     a queue limit was reached
├── AlreadyAccepted    the interaction or message has its job already
├── AlreadyPressed     the same press was made just before, or its job runs
├── NothingToChange    there is nothing that a change could take away
├── TooManyBonuses     a member has as many bonuses as there may be
├── AlreadyDone        somebody else has just done the same
├── Outdated           somebody else has changed what a change starts from
├── GoneMeanwhile      what a press asks for once more was deleted before its job was written
├── StillRunning       a member's data cannot be deleted while a job of theirs runs
└── WrongState         a job is no longer in the state that a step starts from
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError


class StorageError(Exception):
    """The database refused or failed; the root of this tree."""


class DatabaseBusy(StorageError):
    """Another writer held the database longer than we wait."""


class DatabaseFull(StorageError):
    """There is no room left on the disk of the database."""


class DatabaseDamaged(StorageError):
    """The file is no database, or parts of it cannot be read any more: only a backup helps."""


class DatabaseInUse(StorageError):
    """Another process runs on the same database file."""


class DatabaseTooNew(StorageError):
    """The database has a schema that this version does not know."""


class BudgetExhausted(StorageError):
    """A budget has less left than a reservation needs; nothing was reserved."""

    def __init__(self, holder: str, left: int, ceiling: int, period_end: float) -> None:
        super().__init__(f"{holder} has {left} of {ceiling} credits left")
        self.holder = holder
        self.left = left
        self.ceiling = ceiling
        self.period_end = period_end


class TooManyWaiting(StorageError):
    """A limit on waiting jobs was reached: the member's own, or the whole bot's; nothing was reserved."""

    def __init__(self, *, member: bool, limit: int) -> None:
        super().__init__(f"{limit} jobs are waiting")
        self.member = member
        self.limit = limit


class AlreadyAccepted(StorageError):
    """An interaction or a message that came a second time; its first coming has made a job."""


class AlreadyPressed(StorageError):
    """The same press by the same person, just before or while its job runs."""


class NothingToChange(StorageError):
    """What a moderator wants to take away is not there; nothing was changed."""


class TooManyBonuses(StorageError):
    """A member has as many bonuses as one may have at a time; nothing was granted."""


class AlreadyDone(StorageError):
    """What a moderator wants to do once was done before; nothing was changed."""


class Outdated(StorageError):
    """What a moderator has seen is no longer so; nothing was changed."""


class GoneMeanwhile(StorageError):
    """The words, or else the pictures, that a press asks for once more have just been deleted."""

    def __init__(self, *, words: bool) -> None:
        super().__init__("the words are gone" if words else "the pictures are gone")
        self.words = words


class StillRunning(StorageError):
    """A member who shall be deleted has a job that has not ended; nothing was deleted."""


class WrongState(StorageError):
    """A job is not in a state that the step may start from: somebody else has ended it."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn whatever the driver raises into a `StorageError`."""
    try:
        yield
    except (sqlite3.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error  # Alembic speaks SQLAlchemy
        words = str(cause)
        if isinstance(cause, sqlite3.IntegrityError):
            raise (AlreadyAccepted if "jobs.request_id" in words else StorageError)(words) from error
        words = words.lower()
        if "locked" in words or "busy" in words:
            raise DatabaseBusy(words) from error
        if "full" in words:
            raise DatabaseFull(words) from error
        if "malformed" in words or "not a database" in words:
            raise DatabaseDamaged(words) from error
        raise StorageError(words) from error
    except SQLAlchemyError as error:
        raise StorageError(str(error)) from error
