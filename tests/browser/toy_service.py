"""A service for the page's switches that does no work."""

import dataclasses

from sandbox.discord.page_services import ServiceState


class ToyService:
    """Keeps its switches, and shows the figures that a test gives it."""

    def __init__(self, name: str, title: str) -> None:
        self.name = name
        self.title = title
        self._state = ServiceState(on=True, empty=False, slow=False, billed=0, in_flight=0)

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
