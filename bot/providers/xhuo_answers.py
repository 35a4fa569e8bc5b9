"""What XHuoAPI's answers mean: its error table, by status and code together, and its successes."""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

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
from bot.providers.base import NoReply
from bot.providers.error_texts import speaks_of_balance, speaks_of_refusal
from bot.providers.http import Answer, excerpt, identifier, word
from storage.records import Ticket

BY_STATUS: dict[int, type[ProviderError]] = {
    400: RequestRejected,
    401: KeyRefused,
    402: OutOfBalance,
    404: RequestRejected,
    408: AnswerLost,
    413: RequestRejected,
    422: RequestRejected,
    429: TooManyRequests,
}

INCOMPLETE = {"token_mismatched", "bad_request"}  # the codes of an order that lacks something

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


def read_answer(answer: Answer) -> Ticket:
    """The ticket in an answer that ends a call; raises the `ProviderError` that it means."""
    document, ids = _checked(answer)
    if not isinstance(document.get("data"), list):
        raise AnswerLost(f"no data in {answer.status}: {excerpt(document)}", **ids)
    urls = _urls(document)
    if not urls:
        raise ContentRefused(f"success without a picture: {excerpt(document)}", **ids)
    return Ticket(ids["task_id"], ids["trace_id"], urls)


def read_taken(answer: Answer) -> Ticket:
    """The ticket in an answer that says: this is being made, or is made already; raises as above."""
    document, ids = _checked(answer)
    if ids["task_id"] is None and document.get("success") is not True:
        raise AnswerLost(f"no task in {answer.status}: {excerpt(document)}", **ids)
    return Ticket(ids["task_id"], ids["trace_id"], _urls(document))


def read_task(answer: Answer, task_id: str) -> Ticket:
    """The ticket in an answer of the tasks call; without links the task still runs."""
    document = answer.document
    if answer.status != HTTPStatus.OK or document is None:
        raise NoReply(f"HTTP {answer.status}: {excerpt(document)}")
    response = document.get("response")
    if not isinstance(response, dict) or not response.keys() & {"success", "error"}:
        if document.get("finished_at"):
            raise NoReply(f"finished without a result: {excerpt(document)}")
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
    ids = {"task_id": identifier(document.get("task_id")), "trace_id": identifier(document.get("trace_id"))}
    failed = document.get("success") is False or bool(document.get("error"))
    if not answer.is_success or failed:
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
    code, message = reason_of(document)
    detail = f"HTTP {answer.status} {code}: {excerpt(message)}"
    kind = _kind(answer.status, code)
    if kind in {RequestRejected, AnswerLost} and speaks_of_refusal(message):
        kind = ContentRefused
    elif kind is RequestRejected and answer.status == HTTPStatus.FORBIDDEN and speaks_of_balance(message):
        kind = OutOfBalance
    if kind is TooManyRequests:
        return TooManyRequests(detail, retry_after=answer.retry_after(time.time()), trace_id=trace_id)
    return kind(detail, task_id=task_id, trace_id=trace_id)


def _kind(status: int, code: str) -> type[ProviderError]:
    if status in BY_STATUS:
        return BY_STATUS[status]
    if status == HTTPStatus.FORBIDDEN:
        return BY_CODE.get(code, RequestRejected)
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return BY_CODE.get(code, AnswerLost)
    client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return RequestRejected if client_error else AnswerLost


def reason_of(document: dict[str, Any]) -> tuple[str, str]:
    """Code and message of an error, which may also be a bare string."""
    error = document.get("error")
    if isinstance(error, dict):
        return str(error.get("code", "")), str(error.get("message", ""))
    words = str(error or "")
    return words if words in BY_CODE else "", words
