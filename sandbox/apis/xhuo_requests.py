"""What XHuoAPI accepts: every request is checked against its specification."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.apis.inputs import is_link
from sandbox.apis.painter import RESOLUTIONS
from sandbox.apis.xhuo_errors import Refusal

MODELS: Mapping[str, tuple[str, ...]] = {
    "nano-banana": ("1K",),
    "nano-banana-2": tuple(RESOLUTIONS),
    "nano-banana-pro": tuple(RESOLUTIONS),
}
"""The models, and the resolutions that each can."""

ASPECT_RATIOS = ("1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4")

_FIELDS = {
    "action",
    "prompt",
    "image_urls",
    "count",
    "model",
    "aspect_ratio",
    "resolution",
    "callback_url",
}


@dataclass(frozen=True, slots=True)
class Submission:
    """The checked body of a request."""

    action: str
    prompt: str
    model: str
    aspect_ratio: str | None
    resolution: str
    count: int
    image_urls: tuple[str, ...]
    callback_url: str | None
    asynchronous: bool
    """Answer at once, and make the pictures afterwards."""
    fields: Mapping[str, object]
    """The body as it came, without its pictures."""


def check_headers(headers: Mapping[str, str], key: str) -> None:
    """Refuse a request without our key, or one that does not speak JSON."""
    if headers.get("Authorization") != f"Bearer {key}":
        raise Refusal(401, "invalid_token", "The token is invalid.")
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise _invalid("content-type must be application/json")
    if "application/json" not in headers.get("Accept", ""):
        raise _invalid("accept must be application/json")


def read_submission(raw: bytes, *, has_async: bool) -> Submission:
    """Check a body field by field, or refuse it with the first mistake; `async` is known if `has_async`."""
    body = _read_object(raw)
    if unknown := sorted(body.keys() - _FIELDS - ({"async"} if has_async else set())):
        raise _invalid(f"unknown field {unknown[0]}")
    action = _one_of(body, "action", ("generate", "edit"))
    prompt, count = _prompt(body), _count(body)
    model = _one_of(body, "model", MODELS, "nano-banana")
    callback_url = _callback_url(body)
    return Submission(
        action,
        prompt,
        model,
        _one_of(body, "aspect_ratio", ASPECT_RATIOS) if "aspect_ratio" in body else None,
        _one_of(body, "resolution", MODELS[model], "1K"),
        count,
        _image_urls(body, action),
        callback_url,
        _async(body) or callback_url is not None,
        {field: value for field, value in body.items() if field != "image_urls"},
    )


def read_retrieval(raw: bytes) -> str:
    """Check the body of a tasks call, and return the task's id."""
    body = _read_object(raw)
    if unknown := sorted(body.keys() - {"id", "action"}):
        raise _invalid(f"unknown field {unknown[0]}")
    _one_of(body, "action", ("retrieve",))
    task_id = body.get("id")
    if not isinstance(task_id, str) or not task_id:
        raise _invalid("id is required")
    return task_id


def _read_object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise _invalid("the body is not JSON") from error
    if not isinstance(body, dict):
        raise _invalid("the body is not a JSON object")
    return body


def _one_of(
    body: dict[str, Any], field: str, known: Mapping[str, object] | tuple[str, ...], default: str = ""
) -> str:
    value = body.get(field, default)
    if not isinstance(value, str) or value not in known:
        raise _invalid(f"{field} must be one of {', '.join(known)}")
    return value


def _prompt(body: dict[str, Any]) -> str:
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise _invalid("prompt is required")
    return prompt


def _count(body: dict[str, Any]) -> int:
    count = body.get("count", 1)
    if type(count) is not int or not 1 <= count <= 4:
        raise _invalid("count must be an integer from 1 to 4")
    return count


def _image_urls(body: dict[str, Any], action: str) -> tuple[str, ...]:
    if action == "generate":
        if "image_urls" in body:
            raise _invalid("image_urls is for edit only")
        return ()
    urls = body.get("image_urls")
    if not isinstance(urls, list) or not urls or not all(isinstance(url, str) for url in urls):
        raise _invalid("image_urls must be a list of at least one string")
    return tuple(urls)


def _callback_url(body: dict[str, Any]) -> str | None:
    url = body.get("callback_url")
    if "callback_url" in body and not is_link(url):
        raise _invalid("callback_url must be an http(s) URL")
    return url


def _async(body: dict[str, Any]) -> bool:
    wanted = body.get("async", False)
    if not isinstance(wanted, bool):
        raise _invalid("async must be a boolean")
    return wanted


def _invalid(message: str) -> Refusal:
    return Refusal(400, "token_mismatched", message)
