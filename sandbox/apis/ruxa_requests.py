"""What Ruxa AI accepts: every request is checked against its specification."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.apis.inputs import is_link
from sandbox.apis.painter import RATIOS
from sandbox.apis.ruxa_errors import Refusal

ASPECT_RATIOS = (*RATIOS, "auto")


@dataclass(frozen=True, slots=True)
class Model:
    """The input fields of one model, beside the prompt."""

    ratio_field: str
    formats: tuple[str, ...]
    resolutions: tuple[str, ...] = ()
    inputs_field: str = ""
    inputs: range = range(1)
    """How many input pictures there may be."""
    prompt_at_most: int | None = None
    """Characters."""

    @property
    def fields(self) -> set[str]:
        """The names that `input` may hold."""
        optional = {"resolution": bool(self.resolutions), self.inputs_field: bool(self.inputs_field)}
        return {"prompt", "output_format", self.ratio_field, *(name for name in optional if optional[name])}


MODELS: Mapping[str, Model] = {
    "google/nano-banana": Model("image_size", ("png", "jpeg")),
    "google/nano-banana-pro": Model(
        "aspect_ratio", ("png", "jpg"), ("1k", "2k", "4k"), "image_input", range(9), 10_000
    ),
    "google/nano-banana-edit": Model(
        "image_size", ("png", "jpeg"), inputs_field="image_urls", inputs=range(1, 9)
    ),
}


@dataclass(frozen=True, slots=True)
class Submission:
    """The checked body of a request."""

    model: str
    prompt: str
    ratio: str
    resolution: str
    output_format: str
    image_urls: tuple[str, ...]
    callback_url: str | None


def check_key(headers: Mapping[str, str], key: str) -> None:
    """Refuse a request without our key."""
    if headers.get("Authorization") != f"Bearer {key}":
        raise Refusal(401, "Unauthorized: the API key is invalid")


def read_submission(content_type: str, raw: bytes) -> Submission:
    """Check a body field by field, or refuse it with the first mistake."""
    if content_type != "application/json":
        raise _invalid("Content-Type must be application/json")
    body = _object(_json(raw), "the body")
    _check_fields(body, {"model", "callBackUrl", "input"})
    name = _one_of(body, "model", MODELS)
    callback_url = body.get("callBackUrl")
    if "callBackUrl" in body and not is_link(callback_url):
        raise _invalid("callBackUrl must be an http(s) URL")
    model, given = MODELS[name], _object(body.get("input"), "input")
    _check_fields(given, model.fields)
    return Submission(
        name,
        _prompt(given, model),
        _one_of(given, model.ratio_field, ASPECT_RATIOS, "1:1"),
        _one_of(given, "resolution", model.resolutions or ("1k",), "1k"),
        _one_of(given, "output_format", model.formats, "png"),
        _image_urls(given, model),
        callback_url,
    )


def _json(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise _invalid("the body is not JSON") from error


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _invalid(f"{name} must be an object")
    return value


def _check_fields(given: dict[str, Any], known: set[str]) -> None:
    if unknown := sorted(given.keys() - known):
        raise _invalid(f"unknown field {unknown[0]}")


def _one_of(given: dict[str, Any], field: str, known: Collection[str], default: str = "") -> str:
    value = given.get(field, default)
    if not isinstance(value, str) or value not in known:
        raise _invalid(f"{field} must be one of {', '.join(known)}")
    return value


def _prompt(given: dict[str, Any], model: Model) -> str:
    prompt = given.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise _invalid("prompt is required")
    if model.prompt_at_most is not None and len(prompt) > model.prompt_at_most:
        raise _invalid(f"prompt must not exceed {model.prompt_at_most} characters")
    return prompt


def _image_urls(given: dict[str, Any], model: Model) -> tuple[str, ...]:
    if not model.inputs_field:
        return ()
    urls = given.get(model.inputs_field)
    if not isinstance(urls, list) or len(urls) not in model.inputs:
        least, most = model.inputs[0], model.inputs[-1]
        raise _invalid(f"{model.inputs_field} must be a list of {least} to {most} URLs")
    if not all(is_link(url) for url in urls):
        raise _invalid(f"{model.inputs_field} must hold http(s) URLs")
    return tuple(urls)


def _invalid(message: str) -> Refusal:
    return Refusal(422, message)
