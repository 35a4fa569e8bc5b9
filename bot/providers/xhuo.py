"""XHuoAPI's Nano Banana Images API: one POST brings up to four pictures, at once or later.

Its modes: in `sync` the POST stays open until the pictures are made; in `callback` they are POSTed to us; in
`async` we ask for them through the tasks call, which is not documented for every account.
"""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, ClassVar

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
from bot.images import COUNT_LIMIT
from bot.providers.base import NoReply, Offer, Order
from bot.providers.http import QUESTION_TIMEOUT, Answer, api_session, ask, post_once, word
from bot.providers.pauses import growing
from bot.providers.words import speaks_of_balance, speaks_of_refusal
from bot.settings import Settings
from storage.records import Ticket

ASPECT_RATIOS = ("1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4")
CALLBACK_OVERDUE = 12  # intervals of asking after which a callback counts as staying away

BY_STATUS: dict[int, type[ProviderError]] = {
    400: RequestRejected,
    401: KeyRefused,
    402: OutOfBalance,
    404: RequestRejected,
    413: RequestRejected,
    422: RequestRejected,
    429: TooManyRequests,
}

# What an error code means where the HTTP status does not say it already.
BY_CODE: dict[str, type[ProviderError]] = {
    "used_up": OutOfBalance,
    "forbidden": ContentRefused,
    "disabled": KeyRefused,
    "invalid_token": KeyRefused,
    "token_expired": KeyRefused,
    "too_many_requests": TooManyRequests,
    "rate_limited": TooManyRequests,
    "token_mismatched": RequestRejected,
    "bad_request": RequestRejected,
    "no_token": RequestRejected,
    "no_api": RequestRejected,
    "api_not_implemented": RequestRejected,
    "request_too_large": RequestRejected,
}


class XHuo:
    """The API's client; open it with `open_xhuo`."""

    name: ClassVar[str] = "xhuo"
    title: ClassVar[str] = "XHuoAPI"
    images_per_call: ClassVar[int] = COUNT_LIMIT
    fetches_inputs: ClassVar[bool] = False
    offers: ClassVar[Sequence[Offer]] = (
        Offer("nano-banana", ("1K",), ASPECT_RATIOS),
        Offer("nano-banana-2", ("1K", "2K", "4K"), ASPECT_RATIOS),
        Offer("nano-banana-pro", ("1K", "2K", "4K"), ASPECT_RATIOS),
    )

    def __init__(
        self, session: aiohttp.ClientSession, base_url: str, *, mode: str, deadline: float, interval: float
    ) -> None:
        self._session = session
        self._base = f"{base_url}/nano-banana"
        self._mode = mode
        self._deadline = deadline
        self._interval = interval

    @property
    def calls_back(self) -> bool:
        """Whether it is told where to call us back."""
        return self._mode == "callback"

    async def submit(self, order: Order) -> Ticket:
        """Ask for the pictures and, in mode `sync`, wait for them; raises a `ProviderError`."""
        request = order.request
        document: dict[str, object] = {
            "action": "edit" if order.sources else "generate",
            "prompt": request.prompt,
            "model": request.model,
            "resolution": request.resolution,
            "count": request.count,
        }
        if request.aspect_ratio is not None:
            document["aspect_ratio"] = request.aspect_ratio
        if order.callback_url is not None:
            document["callback_url"] = order.callback_url
        if self._mode == "async":
            document["async"] = True
        answer = await post_once(
            self._session, f"{self._base}/images", document, order.sources, deadline=self._deadline
        )
        return read_taken(answer) if self._mode != "sync" else read_answer(answer)

    async def query(self, task_id: str) -> Ticket:
        """Ask the tasks call; raises `ProviderError` when the task has failed, `NoReply` for the rest."""
        answer = await ask(
            self._session, "POST", f"{self._base}/tasks", {"id": task_id, "action": "retrieve"}
        )
        return read_task(answer, task_id)

    def pause(self, questions: int) -> float | None:
        """Ask as often as it is usual; after a callback only once that is overdue."""
        if self._mode == "sync":
            return None
        if self._mode == "callback":
            return self._interval * CALLBACK_OVERDUE
        return growing(self._interval, questions)

    def read_callback(self, document: Mapping[str, Any]) -> Ticket:
        """The same document as a synchronous answer; only who knows the address can have sent it."""
        if not document.keys() & {"success", "error", "data"}:
            raise ValueError("no callback of XHuoAPI")
        return read_finished(document)

    async def check_key(self) -> None:
        """An order without a prompt is refused, and tells whether the key is good."""
        try:
            url = f"{self._base}/images"
            read_answer(await post_once(self._session, url, {}, (), deadline=QUESTION_TIMEOUT))
        except RequestRejected:
            return


@asynccontextmanager
async def open_xhuo(settings: Settings) -> AsyncIterator[XHuo]:
    """The API with a session of its own."""
    key = settings.xhuo_api_key.get_secret_value() if settings.xhuo_api_key else ""
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    async with api_session(headers) as session:
        yield XHuo(
            session,
            settings.xhuo_base_url,
            mode=settings.xhuo_mode or ("callback" if settings.public_url else "sync"),
            deadline=float(settings.job_timeout),
            interval=settings.poll_seconds,
        )


def read_answer(answer: Answer) -> Ticket:
    """The ticket in an answer that ends a call; raises the `ProviderError` that it means."""
    document, ids = _checked(answer)
    if not isinstance(document.get("data"), list):
        raise AnswerLost(f"no data in {answer.status}: {str(document)[:200]}", **ids)
    urls = _urls(document)
    if not urls:
        raise ContentRefused("success without a picture", **ids)
    return Ticket(ids["task_id"], ids["trace_id"], urls)


def read_taken(answer: Answer) -> Ticket:
    """The ticket in an answer that says: this is being made, or is made already; raises as above."""
    document, ids = _checked(answer)
    if ids["task_id"] is None and document.get("success") is not True:
        raise AnswerLost(f"no task in {answer.status}: {str(document)[:200]}", **ids)
    return Ticket(ids["task_id"], ids["trace_id"], _urls(document))


def read_task(answer: Answer, task_id: str) -> Ticket:
    """The ticket in an answer of the tasks call; without links the task still runs."""
    document = answer.document
    if answer.status != HTTPStatus.OK or document is None:
        raise NoReply(f"HTTP {answer.status}: {str(document)[:200]}")
    response = document.get("response")
    if not isinstance(response, dict) or not response.keys() & {"success", "error"}:
        if document.get("finished_at"):
            raise NoReply(f"finished without a result: {str(document)[:200]}")
        return Ticket(task_id, None)
    return read_finished(response)


def read_finished(document: Mapping[str, Any]) -> Ticket:
    """The ticket in what comes after a call was taken: by then a failure means that nothing is billed."""
    try:
        document, ids = _checked(Answer(HTTPStatus.OK, {}, dict(document)))
    except AnswerLost as error:
        raise CallFailed(error.detail, task_id=error.task_id, trace_id=error.trace_id) from error
    urls = _urls(document)
    if isinstance(document.get("data"), list) and not urls:
        raise ContentRefused("success without a picture", **ids)
    return Ticket(ids["task_id"], ids["trace_id"], urls)


def _checked(answer: Answer) -> tuple[dict[str, Any], dict[str, str | None]]:
    """The document of an answer that is no error, and its ids."""
    document = answer.document or {}
    ids = {"task_id": word(document.get("task_id")), "trace_id": word(document.get("trace_id"))}
    failed = document.get("success") is False or bool(document.get("error"))
    if answer.status != HTTPStatus.OK or failed:
        raise _error(answer, document, **ids)
    return document, ids


def _urls(document: Mapping[str, Any]) -> tuple[str, ...]:
    data = document.get("data")
    items = data if isinstance(data, list) else []
    return tuple(url for item in items if isinstance(item, dict) and (url := word(item.get("image_url"))))


def _error(
    answer: Answer, document: dict[str, Any], *, task_id: str | None, trace_id: str | None
) -> ProviderError:
    """Decide by status and code together, as the API's error table does."""
    code, message = _reason(document)
    detail = f"HTTP {answer.status} {code}: {message[:200]}"
    kind = _kind(answer.status, code)
    if kind in {RequestRejected, AnswerLost} and speaks_of_refusal(message):
        kind = ContentRefused
    elif answer.status == HTTPStatus.FORBIDDEN and not code and speaks_of_balance(message):
        kind = OutOfBalance
    if kind is TooManyRequests:
        return TooManyRequests(detail, retry_after=answer.retry_after(time.time()), trace_id=trace_id)
    return kind(detail, task_id=task_id, trace_id=trace_id)


def _kind(status: int, code: str) -> type[ProviderError]:
    if status in BY_STATUS:
        return BY_STATUS[status]
    if status == HTTPStatus.FORBIDDEN:
        return BY_CODE.get(code, RequestRejected)
    if status == HTTPStatus.OK:
        return BY_CODE.get(code, AnswerLost)
    client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return RequestRejected if client_error else AnswerLost


def _reason(document: dict[str, Any]) -> tuple[str, str]:
    """Code and message of an error, which may also be a bare string."""
    error = document.get("error")
    if isinstance(error, dict):
        return str(error.get("code", "")), str(error.get("message", ""))
    return "", str(error or "")
