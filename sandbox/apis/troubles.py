"""What can go wrong at the image APIs, by name: struck by tests, or by hand on the demo's page."""

import json
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from sandbox.apis import ruxa_errors, xhuo_errors
from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.server import ApiServer
from sandbox.apis.xhuo import XHuoServer
from sandbox.apis.xhuo_errors import gateway_page
from sandbox.faults import Fault
from sandbox.troubles import Trouble

Faults = Mapping[str, tuple[str, Fault]]
"""What happens to a request: by name, in words that follow "the API", and on the wire."""

SERVER_ERRORS: Final = {
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    520: "Unknown Error",
}

_HTML = {"Content-Type": "text/html"}
_COULD_NOT = "could not generate an image with the given prompt"


def _busy(words: str, **headers: str) -> tuple[str, Fault]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return f"is busy, and {words}", Fault(429, json={"code": 429}, headers=named)


def _says(words: str, body: bytes, kind: str = "application/json") -> tuple[str, Fault]:
    return f"answers with {words}", Fault(200, body=body, headers={"Content-Type": kind})


def _png(width: int, height: int) -> bytes:
    """A black picture of one bit a pixel, which takes next to no bytes."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + (width + 7) // 8) * height), 9)
    parts = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


_BREAKS: Faults = {
    "reset-before": ("cuts the connection before it reads the request", Fault(reset="before")),
    "reset-after": ("does its work, and cuts the connection before it answers", Fault(reset="after")),
    "hang": ("never answers, and does nothing", Fault(hang=True)),
    "cut": ("cuts the connection in the middle of its answer", Fault(cut=30)),
    "endless": ("never ends its answer", Fault(endless=True)),
    "empty": _says("nothing", b""),
    "noise": _says("noise", bytes(range(256)), "application/octet-stream"),
    "page": _says("a web page", b"<!doctype html><h1>Welcome</h1>", "text/html"),
    "other-type": ("says that its answer is a web page, and it is not", Fault(headers=_HTML)),
    "other-encoding": (
        "says that its answer is compressed, and it is not",
        Fault(headers={"Content-Encoding": "gzip"}),
    ),
    "redirect": ("sends us elsewhere", Fault(302, headers={"Location": "/elsewhere"})),
    "redirect-307": (
        "sends us elsewhere with all we brought",
        Fault(307, headers={"Location": "/elsewhere"}),
    ),
    **{
        f"{status}-page": (f"answers with an error page: {status} {words}", gateway_page(status))
        for status, words in SERVER_ERRORS.items()
    },
}

_DOCUMENTS: Faults = {
    "half": _says("half a document", b'{"success": true, "code": 200, "data": {"ta'),
    "array": _says("a list", b'[{"success": true, "task_id": "t", "code": 200}]'),
    "string": _says("a word", b'"success"'),
    "number": _says("a number", b"200"),
    "null": _says("null", b"null"),
    "object": _says("a document that says nothing", b"{}"),
    "too-deep": _says("a document that is too deep to read", 50_000 * b"[" + 50_000 * b"]"),
    "huge": _says("five megabytes", json.dumps({"success": True, "words": "word " * 2**20}).encode()),
}

_PAID: Faults = {
    "hang-after": ("does its work, and never answers", Fault(hang=True, reset="after")),
    "drip": ("answers byte by byte", Fault(drip=0.002)),
    "trickle": ("answers with one byte a second", Fault(drip=1)),
    "429-seconds": _busy("asks to come again in a second", Retry_After="1"),
    "429-date": _busy("names a date that has come", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
    "429-bare": _busy("does not say until when"),
    "429-words": _busy("says it in words", Retry_After="soon"),
    "429-long": _busy("asks to come again in two minutes", Retry_After="121"),
    "429-far-date": _busy("names a date far away", Retry_After="Thu, 01 Jan 2099 00:00:00 GMT"),
}

_PICTURES: Faults = {
    "403": ("does not give it", Fault(403)),
    "404": ("does not have it", Fault(404)),
    "410": ("has it no longer", Fault(410)),
    "429": _busy("asks to come again in a second", Retry_After="1"),
    "drip": ("gives it byte by byte", Fault(drip=0.002)),
    "loop": ("sends us round in circles", Fault(302, headers={"Location": "?again"})),
    "private": ("sends us to a private address", Fault(302, headers={"Location": "http://127.0.0.1:9/"})),
    "file": ("sends us to a file of ours", Fault(302, headers={"Location": "file:///etc/passwd"})),
    "gif": _says("an animation", b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00;", "image/gif"),
    "svg": _says("a drawing", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
    "half": _says("half a picture", _png(64, 64)[:40], "image/png"),
    "bomb": _says("81 million pixels in ten kilobytes", _png(9000, 9000), "image/png"),
}

_CHANGES: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "other-key": ("takes our key no longer", {"key": "another-key"}),
    "no-balance": ("has no credit left for us", {"balance": 0}),
    "refuses": ("refuses every prompt", {"refuse_words": {""}}),
    "never-done": ("takes an hour for a picture", {"seconds": 3600.0}),
    "forgets": ("forgets each picture at once", {"pictures_kept": 0}),
    "callback-late": ("calls back two seconds late", {"callbacks.delay": 2.0}),
    "callback-doubled": ("calls back twice", {"callbacks.times": 2}),
    "callback-forged": (
        "is forestalled by a stranger who has guessed the secret wrong",
        {"callbacks.forgeries": 1},
    ),
    "callback-never": ("never calls back", {"callbacks.times": 0}),
}


def _struck(method: str, path: str, faults: Faults, name: str = "", when: str = "") -> dict[str, Trouble]:
    return {
        f"{name}{key}": Trouble(f"{when}{words}", method, path, fault)
        for key, (words, fault) in faults.items()
    }


def _common(
    api: type[ApiServer], question: tuple[str, str], error: Callable[[int, str], Fault]
) -> dict[str, Trouble]:
    """What can go wrong at each of the APIs; `question` is how it is asked how far a call is."""
    answers = {
        **_BREAKS,
        **_DOCUMENTS,
        **{
            f"{status}-json": (f"answers with an error: {status} {words}", error(status, words))
            for status, words in SERVER_ERRORS.items()
        },
    }
    pictures = {**_BREAKS, **_PICTURES}
    return {
        **_struck("POST", api.paid_path, {**answers, **_PAID}),
        **_struck(*question, answers, "question-", "question: "),
        **_struck("GET", f"{api.pictures_path}/*", pictures, "picture-", "picture: "),
        **{name: Trouble(words, changes=changes) for name, (words, changes) in _CHANGES.items()},
    }


def _refused(words: str, fault: Fault) -> tuple[str, Fault]:
    how = "says no under HTTP 200" if fault.status == 200 else "says no"
    return f"{how}: {words.rstrip('.')}", fault


def _fails(error: xhuo_errors.ApiError | ruxa_errors.ApiError, words: str) -> Trouble:
    return Trouble(f"takes the call, and then {words}", changes={"fail_tasks": error})


# Every line of their tables, and the same where only the body tells.
_XHUO_LINES: Faults = {
    **{f"{line.status}-{line.code}": _refused(line.message, line.fault()) for line in xhuo_errors.ERRORS},
    **{
        f"{line.code}-in-200": _refused(line.message, Fault(200, json=line.body("trace")))
        for line in xhuo_errors.ERRORS
    },
}
_RUXA_LINES: Faults = {
    f"{line.code}-{language}{suffix}": _refused(line.message, line.fault(in_200))
    for language, lines in {"english": ruxa_errors.ENGLISH, "chinese": ruxa_errors.CHINESE}.items()
    for line in lines
    for suffix, in_200 in {"": False, "-in-200": True}.items()
}

_QUERY = ("GET", "/api/v1/tasks/query/*")
_RUXA_FAILURE = ruxa_errors.ApiError(500, "服务器错误")

XHUO: Mapping[str, Trouble] = {
    **_common(
        XHuoServer,
        ("POST", "/v1/nano-banana/tasks"),
        lambda status, words: xhuo_errors.ApiError(status, "api_error", words).fault(),
    ),
    **_struck("POST", XHuoServer.paid_path, _XHUO_LINES),
    "no-picture": Trouble("says that all went well, and brings no picture", changes={"partial": 0}),
    "two-pictures": Trouble("brings two pictures at most", changes={"partial": 2}),
    "task-fails": _fails(xhuo_errors.ApiError(500, "api_error", "Internal server error."), "fails"),
    "task-times-out": _fails(xhuo_errors.ApiError(504, "timeout", "The task timed out."), "gives up"),
    "task-refused": _fails(xhuo_errors.ApiError(500, "api_error", _COULD_NOT), "refuses the content"),
    "task-unpaid": _fails(xhuo_errors.ApiError(403, "used_up", "Your balance is used up."), "has no credit"),
    "answer-and-callback": Trouble(
        "answers with the pictures, and calls back as well", changes={"answers_data_with_callback": True}
    ),
}
"""The troubles of XHuoAPI."""

RUXA: Mapping[str, Trouble] = {
    **_common(RuxaServer, _QUERY, lambda status, words: ruxa_errors.ApiError(status, words).fault()),
    **_struck("POST", RuxaServer.paid_path, _RUXA_LINES),
    "no-picture": Trouble("says that all went well, and brings no picture", changes={"no_picture": True}),
    "some-fail": Trouble("fails every second time", changes={"fail_tasks": _RUXA_FAILURE, "fail_every": 2}),
    "task-fails": _fails(_RUXA_FAILURE, "fails"),
    "task-refused": _fails(ruxa_errors.ApiError(500, _COULD_NOT), "refuses the content"),
    "task-unpaid": _fails(ruxa_errors.ApiError(402, "Insufficient credits"), "has no credit"),
    "waits": Trouble("never starts on a call", changes={"stuck": True}),
    "odd-state": Trouble("tells of a state that nobody knows", changes={"odd_state": "审核中"}),
    "odd-done": Trouble("has another word for done", changes={"done_word": "completed"}),
    "odd-results": Trouble("puts its links in another place", changes={"result_shape": "results"}),
    "callback-flat": Trouble("calls back in another shape", changes={"callback_shape": "flat"}),
    "callback-bare": Trouble("calls back without saying what for", changes={"callback_shape": "bare"}),
}
"""The troubles of Ruxa AI."""
