"""Ruxa AI's answers: codes before HTTP statuses, texts in two languages, and no surprise."""

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
from bot.providers.base import NoReply
from bot.providers.http import Answer
from bot.providers.ruxa_answers import read_created, read_task
from storage.records import Ticket
from tests.bot.providers.documents import CODES, DOCUMENTS

URL = "https://cdn.example/1.png"

TABLE: list[tuple[int, str, type[ProviderError]]] = [
    (401, "Unauthorized: the API key is invalid", KeyRefused),
    (401, "未授权 - API Key 无效", KeyRefused),
    (402, "Insufficient credits", OutOfBalance),
    (402, "积分不足", OutOfBalance),
    (404, "Not found", RequestRejected),
    (408, "Request timeout", AnswerLost),
    (408, "请求超时", AnswerLost),
    (404, "未找到", RequestRejected),
    (422, "Validation error", RequestRejected),
    (422, "验证错误", RequestRejected),
    (429, "Rate limit exceeded", TooManyRequests),
    (429, "速率限制", TooManyRequests),
    (500, "Internal server error", AnswerLost),
    (500, "服务器错误", AnswerLost),
]
REFUSALS = [
    "could not generate an image with the given prompt",
    "Blocked by content MODERATION",
    "The prompt violates our content policy",
    "提示词包含敏感内容",
    "内容违规,审核未通过",
]


def created(status: int, document: dict[str, Any] | None, *, pause: str | None = None) -> Ticket:
    """The ticket in the answer to a submit."""
    return read_created(Answer(status, {} if pause is None else {"Retry-After": pause}, document))


def task(document: dict[str, Any] | None, status: int = 200) -> Ticket:
    """The ticket in the answer to a query."""
    return read_task(Answer(status, {}, document), "task-1")


def envelope(**data: Any) -> dict[str, Any]:
    """A good answer with these fields."""
    return {"code": 200, "message": "success", "data": data}


@pytest.mark.parametrize("name", ["taskId", "task_id", "id"])
@pytest.mark.parametrize("code", [200, "200", None])
def test_a_task_is_created(name: str, code: Any) -> None:
    """The id in every spelling, with and without an envelope, and with a code that is a word or missing."""
    fields = {"taskId": None, name: "task-1"}
    assert created(200, {"code": code, "message": "success", "data": fields}) == Ticket("task-1", None)
    assert created(200, {"code": code, **fields}) == Ticket("task-1", None)


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize(
    ("data", "task_id"), [({"taskId": 12345}, "12345"), ({"id": 0}, "0"), ("task-1", "task-1")]
)
def test_whatever_names_a_task_is_its_id(data: Any, task_id: str, status: int) -> None:
    """Numbers and a bare word too, and every two hundred is a success: such a task is made and billed."""
    assert created(status, {"code": status, "data": data}) == Ticket(task_id, None)


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        envelope(),
        envelope(taskId=True),
        envelope(taskId={}),
        envelope(taskId=""),
        {"code": 200, "data": None},
        {"code": 200, "data": ""},
        {"code": 200, "data": 7},
    ],
)
def test_a_task_without_an_id_is_lost(document: dict[str, Any] | None) -> None:
    """It may be made and billed, and can't be asked for."""
    with pytest.raises(AnswerLost):
        created(200, document)


@pytest.mark.parametrize("place", ["status", "code", "code as a word", "both"])
@pytest.mark.parametrize(("code", "message", "kind"), TABLE)
def test_the_error_table(code: int, message: str, kind: type[ProviderError], place: str) -> None:
    """As HTTP status, inside HTTP 200, and both; in an answer to a query it says nothing of the task."""
    status = 200 if place.startswith("code") else code
    document: dict[str, Any] = {"code": code, "message": message, "data": None}
    if place == "status":
        del document["code"]
    elif place == "code as a word":
        document["code"] = str(code)
    with pytest.raises(ProviderError) as error:
        created(status, document)
    assert type(error.value) is kind
    assert message in str(error.value)
    with pytest.raises(NoReply):
        task(document | {"data": {"taskId": "task-1", "state": "success", "resultUrls": [URL]}}, status)


@pytest.mark.parametrize("document", [None, {}, {"code": 200}, {"code": {}}, {"code": True}, {"data": []}])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, AnswerLost),
        (400, RequestRejected),
        (401, KeyRefused),
        (402, OutOfBalance),
        (403, RequestRejected),
        (408, AnswerLost),
        (413, RequestRejected),
        (422, RequestRejected),
        (429, TooManyRequests),
        (500, AnswerLost),
        (502, AnswerLost),
        (504, AnswerLost),
    ],
)
def test_without_a_code_the_status_decides(
    status: int, kind: type[ProviderError], document: dict[str, Any] | None
) -> None:
    """A gateway's HTML, or a code that contradicts its own HTTP status."""
    with pytest.raises(ProviderError) as error:
        created(status, document)
    assert type(error.value) is kind
    with pytest.raises(NoReply):
        task(document, status)


@pytest.mark.parametrize("code", [302, 408, 501, 599, 999])
def test_an_unknown_code_is_a_lost_answer(code: int) -> None:
    """It may have been billed, although it looks like a task."""
    with pytest.raises(AnswerLost):
        created(200, {"code": code, "message": "words", "data": {"taskId": "task-1"}})


@pytest.mark.parametrize("name", ["message", "msg", "error"])
@pytest.mark.parametrize("words", REFUSALS)
@pytest.mark.parametrize("code", [400, 422, 500])
def test_a_refusal_has_many_faces(code: int, words: str, name: str) -> None:
    """The words tell it apart from a failure, in both languages."""
    for status in (200, code):
        with pytest.raises(ContentRefused):
            created(status, {"code": code, name: words, "data": None})


@pytest.mark.parametrize(("code", "kind"), [(401, KeyRefused), (402, OutOfBalance), (429, TooManyRequests)])
@pytest.mark.parametrize("words", REFUSALS)
def test_words_do_not_hide_what_the_operator_must_know(
    code: int, kind: type[ProviderError], words: str
) -> None:
    """A key, a balance or a limit stays what it is, whatever its message mentions."""
    with pytest.raises(ProviderError) as error:
        created(200, {"code": code, "message": words})
    assert type(error.value) is kind


@pytest.mark.parametrize(
    "words", ["Insufficient credits", "Your balance is too low", "余额不足", "账户已欠费"]
)
def test_an_empty_account_is_told_apart_by_its_words(words: str) -> None:
    """The operator has to pay; the member's request was fine."""
    for status in (200, 403):
        with pytest.raises(OutOfBalance):
            created(status, {"code": 403, "message": words})


@pytest.mark.parametrize("code", [400, 404, 422, 500])
def test_a_request_that_speaks_of_balance_is_still_rejected(code: int) -> None:
    """An error may repeat the prompt, whose words say nothing of the account."""
    words = "Invalid input: prompt 'work-life balance in pastel' has an unsupported field"
    with pytest.raises(AnswerLost if code == 500 else RequestRejected):
        created(200, {"code": code, "message": words})


def test_a_plain_403_is_no_empty_account() -> None:
    """It says nothing of money."""
    with pytest.raises(RequestRejected):
        created(200, {"code": 403, "message": "forbidden"})


def test_the_pause_is_read_from_the_header() -> None:
    """429 carries how long to wait, if the API says so, also inside HTTP 200."""
    for status in (200, 429):
        for words, pause in (("7", 7.0), (None, None)):
            with pytest.raises(TooManyRequests) as error:
                created(status, {"code": 429, "message": "wait"}, pause=words)
            assert error.value.retry_after == pause


@given(st.integers(200, 599), DOCUMENTS, CODES, st.text(max_size=12))
def test_nothing_an_api_says_is_a_surprise(
    status: int, document: dict[str, Any] | None, code: Any, pause: str
) -> None:
    """Any JSON at any status is a ticket, an error of the API, or no reply."""
    for said in (document, {"code": code, "data": document}):
        try:
            assert created(status, said, pause=pause).task_id
        except ProviderError:
            pass
        else:
            assert status < 300
        try:
            ticket = task(said, status)
        except (ProviderError, NoReply):
            continue
        assert ticket.task_id == "task-1"
        assert all(ticket.urls)


@pytest.mark.parametrize("code", ["9" * 5000, "²00", "٤٠١", "40x", " 401 ", -401, 40.1])
def test_what_is_no_code_leaves_the_decision_to_the_status(code: Any) -> None:
    """Three plain digits are a code; Python would rather not read some of the others as numbers."""
    document = {"code": code, "message": "words", "data": {"taskId": "task-1"}}
    assert created(200, document) == Ticket("task-1", None)
    with pytest.raises(KeyRefused):
        created(401, document)
