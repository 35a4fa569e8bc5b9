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
    """One thing that goes wrong with the next requests, or because of how the server is from now on."""

    words: str
    """What it is, for who strikes it by hand."""
    method: str = "*"
    path: str = "*"
    fault: Fault | None = None
    changes: Mapping[str, object] = field(default_factory=dict)
    """Attributes of the server and their values, such as "callbacks.times"."""

    def strike(self, server: Breakable, times: int = 1) -> None:
        """Let it happen to so many requests."""
        if self.fault:
            server.faults.plan(self.method, self.path, self.fault, times)
        for name, value in self.changes.items():
            owner, _, attribute = name.rpartition(".")
            target: Any = attrgetter(owner)(server) if owner else server
            setattr(target, attribute, value)
