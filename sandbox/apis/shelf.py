"""Room for a number of things, so that a long run does not fill the memory."""

from typing import TypeVar

TASKS_KEPT = 10_000
"""Finished and running tasks that a stand-in remembers."""

_Item = TypeVar("_Item")


def put(shelf: dict[str, _Item], name: str, item: _Item, at_most: int) -> None:
    """Add something, and forget the oldest if there are more than `at_most`."""
    shelf[name] = item
    if len(shelf) > at_most:
        del shelf[next(iter(shelf))]
