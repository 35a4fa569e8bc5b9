"""What XHuoAPI accepts: every request is checked against its specification."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.apis.painter import RATIOS, RESOLUTIONS
from sandbox.apis.xhuo_errors import Refusal

MODELS: Mapping[str, tuple[str, ...]] = {
    "nano-banana": ("1K",),
    "nano-banana-2": tuple(RESOLUTIONS),
    "nano-banana-pro": tuple(RESOLUTIONS),
}
"""The models, and the resolutions that each can."""

_FIELDS = {"action", "prompt", "image_urls", "count", "model", "aspect_ratio", "resolution"}


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


def check_headers(headers: Mapping[str, str], key: str) -> None:
    """Refuse a request without our key, or one that does not speak JSON."""
    if headers.get("Authorization") != f"Bearer {key}":
        raise Refusal(401, "invalid_token", "The token is invalid.")
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise _invalid("content-type must be application/json")
    if "application/json" not in headers.get("Accept", ""):
        raise _invalid("accept must be application/json")


def read_submission(raw: bytes) -> Submission:
    """Check a body field by field, or refuse it with the first mistake."""
    body = _read_object(raw)
    if unknown := sorted(body.keys() - _FIELDS):
        raise _invalid(f"unknown field {unknown[0]}")
    action = _one_of(body, "action", ("generate", "edit"))
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise _invalid("prompt is required")
    count = body.get("count", 1)
    if type(count) is not int or not 1 <= count <= 4:
        raise _invalid("count must be an integer from 1 to 4")
    model = _one_of(body, "model", MODELS, "nano-banana")
    ratio = _one_of(body, "aspect_ratio", RATIOS) if "aspect_ratio" in body else None
    resolution = _one_of(body, "resolution", MODELS[model], "1K")
    return Submission(action, prompt, model, ratio, resolution, count, _image_urls(body, action))


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


def _image_urls(body: dict[str, Any], action: str) -> tuple[str, ...]:
    if action == "generate":
        if "image_urls" in body:
            raise _invalid("image_urls is for edit only")
        return ()
    urls = body.get("image_urls")
    if not isinstance(urls, list) or not urls or not all(isinstance(url, str) for url in urls):
        raise _invalid("image_urls must be a list of at least one string")
    return tuple(urls)


def _invalid(message: str) -> Refusal:
    return Refusal(400, "token_mismatched", message)
