"""The demo's switches: how the chat page breaks and mends the image APIs."""

from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.server import ApiServer
from sandbox.apis.troubles import RUXA, XHUO
from sandbox.apis.xhuo import XHuoServer
from sandbox.discord.page_services import Service, ServiceState
from sandbox.troubles import Troublemaker

_SLOWER = 8


def api_services(xhuo: XHuoServer, ruxa: RuxaServer) -> list[Service]:
    """Give the image APIs as the page sees them."""
    return [
        Service(xhuo.name, "XHuoAPI", Troublemaker(xhuo, XHUO), ApiSwitches(xhuo)),
        Service(ruxa.name, "Ruxa AI", Troublemaker(ruxa, RUXA), ApiSwitches(ruxa)),
    ]


class ApiSwitches:
    """The switches of one image API."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._usual = api.seconds
        self._slow = False

    def state(self) -> ServiceState:
        """Tell how the API is."""
        api = self._api
        return ServiceState(
            on=api.is_on, empty=api.balance == 0, slow=self._slow, billed=api.billed, in_flight=api.in_flight
        )

    async def change(
        self, *, on: bool | None = None, empty: bool | None = None, slow: bool | None = None
    ) -> None:
        """Switch what is not None; slow takes eight times as long."""
        if on is not None:
            await self._api.switch(on=on)
        if empty is not None:
            self._api.balance = 0 if empty else None
        if slow is not None:
            self._slow = slow
            self._api.seconds = self._slowly if slow else self._usual

    def _slowly(self) -> float:
        return _SLOWER * (self._usual() if callable(self._usual) else self._usual)
