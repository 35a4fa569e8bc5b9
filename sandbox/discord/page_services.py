"""The page's switches for the services behind the bot, about which Discord itself knows nothing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from aiohttp import web
from pydantic import ValidationError

from sandbox.discord.commands import Strict
from sandbox.discord.events import Events, ServicesChanged
from sandbox.discord.model import JSON
from sandbox.discord.page_guard import refuse_strangers


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How a service is at the moment."""

    on: bool
    empty: bool
    """Out of credit."""
    slow: bool
    billed: int
    """Pictures that cost money so far."""
    in_flight: int
    """Calls that are being carried out."""


class Service(Protocol):
    """A service that the page can break and mend."""

    @property
    def name(self) -> str:
        """What it is called in addresses."""

    @property
    def title(self) -> str:
        """What people call it."""

    def state(self) -> ServiceState:
        """Tell how it is."""

    async def change(
        self, *, on: bool | None = None, empty: bool | None = None, slow: bool | None = None
    ) -> None:
        """Switch what is not None."""


class _Change(Strict):
    on: bool | None = None
    empty: bool | None = None
    slow: bool | None = None


def switches(services: Sequence[Service]) -> list[JSON]:
    """Return how each service is switched, without the figures, which change all the time."""
    return [
        {"name": service.name, "on": state.on, "empty": state.empty, "slow": state.slow}
        for service in services
        for state in [service.state()]
    ]


def add_services(app: web.Application, services: Sequence[Service], events: Events) -> None:
    """Serve the switches under /page/services."""
    named = {service.name: service for service in services}

    async def show(request: web.Request) -> web.Response:
        refuse_strangers(request)
        return web.json_response(
            [
                {"name": service.name, "title": service.title, **asdict(service.state())}
                for service in services
            ]
        )

    async def change(request: web.Request) -> web.Response:
        refuse_strangers(request)
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        service = named.get(request.match_info["name"])
        if service is None:
            return web.json_response({"message": "There is no such service."}, status=404)
        try:
            wanted = _Change.model_validate_json(await request.read(), strict=True)
        except ValidationError:
            return web.json_response({"message": "This cannot be switched."}, status=400)
        await service.change(on=wanted.on, empty=wanted.empty, slow=wanted.slow)
        events.publish(ServicesChanged())
        return web.Response(status=204)

    app.router.add_get("/page/services", show)
    app.router.add_post("/page/services/{name}", change)
