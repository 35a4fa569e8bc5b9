"""What can go wrong on the wires, as data: struck by tests, or by hand on the demo's page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Protocol

from sandbox.faults import Fault, Faults


class Breakable(Protocol):
    """A server of the local world."""

    faults: Faults


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that goes wrong: with the next requests, because of how the server is from now on, or now."""

    words: str
    """What it is, for who strikes it by hand."""
    method: str = "*"
    path: str = "*"
    fault: Fault | None = None
    changes: Mapping[str, object] = field(default_factory=dict)
    """Attributes of the server and their values, such as "callbacks.times"."""
    call: str = ""
    """What the server does at once, such as "gateway.require_reconnect"."""

    def strike(self, server: Breakable, times: int = 1) -> None:
        """Let it happen to so many requests."""
        if self.fault:
            server.faults.plan(self.method, self.path, self.fault, times)
        for name, value in self.changes.items():
            owner, _, attribute = name.rpartition(".")
            target: Any = attrgetter(owner)(server) if owner else server
            setattr(target, attribute, value)
        if self.call:
            attrgetter(self.call)(server)()

    def left(self, server: Breakable) -> int:
        """Count the requests that will still meet it."""
        return sum(
            plan.times
            for plan in server.faults.planned
            if plan.fault is self.fault and (plan.method, plan.path_glob) == (self.method, self.path)
        )


class Troublemaker:
    """Strikes one server by hand, and knows how to undo it."""

    def __init__(self, server: Breakable, troubles: Mapping[str, Trouble]) -> None:
        self.troubles = troubles
        self._server = server
        self._usual: dict[str, object] = {}  # the attributes that were changed, as they had been

    def strike(self, name: str, times: int) -> None:
        """Let this trouble happen to so many requests."""
        trouble = self.troubles[name]
        for attribute in trouble.changes:
            self._usual.setdefault(attribute, attrgetter(attribute)(self._server))
        trouble.strike(self._server, times)

    def clear(self) -> None:
        """Forget what is planned, and let the server be as it was."""
        self._server.faults.clear()
        Trouble("as usual", changes=self._usual).strike(self._server)
        self._usual.clear()

    def struck(self) -> dict[str, int | None]:
        """Name what is in force, with the requests that will still meet it; None is until it is cleared."""
        left = {name: trouble.left(self._server) for name, trouble in self.troubles.items()}
        return {
            name: left[name] or None
            for name, trouble in self.troubles.items()
            if left[name] or self._lasts(trouble)
        }

    def _lasts(self, trouble: Trouble) -> bool:
        return bool(trouble.changes) and all(
            attribute in self._usual and attrgetter(attribute)(self._server) == value
            for attribute, value in trouble.changes.items()
        )
