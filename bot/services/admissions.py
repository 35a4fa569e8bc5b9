"""Whose requests are being taken in, so that nothing comes in while a member's data is deleted."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import UserError


class Admissions:
    """Counts the requests that are not written yet, by member, and keeps the door closed to some."""

    def __init__(self) -> None:
        self._entering: Counter[int] = Counter()
        self._closed: set[int] = set()

    def of(self, user_id: int) -> int:
        """How many requests of a member are being taken in."""
        return self._entering[user_id]

    @contextmanager
    def enter(self, user_id: int) -> Iterator[None]:
        """Take in a request; raises `UserError` while the member's data is deleted."""
        if user_id in self._closed:
            raise UserError("refused.being_deleted")
        self._entering[user_id] += 1
        try:
            yield
        finally:
            self._entering -= Counter([user_id])  # keeps no zeros

    @contextmanager
    def closed_to(self, user_id: int) -> Iterator[None]:
        """Take in nothing of a member for a moment; raises `UserError` while something is being taken in."""
        if self._entering[user_id] or user_id in self._closed:
            raise UserError("refused.delete_running")
        self._closed.add(user_id)
        try:
            yield
        finally:
            self._closed.discard(user_id)
