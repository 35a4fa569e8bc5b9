"""XHuoAPI's answers: every documented shape means what the documentation says, and none is a surprise."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import (
    AnswerLost,
    ContentRefused,
    KeyRefused,
    OutOfBalance,
    ProviderError,
    RequestRejected,
    TooManyRequests,
)
from bot.providers.http import Answer
from bot.providers.xhuo_answers import read_answer
from storage.records import Ticket
from tests.bot.providers.documents import DOCUMENTS

IDS = {"task_id": "task-1", "trace_id": "trace-1"}
URL = "https://cdn.example/1.png"

TABLE: list[tuple[int, str, type[ProviderError]]] = [
    (400, "token_mismatched", RequestRejected),
    (400, "api_not_implemented", RequestRejected),
    (400, "bad_request", RequestRejected),
    (400, "no_token", RequestRejected),
    (400, "disabled", RequestRejected),
    (401, "invalid_token", KeyRefused),
    (401, "token_expired", KeyRefused),
    (401, "token_mismatched", KeyRefused),
    (403, "used_up", OutOfBalance),
    (403, "forbidden", ContentRefused),
    (403, "disabled", KeyRefused),
    (404, "no_api", RequestRejected),
    (413, "request_too_large", RequestRejected),
    (429, "too_many_requests", TooManyRequests),
    (429, "rate_limited", TooManyRequests),
    (500, "api_error", AnswerLost),
    (504, "timeout", AnswerLost),
]
LOST_OR_WRONG: list[tuple[int, type[ProviderError]]] = [
    (400, RequestRejected),
    (401, KeyRefused),
    (402, OutOfBalance),
    (403, RequestRejected),
    (404, RequestRejected),
    (408, AnswerLost),
    (418, RequestRejected),
    (422, RequestRejected),
    (429, TooManyRequests),
    (200, AnswerLost),
    (201, AnswerLost),
    (302, AnswerLost),
    (500, AnswerLost),
    (502, AnswerLost),
    (504, AnswerLost),
    (599, AnswerLost),
]


def read(status: int, document: dict[str, Any] | None, *, pause: str | None = None) -> Ticket:
    """The ticket in an answer."""
    return read_answer(Answer(status, {} if pause is None else {"Retry-After": pause}, document))


def success(*items: Any, **more: Any) -> dict[str, Any]:
    """A good answer with these pictures."""
    return {"success": True, **IDS, "data": list(items), **more}


def test_a_success_is_a_ticket() -> None:
    """The API's ids and the links, in order."""
    items = [{"prompt": "a banana", "image_url": f"https://cdn.example/{number}.png"} for number in range(3)]
    for status in (200, 201, 202):
        assert read(status, success(*items)) == Ticket(
            "task-1", "trace-1", tuple(str(item["image_url"]) for item in items)
        )


def test_what_is_no_picture_is_left_out() -> None:
    """Items without a link do not count; those with one do."""
    links: list[Any] = [
        {"image_url": link} for link in (None, "", 7, [URL], "https://cdn.example/\ud800", URL)
    ]
    assert read(200, success(None, "words", 3, [], {}, *links)).urls == (URL,)


def test_a_success_is_believed_without_its_ornaments() -> None:
    """Neither the ids nor `success` itself are needed for pictures to be pictures; no error is none."""
    assert read(200, {"data": [{"image_url": URL}]}) == Ticket(None, None, (URL,))
    assert read(200, success({"image_url": URL}, error=None)).urls == (URL,)
    assert read(200, {"data": [{"image_url": URL}], "task_id": 7, "trace_id": {}}).task_id == "7"


@pytest.mark.parametrize("items", [[], [{}], [{"image_url": ""}], ["words"]])
def test_a_success_without_a_picture_is_a_refusal(items: list[Any]) -> None:
    """One of the faces of a refused content."""
    with pytest.raises(ContentRefused) as error:
        read(200, success(*items))
    assert (error.value.task_id, error.value.trace_id) == ("task-1", "trace-1")


@pytest.mark.parametrize("data", [None, {}, "words", 7, {"image_url": URL}])
def test_a_success_without_a_list_is_lost(data: Any) -> None:
    """An answer that makes no sense may have been billed."""
    with pytest.raises(AnswerLost):
        read(200, {"success": True, "data": data})
    with pytest.raises(AnswerLost):
        read(200, {"success": True, **IDS})


@pytest.mark.parametrize("shape", ["specified", "documented"])
@pytest.mark.parametrize(("status", "code", "kind"), TABLE)
def test_the_error_table(status: int, code: str, kind: type[ProviderError], shape: str) -> None:
    """Status and code together decide, with and without `success`; the trace is kept for the log."""
    document: dict[str, Any] = {"error": {"code": code, "message": "words"}, "trace_id": "trace-1"}
    if shape == "specified":
        document["success"] = False
    with pytest.raises(ProviderError) as error:
        read(status, document)
    assert type(error.value) is kind
    assert error.value.trace_id == "trace-1"
    assert code in str(error.value)


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"error": "a bare string"},
        {"error": ["a", "list"]},
        {"error": {"code": 7, "message": {"deep": True}}},
        {"error": {"code": "never_heard_of", "message": None}},
        {"success": False},
        {"detail": "another house"},
    ],
)
@pytest.mark.parametrize(("status", "kind"), LOST_OR_WRONG)
def test_without_a_known_code_the_status_decides(
    status: int, kind: type[ProviderError], document: dict[str, Any] | None
) -> None:
    """HTML, bare strings, unknown codes: what we sent wrong is rejected, whatever else is perhaps billed."""
    with pytest.raises(ProviderError) as error:
        read(status, document)
    assert type(error.value) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("used_up", OutOfBalance),
        ("invalid_token", KeyRefused),
        ("forbidden", ContentRefused),
        ("rate_limited", TooManyRequests),
        ("bad_request", RequestRejected),
        ("timeout", AnswerLost),
        ("api_error", AnswerLost),
    ],
)
def test_an_error_may_come_with_status_200(code: str, kind: type[ProviderError]) -> None:
    """Then the code alone decides."""
    with pytest.raises(ProviderError) as error:
        read(200, {"success": False, "error": {"code": code, "message": "words"}})
    assert type(error.value) is kind


def test_the_pause_is_read_from_the_header() -> None:
    """429 carries how long to wait, if the API says so."""
    for words, pause in (("7", 7.0), (None, None)):
        with pytest.raises(TooManyRequests) as error:
            read(429, None, pause=words)
        assert error.value.retry_after == pause


@given(st.integers(100, 599), DOCUMENTS, st.text(max_size=12))
def test_nothing_an_api_says_is_a_surprise(status: int, document: dict[str, Any] | None, pause: str) -> None:
    """Any JSON at any status is a ticket with links or an error of the API."""
    try:
        ticket = read(status, document, pause=pause)
    except ProviderError:
        return
    assert 200 <= status < 300
    assert ticket.urls
    assert all(ticket.urls)
