"""Stops asking an image API that keeps failing, and finds out carefully when it is well again."""

import time
from collections import deque
from collections.abc import Callable
from enum import Enum, auto

FAILURES = 5
WITHIN = 60.0  # seconds in which so many failures open the breaker
FIRST_PAUSE = 30.0  # seconds
LONGEST_PAUSE = 600.0
REFUSAL = 300.0  # seconds for which an API that refuses to serve us does not count as well


class Health(Enum):
    """How an API is doing."""

    WELL = auto()
    RESTING = auto()  # it kept failing: nothing is sent until its pause is over
    DUE = auto()  # the pause is over: one call may find out
    PROBED = auto()  # that call is under way


class Breaker:
    """One API's health.

    `now` gives seconds that never go back; `on_news` is called when an answer has changed the health.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self.on_news: Callable[[], None] = lambda: None
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._pause = 0.0  # 0 while the API is well
        self._until = 0.0
        self._probing = False
        self._refused_at: float | None = None

    @property
    def health(self) -> Health:
        """How the API is doing now."""
        if not self._pause:
            return Health.WELL
        if self._probing:
            return Health.PROBED
        return Health.RESTING if self._now() < self._until else Health.DUE

    def probe(self) -> None:
        """The one call that finds out is on its way."""
        self._probing = True

    def probe_ended(self) -> None:
        """It ended, perhaps without having been made: the next one may find out."""
        self._probing = False

    def succeeded(self) -> None:
        """The API has answered: it is well, whatever it said."""
        self._refused_at = None
        if self._pause:
            self._failures.clear()
            self._pause, self._probing = 0.0, False
            self.on_news()

    def refused(self) -> None:
        """The API has answered that it will not serve us: the key is wrong, or the account is empty."""
        self.succeeded()
        self._refused_at = self._now()

    @property
    def refuses(self) -> bool:
        """Whether it has refused to serve us a moment ago."""
        return self._refused_at is not None and self._now() < self._refused_at + REFUSAL

    def failed(self) -> None:
        """The API gave no answer; after too many of these, or a failed probe, it rests."""
        now = self._now()
        self._failures.append(now)
        if self._probing:
            self._rest(now, min(2 * self._pause, LONGEST_PAUSE))
        elif not self._pause and len(self._failures) == FAILURES and now - self._failures[0] <= WITHIN:
            self._rest(now, FIRST_PAUSE)

    def _rest(self, now: float, pause: float) -> None:
        self._pause, self._until, self._probing = pause, now + pause, False
        self.on_news()
