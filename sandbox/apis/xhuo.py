"""XHuoAPI as a real server on loopback: strict about its specification, with every failure on demand."""

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from sandbox.apis.inputs import UnusableInput
from sandbox.apis.painter import Order
from sandbox.apis.server import BODY_AT_MOST, CALLS_KEPT, ApiServer
from sandbox.apis.shelf import TASKS_KEPT, put
from sandbox.apis.xhuo_errors import ApiError, Refusal
from sandbox.apis.xhuo_requests import Submission, check_headers, read_retrieval, read_submission


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
    callback_url: str | None
    image_urls: tuple[str, ...]
    """The links to what was made."""

    @property
    def billed(self) -> int:
        """The images that cost money: those that were made."""
        return len(self.image_urls)


@dataclass(slots=True)
class _Task:
    """What the tasks call tells about an accepted request, without the pictures that came with it."""

    request: Mapping[str, object]
    trace_id: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created_at: float = field(default_factory=time.time)
    finished_at: float | None = None
    status: int = 200
    response: dict[str, object] = field(default_factory=dict)

    def end(self, status: int, response: dict[str, object]) -> None:
        self.status, self.response, self.finished_at = status, response, time.time()

    def shown(self) -> dict[str, object]:
        """Word the task for the tasks call."""
        shown = {"id": self.id, "created_at": self.created_at, "request": self.request}
        if self.finished_at is not None:
            shown |= {"finished_at": self.finished_at, "response": self.response}
        return shown


class XHuoServer(ApiServer):
    """The stand-in, open in `async with`; its attributes may be changed while it runs."""

    name = "xhuo"
    paid_path = "/v1/nano-banana/images"
    pictures_path = "/nanobanana"

    def __init__(
        self,
        *,
        port: int = 0,
        key: str = "sandbox-key",
        seconds: float | Callable[[], float] = 0.05,
        noisy: bool = False,
    ) -> None:
        super().__init__(port=port, key=key, seconds=seconds, noisy=noisy)
        self.partial: int | None = None
        """How many images of each call succeed at most; 0 is a success without an image."""
        self.has_tasks_call = False
        """Know `async` and the tasks call, as the service behind this API does."""
        self.answers_data_with_callback = False
        """Answer a request with a callback_url only when there is a result, and with it."""
        self.fail_tasks: ApiError | None = None
        """Let the calls that are answered at once end with this error, at no cost."""
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self._tasks: dict[str, _Task] = {}

    @property
    def url(self) -> str:
        """The base URL for XHUO_BASE_URL."""
        return f"http://{self.authority}/v1"

    def _routes(self) -> list[web.RouteDef]:
        return [
            web.post(self.paid_path, self._answer_call),
            web.post("/v1/nano-banana/tasks", self._answer_retrieval),
        ]

    async def _answer_call(self, request: web.Request) -> web.Response:
        trace_id = str(uuid.uuid4())
        try:
            submission = await self._accept(request)
        except Refusal as refusal:
            return _refused(refusal, trace_id)
        task = _Task(submission.fields, trace_id)
        put(self._tasks, task.id, task, TASKS_KEPT)
        with_result = self.answers_data_with_callback and submission.callback_url
        if submission.asynchronous and not with_result:
            self._start(self._carry_out(task, submission))
            return web.json_response({"success": True, "task_id": task.id, "trace_id": trace_id})
        await self._carry_out(task, submission)
        return web.json_response(task.response, status=task.status)

    async def _accept(self, request: web.Request) -> Submission:
        """Check everything that can be checked before the work, reserve its price and a place for it."""
        check_headers(request.headers, self.key)
        if (request.content_length or 0) > BODY_AT_MOST:
            raise Refusal(413, "request_too_large", "The request is too large.")
        body = await request.read()
        submission = await asyncio.to_thread(read_submission, body, has_async=self.has_tasks_call)
        if self.in_flight >= self.max_in_flight:
            raise Refusal(429, "rate_limited", "Too many tasks at once.")
        if any(word in submission.prompt.lower() for word in self.refuse_words):
            raise Refusal(403, "forbidden", "The content was rejected by moderation.")
        if not self._reserve(submission.count):
            raise Refusal(403, "used_up", "Your balance is used up.")
        return submission

    async def _carry_out(self, task: _Task, submission: Submission) -> None:
        """Bring a task to its end, and call back if that was asked for."""
        made = 0
        try:
            urls = await self._make(task, submission)
        except Refusal as refusal:
            ids = {"task_id": task.id} if submission.asynchronous else {}
            task.end(refusal.error.status, refusal.error.body(task.trace_id) | ids)
        else:
            made = len(urls)
            data = [{"prompt": submission.prompt, "image_url": url} for url in urls]
            task.end(200, {"success": True, "task_id": task.id, "trace_id": task.trace_id, "data": data})
        finally:
            self._settle(submission.count, made)
        if submission.callback_url:
            self._start(self.callbacks.announce(task.id, submission.callback_url, task.response))

    async def _make(self, task: _Task, submission: Submission) -> tuple[str, ...]:
        """Take the time that it takes, paint, and return the links."""
        try:
            inputs = await self._load(submission.image_urls)
        except UnusableInput as error:
            raise Refusal(400, "token_mismatched", f"image_urls: {error}") from error
        await asyncio.sleep(self._duration())
        if submission.asynchronous and self.fail_tasks is not None:
            raise Refusal(self.fail_tasks.status, self.fail_tasks.code, self.fail_tasks.message)
        count = submission.count if self.partial is None else min(self.partial, submission.count)
        orders = [self._order(submission, inputs, number) for number in range(count)]
        urls = tuple([await self._publish(order, "png") for order in orders])
        self.calls.append(_call(task, submission, inputs, urls))
        return urls

    def _order(self, submission: Submission, inputs: tuple[bytes, ...], number: int) -> Order:
        return Order(
            submission.prompt,
            submission.model,
            submission.aspect_ratio,
            submission.resolution,
            inputs,
            number,
            media_type="image/png" if submission.model == "nano-banana" else "image/jpeg",
            grain=self.noisy,
        )

    async def _answer_retrieval(self, request: web.Request) -> web.Response:
        if not self.has_tasks_call:
            return await self._answer_unknown(request)
        try:
            check_headers(request.headers, self.key)
            task_id = read_retrieval(await request.read())
        except Refusal as refusal:
            return _refused(refusal, str(uuid.uuid4()))
        if task_id not in self._tasks:
            return _refused(Refusal(404, "not_found", "There is no such task."), str(uuid.uuid4()))
        return web.json_response(self._tasks[task_id].shown())

    async def _answer_unknown(self, request: web.Request) -> web.Response:
        refusal = Refusal(404, "no_api", f"There is no {request.method} {request.path}.")
        return _refused(refusal, str(uuid.uuid4()))


def _refused(refusal: Refusal, trace_id: str) -> web.Response:
    return web.json_response(refusal.error.body(trace_id), status=refusal.error.status)


def _call(
    task: _Task, submission: Submission, inputs: tuple[bytes, ...], image_urls: tuple[str, ...]
) -> Call:
    return Call(
        submission.action,
        submission.prompt,
        submission.model,
        submission.aspect_ratio,
        submission.resolution,
        submission.count,
        inputs,
        task.id,
        task.trace_id,
        submission.callback_url,
        image_urls,
    )
