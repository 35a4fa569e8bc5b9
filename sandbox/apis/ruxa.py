"""Ruxa AI as a real server on loopback: strict about its specification, with every failure on demand."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from sandbox.apis.inputs import UnusableInput
from sandbox.apis.painter import Order
from sandbox.apis.ruxa_errors import CHINESE, ApiError, Refusal
from sandbox.apis.ruxa_requests import Submission, check_key, read_submission
from sandbox.apis.ruxa_tasks import CallbackShape, ResultShape, Task, success
from sandbox.apis.server import CALLS_KEPT, ApiServer
from sandbox.apis.shelf import TASKS_KEPT, put


@dataclass(frozen=True, slots=True)
class Call:
    """One task that was carried out."""

    model: str
    prompt: str
    ratio: str
    resolution: str
    output_format: str
    inputs: tuple[bytes, ...]
    """The input pictures as they were fetched."""
    task_id: str
    callback_url: str | None
    links: tuple[str, ...]
    """The links to what was made."""


class RuxaServer(ApiServer):
    """The stand-in, open in `async with`; its attributes may be changed while it runs."""

    name = "ruxa"
    paid_path = "/api/v1/tasks/create"
    pictures_path = "/files"

    def __init__(
        self,
        *,
        port: int = 0,
        key: str = "sk-sandbox",
        seconds: float | Callable[[], float] = 0.05,
        noisy: bool = False,
    ) -> None:
        super().__init__(port=port, key=key, seconds=seconds, noisy=noisy)
        self.chinese = False
        """Word errors and failures in Chinese."""
        self.errors_in_200 = False
        """Send errors with HTTP status 200, so that only the body's code tells."""
        self.done_word = "success"
        """The state of a finished task; "completed" was seen too."""
        self.odd_state: str | None = None
        """A state that nobody documented, shown instead of generating."""
        self.stuck = False
        """Let the tasks created from now on wait for ever."""
        self.no_picture = False
        """Let tasks succeed without a picture, at no cost."""
        self.fail_tasks: ApiError | None = None
        """Let tasks fail with this, at no cost."""
        self.fail_every = 1
        """Which tasks that is for: 2 is every second one."""
        self.result_shape: ResultShape = "json_string"
        self.callback_shape: CallbackShape = "enveloped"
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self._tasks: dict[str, Task] = {}
        self._begun = 0

    @property
    def url(self) -> str:
        """The base URL for RUXA_BASE_URL."""
        return f"http://{self.authority}"

    def _routes(self) -> list[web.RouteDef]:
        return [
            web.post(self.paid_path, self._answer_create),
            web.get("/api/v1/tasks/query/{task_id}", self._answer_query),
        ]

    async def _answer_create(self, request: web.Request) -> web.Response:
        try:
            submission = await self._accept(request)
        except Refusal as refusal:
            return self._refused(refusal)
        task = Task()
        put(self._tasks, task.id, task, TASKS_KEPT)
        self._start(self._carry_out(task, submission))
        return web.json_response(success({"taskId": task.id}))

    async def _accept(self, request: web.Request) -> Submission:
        """Check everything that can be checked before the work, reserve its price and a place for it."""
        check_key(request.headers, self.key)
        submission = read_submission(request.content_type, await request.read())
        if self.in_flight >= self.max_in_flight:
            raise Refusal(429, "Rate limit exceeded")
        if not self._reserve(1):
            raise Refusal(402, "Insufficient credits")
        return submission

    async def _carry_out(self, task: Task, submission: Submission) -> None:
        """Bring a task to its end, and call back if that was asked for."""
        try:
            task.links = await self._make(task, submission)
        except Refusal as refusal:
            task.failure = refusal.error
        finally:
            self._settle(1, len(task.links))
        task.state = "success" if task.failure is None else "fail"
        if submission.callback_url:
            self._start(self.callbacks.announce(task.id, submission.callback_url, self._told(task)))

    async def _make(self, task: Task, submission: Submission) -> tuple[str, ...]:
        """Go through the states in the time that it takes, paint, and return the links."""
        pause = self._duration() / 3
        if self.stuck:
            await asyncio.Event().wait()
        await asyncio.sleep(pause)
        task.state = "queuing"
        await asyncio.sleep(pause)
        task.state = "generating"
        await asyncio.sleep(pause)
        self._check_content(submission.prompt)
        try:
            inputs = await self._load(submission.image_urls)
        except UnusableInput as error:
            raise Refusal(422, "Image fetch failed") from error
        links: tuple[str, ...] = ()
        if not self.no_picture:
            links = (await self._publish(self._order(submission, inputs), submission.output_format),)
        self.calls.append(_call(task, submission, inputs, links))
        return links

    def _check_content(self, prompt: str) -> None:
        if any(word in prompt.lower() for word in self.refuse_words):
            english = "could not generate an image with the given prompt"
            raise Refusal(500, "提示词包含敏感内容" if self.chinese else english)
        self._begun += 1
        if self.fail_tasks is not None and self._begun % self.fail_every == 0:
            raise Refusal(self.fail_tasks.code, self.fail_tasks.message)

    def _order(self, submission: Submission, inputs: tuple[bytes, ...]) -> Order:
        is_png = submission.output_format == "png" and submission.model == "google/nano-banana"
        return Order(
            submission.prompt,
            submission.model,
            None if submission.ratio == "auto" else submission.ratio,
            submission.resolution.upper(),
            inputs,
            media_type="image/png" if is_png else "image/jpeg",  # the others give JPEG under any name
            grain=self.noisy,
        )

    def _words(self) -> Mapping[str, str]:
        """Give the states that have another name at present."""
        return {"success": self.done_word, "generating": self.odd_state or "generating"}

    def _told(self, task: Task) -> dict[str, object]:
        if self.callback_shape == "enveloped":
            return success(task.shown(self._words(), self.result_shape))
        told = task.told_flat(self._words())
        if self.callback_shape == "bare":
            del told["taskId"]
        return told

    async def _answer_query(self, request: web.Request) -> web.Response:
        try:
            check_key(request.headers, self.key)
        except Refusal as refusal:
            return self._refused(refusal)
        task = self._tasks.get(request.match_info["task_id"])
        if task is None:
            return await self._answer_unknown(request)
        return web.json_response(success(task.shown(self._words(), self.result_shape)))

    async def _answer_unknown(self, _: web.Request) -> web.Response:
        return self._refused(Refusal(404, "Not found"))

    def _refused(self, refusal: Refusal) -> web.Response:
        error = refusal.error
        if self.chinese:
            error = next(line for line in CHINESE if line.code == error.code)
        return web.json_response(error.body(), status=200 if self.errors_in_200 else error.code)


def _call(task: Task, submission: Submission, inputs: tuple[bytes, ...], links: tuple[str, ...]) -> Call:
    return Call(
        submission.model,
        submission.prompt,
        submission.ratio,
        submission.resolution,
        submission.output_format,
        inputs,
        task.id,
        submission.callback_url,
        links,
    )
