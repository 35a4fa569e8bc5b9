"""What must come of each trouble of the image APIs: what the member reads, and what it may cost."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sandbox.apis import troubles
from sandbox.apis.troubles import SERVER_ERRORS
from sandbox.troubles import Trouble

# Nothing was billed, so that the other API may be asked.
TURNED_AWAY: Final = {"unreachable", "too_many_requests", "key", "balance"}
REFUSED_CONNECTION: Final = "refused-connection"
"""The one trouble that is no answer: the server is switched off."""
FOR_EVER: Final = 10_000


@dataclass(frozen=True)
class Outcome:
    """How a request for `count` pictures ends."""

    key: str | None = None
    """The sentence that the member reads, or None: they get their pictures."""
    posts: int = 1
    """Paid calls in all."""
    lost: bool = False
    """Whether it counts as perhaps billed."""
    taken: bool = False
    """Whether the API has taken the call: then nobody else makes it, whatever it says."""
    way: str = ""
    """How pictures are waited for: one of WAYS behind the API's name, or its usual one."""
    count: int = 1
    images: int = 1
    """How many pictures come."""
    times: int = 1
    """How often it happens."""
    slow: bool = False
    """Whether it waits for a deadline."""
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def made(self) -> bool:
        """Whether the API has made what could not be had."""
        return (self.key or "").startswith("result_")

    @property
    def elsewhere(self) -> bool:
        """Whether the other API may make it."""
        return self.key in TURNED_AWAY and not self.taken


@dataclass(frozen=True)
class Case:
    """One trouble of one API."""

    api: str
    name: str
    outcome: Outcome

    @property
    def trouble(self) -> Trouble | None:
        """What is struck; None: the server is switched off."""
        return TROUBLES[self.api].get(self.name)


LOST: Final = Outcome("lost", lost=True)
FINE: Final = Outcome()
AGAIN: Final = Outcome(posts=2)
BUSY: Final = Outcome("too_many_requests")
REJECTED: Final = Outcome("rejected")
KEY: Final = Outcome("key")
BALANCE: Final = Outcome("balance")
CONTENT: Final = Outcome("content")
NO_PICTURE: Final = Outcome("result_type")
GONE: Final = Outcome("result_gone")
A_MINUTE: Final = replace(GONE, slow=True)
"""Tried at both APIs at once."""

BREAKS: Final = (
    *("reset-before", "reset-after", "hang", "cut", "endless", "empty", "noise", "page", "other-encoding"),
    *("redirect", "redirect-307", *(f"{status}-page" for status in SERVER_ERRORS)),
)
DOCUMENTS: Final = (
    *("half", "array", "string", "number", "null", "object", "too-deep", "huge"),
    *(f"{status}-json" for status in SERVER_ERRORS),
)


def _all(names: Collection[str], outcome: Outcome, prefix: str = "") -> dict[str, Outcome]:
    return {f"{prefix}{name}": outcome for name in names}


# Each wait for a deadline; the shortest JOB_TIMEOUT is ten seconds.
_SLOW: Final = {name: replace(LOST, slow=True) for name in ("hang", "hang-after", "trickle")}
_PAID: Final = {
    **_all((*BREAKS, *DOCUMENTS), LOST),
    **_SLOW,
    "other-type": FINE,
    "drip": FINE,
    **_all(("429-seconds", "429-date", "429-bare", "429-words"), AGAIN),
    **_all(("429-long", "429-far-date"), BUSY),
    REFUSED_CONNECTION: Outcome("unreachable", posts=0),
}
# A question is asked again, and a picture is fetched again, to the deadline.
_PICTURES: Final = {
    **_all((*BREAKS, "other-type", "403", "404", "410", "429"), FINE, "picture-"),
    **_all(("empty", "noise", "page", "gif", "svg", "half", "bomb"), NO_PICTURE, "picture-"),
    **_all(("private", "file"), GONE, "picture-"),
    "picture-loop": replace(GONE, times=4),
    "picture-endless": Outcome("result_large"),
    "picture-hang": Outcome(slow=True),
    "picture-drip": A_MINUTE,
    "forgets": A_MINUTE,
}
_COMMON: Final = {
    **_PAID,
    **_PICTURES,
    "other-key": KEY,
    "no-balance": BALANCE,
    "refuses": CONTENT,
    "no-picture": CONTENT,
    "callback-late": Outcome(way="callback"),
    "callback-doubled": Outcome(way="callback"),
    "callback-forged": Outcome(way="callback"),
}


def _questions(way: str) -> dict[str, Outcome]:
    asked = Outcome(way=way)
    return {
        **_all((*BREAKS, *DOCUMENTS, "other-type"), asked, "question-"),
        "question-hang": replace(asked, slow=True, settings={"job_timeout": 60}),
    }


_FAILED: Final = Outcome("not_made", taken=True, way="async")
_XHUO_LINES: Final = {
    **_all(
        ("token_mismatched", "api_not_implemented", "bad_request", "no_token", "disabled"), REJECTED, "400-"
    ),
    **_all(("invalid_token", "token_expired", "token_mismatched"), KEY, "401-"),
    "403-used_up": BALANCE,
    "403-forbidden": CONTENT,
    "403-disabled": KEY,
    "404-no_api": REJECTED,
    "413-request_too_large": REJECTED,
    "500-api_error": LOST,
    "504-timeout": LOST,
    **_all(("too_many_requests", "rate_limited"), AGAIN, "429-"),
}
_XHUO_LINES_IN_200: Final = {
    **_all(("token_mismatched", "api_not_implemented", "bad_request", "no_token"), REJECTED),
    **_all(("no_api", "request_too_large"), REJECTED),
    **_all(("invalid_token", "token_expired", "disabled"), KEY),
    "used_up": BALANCE,
    "forbidden": CONTENT,
    "api_error": LOST,
    "timeout": LOST,
    **_all(("too_many_requests", "rate_limited"), AGAIN),
}
XHUO: Final[Mapping[str, Outcome]] = {
    **_COMMON,
    **_questions("async"),
    **_XHUO_LINES,
    **{f"{code}-in-200": outcome for code, outcome in _XHUO_LINES_IN_200.items()},
    "never-done": replace(LOST, slow=True),
    "two-pictures": Outcome(count=4, images=2),
    "task-fails": _FAILED,
    "task-times-out": _FAILED,
    "task-refused": replace(_FAILED, key="content"),
    "task-unpaid": replace(_FAILED, key="balance"),
    "callback-never": Outcome("too_slow", lost=True, way="callback", slow=True),
    "answer-and-callback": Outcome(way="callback"),
}

_TASK_FAILED: Final = Outcome("not_made", taken=True)
_RUXA_LINES: Final = {401: KEY, 402: BALANCE, 404: REJECTED, 422: REJECTED, 429: AGAIN, 500: LOST}
RUXA: Final[Mapping[str, Outcome]] = {
    **_COMMON,
    **_questions("polling"),
    **{
        f"{code}-{language}{suffix}": outcome
        for code, outcome in _RUXA_LINES.items()
        for language in ("english", "chinese")
        for suffix in ("", "-in-200")
    },
    "never-done": Outcome("too_slow", lost=True, slow=True),
    "waits": Outcome("too_slow", lost=True, slow=True),
    "some-fail": Outcome(posts=4, count=4, images=2),
    "task-fails": _TASK_FAILED,
    "task-refused": replace(_TASK_FAILED, key="content"),
    "task-unpaid": replace(_TASK_FAILED, key="balance"),
    **_all(("odd-state", "odd-done", "odd-results"), FINE),
    **_all(("callback-flat", "callback-bare"), Outcome(way="callback")),
    "callback-never": Outcome(settings={"public": True}),
}

TROUBLES: Final = {"xhuo": troubles.XHUO, "ruxa": troubles.RUXA}
OUTCOMES: Final = {"xhuo": XHUO, "ruxa": RUXA}
# Tried at both APIs at once: pictures that never come are given up after a minute.
NEVER_FETCHED: Final = (
    *(name for name, outcome in _PICTURES.items() if outcome is A_MINUTE),
    *("picture-hang", "picture-cut", "picture-404", "picture-500-page"),
)
CASES: Final = tuple(
    Case(api, name, outcome)
    for api, outcomes in OUTCOMES.items()
    for name, outcome in outcomes.items()
    if outcome is not A_MINUTE
)
