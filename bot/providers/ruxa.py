"""Ruxa AI's tasks: each call creates a task that brings one picture, and is then asked how far it is.

Its errors stand in the body's `code`, also under HTTP 200; its texts may be Chinese; what is spelt in several
ways in this family of APIs is read in all of them.
"""

import json
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote

import aiohttp

from bot.errors import (
    AnswerLost,
    CallFailed,
    ContentRefused,
    KeyRefused,
    OutOfBalance,
    ProviderError,
    RequestRejected,
    TooManyRequests,
)
from bot.images import AUTO
from bot.providers.base import NoReply, Offer, Order
from bot.providers.http import Answer, api_session, ask, post_once, word
from bot.providers.pauses import growing
from bot.providers.words import speaks_of_balance, speaks_of_refusal
from bot.settings import Settings
from storage.records import Ticket

ASPECT_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", AUTO)
STANDARD = "google/nano-banana"
PRO = "google/nano-banana-pro"
TASKS = "api/v1/tasks"

DONE = {"success", "completed", "succeeded"}
FAILED = {"fail", "failed", "error"}

BY_CODE: dict[int, type[ProviderError]] = {
    401: KeyRefused,
    402: OutOfBalance,
    429: TooManyRequests,
}


class Ruxa:
    """The API's client; open it with `open_ruxa`.

    Without an `edit_model` the standard model makes pictures from words alone, and the pro model edits.
    """

    name: ClassVar[str] = "ruxa"
    title: ClassVar[str] = "Ruxa AI"
    images_per_call: ClassVar[int] = 1
    calls_back: ClassVar[bool] = True
    fetches_inputs: ClassVar[bool] = True

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        *,
        edit_model: str | None,
        output_format: str,
        deadline: float,
        interval: float,
    ) -> None:
        self._session = session
        self._tasks = f"{base_url}/{TASKS}"
        self._edit_model = edit_model
        self._format = output_format
        self._deadline = deadline
        self._interval = interval
        self.offers: Sequence[Offer] = (
            Offer(
                "nano-banana",
                ("1K",),
                ASPECT_RATIOS,
                edited_as=None if edit_model else "nano-banana-pro",
            ),
            Offer("nano-banana-pro", ("1K", "2K", "4K"), ASPECT_RATIOS),
        )

    async def submit(self, order: Order) -> Ticket:
        """Create a task; raises a `ProviderError`."""
        document = self._task(order)
        if order.callback_url is not None:
            document["callBackUrl"] = order.callback_url
        url = f"{self._tasks}/create"
        answer = await post_once(self._session, url, document, (), deadline=self._deadline)
        return read_created(answer)

    async def query(self, task_id: str) -> Ticket:
        """Ask how far a task is; raises `ProviderError` when it has failed, `NoReply` for the rest."""
        answer = await ask(self._session, "GET", f"{self._tasks}/query/{quote(task_id, safe='')}")
        return read_task(answer, task_id)

    def pause(self, questions: int) -> float | None:
        """Ask as often as it is usual, whether it calls back or not."""
        return growing(self._interval, questions)

    def read_callback(self, document: Mapping[str, Any]) -> Ticket:
        """A wake-up: nothing in it is believed before the task was asked."""
        fields = _fields(document)
        if not fields.keys() & {"state", "status", "taskId", "task_id"}:
            raise ValueError("no callback of Ruxa AI")
        return Ticket(_first(fields, "taskId", "task_id", "id"), None)

    async def check_key(self) -> None:
        """A task that cannot exist is not found, and tells whether the key is good."""
        refusal = _refusal(await ask(self._session, "GET", f"{self._tasks}/query/none"))
        if refusal is not None and not isinstance(refusal, RequestRejected):
            raise refusal

    def _task(self, order: Order) -> dict[str, object]:
        """The order in the words of the model that takes it; without a ratio an edit keeps its shape."""
        request, urls = order.request, [source.url for source in order.sources]
        ratio = request.aspect_ratio or AUTO
        lossy = self._format == "jpeg" or request.resolution == "4K"
        if request.model == "nano-banana-pro":
            return {
                "model": PRO,
                "input": {
                    "prompt": request.prompt,
                    "image_input": urls,
                    "aspect_ratio": ratio,
                    "resolution": request.resolution.lower(),
                    "output_format": "jpg" if lossy else "png",
                },
            }
        fields = {
            "prompt": request.prompt,
            "output_format": "jpeg" if lossy else "png",
            "image_size": ratio,
        }
        if urls:
            return {"model": self._edit_model, "input": fields | {"image_urls": urls}}
        return {"model": STANDARD, "input": fields}


@asynccontextmanager
async def open_ruxa(settings: Settings) -> AsyncIterator[Ruxa]:
    """The API with a session of its own."""
    key = settings.ruxa_api_key.get_secret_value() if settings.ruxa_api_key else ""
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    async with api_session(headers) as session:
        yield Ruxa(
            session,
            settings.ruxa_base_url,
            edit_model=settings.ruxa_edit_model,
            output_format=settings.ruxa_output_format,
            deadline=float(settings.job_timeout),
            interval=settings.poll_seconds,
        )


def read_created(answer: Answer) -> Ticket:
    """The ticket of a task that was created; raises the `ProviderError` that the answer means."""
    if refusal := _refusal(answer):
        raise refusal
    task_id = _first(_fields(answer.document or {}), "taskId", "task_id", "id")
    if task_id is None:
        raise AnswerLost(f"no task in HTTP {answer.status}: {str(answer.document)[:200]}")
    return Ticket(task_id, None)


def read_task(answer: Answer, task_id: str) -> Ticket:
    """The ticket of a task, without links while it runs; raises what has become of it, or `NoReply`.

    An answer that is an error says nothing of the task; a state that nobody knows means that it still runs.
    """
    if refusal := _refusal(answer):
        raise NoReply(str(refusal))
    fields = _fields(answer.document or {})
    state = (_first(fields, "state", "status") or "").lower()
    if state in FAILED:
        raise _failure(fields, task_id)
    if state not in DONE:
        return Ticket(task_id, None)
    urls = _urls(fields)
    if not urls:
        raise ContentRefused("success without a picture", task_id=task_id)
    return Ticket(task_id, None, urls)


def _refusal(answer: Answer) -> ProviderError | None:
    """The error that an answer means, by the code in its body before the HTTP status; None for a success."""
    document = answer.document or {}
    code = document.get("code")
    words = str(document.get("message") or document.get("msg") or document.get("error") or "")
    status = int(str(code)) if re.fullmatch(r"[0-9]{3}", str(code)) else answer.status
    if status == HTTPStatus.OK:
        status = answer.status
    if status == HTTPStatus.OK and answer.document is not None:
        return None
    detail = f"HTTP {answer.status}, code {code}: {words[:200]}"
    client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    kind = BY_CODE.get(status, RequestRejected if client_error else AnswerLost)
    if kind is TooManyRequests:
        return TooManyRequests(detail, retry_after=answer.retry_after(time.time()))
    if kind in {RequestRejected, AnswerLost} and speaks_of_refusal(words):
        kind = ContentRefused
    elif kind is RequestRejected and speaks_of_balance(words):
        kind = OutOfBalance
    return kind(detail)


def _failure(fields: Mapping[str, Any], task_id: str) -> ProviderError:
    """Why a task failed."""
    words = " ".join(
        str(fields[name])
        for name in ("failMsg", "failCode", "failure_reason", "errorMessage", "error")
        if fields.get(name)
    )
    kind = ContentRefused if speaks_of_refusal(words) else CallFailed
    return kind(f"the task failed: {words[:200]}", task_id=task_id)


def _fields(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a task, whether they stand in an envelope or not."""
    data = document.get("data")
    return data if isinstance(data, dict) else document


def _first(fields: Mapping[str, Any], *names: str) -> str | None:
    return next((found for name in names if (found := word(fields.get(name)))), None)


def _urls(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """The links to what was made; `resultJson` is a JSON document in a string."""
    result = fields.get("resultJson")
    if isinstance(result, str):
        try:
            result = json.loads(result)
        except (ValueError, RecursionError):
            result = None
    found: list[object] = []
    for place in (result, fields):
        if isinstance(place, dict):
            for name in ("resultUrls", "results", "output"):
                items = place.get(name)
                found += items if isinstance(items, list) else []
    links = [item.get("url") if isinstance(item, dict) else item for item in found]
    return tuple(dict.fromkeys(link for link in links if isinstance(link, str) and link))
