"""XHuoAPI's error messages: what their words tell, and what of them reaches the log."""

import logging
from typing import Any

import pytest

from bot.errors import (
    AnswerLost,
    ContentRefused,
    KeyRefused,
    OutOfBalance,
    ProviderError,
    RequestRejected,
    TooManyRequests,
)
from bot.logs import ConsoleFormatter
from bot.providers.http import Answer
from bot.providers.xhuo_answers import read_answer
from storage.records import Ticket


def read(status: int, document: dict[str, Any]) -> Ticket:
    """The ticket in an answer."""
    return read_answer(Answer(status, {}, document))


def test_an_empty_account_is_told_apart_without_a_code() -> None:
    """The operator has to pay; the member's request was fine."""
    with pytest.raises(OutOfBalance):
        read(403, {"error": "Your balance is used up."})
    with pytest.raises(OutOfBalance):
        read(403, {"error": {"code": "insufficient_balance", "message": "Insufficient balance"}})


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "bad_request", RequestRejected),
        (422, "invalid", RequestRejected),
        (403, "forbidden", ContentRefused),
        (403, "disabled", KeyRefused),
        (500, "api_error", AnswerLost),
        (200, "bad_request", RequestRejected),
    ],
)
def test_a_request_that_speaks_of_balance_is_still_what_it_was(
    status: int, code: str, kind: type[ProviderError]
) -> None:
    """An error may repeat the prompt, whose words say nothing of the account."""
    words = "Invalid input: prompt 'work-life balance in pastel' has an unsupported field"
    with pytest.raises(ProviderError) as error:
        read(status, {"error": {"code": code, "message": words}})
    assert type(error.value) is kind


@pytest.mark.parametrize("status", [200, 403])
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("used_up", OutOfBalance),
        ("forbidden", ContentRefused),
        ("disabled", KeyRefused),
        ("rate_limited", TooManyRequests),
        ("bad_request", RequestRejected),
    ],
)
def test_a_bare_string_may_be_a_code(status: int, code: str, kind: type[ProviderError]) -> None:
    """Then it means what it means in its own field."""
    with pytest.raises(ProviderError) as error:
        read(status, {"success": False, "error": code})
    assert type(error.value) is kind


@pytest.mark.parametrize("before", [100, 166, 180, 199, 200, 201, 300])
def test_no_key_is_cut_in_the_log(before: int) -> None:
    """It is left out whole, or stands whole and is blacked: a part of it would not be recognised."""
    key = "sk-0123456789abcdef0123456789abcdef"
    message = f"{'x' * before} {key} and more"
    with pytest.raises(KeyRefused) as error:
        read(401, {"error": {"code": "invalid_token", "message": message}})
    record = logging.LogRecord("bot", logging.ERROR, "file", 1, "%s", (error.value,), None)
    line = ConsoleFormatter([key]).format(record)
    assert "HTTP 401 invalid_token" in line
    assert key[:6] not in line


@pytest.mark.parametrize("status", [200, 400, 403, 500])
@pytest.mark.parametrize(
    "error",
    [
        {"code": "api_error", "message": "Could not generate an image with the given prompt"},
        {"code": "", "message": "blocked by content MODERATION"},
        "The prompt violates our content policy",
    ],
)
def test_a_refusal_has_many_faces(status: int, error: Any) -> None:
    """The words tell it apart from a failure, in either shape."""
    with pytest.raises(ContentRefused):
        read(status, {"success": False, "error": error})


@pytest.mark.parametrize(
    ("status", "code"), [(401, "invalid_token"), (403, "used_up"), (429, "rate_limited")]
)
def test_words_do_not_hide_what_the_operator_must_know(status: int, code: str) -> None:
    """A key, a balance or a limit stays what it is, whatever its message mentions."""
    with pytest.raises(ProviderError) as error:
        read(status, {"error": {"code": code, "message": "content policy: safety violation"}})
    assert not isinstance(error.value, ContentRefused)
