"""XHuoAPI's Nano Banana Images API, synchronous: one POST that stays open until the pictures are made."""

import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, ClassVar

import aiohttp

from bot.errors import (
    AnswerLost,
    ContentRefused,
    KeyRefused,
    OutOfBalance,
    ProviderError,
    RequestRejected,
    TooManyRequests,
)
from bot.images import ImageRequest, SourceImage
from bot.providers.base import Offer, Ticket
from bot.providers.http import Answer, api_session, post_once

ASPECT_RATIOS = ("1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4")

# A refusal has many faces; these words tell it apart from a failure (compared in lower case).
REFUSAL = re.compile(
    r"could not generate an image|moderation|content policy|safety|prohibited|sensitive|violat|nsfw"
)

# And these tell an empty account apart where the error is a bare sentence without a code.
BALANCE = re.compile(r"balance|used up|insufficient (credit|fund|quota)")

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
    offers: ClassVar[Sequence[Offer]] = (
        Offer("nano-banana", ("1K",), ASPECT_RATIOS),
        Offer("nano-banana-2", ("1K", "2K", "4K"), ASPECT_RATIOS),
        Offer("nano-banana-pro", ("1K", "2K", "4K"), ASPECT_RATIOS),
    )

    def __init__(self, session: aiohttp.ClientSession, base_url: str, deadline: float) -> None:
        self._session = session
        self._url = f"{base_url}/nano-banana/images"
        self._deadline = deadline

    async def submit(self, request: ImageRequest, sources: Sequence[SourceImage]) -> Ticket:
        """Ask for the pictures and wait for them; raises a `ProviderError`."""
        document: dict[str, object] = {
            "action": "edit" if sources else "generate",
            "prompt": request.prompt,
            "model": request.model,
            "resolution": request.resolution,
            "count": request.count,
        }
        if request.aspect_ratio is not None:
            document["aspect_ratio"] = request.aspect_ratio
        answer = await post_once(self._session, self._url, document, sources, deadline=self._deadline)
        return read_answer(answer, request.count)


@asynccontextmanager
async def open_xhuo(key: str, base_url: str, deadline: float) -> AsyncIterator[XHuo]:
    """The API with a session of its own; `deadline` is seconds from sending to the answer."""
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    async with api_session(headers) as session:
        yield XHuo(session, base_url, deadline)


def read_answer(answer: Answer, count: int) -> Ticket:
    """The ticket in an answer, at most `count` pictures; raises the `ProviderError` that it means."""
    document = answer.document or {}
    ids = {"task_id": _word(document.get("task_id")), "trace_id": _word(document.get("trace_id"))}
    failed = document.get("success") is False or bool(document.get("error"))
    if answer.status != HTTPStatus.OK or failed:
        raise _error(answer, document, **ids)
    data = document.get("data")
    if not isinstance(data, list):
        raise AnswerLost(f"no data in {answer.status}: {str(document)[:200]}", **ids)
    urls = [url for item in data if isinstance(item, dict) and (url := _word(item.get("image_url")))]
    if not urls:
        raise ContentRefused("success without a picture", **ids)
    return Ticket(ids["task_id"], ids["trace_id"], tuple(urls[:count]))


def _error(
    answer: Answer, document: dict[str, Any], *, task_id: str | None, trace_id: str | None
) -> ProviderError:
    """Decide by status and code together, as the API's error table does."""
    code, message = _reason(document)
    detail = f"HTTP {answer.status} {code}: {message[:200]}"
    kind = _kind(answer.status, code)
    if kind in {RequestRejected, AnswerLost} and REFUSAL.search(message.lower()):
        kind = ContentRefused
    elif answer.status == HTTPStatus.FORBIDDEN and not code and BALANCE.search(message.lower()):
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


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
