"""What the page can break and mend: the services behind the bot, and Discord itself."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal, Protocol

from aiohttp import web
from pydantic import Field, TypeAdapter, ValidationError

from sandbox.discord.commands import Strict
from sandbox.discord.events import Events, ServicesChanged
from sandbox.discord.model import JSON
from sandbox.discord.page_guard import refuse_strangers
from sandbox.troubles import Trouble, Troublemaker

_BODY_AT_MOST = 1024
_TIMES_AT_MOST = 50


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


class Switches(Protocol):
    """How a service is, and what makes it otherwise."""

    def state(self) -> ServiceState:
        """Tell how it is."""

    async def change(
        self, *, on: bool | None = None, empty: bool | None = None, slow: bool | None = None
    ) -> None:
        """Switch what is not None."""


@dataclass(frozen=True, slots=True)
class Service:
    """Something that the page can break and mend."""

    name: str
    """What it is called in addresses."""
    title: str
    """What people call it."""
    troublemaker: Troublemaker
    switches: Switches | None = None


class _Change(Strict):
    on: bool | None = None
    empty: bool | None = None
    slow: bool | None = None


class _Strike(Strict):
    trouble: str
    times: int = Field(ge=1, le=_TIMES_AT_MOST)


class _Clear(Strict):
    clear: Literal[True]


_Wanted = _Change | _Strike | _Clear
_WANTED: TypeAdapter[_Wanted] = TypeAdapter(_Wanted)


def switches(services: Sequence[Service]) -> list[JSON]:
    """Return how each service is switched, without the figures, which change all the time."""
    return [
        {"name": service.name, "on": state.on, "empty": state.empty, "slow": state.slow}
        for service in services
        if service.switches
        for state in [service.switches.state()]
    ]


def add_services(app: web.Application, services: Sequence[Service], events: Events) -> None:
    """Serve the services under /page/services."""
    named = {service.name: service for service in services}

    async def show(request: web.Request) -> web.Response:
        refuse_strangers(request)
        return web.json_response([_shown(service) for service in services])

    async def change(request: web.Request) -> web.Response:
        refuse_strangers(request)
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        service = named.get(request.match_info["name"])
        if service is None:
            return _refused("There is no such service.", status=404)
        if request.content_length is None or request.content_length > _BODY_AT_MOST:
            return _refused("This is too long.", status=413)
        try:
            wanted = _WANTED.validate_json(await request.read(), strict=True)
        except ValidationError:
            return _refused("This cannot be changed.")
        if not await _carry_out(service, wanted):
            return _refused(f"{service.title} does not have this.")
        events.publish(ServicesChanged())
        return web.Response(status=204)

    app.router.add_get("/page/services", show)
    app.router.add_post("/page/services/{name}", change)


def _shown(service: Service) -> JSON:
    troubles = service.troublemaker.troubles
    return {
        "name": service.name,
        "title": service.title,
        **(asdict(service.switches.state()) if service.switches else {}),
        "troubles": [
            {
                "name": name,
                "words": trouble.words,
                "group": _group(trouble),
                "counted": trouble.fault is not None,
            }
            for name, trouble in troubles.items()
        ],
        "struck": [
            {"words": troubles[name].words, "left": left}
            for name, left in service.troublemaker.struck().items()
        ],
    }


def _group(trouble: Trouble) -> str:
    """Say which requests meet it, or when it happens."""
    if trouble.fault:
        return f"{trouble.method} {trouble.path}".replace("* *", "Any request")
    return "From now on" if trouble.changes else "At once"


async def _carry_out(service: Service, wanted: _Wanted) -> bool:
    """Do what is wanted; False if the service has no such thing."""
    match wanted:
        case _Clear():
            service.troublemaker.clear()
        case _Strike(trouble=name, times=times) if name in service.troublemaker.troubles:
            service.troublemaker.strike(name, times)
        case _Change(on=on, empty=empty, slow=slow) if service.switches:
            await service.switches.change(on=on, empty=empty, slow=slow)
        case _:
            return False
    return True


def _refused(message: str, status: int = 400) -> web.Response:
    return web.json_response({"message": message}, status=status)
