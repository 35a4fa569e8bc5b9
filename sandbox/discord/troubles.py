"""What can go wrong at Discord: what it refuses and why, its bad days, and its gateway's."""

from collections.abc import Mapping

from sandbox.discord.errors import Refusal
from sandbox.faults import Fault
from sandbox.troubles import Trouble

_FIRST_ANSWER = "/api/v10/interactions/*/callback"
_ANSWER = "/api/v10/webhooks/*"
_RESULT = "/api/v10/channels/*/messages"
_PAUSE = {"message": "You are being rate limited.", "retry_after": 0.3, "global": False}
_TOO_LARGE = Fault(413, body=b"<html><body><h1>413 Request Entity Too Large</h1></body></html>")


def _refused(refusal: Refusal) -> Fault:
    status, code, message = refusal.value
    return Fault(status, json={"message": message, "code": code})


BAD_DAYS: Mapping[str, Fault] = {
    "429": Fault(429, json=_PAUSE, headers={"Via": "1.1 google", "Retry-After": "1"}),
    "429-without-via": Fault(429, body=b"error code: 1015", headers={"Retry-After": "1"}),
    "500": Fault(500, json={"message": "500: Internal Server Error", "code": 0}),
    "502": Fault(502, body=b"<html><body>502 Bad Gateway</body></html>"),
    "503": Fault(503, body=b"upstream connect error"),
    "504": Fault(504, body=b"<html><body>504 Gateway Time-out</body></html>"),
    "cut-before": Fault(reset="before"),
    "cut-after": Fault(reset="after"),
    "silent": Fault(hang=True),
    "silent-after": Fault(hang=True, reset="after"),
}
"""What any request may meet; "after" is once it has taken effect."""

REFUSED: Mapping[str, Fault] = {
    str(refusal.value[1] or refusal.value[0]): _refused(refusal)
    for refusal in Refusal
    if refusal not in {Refusal.NOT_FOUND, Refusal.INVALID_FORM, Refusal.INVALID_JSON}
} | {"413": _TOO_LARGE}
"""Discord's refusals by their code, or by their status where they have none."""

_CALLS = {
    "first-answer": ("POST", _FIRST_ANSWER, ("10062",)),
    "answer": ("*", _ANSWER, tuple(REFUSED)),
    "result": ("POST", _RESULT, tuple(REFUSED)),
}
_GATEWAY = {"address": "/api/v10/gateway/bot", "connection": "/gateway"}


def _words(call: str, fault: Fault, name: str) -> str:
    said = str(fault.json.get("message")).rstrip(".") if isinstance(fault.json, dict) else ""
    return f"{call.replace('-', ' ')}: {name.replace('-', ' ')} {said}".rstrip()


TROUBLES: Mapping[str, Trouble] = {
    f"{call}-{name}": Trouble(_words(call, fault, name), method, path, fault)
    for call, (method, path, refusals) in _CALLS.items()
    for name, fault in {**{code: REFUSED[code] for code in refusals}, **BAD_DAYS}.items()
} | {
    f"gateway-{part}-{name}": Trouble(
        _words(f"gateway {part}", BAD_DAYS[name], name), "GET", path, BAD_DAYS[name]
    )
    for part, path in _GATEWAY.items()
    for name in ("503", "cut-before", "silent")
}
"""By the call that meets them and what it meets, such as "result-50013" or "answer-cut-after"."""
