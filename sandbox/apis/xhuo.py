"""XHuoAPI as a real server on loopback: strict about its specification, with every failure on demand."""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from sandbox.apis.inputs import UnusableInput, load_input
from sandbox.apis.painter import Order, paint
from sandbox.apis.xhuo_errors import Refusal
from sandbox.apis.xhuo_requests import Submission, check_headers, read_submission
from sandbox.faults import Faults

_BODY_AT_MOST = 300 * 2**20  # eight inputs of 25 MB as base64
_CALLS_KEPT = 1_000
_INPUT_TIMEOUT = 20
_STOP_TIMEOUT = 1
_IMAGES = "/v1/nano-banana/images"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was carried out."""

    action: str
    prompt: str
    model: str
    aspect_ratio: str | None
    resolution: str
    count: int
    inputs: tuple[bytes, ...]
    """The input pictures as they arrived."""
    task_id: str
    trace_id: str
    image_urls: tuple[str, ...]
    """The links to what was made."""

    @property
    def billed(self) -> int:
        """The images that cost money: those that were made."""
        return len(self.image_urls)


class XHuoServer:
    """The stand-in, open in `async with`; its attributes may be changed while it runs."""

    def __init__(
        self,
        *,
        port: int = 0,
        key: str = "sandbox-key",
        seconds: float | Callable[[], float] = 0.05,
        noisy: bool = False,
    ) -> None:
        self.key = key
        self.seconds = seconds
        """How long one call takes, a number or a function that gives one."""
        self.noisy = noisy
        """Make the files as large as those of photographs."""
        self.balance: int | None = None
        """Images left, or None for no end of them."""
        self.refuse_words = {"forbidden"}
        """A prompt with one of these is refused by the content moderation."""
        self.partial: int | None = None
        """How many images of each call succeed at most; 0 is a success without an image."""
        self.max_in_flight = 10
        """Calls at once; more are refused as rate_limited."""
        self.pictures_kept = 256
        """Older pictures are forgotten, so that a long run does not fill the memory."""
        self.authority = ""
        """Host and port while it is open, as in ALLOWED_PRIVATE_HOSTS."""
        self.faults = Faults()
        self.calls: deque[Call] = deque(maxlen=_CALLS_KEPT)
        self.billed = 0
        """Images that cost money so far."""
        self.in_flight = 0
        self._port = port
        self._pictures: dict[str, bytes] = {}
        self._brushes = asyncio.Semaphore(2)
        self._http: aiohttp.ClientSession
        self._stack: AsyncExitStack
        app = web.Application(middlewares=[self.faults.middleware], client_max_size=_BODY_AT_MOST)
        app.router.add_post(_IMAGES, self._answer_call)
        app.router.add_get("/nanobanana/{name}.png", self._answer_picture)
        app.router.add_route("*", "/{tail:.*}", self._answer_unknown)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP_TIMEOUT)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            timeout = aiohttp.ClientTimeout(_INPUT_TIMEOUT)
            self._http = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
            stack.push_async_callback(self._runner.cleanup)
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
            self._stack = stack.pop_all()
        host, port = self._runner.addresses[0][:2]
        self.authority = f"{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def url(self) -> str:
        """The base URL for XHUO_BASE_URL."""
        return f"http://{self.authority}/v1"

    @property
    def posts(self) -> int:
        """How many calls arrived, refused and broken ones too."""
        return self.faults.count("POST", _IMAGES)

    def expire_links(self) -> None:
        """Let the links to all pictures made so far answer 404."""
        self._pictures.clear()

    async def _answer_call(self, request: web.Request) -> web.Response:
        trace_id = str(uuid.uuid4())
        try:
            call = await self._carry_out(request, trace_id)
        except Refusal as refusal:
            return web.json_response(refusal.error.body(trace_id), status=refusal.error.status)
        data = [{"prompt": call.prompt, "image_url": url} for url in call.image_urls]
        return web.json_response(
            {"success": True, "task_id": call.task_id, "trace_id": trace_id, "data": data}
        )

    async def _carry_out(self, request: web.Request, trace_id: str) -> Call:
        check_headers(request.headers, self.key)
        if (request.content_length or 0) > _BODY_AT_MOST:
            raise Refusal(413, "request_too_large", "The request is too large.")
        submission = await asyncio.to_thread(read_submission, await request.read())
        self._check_limits(submission)
        self.in_flight += 1
        try:
            return await self._make(submission, trace_id)
        finally:
            self.in_flight -= 1

    def _check_limits(self, submission: Submission) -> None:
        if self.in_flight >= self.max_in_flight:
            raise Refusal(429, "rate_limited", "Too many tasks at once.")
        if any(word in submission.prompt.lower() for word in self.refuse_words):
            raise Refusal(403, "forbidden", "The content was rejected by moderation.")

    async def _make(self, submission: Submission, trace_id: str) -> Call:
        """Take the time that it takes, paint, and bill what was made."""
        inputs = await self._load(submission.image_urls)
        await asyncio.sleep(self.seconds() if callable(self.seconds) else self.seconds)
        count = submission.count if self.partial is None else min(self.partial, submission.count)
        self._bill(count)
        urls = [await self._publish(submission, inputs, number) for number in range(count)]
        call = Call(
            submission.action,
            submission.prompt,
            submission.model,
            submission.aspect_ratio,
            submission.resolution,
            submission.count,
            inputs,
            str(uuid.uuid4()),
            trace_id,
            tuple(urls),
        )
        self.calls.append(call)
        return call

    def _bill(self, count: int) -> None:
        if self.balance is not None:
            if self.balance < count:
                raise Refusal(403, "used_up", "Your balance is used up.")
            self.balance -= count
        self.billed += count

    async def _load(self, image_urls: tuple[str, ...]) -> tuple[bytes, ...]:
        try:
            return tuple([await load_input(url, self._http) for url in image_urls])
        except UnusableInput as error:
            raise Refusal(400, "token_mismatched", f"image_urls: {error}") from error

    async def _publish(self, submission: Submission, inputs: tuple[bytes, ...], number: int) -> str:
        """Paint one image and return the link to it."""
        order = Order(
            submission.prompt,
            submission.model,
            submission.aspect_ratio,
            submission.resolution,
            inputs,
            number,
            media_type="image/png" if submission.model == "nano-banana" else "image/jpeg",
            grain=self.noisy,
        )
        async with self._brushes:
            picture = await asyncio.to_thread(paint, order)
        name = str(uuid.uuid4())
        self._pictures[name] = picture
        if len(self._pictures) > self.pictures_kept:
            del self._pictures[next(iter(self._pictures))]
        return f"http://{self.authority}/nanobanana/{name}.png"

    async def _answer_picture(self, request: web.Request) -> web.Response:
        picture = self._pictures.get(request.match_info["name"])
        if picture is None:
            raise web.HTTPNotFound
        return web.Response(body=picture, content_type="image/png")  # by its name, also if it is a JPEG

    async def _answer_unknown(self, request: web.Request) -> web.Response:
        error = Refusal(404, "no_api", f"There is no {request.method} {request.path}.").error
        return web.json_response(error.body(str(uuid.uuid4())), status=error.status)
