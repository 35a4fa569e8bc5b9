"""What XHuoAPI's client sends in each of its modes, and how it waits."""

from pathlib import Path
from typing import Any

import pytest

from bot.errors import (
    AnswerLost,
    CallFailed,
    ContentRefused,
    KeyRefused,
    NothingSent,
    OutOfBalance,
    ProviderError,
    RequestRejected,
)
from bot.providers.base import NoReply
from bot.providers.xhuo import CALLBACK_OVERDUE, LONGEST_OVERDUE, open_xhuo
from storage.records import Ticket
from tests.bot.providers.broken_server import Server
from tests.bot.providers.set_up import order, settings, source

URL = "https://cdn.example/1.png"
MADE = {"success": True, "task_id": "task-1", "trace_id": "trace-1", "data": [{"image_url": URL}]}
TAKEN = {"success": True, "task_id": "task-1", "trace_id": "trace-1"}
ERROR = {"success": False, "error": {"code": "invalid_token", "message": "bad"}}
PUBLIC = "https://bot.example"
CALLBACK = f"{PUBLIC}/callbacks/xhuo/secret"


async def test_what_is_sent(server: Server, tmp_path: Path) -> None:
    """The fields of the specification: without pictures a generation, with pictures an edit."""
    server.say(MADE)
    wanted: dict[str, Any] = {
        "model": "nano-banana-2",
        "resolution": "4K",
        "aspect_ratio": "16:9",
        "count": 2,
    }
    picture = source(tmp_path, "https://cdn.discord.example/input")
    async with open_xhuo(settings(server)) as xhuo:
        ticket = await xhuo.submit(order(**wanted))
        await xhuo.submit(order(picture, **wanted | {"aspect_ratio": None}))
    assert ticket == Ticket("task-1", "trace-1", (URL,))
    generate, edit = server.documents()
    plain = {"prompt": "a banana", "model": "nano-banana-2", "resolution": "4K", "count": 2}
    assert generate == {"action": "generate", "aspect_ratio": "16:9", **plain}
    assert edit == {"action": "edit", "image_urls": ["data:image/webp;base64,cGljdHVyZQ=="], **plain}
    assert server.heads[0].startswith("POST /v1/nano-banana/images ")
    assert "Authorization: Bearer key\r\n" in server.heads[0]
    assert "Accept: application/json\r\n" in server.heads[0]


@pytest.mark.parametrize("with_picture", [False, True])
@pytest.mark.parametrize(
    ("mode", "more"), [("callback", {"callback_url": CALLBACK}), ("async", {"async": True})]
)
async def test_what_the_asynchronous_modes_add(
    server: Server, tmp_path: Path, mode: str, more: dict[str, object], with_picture: bool
) -> None:
    """One field each beside those of mode `sync`; the answer is a ticket without links."""
    server.say(TAKEN)
    sources = [source(tmp_path)] if with_picture else []
    callback_url = CALLBACK if mode == "callback" else None
    async with open_xhuo(settings(server, xhuo_mode=mode, public_url=PUBLIC)) as xhuo:
        assert xhuo.calls_back is (mode == "callback")
        assert await xhuo.submit(order(*sources, callback_url=callback_url)) == Ticket("task-1", "trace-1")
    [sent] = server.documents()
    plain = {"prompt": "a banana", "model": "nano-banana", "resolution": "1K", "count": 1}
    ways: list[dict[str, object]] = [
        {"action": "generate"},
        {"action": "edit", "image_urls": ["data:image/webp;base64,cGljdHVyZQ=="]},
    ]
    assert sent == {"aspect_ratio": "1:1", **plain, **more, **ways[with_picture]}


@pytest.mark.parametrize("mode", ["callback", "async"])
async def test_an_answer_may_already_hold_the_pictures(server: Server, mode: str) -> None:
    """Then nothing is left to wait for."""
    server.say(MADE)
    async with open_xhuo(settings(server, xhuo_mode=mode, public_url=PUBLIC)) as xhuo:
        assert (await xhuo.submit(order())).urls == (URL,)


async def test_in_mode_sync_ids_alone_are_a_lost_answer(server: Server) -> None:
    """Nobody will call back, and nobody would be asked."""
    server.say(TAKEN)
    async with open_xhuo(settings(server)) as xhuo:
        with pytest.raises(AnswerLost):
            await xhuo.submit(order())


@pytest.mark.parametrize(
    ("mode", "public_url", "calls_back", "asks_soon"),
    [
        (None, None, False, False),
        (None, PUBLIC, True, False),
        ("sync", PUBLIC, False, False),
        ("async", None, False, True),
    ],
)
async def test_the_mode_follows_from_the_settings(
    server: Server, mode: str | None, public_url: str | None, calls_back: bool, asks_soon: bool
) -> None:
    """It calls back where it can reach us, unless the operator has chosen; `async` alone is asked soon."""
    async with open_xhuo(settings(server, xhuo_mode=mode, public_url=public_url)) as xhuo:
        assert xhuo.calls_back is calls_back
        assert (xhuo.pause(0) < LONGEST_OVERDUE) is asks_soon


async def test_a_callback_has_time_before_the_first_question(server: Server) -> None:
    """In mode `callback` a question is for the case that the callback stays away, in `async` it is usual."""
    common = {"public_url": PUBLIC, "poll_seconds": 2.0}
    async with open_xhuo(settings(server, xhuo_mode="callback", **common)) as xhuo:
        assert {xhuo.pause(questions) for questions in range(20)} == {2.0 * CALLBACK_OVERDUE}
    async with open_xhuo(settings(server, xhuo_mode="async", **common)) as xhuo:
        assert xhuo.pause(0) == 2.0
        assert 2.0 <= xhuo.pause(50) <= 7.2


async def test_nobody_waits_long_for_the_first_question(server: Server) -> None:
    """However rarely the operator lets it ask, a callback is overdue after a minute."""
    common = {"public_url": PUBLIC, "poll_seconds": 30.0}
    for mode in ("callback", "sync"):  # what a change of the mode has left under way is asked for too
        async with open_xhuo(settings(server, xhuo_mode=mode, **common)) as xhuo:
            assert {xhuo.pause(questions) for questions in range(5)} == {LONGEST_OVERDUE}


async def test_a_task_is_asked_for(server: Server) -> None:
    """The tasks call gets the id, and its answer is read."""
    async with open_xhuo(settings(server, xhuo_mode="async")) as xhuo:
        server.say({"id": "task-1", "created_at": 1.5, "request": {}})
        assert await xhuo.query("task-1") == Ticket("task-1", None)
        server.say({"id": "task-1", "response": MADE})
        assert await xhuo.query("task-1") == Ticket("task-1", "trace-1", (URL,))
        server.say({"id": "task-1", "response": {"success": False, "error": {"code": "api_error"}}})
        with pytest.raises(CallFailed):
            await xhuo.query("task-1")
        server.say({"error": {"code": "no_api"}}, 404)
        with pytest.raises(NoReply):
            await xhuo.query("task-1")
        server.behaviour = server.reset_after
        with pytest.raises(NoReply):
            await xhuo.query("task-1")
    assert server.documents() == [{"id": "task-1", "action": "retrieve"}] * 5
    assert server.heads[0].startswith("POST /v1/nano-banana/tasks ")
    assert "Authorization: Bearer key\r\n" in server.heads[0]


async def test_a_callback_is_read_like_an_answer(server: Server) -> None:
    """Pictures, failures and refusals; and what is no callback at all."""
    async with open_xhuo(settings(server, public_url=PUBLIC)) as xhuo:
        assert xhuo.read_callback(MADE) == Ticket("task-1", "trace-1", (URL,))
        assert xhuo.read_callback(TAKEN) == Ticket("task-1", "trace-1")
        assert xhuo.read_callback({"data": MADE["data"]}) == Ticket(None, None, (URL,))
        failures: list[tuple[dict[str, object], type[ProviderError]]] = [
            ({"code": "api_error", "message": "Internal server error."}, CallFailed),
            ({"code": "forbidden", "message": "no"}, ContentRefused),
            ({"code": "used_up", "message": "no"}, OutOfBalance),
        ]
        for failure, kind in failures:
            with pytest.raises(kind) as error:
                xhuo.read_callback({"success": False, "task_id": "task-1", "error": failure})
            assert type(error.value) is kind
            assert error.value.task_id == "task-1"
        with pytest.raises(ContentRefused):
            xhuo.read_callback(TAKEN | {"data": []})
        for nonsense in ({}, {"task_id": "task-1"}, {"state": "success"}):
            with pytest.raises(ValueError, match="no callback"):
                xhuo.read_callback(nonsense)


async def test_the_key_is_tried_without_an_order(server: Server) -> None:
    """An empty document can make no picture; that it is refused as such means that the key is good."""
    async with open_xhuo(settings(server)) as xhuo:
        server.say({"error": {"code": "bad_request", "message": "no prompt"}}, 400)
        await xhuo.check_key()
        server.say(ERROR, 401)
        with pytest.raises(KeyRefused):
            await xhuo.check_key()
        server.say({"error": {"code": "used_up", "message": "no"}}, 403)
        with pytest.raises(OutOfBalance):
            await xhuo.check_key()
    assert server.documents() == [{}] * 3


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        (200, MADE, NoReply),
        (200, {}, AnswerLost),
        (400, {}, RequestRejected),
        (400, {"error": {"code": "no_api"}}, RequestRejected),
        (404, {"detail": "Not Found"}, RequestRejected),
        (502, {}, AnswerLost),
    ],
)
async def test_another_server_does_not_show_that_the_key_is_good(
    server: Server, status: int, document: dict[str, Any], kind: type[Exception]
) -> None:
    """Only the API itself refuses an empty order in its own words."""
    server.say(document, status)
    async with open_xhuo(settings(server)) as xhuo:
        with pytest.raises(kind):
            await xhuo.check_key()


async def test_an_api_that_cannot_be_reached_is_no_good_key() -> None:
    """Nothing was sent, and that is said."""
    nowhere = Server()
    nowhere.port = 1
    async with open_xhuo(settings(nowhere)) as xhuo:
        with pytest.raises(NothingSent):
            await xhuo.check_key()


async def test_no_error_shows_the_key(server: Server) -> None:
    """Neither a refused connection nor a refused key has our key in its words."""
    server.say(ERROR)
    nowhere = Server()
    nowhere.port = 1
    for target, kind in ((server, KeyRefused), (nowhere, NothingSent)):
        async with open_xhuo(settings(target, xhuo_api_key="sk-planted")) as xhuo:
            with pytest.raises(kind) as error:
                await xhuo.submit(order())
        assert "planted" not in f"{error.value} {error.value!r} {error.value.__cause__!r}"
