"""Ruxa AI's tasks: every spelling of its family, and every way in which a task ends."""

import json
from typing import Any

import pytest

from bot.errors import CallFailed, ContentRefused, OutOfBalance, ProviderError
from bot.providers.http import Answer
from bot.providers.ruxa_answers import read_task
from storage.records import Ticket

URL = "https://cdn.example/1.png"
OTHER = "https://cdn.example/2.png"
REFUSALS = [
    "could not generate an image with the given prompt",
    "Blocked by content MODERATION",
    "The prompt violates our content policy",
    "提示词包含敏感内容",
    "内容违规,审核未通过",
]


def task(document: dict[str, Any] | None, status: int = 200) -> Ticket:
    """The ticket in the answer to a query."""
    return read_task(Answer(status, {}, document), "task-1")


def envelope(**data: Any) -> dict[str, Any]:
    """A good answer with these fields."""
    return {"code": 200, "message": "success", "data": data}


@pytest.mark.parametrize("name", ["state", "status"])
@pytest.mark.parametrize(
    "state", ["waiting", "queuing", "generating", "", "dreaming", "处理中", None, 7, {}, ["success"]]
)
def test_an_unknown_state_means_that_it_still_runs(state: Any, name: str) -> None:
    """Whatever nobody documented is waited for to the deadline, links or not."""
    assert task(envelope(taskId="task-1", **{name: state}, resultUrls=[URL])) == Ticket("task-1", None)
    assert task(envelope()) == task({}) == Ticket("task-1", None)


RESULTS: list[dict[str, Any]] = [
    {"resultJson": json.dumps({"resultUrls": [URL, OTHER]})},
    {"resultJson": {"resultUrls": [URL, OTHER]}},
    {"resultJson": json.dumps({"results": [{"url": URL}, {"url": OTHER}]})},
    {"resultUrls": [URL, OTHER]},
    {"results": [{"url": URL}, {"url": OTHER}]},
    {"output": [{"url": URL}, {"url": OTHER}]},
    {"output": [URL, OTHER]},
    {"resultJson": "not JSON", "resultUrls": [URL, OTHER]},
    {"resultJson": json.dumps({"resultUrls": [URL]}), "resultUrls": [URL, OTHER]},
    {"resultUrls": ["https://cdn.example/\ud800.png", URL, OTHER]},
    {"resultUrls": URL, "output": {"url": OTHER}},
    {"resultUrls": [None, "", 7, URL, [URL], URL, {"url": None}, {}, OTHER]},
]


@pytest.mark.parametrize("result", RESULTS, ids=str)
@pytest.mark.parametrize("state", ["success", "completed", "succeeded", "SUCCESS", "Completed"])
@pytest.mark.parametrize("name", ["state", "status"])
def test_a_task_that_is_done_has_links(name: str, state: str, result: dict[str, Any]) -> None:
    """Every spelling of the family, enveloped and flat; each link counts once, in order."""
    fields = {"taskId": "task-1", name: state, **result}
    assert task(envelope(**fields)) == Ticket("task-1", None, (URL, OTHER))
    assert task(fields) == Ticket("task-1", None, (URL, OTHER))


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"resultUrls": []},
        {"resultUrls": None},
        {"resultUrls": 7},
        {"resultUrls": ["\ud800"]},
        {"resultJson": None},
        {"resultJson": ""},
        {"resultJson": "{"},
        {"resultJson": "[" * 100_000},
        {"resultJson": "1" * 5000},
        {"resultJson": "[]"},
        {"resultJson": 7},
        {"resultJson": '{"resultUrls": null}'},
        {"results": [{}], "output": ["", 7]},
    ],
    ids=lambda result: str(result)[:60],
)
def test_a_success_without_a_picture_is_a_refusal(result: dict[str, Any]) -> None:
    """One of the faces of a refused content."""
    with pytest.raises(ContentRefused) as error:
        task(envelope(taskId="task-1", state="success", **result))
    assert error.value.task_id == "task-1"


@pytest.mark.parametrize("state", ["fail", "failed", "error", "FAILED"])
@pytest.mark.parametrize("name", ["failMsg", "failCode", "failure_reason", "errorMessage", "error"])
def test_a_task_that_failed_says_why(state: str, name: str) -> None:
    """Every spelling of the reason; it was not billed, and is told from a refusal of content."""
    for words, kind in (("Image fetch failed", CallFailed), (500, CallFailed), (REFUSALS[3], ContentRefused)):
        with pytest.raises(ProviderError) as error:
            task(envelope(taskId="task-1", state=state, **{name: words}))
        assert type(error.value) is kind
        assert str(words) in str(error.value)
        assert error.value.task_id == "task-1"


@pytest.mark.parametrize("words", REFUSALS)
def test_a_failed_task_may_be_a_refusal(words: str) -> None:
    """Code and text stand in fields of their own."""
    with pytest.raises(ContentRefused):
        task(envelope(taskId="task-1", state="fail", failCode="500", failMsg=words))


@pytest.mark.parametrize("name", ["resultUrls", "results", "output"])
@pytest.mark.parametrize("in_string", [True, False])
def test_one_link_needs_no_list(name: str, in_string: bool) -> None:
    """A bare link is a picture that was made and billed."""
    result = {"resultJson": json.dumps({name: URL})} if in_string else {name: URL}
    assert task(envelope(state="success", **result)).urls == (URL,)


@pytest.mark.parametrize(
    "reason",
    [
        {"failCode": "402"},
        {"failCode": 402, "failMsg": "no"},
        {"failCode": "500", "failMsg": "Insufficient credits"},
        {"failMsg": "积分不足"},
    ],
    ids=str,
)
def test_a_task_may_fail_for_lack_of_money(reason: dict[str, Any]) -> None:
    """The operator has to hear of it; a refusal of content is told apart all the same."""
    with pytest.raises(OutOfBalance) as error:
        task(envelope(state="fail", **reason))
    assert error.value.task_id == "task-1"
    with pytest.raises(ContentRefused):
        task(envelope(state="fail", **reason | {"failMsg": "提示词包含敏感内容"}))


def test_a_failure_without_words_is_a_failure() -> None:
    """Links beside it do not count."""
    with pytest.raises(CallFailed):
        task(envelope(state="fail", failMsg=None, failCode="", resultUrls=[URL]))
