"""The stand-in of XHuoAPI refuses what its specification does not allow, at no cost."""

import asyncio
import base64
import uuid

import pytest
from aiohttp import web

from sandbox.apis.xhuo import XHuoServer
from tests.sandbox.apis.client import GENERATE, HEADERS, Client, data_uri, edit, picture_file

BAD_BODIES = {
    "not JSON": b"{",
    "not UTF-8": b'{"action": "\xff"}',
    "not an object": [GENERATE],
    "no action": {"prompt": "x"},
    "unknown action": {**GENERATE, "action": "remix"},
    "action of a wrong type": {**GENERATE, "action": ["generate"]},
    "no prompt": {"action": "generate"},
    "empty prompt": {**GENERATE, "prompt": " "},
    "prompt of a wrong type": {**GENERATE, "prompt": 5},
    "unknown field": {**GENERATE, "size": "1K"},
    "count of zero": {**GENERATE, "count": 0},
    "count of five": {**GENERATE, "count": 5},
    "count as text": {**GENERATE, "count": "1"},
    "count as a boolean": {**GENERATE, "count": True},
    "unknown model": {**GENERATE, "model": "nano-banana-3"},
    "model in capitals": {**GENERATE, "model": "NANO-BANANA"},
    "model null": {**GENERATE, "model": None},
    "unknown ratio": {**GENERATE, "aspect_ratio": "5:4"},
    "ratio null": {**GENERATE, "aspect_ratio": None},
    "resolution in small letters": {**GENERATE, "model": "nano-banana-pro", "resolution": "2k"},
    "more than nano-banana can": {**GENERATE, "resolution": "2K"},
    "inputs for generate": {**GENERATE, "image_urls": [data_uri(picture_file())]},
    "edit without inputs": {"action": "edit", "prompt": "x"},
    "edit with an empty list": edit(),
    "edit with one string": {**edit(), "image_urls": data_uri(picture_file())},
    "input of a wrong type": edit(5),
    "input that is no link": edit("ftp://example.com/a.png"),
    "input that is bare base64": edit(base64.b64encode(picture_file()).decode()),
    "input of a wrong kind": edit(data_uri(picture_file("GIF"), "gif")),
    "input under a wrong name": edit(data_uri(picture_file("JPEG"), "png")),
    "input with broken base64": edit(data_uri(picture_file()) + "*"),
    "input that is cut off": edit(data_uri(picture_file(size=(900, 900))[:900])),
    "input that is no picture": edit(data_uri(b"hello")),
    "input that is too large": edit(data_uri(b"x" * 25_000_001)),
    "input at a dead link": edit("http://127.0.0.1:9/a.png"),
    "input at no address": edit("http://"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_a_body_against_the_specification_is_refused(
    api: XHuoServer, client: Client, name: str
) -> None:
    """Each mistake is 400 token_mismatched in the specified shape, and costs nothing."""
    status, answer = await client.post(BAD_BODIES[name])
    assert (status, answer["success"], answer["error"]["code"]) == (400, False, "token_mismatched"), answer
    assert answer["error"]["message"]
    assert str(uuid.UUID(answer["trace_id"])) == answer["trace_id"]
    assert (api.billed, list(api.calls), api.posts) == (0, [], 1)


async def test_an_input_behind_a_missing_link_is_refused(client: Client, api: XHuoServer) -> None:
    """A link that answers 404, or with a page, is no input."""
    for path in ("nanobanana/none.png", "v1"):
        status, answer = await client.post(edit(f"http://{api.authority}/{path}"))
        assert (status, answer["error"]["code"]) == (400, "token_mismatched")


async def test_an_endless_input_is_cut_off(client: Client) -> None:
    """A link that never ends is read to the limit only."""

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 2**20)

    app = web.Application()
    app.router.add_get("/", endless)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        status, answer = await client.post(edit(f"http://127.0.0.1:{runner.addresses[0][1]}/"))
    finally:
        await runner.cleanup()
    assert (status, answer["error"]["message"]) == (400, "image_urls: larger than 25 MB")


@pytest.mark.parametrize("value", ["", "right", "Bearer wrong", "bearer right", "Basic right"])
async def test_a_wrong_key_is_401(client: Client, api: XHuoServer, value: str) -> None:
    """A missing, malformed or wrong key is invalid_token, before the body is looked at."""
    status, answer = await client.post(b"{", authorization=value)
    assert (status, answer["error"]["code"]) == (401, "invalid_token")
    assert api.billed == 0


@pytest.mark.parametrize("header", [{"accept": "text/html"}, {"content-type": "text/plain"}])
async def test_a_call_must_speak_json(client: Client, header: dict[str, str]) -> None:
    """Another content type or a client that accepts no JSON is refused."""
    status, answer = await client.post(GENERATE, **header)
    assert (status, answer["error"]["code"]) == (400, "token_mismatched")


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/nano-banana/images"), ("POST", "/v1/tasks")])
async def test_an_unknown_route_is_404(client: Client, api: XHuoServer, method: str, path: str) -> None:
    """What the API does not have is no_api."""
    async with client.http.request(method, f"http://{api.authority}{path}") as response:
        assert (response.status, (await response.json())["error"]["code"]) == (404, "no_api")


async def test_moderation_refuses_without_cost(client: Client, api: XHuoServer) -> None:
    """A prompt with a refused word is 403 forbidden and is not billed."""
    status, answer = await client.post({**GENERATE, "prompt": "something FORBIDDEN"})
    assert (status, answer["error"]["code"], api.billed) == (403, "forbidden", 0)


async def test_a_body_above_the_limit_is_413(api: XHuoServer) -> None:
    """A body that is announced as too large is refused in the API's own shape before it is sent."""
    reader, writer = await asyncio.open_connection(*api.authority.split(":"))
    lines = ["POST /v1/nano-banana/images HTTP/1.1", f"host: {api.authority}", "content-length: 400000000"]
    lines += [f"{name}: {value}" for name, value in HEADERS.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    try:
        async with asyncio.timeout(10):
            answer = await reader.readuntil(b'"trace_id"')
    finally:
        writer.close()
        await writer.wait_closed()
    assert b" 413 " in answer.splitlines()[0]
    assert b'"code": "request_too_large"' in answer
