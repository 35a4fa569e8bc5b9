"""A service for the page's panel that does no work."""

import dataclasses

from sandbox.discord.page_services import Service, ServiceState
from sandbox.faults import Fault, Faults
from sandbox.troubles import Trouble, Troublemaker

TROUBLES = {
    "reset-after": Trouble("cuts the connection", "POST", "/paid", Fault(reset="after")),
    "busy": Trouble("has no time", fault=Fault(429)),
    "short": Trouble("makes half of the pictures", changes={"share": 0.5}),
}
NORMAL = ServiceState(on=True, empty=False, slow=False, billed=0, in_flight=0)


class ToyServer:
    """Is never asked anything: has only what can be broken."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.share = 1.0


class ToySwitches:
    """Keeps what was switched, and shows the figures that a test gives it."""

    def __init__(self) -> None:
        self._state = NORMAL

    def state(self) -> ServiceState:
        """Tell how it is."""
        return self._state

    async def change(
        self, *, on: bool | None = None, empty: bool | None = None, slow: bool | None = None
    ) -> None:
        """Switch what is not None."""
        wanted = {"on": on, "empty": empty, "slow": slow}
        changes = {key: value for key, value in wanted.items() if value is not None}
        self._state = dataclasses.replace(self._state, **changes)

    def count(self, *, billed: int, in_flight: int) -> None:
        """Change the figures."""
        self._state = dataclasses.replace(self._state, billed=billed, in_flight=in_flight)


class Toy:
    """A service and what stands behind it."""

    def __init__(self, name: str, title: str) -> None:
        self.server = ToyServer()
        self.switches = ToySwitches()
        self.service = Service(name, title, Troublemaker(self.server, TROUBLES), self.switches)

    @property
    def state(self) -> ServiceState:
        """How it is switched."""
        return self.switches.state()
