"""XHuoAPI's asynchronous modes: what is said of a call that was taken, by the API itself or when asked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from bot.providers.http import Answer
from bot.providers.xhuo_answers import read_finished, read_taken, read_task
from storage.records import Ticket
from tests.bot.providers.documents import DOCUMENTS

IDS = {"task_id": "task-1", "trace_id": "trace-1"}
URL = "https://cdn.example/1.png"
MADE = {"success": True, **IDS, "data": [{"prompt": "a banana", "image_url": URL}]}

FAILURES: list[tuple[Any, type[ProviderError]]] = [
    ({"code": "api_error", "message": "Internal server error."}, CallFailed),
    ({"code": "timeout", "message": "The task timed out."}, CallFailed),
    ({"code": "never_heard_of", "message": None}, CallFailed),
    ("a bare string", CallFailed),
    ({"code": "forbidden", "message": "rejected by moderation"}, ContentRefused),
    ({"code": "api_error", "message": "could not generate an image with the given prompt"}, ContentRefused),
    ("提示词包含敏感内容", ContentRefused),
    ("used_up", OutOfBalance),
    ({"code": "api_error", "message": "no balance in the picture"}, CallFailed),
    ({"code": "used_up", "message": "Your balance is used up."}, OutOfBalance),
    ({"code": "invalid_token", "message": "no"}, KeyRefused),
    ({"code": "rate_limited", "message": "Too many tasks at once."}, TooManyRequests),
    ({"code": "token_mismatched", "message": "The request is invalid."}, RequestRejected),
]


def taken(status: int, document: dict[str, Any] | None) -> Ticket:
    """The ticket in the answer to a submit that is not waited for."""
    return read_taken(Answer(status, {}, document))


def task(status: int, document: dict[str, Any] | None) -> Ticket:
    """The ticket in an answer of the tasks call."""
    return read_task(Answer(status, {}, document), "task-1")


@pytest.mark.parametrize(
    ("document", "ticket"),
    [
        ({"success": True, **IDS}, Ticket("task-1", "trace-1")),
        ({"success": True, "task_id": "task-1"}, Ticket("task-1", None)),
        ({"task_id": "task-1"}, Ticket("task-1", None)),
        ({"task_id": 7}, Ticket("7", None)),
        ({"success": True}, Ticket(None, None)),
        ({"success": True, **IDS, "data": []}, Ticket("task-1", "trace-1")),
        ({"success": True, **IDS, "data": None, "error": None}, Ticket("task-1", "trace-1")),
        (MADE, Ticket("task-1", "trace-1", (URL,))),
    ],
)
def test_a_call_is_taken_or_made_already(document: dict[str, Any], ticket: Ticket) -> None:
    """Ids alone mean that it is being made, and links that it is ready."""
    for status in (200, 201, 202):
        assert taken(status, document) == ticket


@pytest.mark.parametrize(
    ("status", "document"),
    [
        (200, None),
        (200, {}),
        (200, {"data": [{}]}),
        (200, {"task_id": True}),
        (408, MADE),
        (202, {"success": False}),
        (500, None),
        (302, {}),
    ],
)
def test_what_does_not_say_that_it_was_taken_is_lost(status: int, document: dict[str, Any] | None) -> None:
    """Nobody knows whether it is made and billed."""
    with pytest.raises(AnswerLost):
        taken(status, document)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "bad_request", RequestRejected),
        (401, "invalid_token", KeyRefused),
        (403, "used_up", OutOfBalance),
        (403, "forbidden", ContentRefused),
        (429, "rate_limited", TooManyRequests),
        (200, "used_up", OutOfBalance),
        (200, "api_error", AnswerLost),
    ],
)
def test_a_refused_submit_is_the_same_in_every_mode(
    status: int, code: str, kind: type[ProviderError]
) -> None:
    """A call that was not taken is told as in mode `sync`."""
    with pytest.raises(ProviderError) as error:
        taken(status, {"success": False, "error": {"code": code, "message": "words"}, **IDS})
    assert type(error.value) is kind
    assert error.value.trace_id == "trace-1"


RUNNING: list[dict[str, Any]] = [
    {},
    {"id": "task-1", "created_at": 1.5},
    {"id": "task-1", "response": None},
    {"id": "task-1", "response": {}},
    {"id": "task-1", "response": {"task_id": "task-1", "progress": 7}},
    {"id": "task-1", "response": "soon", "finished_at": None},
    {"id": "task-1", "request": {"prompt": "a banana", "error": "none"}},
]


@pytest.mark.parametrize("document", RUNNING)
def test_a_task_without_a_result_still_runs(document: dict[str, Any]) -> None:
    """No `response`, or one with neither `success` nor `error`; the task keeps its id."""
    assert task(200, document) == Ticket("task-1", None)


@pytest.mark.parametrize("finished", [{}, {"finished_at": 9.5}])
def test_a_task_that_is_done_has_the_links(finished: dict[str, Any]) -> None:
    """The `response` is the document of mode `sync`."""
    assert task(200, {"id": "task-1", "response": MADE, **finished}) == Ticket("task-1", "trace-1", (URL,))


@pytest.mark.parametrize("shape", [{"success": False}, {}])
@pytest.mark.parametrize(("error", "kind"), FAILURES)
def test_a_task_that_failed_was_not_billed(
    shape: dict[str, Any], error: Any, kind: type[ProviderError]
) -> None:
    """What would be a lost answer elsewhere is a plain failure here; a refusal stays a refusal."""
    response = {"error": error, **IDS, **shape}
    with pytest.raises(ProviderError) as raised:
        task(200, {"id": "task-1", "response": response, "finished_at": 9.5})
    assert type(raised.value) is kind
    with pytest.raises(kind) as raised:
        read_finished(response)
    assert raised.value.trace_id == "trace-1"


def test_a_failure_without_words_is_a_failure() -> None:
    """`success: false` is enough, and the ids are kept."""
    with pytest.raises(CallFailed) as error:
        read_finished({"success": False, **IDS})
    assert (error.value.task_id, error.value.trace_id) == ("task-1", "trace-1")


@pytest.mark.parametrize("data", [[], [{}], [{"image_url": ""}], ["words"]])
def test_a_finished_call_without_a_picture_was_refused(data: list[Any]) -> None:
    """One of the faces of a refused content."""
    with pytest.raises(ContentRefused):
        read_finished({"success": True, **IDS, "data": data})


@pytest.mark.parametrize("data", [None, {}, "words"])
def test_a_finished_call_whose_data_is_no_list_is_asked_for_again(data: Any) -> None:
    """It is neither a picture nor a failure, so that waiting goes on."""
    assert read_finished({"success": True, **IDS, "data": data}) == Ticket("task-1", "trace-1")


@pytest.mark.parametrize(
    ("status", "document"),
    [
        (200, None),
        (404, {"error": {"code": "no_api", "message": "There is no such API."}}),
        (401, {"error": {"code": "invalid_token", "message": "no"}}),
        (429, {"error": {"code": "too_many_requests", "message": "no"}}),
        (500, None),
        (502, {"response": MADE}),
        (200, {"id": "task-1", "finished_at": 9.5}),
        (200, {"id": "task-1", "finished_at": 9.5, "response": {}}),
    ],
)
def test_an_unusable_answer_says_nothing_of_the_task(status: int, document: dict[str, Any] | None) -> None:
    """The question has failed, not the task: it may be asked again."""
    with pytest.raises(NoReply):
        task(status, document)


@given(st.integers(100, 599), DOCUMENTS)
def test_nothing_an_api_says_later_is_a_surprise(status: int, document: dict[str, Any] | None) -> None:
    """Any JSON is a ticket, an error of the API, or no reply."""
    for read in (taken, task):
        try:
            ticket = read(status, document)
        except (ProviderError, NoReply):
            continue
        assert status == 200 or (read is taken and 200 <= status < 300)
        assert all(ticket.urls)
    try:
        read_finished(document or {})
    except ProviderError as error:
        assert not isinstance(error, AnswerLost)  # noqa: PT017  (both ends are right)
