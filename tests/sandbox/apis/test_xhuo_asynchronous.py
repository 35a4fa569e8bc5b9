"""The stand-in of XHuoAPI answers at once when asked to, calls back, and tells of its tasks."""

import asyncio
import time
import uuid

import pytest

from sandbox.apis.painter import read_marks
from sandbox.apis.xhuo import XHuoServer
from sandbox.apis.xhuo_errors import ApiError
from tests.sandbox.apis.client import GENERATE, Client, data_uri, edit, picture_file, retrieval
from tests.sandbox.apis.listener import Listener

FAILURE = ApiError(500, "api_error", "Internal server error.")


async def test_a_callback_brings_what_a_synchronous_answer_would(
    api: XHuoServer, client: Client, listener: Listener
) -> None:
    """The first answer holds the ids alone, the callback the same ids and the pictures, billed once."""
    status, answer = await client.post({**GENERATE, "count": 2, "callback_url": listener.url})
    assert (status, answer["success"], sorted(answer)) == (200, True, ["success", "task_id", "trace_id"])
    told = await listener.next()
    assert told.items() >= answer.items()
    assert sorted(told) == ["data", "success", "task_id", "trace_id"]
    assert [item["prompt"] for item in told["data"]] == ["a red boat"] * 2
    pictures = [read_marks(await client.get(item["image_url"])) for item in told["data"]]
    assert [picture.number for picture in pictures] == [0, 1]
    [call] = api.calls
    assert (call.task_id, call.callback_url, call.billed) == (answer["task_id"], listener.url, 2)
    assert (api.billed, api.posts, api.in_flight) == (2, 1, 0)


async def test_edits_call_back_too(api: XHuoServer, client: Client, listener: Listener) -> None:
    """An edit in the background is made from its inputs."""
    await client.post(edit(data_uri(picture_file(colour="blue")), callback_url=listener.url))
    [item] = (await listener.next())["data"]
    [colour] = read_marks(await client.get(item["image_url"])).inputs
    assert colour == pytest.approx((0, 0, 255), abs=8)


async def test_the_first_answer_may_hold_the_result(
    api: XHuoServer, client: Client, listener: Listener
) -> None:
    """On demand the first answer has the data, and the callback says the same again."""
    api.answers_data_with_callback = True
    _, answer = await client.post({**GENERATE, "callback_url": listener.url})
    assert len(answer["data"]) == 1
    assert await listener.next() == answer
    assert api.billed == 1


async def test_tasks_can_be_let_fail(api: XHuoServer, client: Client, listener: Listener) -> None:
    """The callback then tells the error with the task's id, and nothing is billed."""
    api.fail_tasks, api.balance = FAILURE, 1
    _, answer = await client.post({**GENERATE, "callback_url": listener.url})
    assert await listener.next() == {
        "success": False,
        "task_id": answer["task_id"],
        "trace_id": answer["trace_id"],
        "error": {"code": "api_error", "message": "Internal server error."},
    }
    assert (api.billed, api.balance, api.in_flight) == (0, 1, 0)
    assert await client.made(GENERATE)


async def test_an_unusable_input_is_told_by_the_callback(client: Client, listener: Listener) -> None:
    """Inputs are looked at in the background, after the first answer."""
    status, _ = await client.post(edit("http://127.0.0.1:9/a.png", callback_url=listener.url))
    told = await listener.next()
    assert (status, told["success"], told["error"]["code"]) == (200, False, "token_mismatched")


@pytest.mark.parametrize(
    "url", ["", "callbacks", "ftp://example.com/", "http://", "http://[/", 5, None, ["http://example.com/"]]
)
async def test_a_callback_url_must_be_a_link(api: XHuoServer, client: Client, url: object) -> None:
    """Anything else is refused before there is a task."""
    status, answer = await client.post({**GENERATE, "callback_url": url})
    assert (status, answer["error"]["code"]) == (400, "token_mismatched")
    assert answer["error"]["message"] == "callback_url must be an http(s) URL"


async def test_refusals_come_with_the_first_answer(
    api: XHuoServer, client: Client, listener: Listener
) -> None:
    """Moderation, an empty balance and too many tasks are told at once and never called back."""
    body = {**GENERATE, "callback_url": listener.url}
    api.balance, api.max_in_flight, api.seconds = 1, 1, 0.3
    refused = [await client.post({**body, "prompt": "forbidden"}), await client.post({**body, "count": 2})]
    await client.post(body)
    assert api.in_flight == 1
    refused.append(await client.post(body))
    assert [(status, answer["error"]["code"]) for status, answer in refused] == [
        (403, "forbidden"),
        (403, "used_up"),
        (429, "rate_limited"),
    ]
    assert (await listener.next())["success"] is True
    assert (api.billed, api.balance, listener.is_empty) == (1, 0, True)


async def test_an_account_emptied_meanwhile_stays_empty(
    api: XHuoServer, client: Client, listener: Listener
) -> None:
    """A task in flight neither fills the balance up again nor makes it negative."""
    api.seconds = 0.1
    await client.post({**GENERATE, "callback_url": listener.url})
    api.balance = 0
    assert (await listener.next())["success"] is True
    api.fail_tasks, api.balance = FAILURE, 1
    await client.post({**GENERATE, "callback_url": listener.url})
    api.balance = 0
    assert (await listener.next())["success"] is False
    assert (api.balance, api.billed) == (0, 1)


async def test_async_answers_at_once_and_is_retrieved(api: XHuoServer, client: Client) -> None:
    """A task has no response while it runs, and the synchronous JSON when it is done."""
    api.has_tasks_call, api.seconds = True, 0.2
    _, answer = await client.post({**GENERATE, "async": True})
    assert sorted(answer) == ["success", "task_id", "trace_id"]
    status, running = await client.retrieve(retrieval(answer["task_id"]))
    assert (status, sorted(running)) == (200, ["created_at", "id", "request"])
    assert running["id"] == answer["task_id"]
    assert running["request"] == {**GENERATE, "async": True}
    assert running["created_at"] == pytest.approx(time.time(), abs=10)
    done = await client.finished(answer["task_id"])
    assert done.items() >= running.items()
    assert done["finished_at"] - done["created_at"] >= 0.2
    assert done["response"].items() >= answer.items()
    assert await client.get(done["response"]["data"][0]["image_url"])
    assert (api.posts, list(api.callbacks.sent)) == (1, [])


async def test_a_failed_task_is_retrieved_as_one(api: XHuoServer, client: Client) -> None:
    """The response of a failed task is the error."""
    api.has_tasks_call, api.fail_tasks = True, FAILURE
    _, answer = await client.post({**GENERATE, "async": True})
    response = (await client.finished(answer["task_id"]))["response"]
    assert (response["success"], response["error"]["code"]) == (False, "api_error")


async def test_a_task_with_a_callback_is_retrieved_too(
    api: XHuoServer, client: Client, listener: Listener
) -> None:
    """With async or without it, the tasks call and the callback tell the same."""
    api.has_tasks_call = True
    for fields in ({}, {"async": True}, {"async": False}):
        _, answer = await client.post({**GENERATE, **fields, "callback_url": listener.url})
        assert "data" not in answer
        told = await listener.next()
        assert (await client.finished(answer["task_id"]))["response"] == told


async def test_a_synchronous_call_is_a_task_too(api: XHuoServer, client: Client) -> None:
    """With async false the answer holds the data, and it can be retrieved without the inputs."""
    api.has_tasks_call, api.fail_tasks = True, FAILURE
    _, answer = await client.post(edit(data_uri(picture_file()), **{"async": False}))
    assert len(answer["data"]) == 1
    shown = await client.finished(answer["task_id"])
    assert shown["response"] == answer
    assert shown["request"] == {"action": "edit", "prompt": "make it blue", "async": False}


@pytest.mark.parametrize("value", ["true", 1, None])
async def test_async_must_be_a_boolean(api: XHuoServer, client: Client, value: object) -> None:
    """Anything else is refused."""
    api.has_tasks_call = True
    status, answer = await client.post({**GENERATE, "async": value})
    assert (status, answer["error"]["message"]) == (400, "async must be a boolean")


async def test_without_the_tasks_call_async_is_unknown(client: Client) -> None:
    """XHuoAPI documents neither, so that they are refused unless they are asked for."""
    status, answer = await client.post({**GENERATE, "async": True})
    assert (status, answer["error"]["message"]) == (400, "unknown field async")
    status, answer = await client.retrieve(retrieval("x"))
    assert (status, answer["error"]["code"]) == (404, "no_api")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        [],
        {"action": "retrieve"},
        {"id": "", "action": "retrieve"},
        {"id": 5, "action": "retrieve"},
        {"id": "x"},
        {"id": "x", "action": "retrieve_batch"},
        {"id": "x", "action": "retrieve", "ids": []},
    ],
)
async def test_a_tasks_call_against_the_documentation_is_refused(
    api: XHuoServer, client: Client, body: object
) -> None:
    """Each mistake is 400 token_mismatched."""
    api.has_tasks_call = True
    status, answer = await client.retrieve(body)
    assert (status, answer["error"]["code"]) == (400, "token_mismatched")


async def test_a_tasks_call_needs_a_known_id_and_the_key(api: XHuoServer, client: Client) -> None:
    """An unknown id is 404 not_found, another's key 401; neither counts as a paid call."""
    api.has_tasks_call = True
    status, answer = await client.retrieve(retrieval(str(uuid.uuid4())))
    assert (status, answer["success"], answer["error"]["code"]) == (404, False, "not_found")
    status, answer = await client.retrieve(retrieval("x"), authorization="Bearer wrong")
    assert (status, answer["error"]["code"]) == (401, "invalid_token")
    assert api.posts == 0


async def test_a_closing_server_leaves_no_task_behind(client: Client, listener: Listener) -> None:
    """What runs in the background ends with the server, unbilled."""
    async with XHuoServer(key="right", seconds=60) as api:
        await Client(api, client.http).post({**GENERATE, "callback_url": listener.url})
    assert (api.billed, api.in_flight, listener.is_empty) == (0, 0, True)
    assert asyncio.all_tasks() == {asyncio.current_task()}
