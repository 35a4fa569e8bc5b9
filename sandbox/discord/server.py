"""The local Discord as a server on one loopback port."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.discord.cdn import add_cdn
from sandbox.discord.clock import Clock
from sandbox.discord.events import BotCameOnline, CommandsChanged, Event
from sandbox.discord.gateway import Gateway
from sandbox.discord.gateway_troubles import GATEWAY
from sandbox.discord.model import MEBIBYTE
from sandbox.discord.page import add_page, is_page
from sandbox.discord.page_services import Service, add_services
from sandbox.discord.rest import rest_application
from sandbox.discord.stage import Stage
from sandbox.discord.state import Application, State
from sandbox.discord.troubles import TROUBLES
from sandbox.faults import Faults
from sandbox.troubles import Troublemaker

_LARGEST_REQUEST = 26 * MEBIBYTE


class DiscordWorld(Stage):
    """A Discord of its own: `async with DiscordWorld() as world` serves it at `world.url`.

    What the people in it do goes through `world.person(user)`; what lies in it is in `world.state`.
    The page can break it, and the `services` behind the bot.
    """

    def __init__(self, port: int = 0, *, rate_limits: bool = True, services: Sequence[Service] = ()) -> None:
        super().__init__(State())
        self.faults = Faults()
        self.gateway = Gateway(self.state)
        by_hand = Troublemaker(self, {**GATEWAY, **TROUBLES})
        self.services = [*services, Service("discord", "Discord", by_hand)]
        self._port = port
        self._rate_limits = rate_limits
        self._stack = AsyncExitStack()

    @property
    def url(self) -> str:
        """Return where the world is served, with the page at its root."""
        return self.state.url

    @property
    def api_url(self) -> str:
        """Return what stands for https://discord.com/api/v10."""
        return f"{self.url}/api/v10"

    @property
    def application(self) -> Application:
        """Return the bot's entry in the developer portal, with its token and intents."""
        return self.state.application

    @property
    def clock(self) -> Clock:
        """Return the world's clock: call it for the seconds since 1970."""
        return self.state.clock

    @property
    def problems(self) -> list[str]:
        """Return the requests that no real Discord would have understood."""
        return self.state.problems

    @property
    def connect_count(self) -> int:
        """Return how many gateway connections were opened so far."""
        return self.gateway.connect_count

    @property
    def login_count(self) -> int:
        """Return how often a bot has logged in so far, refused ones too: Discord allows 1,000 a day."""
        return self.gateway.login_count

    @property
    def bot_online(self) -> bool:
        """Tell whether a bot has a gateway session that is connected and ready."""
        return self.gateway.online

    def advance(self, seconds: float) -> None:
        """Age tokens, links, rate limits and unanswered interactions."""
        self.state.clock.advance(seconds)

    async def bot_ready(self, timeout: float = 15) -> None:  # noqa: ASYNC109 - a test's own deadline
        """Wait until a bot is online and has registered commands; TimeoutError otherwise."""
        changed = asyncio.Event()

        def listen(event: Event) -> None:
            if isinstance(event, BotCameOnline | CommandsChanged):
                changed.set()

        unsubscribe = self.state.events.subscribe(listen)
        try:
            async with asyncio.timeout(timeout):
                while not (self.bot_online and any(self.state.commands.values())):
                    await changed.wait()
                    changed.clear()
        finally:
            unsubscribe()

    async def drop_gateway(self, code: int = 4000) -> None:
        """Close every gateway connection with this code; sessions stay, so that bots can resume."""
        await self.gateway.drop(code)

    def require_reconnect(self) -> None:
        """Ask every connected bot to reconnect (op 7)."""
        self.gateway.require_reconnect()

    def invalidate_gateway(self) -> None:
        """Forget every bot's session and say so (op 9): it has to identify again."""
        self.gateway.invalidate()

    def refuse_gateway(self, code: int, times: int = 1) -> None:
        """Close the next `times` connections with this code as soon as they identify or resume."""
        self.gateway.refuse(code, times)

    async def __aenter__(self) -> Self:
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=1)
        self._stack.callback(self.state.clock.stop)
        self._stack.push_async_callback(runner.cleanup)
        self._stack.push_async_callback(self.gateway.close)
        try:
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", self._port)
            await site.start()
        except BaseException:
            await self._stack.aclose()
            raise
        self.state.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return self

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._break], client_max_size=_LARGEST_REQUEST)
        api = rest_application(self.state, rate_limits=self._rate_limits)
        app.add_subapp("/api/v10", api)
        app.router.add_get("/gateway", self.gateway.serve)
        add_cdn(app, self.state)
        add_page(app, self)
        add_services(app, self.services, self.state.events)
        return app

    @web.middleware
    async def _break(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let everything meet its faults, but for the page on which they are struck."""
        if is_page(request):
            return await handler(request)
        return await self.faults.middleware(request, handler)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
