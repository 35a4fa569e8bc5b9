"""The stand-in of Ruxa AI tells of its tasks in every shape that was seen, and lets them end in every way."""

import json
from typing import Any

import pytest

from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.ruxa_errors import ERRORS, ApiError
from sandbox.apis.ruxa_tasks import CallbackShape, ResultShape
from tests.sandbox.apis.client import RuxaClient, ruxa
from tests.sandbox.apis.listener import Listener


def links(data: dict[str, Any], shape: ResultShape) -> list[str]:
    """Find the links of a finished task where this shape has them."""
    match shape:
        case "json_string":
            return list(json.loads(data["resultJson"])["resultUrls"])
        case "json_object":
            return list(data["resultJson"]["resultUrls"])
        case "urls":
            return list(data["resultUrls"])
        case "results":
            return [result["url"] for result in data["results"]]


@pytest.mark.parametrize("shape", ["json_string", "json_object", "urls", "results"])
async def test_the_result_comes_in_every_shape(
    ruxa_api: RuxaServer, ruxa_client: RuxaClient, listener: Listener, shape: ResultShape
) -> None:
    """The query and the enveloped callback have the links in the same place."""
    ruxa_api.result_shape = shape
    data = await ruxa_client.end({**ruxa(), "callBackUrl": listener.url})
    [link] = links(data, shape)
    assert await ruxa_client.get(link)
    assert await listener.next() == {"code": 200, "message": "success", "data": data}


@pytest.mark.parametrize("shape", ["flat", "bare"])
async def test_the_callback_may_be_flat(
    ruxa_api: RuxaServer, ruxa_client: RuxaClient, listener: Listener, shape: CallbackShape
) -> None:
    """It then has its own fields, for a success and a failure, and the id only when it is not bare."""
    ruxa_api.callback_shape = shape
    data = await ruxa_client.end({**ruxa(), "callBackUrl": listener.url})
    of_the_task = {"taskId": data["taskId"]} if shape == "flat" else {}
    urls = links(data, "json_string")
    assert await listener.next() == {
        **of_the_task,
        "state": "success",
        "resultUrls": urls,
        "failMsg": None,
    }
    ruxa_api.fail_tasks = ApiError(500, "Internal server error")
    data = await ruxa_client.end({**ruxa(), "callBackUrl": listener.url})
    told = await listener.next()
    assert told.pop("taskId", None) == (data["taskId"] if shape == "flat" else None)
    assert told == {"state": "fail", "resultUrls": [], "failMsg": "Internal server error"}


async def test_the_done_word_may_be_another(
    ruxa_api: RuxaServer, ruxa_client: RuxaClient, listener: Listener
) -> None:
    """A finished task may be `completed` in the query and the callback."""
    ruxa_api.done_word = "completed"
    data = await ruxa_client.end({**ruxa(), "callBackUrl": listener.url})
    assert data["state"] == "completed"
    assert len(links(data, "json_string")) == 1
    assert (await listener.next())["data"]["state"] == "completed"


async def test_a_state_may_be_unknown(ruxa_api: RuxaServer, ruxa_client: RuxaClient) -> None:
    """A word that nobody documented stands for generating, and the task ends well."""
    ruxa_api.odd_state, ruxa_api.seconds = "polishing", 0.6
    history = await ruxa_client.history(await ruxa_client.created(ruxa()))
    assert [data["state"] for data in history] == ["waiting", "queuing", "polishing", "success"]


async def test_a_task_may_be_stuck(ruxa_api: RuxaServer, ruxa_client: RuxaClient, listener: Listener) -> None:
    """It waits on while tasks that come after it are made, and is neither billed nor called back."""
    ruxa_api.stuck = True
    task_id = await ruxa_client.created({**ruxa(), "callBackUrl": listener.url})
    ruxa_api.stuck = False
    await ruxa_client.made(ruxa())
    assert (await ruxa_client.query(task_id))[1]["data"] == {"taskId": task_id, "state": "waiting"}
    assert (ruxa_api.in_flight, ruxa_api.billed, listener.is_empty) == (1, 1, True)


async def test_a_success_may_be_empty(ruxa_api: RuxaServer, ruxa_client: RuxaClient) -> None:
    """A task that made no picture succeeds with no links, and costs nothing."""
    ruxa_api.no_picture = True
    data = await ruxa_client.end(ruxa())
    assert (data["state"], json.loads(data["resultJson"])) == ("success", {"resultUrls": []})
    assert (ruxa_api.billed, ruxa_api.calls[0].links) == (0, ())


@pytest.mark.parametrize("chinese", [False, True])
async def test_refused_content_fails_the_task(
    ruxa_api: RuxaServer, ruxa_client: RuxaClient, listener: Listener, chinese: bool
) -> None:
    """The task is created, and then fails with a text in either language, at no cost."""
    ruxa_api.chinese = chinese
    body = {**ruxa(prompt="something FORBIDDEN"), "callBackUrl": listener.url}
    data = await ruxa_client.end(body)
    english = "could not generate an image with the given prompt"
    assert data == {
        "taskId": data["taskId"],
        "state": "fail",
        "failCode": "500",
        "failMsg": "提示词包含敏感内容" if chinese else english,
    }
    assert (await listener.next())["data"] == data
    assert (ruxa_api.billed, list(ruxa_api.calls)) == (0, [])


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{error.code} {error.message}")
async def test_tasks_can_be_let_fail(ruxa_api: RuxaServer, ruxa_client: RuxaClient, error: ApiError) -> None:
    """Each line of the table may be a task's end, which costs nothing."""
    ruxa_api.fail_tasks = error
    data = await ruxa_client.end(ruxa())
    assert (data["state"], data["failCode"], data["failMsg"]) == ("fail", str(error.code), error.message)
    assert (ruxa_api.billed, ruxa_api.in_flight) == (0, 0)


async def test_a_closing_server_leaves_no_task_behind(ruxa_client: RuxaClient) -> None:
    """What is stuck or being made ends with the server, unbilled."""
    async with RuxaServer(key="right", seconds=60) as server:
        await RuxaClient(server, ruxa_client.http).created(ruxa())
        server.stuck = True
        await RuxaClient(server, ruxa_client.http).created(ruxa())
        assert server.in_flight == 2
    assert (server.in_flight, server.billed) == (0, 0)
