"""What Ruxa AI's answers mean: errors by the code in the body, tasks in all spellings that were seen."""

import json
import re
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

DONE = {"success", "completed", "succeeded"}
FAILED = {"fail", "failed", "error"}

NOT_THERE = {"404", "422"}  # the codes for a task that does not exist

BY_CODE: dict[int, type[ProviderError]] = {
    401: KeyRefused,
    402: OutOfBalance,
    408: AnswerLost,
    429: TooManyRequests,
}


def read_created(answer: Answer) -> Ticket:
    """The ticket of a task that was created; raises the `ProviderError` that the answer means."""
    if refusal := refusal_of(answer):
        raise refusal
    task_id = first_of(fields_of(answer.document or {}), "taskId", "task_id", "id")
    if task_id is None:
        raise AnswerLost(f"no task in HTTP {answer.status}: {excerpt(answer.document)}")
    return Ticket(task_id, None)


def read_task(answer: Answer, task_id: str) -> Ticket:
    """The ticket of a task, without links while it runs; raises what has become of it, or `NoReply`.

    An answer that is an error says nothing of the task; a state that nobody knows means that it still runs.
    """
    if refusal := refusal_of(answer):
        raise NoReply(str(refusal))
    fields = fields_of(answer.document or {})
    state = (first_of(fields, "state", "status") or "").lower()
    if state in FAILED:
        raise _failure(fields, task_id)
    if state not in DONE:
        return Ticket(task_id, None)
    urls = _urls(fields)
    if not urls:
        raise ContentRefused(f"success without a picture: {excerpt(fields)}", task_id=task_id)
    return Ticket(task_id, None, urls)


def refusal_of(answer: Answer) -> ProviderError | None:
    """The error that an answer means, by the code in its body before the HTTP status; None for a success."""
    document = answer.document or {}
    code = document.get("code")
    words = str(document.get("message") or document.get("msg") or document.get("error") or "")
    status = int(str(code)) if re.fullmatch(r"[0-9]{3}", str(code)) else answer.status
    if status < HTTPStatus.MULTIPLE_CHOICES:
        status = answer.status
    if status < HTTPStatus.MULTIPLE_CHOICES and answer.document is not None:
        return None
    detail = f"HTTP {answer.status}, code {code}: {excerpt(words)}"
    client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    kind = BY_CODE.get(status, RequestRejected if client_error else AnswerLost)
    if kind is TooManyRequests:
        return TooManyRequests(detail, retry_after=answer.retry_after(time.time()))
    if kind in {RequestRejected, AnswerLost} and speaks_of_refusal(words):
        kind = ContentRefused
    elif status == HTTPStatus.FORBIDDEN and speaks_of_balance(words):
        kind = OutOfBalance
    return kind(detail)


def _failure(fields: Mapping[str, Any], task_id: str) -> ProviderError:
    """Why a task failed."""
    words = " ".join(
        str(fields[name])
        for name in ("failMsg", "failCode", "failure_reason", "errorMessage", "error")
        if fields.get(name)
    )
    kind: type[ProviderError] = CallFailed
    if speaks_of_refusal(words):
        kind = ContentRefused
    elif speaks_of_balance(words) or str(fields.get("failCode")) == "402":
        kind = OutOfBalance
    return kind(f"the task failed: {excerpt(words)}", task_id=task_id)


def fields_of(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a task, whether they stand in an envelope or not."""
    data = document.get("data")
    if isinstance(data, str):
        return {"taskId": data}
    return data if isinstance(data, dict) else document


def first_of(fields: Mapping[str, Any], *names: str) -> str | None:
    """The first of these fields that is there, as a word; ids may be numbers."""
    return next((found for name in names if (found := identifier(fields.get(name)))), None)


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
                found += items if isinstance(items, list) else [items]
    links = (word(item.get("url") if isinstance(item, dict) else item) for item in found)
    return tuple(dict.fromkeys(link for link in links if link))
