"""What Ruxa AI's client sends: the fields of each model, spelt as that model wants them."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from bot.errors import (
    AnswerLost,
    CallFailed,
    KeyRefused,
    NothingSent,
    OutOfBalance,
    RequestRejected,
    TooManyRequests,
)
from bot.providers.base import NoReply, Offer
from bot.providers.ruxa import ASPECT_RATIOS, open_ruxa
from storage.records import Ticket
from tests.bot.providers.broken_server import Server
from tests.bot.providers.set_up import order, settings, source

CREATED = {"code": 200, "message": "success", "data": {"taskId": "task-1"}}
EDIT = "google/nano-banana-edit"
INPUTS = ["https://cdn.example/1.png?ex=1&hm=2", "https://cdn.example/2.png"]


async def sent(server: Server, folder: Path, *inputs: str, **changes: Any) -> dict[str, Any]:
    """The body of a submit with these inputs; `settings` are changed with the rest."""
    server.say(CREATED)
    sources = [source(folder, url, name=f"input-{number}") for number, url in enumerate(inputs)]
    of_settings = {name: changes.pop(name) for name in list(changes) if name.startswith("ruxa_")}
    async with open_ruxa(settings(server, **of_settings)) as ruxa:
        assert await ruxa.submit(order(*sources, **changes)) == Ticket("task-1", None)
    return server.documents()[-1]


@pytest.mark.parametrize("ratio", [None, *ASPECT_RATIOS])
@pytest.mark.parametrize("output_format", ["png", "jpeg"])
async def test_the_standard_model(
    server: Server, tmp_path: Path, ratio: str | None, output_format: str
) -> None:
    """Its ratio is called `image_size`, and its JPEG `jpeg`; it has neither inputs nor a resolution."""
    for edit_model in (None, EDIT):
        assert await sent(
            server,
            tmp_path,
            aspect_ratio=ratio,
            ruxa_output_format=output_format,
            ruxa_edit_model=edit_model,
        ) == {
            "model": "google/nano-banana",
            "input": {
                "prompt": "a banana",
                "output_format": output_format,
                "image_size": ratio or "auto",
            },
        }


@pytest.mark.parametrize("ratio", [None, *ASPECT_RATIOS])
@pytest.mark.parametrize("inputs", [[], INPUTS[:1], INPUTS], ids=len)
async def test_the_pro_model(server: Server, tmp_path: Path, inputs: list[str], ratio: str | None) -> None:
    """Its inputs are a list in any case, its resolution is lower case, and its JPEG `jpg`; so it is at 4K."""
    for resolution, output_format in product(("1K", "2K", "4K"), ("png", "jpeg")):
        body = await sent(
            server,
            tmp_path,
            *inputs,
            model="nano-banana-pro",
            resolution=resolution,
            aspect_ratio=ratio,
            ruxa_output_format=output_format,
        )
        assert body == {
            "model": "google/nano-banana-pro",
            "input": {
                "prompt": "a banana",
                "image_input": inputs,
                "aspect_ratio": ratio or "auto",
                "resolution": resolution.lower(),
                "output_format": "png" if output_format == "png" and resolution != "4K" else "jpg",
            },
        }


@pytest.mark.parametrize("ratio", [None, *ASPECT_RATIOS])
@pytest.mark.parametrize("output_format", ["png", "jpeg"])
async def test_the_edit_model(server: Server, tmp_path: Path, ratio: str | None, output_format: str) -> None:
    """Where the operator has named one, it takes the standard model's edits, with `image_urls`."""
    body = await sent(
        server,
        tmp_path,
        *INPUTS,
        aspect_ratio=ratio,
        ruxa_edit_model=EDIT,
        ruxa_output_format=output_format,
    )
    assert body == {
        "model": EDIT,
        "input": {
            "prompt": "a banana",
            "output_format": output_format,
            "image_size": ratio or "auto",
            "image_urls": INPUTS,
        },
    }


async def test_the_call_itself(server: Server) -> None:
    """One POST with key and type; the address for a callback stands beside the model."""
    server.say(CREATED)
    async with open_ruxa(settings(server)) as ruxa:
        await ruxa.submit(order(callback_url="https://bot.example/callbacks/ruxa/secret"))
    [body], [head] = server.documents(), server.heads
    assert body.keys() == {"model", "input", "callBackUrl"}
    assert body["callBackUrl"] == "https://bot.example/callbacks/ruxa/secret"
    assert head.startswith("POST /api/v1/tasks/create HTTP/1.1\r\n")
    for line in ("Authorization: Bearer key", "Content-Type: application/json", "Accept: application/json"):
        assert f"{line}\r\n" in head


async def test_the_count_is_left_to_several_calls(server: Server, tmp_path: Path) -> None:
    """A task brings one picture, and knows no field for more."""
    async with open_ruxa(settings(server)) as ruxa:
        assert ruxa.images_per_call == 1
    assert "count" not in str(await sent(server, tmp_path, count=4))


@pytest.mark.parametrize("edit_model", [None, EDIT])
async def test_what_is_offered(server: Server, edit_model: str | None) -> None:
    """Two models in eleven ratios; without an edit model the pro model stands in for edits."""
    async with open_ruxa(settings(server, ruxa_edit_model=edit_model)) as ruxa:
        assert list(ruxa.offers) == [
            Offer("nano-banana", ("1K",), ASPECT_RATIOS, edited_as=None if edit_model else "nano-banana-pro"),
            Offer("nano-banana-pro", ("1K", "2K", "4K"), ASPECT_RATIOS),
        ]
        assert ruxa.fetches_inputs
        assert ruxa.calls_back
    assert len(ASPECT_RATIOS) == 11


async def test_a_task_is_asked_for(server: Server) -> None:
    """Its id stands in the path, whatever is in it; the answer is read."""
    async with open_ruxa(settings(server)) as ruxa:
        server.say({"code": 200, "data": {"taskId": "task-1", "state": "generating"}})
        assert await ruxa.query("task-1") == Ticket("task-1", None)
        server.say({"code": 200, "data": {"state": "success", "resultUrls": ["https://cdn.example/1.png"]}})
        assert (await ruxa.query("../a?b#c%2Fd")).urls == ("https://cdn.example/1.png",)
        server.say({"code": 200, "data": {"taskId": "task-1", "state": "fail", "failMsg": "no"}})
        with pytest.raises(CallFailed):
            await ruxa.query("task-1")
        server.say({"code": 401, "message": "no"})
        with pytest.raises(NoReply):
            await ruxa.query("task-1")
        server.behaviour = server.reset_after
        with pytest.raises(NoReply):
            await ruxa.query("task-1")
    paths = [head.split()[:2] for head in server.heads]
    assert paths[:2] == [
        ["GET", "/api/v1/tasks/query/task-1"],
        ["GET", "/api/v1/tasks/query/..%2Fa%3Fb%23c%252Fd"],
    ]
    assert all("Authorization: Bearer key\r\n" in head for head in server.heads)


async def test_questions_become_rarer(server: Server) -> None:
    """From the interval to three of them, jittered, whether it calls back or not."""
    for public_url in (None, "https://bot.example"):
        async with open_ruxa(settings(server, poll_seconds=5.0, public_url=public_url)) as ruxa:
            pauses = [ruxa.pause(questions) for questions in range(30)]
        assert pauses[0] == 5.0
        assert all(4.0 <= pause <= 18.0 for pause in pauses)
        assert all(pause >= 12.0 for pause in pauses[10:])


async def test_a_callback_is_only_a_wake_up(server: Server) -> None:
    """Enveloped, flat or without its id: nothing in it is believed, not even a failure."""
    url = "https://cdn.example/1.png"
    async with open_ruxa(settings(server)) as ruxa:
        for fields in (
            {"taskId": "task-1", "state": "success", "resultJson": '{"resultUrls": ["' + url + '"]}'},
            {"taskId": "task-1", "state": "success", "resultUrls": [url], "failMsg": None},
            {"task_id": "task-1", "status": "failed", "failMsg": "提示词包含敏感内容"},
            {"taskId": "task-1"},
        ):
            assert ruxa.read_callback({"code": 200, "data": fields}) == Ticket("task-1", None)
            assert ruxa.read_callback(fields) == Ticket("task-1", None)
        assert ruxa.read_callback({"state": "success", "resultUrls": [url]}) == Ticket(None, None)
        assert ruxa.read_callback({"code": 501, "data": {"taskId": 7}}) == Ticket("7", None)
        assert ruxa.read_callback({"code": 200, "data": "task-1"}) == Ticket("task-1", None)
        for nonsense in ({}, {"success": True}, {"code": 200, "data": None}, {"code": 200, "data": {}}):
            with pytest.raises(ValueError, match="no callback"):
                ruxa.read_callback(nonsense)


async def test_the_key_is_tried_without_a_task(server: Server) -> None:
    """A task that cannot exist is not found, which means that the key is good."""
    async with open_ruxa(settings(server)) as ruxa:
        for in_200 in (False, True):
            server.say({"code": 404, "message": "未找到"}, 200 if in_200 else 404)
            await ruxa.check_key()
            server.say({"code": 401, "message": "未授权 - API Key 无效"}, 200 if in_200 else 401)
            with pytest.raises(KeyRefused):
                await ruxa.check_key()
            server.say({"code": 402, "message": "积分不足"}, 200 if in_200 else 402)
            with pytest.raises(OutOfBalance):
                await ruxa.check_key()
    assert all(head.startswith("GET ") for head in server.heads)


@pytest.mark.parametrize("status", [200, 404, 422])
@pytest.mark.parametrize("document", [{}, {"code": 200, "data": {}}, {"detail": "Not Found"}])
async def test_another_server_does_not_show_that_the_key_is_good(
    server: Server, status: int, document: dict[str, Any]
) -> None:
    """A web page that is there, or is not, has never heard of our key."""
    server.say(document, status)
    async with open_ruxa(settings(server)) as ruxa:
        with pytest.raises(NoReply, match=f"not Ruxa AI: HTTP {status}"):
            await ruxa.check_key()


@pytest.mark.parametrize("status", [429, 500, 502])
async def test_an_ill_api_does_not_show_that_the_key_is_good(server: Server, status: int) -> None:
    """A server that fails has not looked at the key; nor has one that breaks off."""
    server.say({"code": status, "message": "words"}, status)
    async with open_ruxa(settings(server)) as ruxa:
        with pytest.raises((TooManyRequests, AnswerLost)):
            await ruxa.check_key()
        server.behaviour = server.reset_after
        with pytest.raises(NoReply):
            await ruxa.check_key()


async def test_no_error_shows_the_key(server: Server) -> None:
    """Neither a refused connection nor a refusal has our key in its words."""
    server.say({"code": 422, "message": "no"})
    nowhere = Server()
    nowhere.port = 1
    for target, kind in ((server, RequestRejected), (nowhere, NothingSent)):
        async with open_ruxa(settings(target, ruxa_api_key="sk-planted")) as ruxa:
            with pytest.raises(kind) as error:
                await ruxa.submit(order())
        assert "planted" not in f"{error.value} {error.value!r} {error.value.__cause__!r}"
