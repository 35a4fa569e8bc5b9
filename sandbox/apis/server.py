"""What the stand-ins of the image APIs share: listening, making pictures, keeping them, calling back."""

import asyncio
import mimetypes
import socket
import uuid
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, ExitStack
from types import TracebackType
from typing import ClassVar, Self

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.apis.callbacks import Callbacks
from sandbox.apis.inputs import is_link, load_input
from sandbox.apis.painter import Order, paint
from sandbox.apis.shelf import put
from sandbox.faults import Faults

BODY_AT_MOST = 300 * 2**20
"""Bytes of a request: eight inputs of 25 MB as base64."""
CALLS_KEPT = 1_000

_INPUT_TIMEOUT = 20
_STOP_TIMEOUT = 1


class ApiServer(ABC):
    """A stand-in on loopback, open in `async with`; its attributes may be changed while it runs."""

    name: ClassVar[str]
    """What the API is called in the settings."""
    paid_path: ClassVar[str]
    """Where the requests that cost money are posted to."""
    pictures_path: ClassVar[str]
    """Where the pictures lie."""

    def __init__(self, *, port: int, key: str, seconds: float | Callable[[], float], noisy: bool) -> None:
        self.key = key
        self.seconds = seconds
        """How long one call takes, a number or a function that gives one."""
        self.noisy = noisy
        """Make the files as large as those of photographs."""
        self.balance: int | None = None
        """Images left, or None for no end of them."""
        self.refuse_words = {"forbidden"}
        """A prompt with one of these is refused by the content moderation."""
        self.max_in_flight = 10
        """Calls at once; more are refused."""
        self.pictures_kept = 256
        """Older pictures are forgotten."""
        self.painter: Callable[[Order], bytes] = paint
        """Makes the pictures; where there are thousands of them, a quicker one may do."""
        self.authority = ""
        """Host and port once it is open, as in ALLOWED_PRIVATE_HOSTS."""
        self.is_on = False
        """Whether it listens."""
        self.inputs_asked: deque[str] = deque(maxlen=CALLS_KEPT)
        """Where the inputs were to be fetched from, data URIs left out."""
        self.faults = Faults()
        self.callbacks = Callbacks()
        self.billed = 0
        """Images that cost money so far."""
        self.in_flight = 0
        """Calls and tasks whose pictures are being made."""
        self._reserved = 0  # images of the calls in flight
        self._port = port
        self._kept = ExitStack()  # holds the port while nobody listens, or somebody else might be asked there
        self._pictures: dict[str, bytes] = {}
        self._brushes = asyncio.Semaphore(2)
        self._work: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession
        self._stack: AsyncExitStack
        middlewares = [_one_request_a_connection, self.faults.middleware]
        app = web.Application(middlewares=middlewares, client_max_size=BODY_AT_MOST)
        app.add_routes([*self._routes(), web.get(f"{self.pictures_path}/{{file}}", self._answer_picture)])
        app.router.add_route("*", "/{tail:.*}", self._answer_unknown)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP_TIMEOUT)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            timeout = aiohttp.ClientTimeout(_INPUT_TIMEOUT)
            self._http = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
            await stack.enter_async_context(self.callbacks)
            stack.push_async_callback(self._cancel_work)
            stack.push_async_callback(self._runner.cleanup)
            await self._runner.setup()
            await self.switch(on=True)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        self._kept.close()
        self.is_on = False

    async def switch(self, on: bool) -> None:
        """Listen, or refuse connections until it is switched on again; what runs already goes on."""
        if on and not self.is_on:
            self._kept.close()
            await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
            host, self._port = self._runner.addresses[0][:2]
            self.authority = f"{host}:{self._port}"
        elif not on and self.is_on:
            for site in list(self._runner.sites):
                await site.stop()
            kept = self._kept.enter_context(socket.socket())
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            kept.bind(("127.0.0.1", self._port))
        self.is_on = on

    @property
    def posts(self) -> int:
        """How many calls arrived that may cost money, refused and broken ones too."""
        return self.faults.count("POST", self.paid_path)

    @property
    def busy(self) -> bool:
        """Whether pictures are being made or callbacks are under way."""
        return bool(self.in_flight or self._work)

    def expire_links(self) -> None:
        """Let the links to all pictures made so far answer 404."""
        self._pictures.clear()

    @abstractmethod
    def _routes(self) -> list[web.RouteDef]:
        """Give the API's own calls."""

    @abstractmethod
    async def _answer_unknown(self, request: web.Request) -> web.Response:
        """Answer a path that the API does not have."""

    def _start(self, work: Coroutine[None, None, None]) -> None:
        """Do something in the background, to the end of the server at most."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is None:  # what broke is told at the end
            self._work.discard(task)

    async def _cancel_work(self) -> None:
        work = list(self._work)
        for task in work:
            task.cancel()
        for outcome in await asyncio.gather(*work, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    def _duration(self) -> float:
        return self.seconds() if callable(self.seconds) else self.seconds

    def _reserve(self, images: int) -> bool:
        """Take a place and the price of so many images for a call, if the balance has them."""
        if self.balance is not None and self.balance - self._reserved < images:
            return False
        self._reserved += images
        self.in_flight += 1
        return True

    def _settle(self, reserved: int, made: int) -> None:
        """Bill what a call made, and free its place and the rest."""
        self._reserved -= reserved
        self.in_flight -= 1
        self.billed += made
        if self.balance is not None:
            self.balance = max(0, self.balance - made)  # it may have been emptied meanwhile

    async def _load(self, urls: tuple[str, ...]) -> tuple[bytes, ...]:
        self.inputs_asked.extend(filter(is_link, urls))
        return tuple([await load_input(url, self._http) for url in urls])

    async def _publish(self, order: Order, extension: str) -> str:
        """Paint a picture and return the link to it."""
        async with self._brushes:
            picture = await asyncio.to_thread(self.painter, order)
        file = f"{uuid.uuid4()}.{extension}"
        put(self._pictures, file, picture, self.pictures_kept)
        return f"http://{self.authority}{self.pictures_path}/{file}"

    async def _answer_picture(self, request: web.Request) -> web.Response:
        file = request.match_info["file"]
        if file not in self._pictures:
            return web.Response(status=404)
        kind, _ = mimetypes.guess_type(file)  # by its name, whatever the bytes are
        return web.Response(body=self._pictures[file], content_type=kind or "application/octet-stream")


@web.middleware
async def _one_request_a_connection(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep no connection open, so that none outlives the server's being switched off."""
    response = await handler(request)
    response.force_close()
    return response
