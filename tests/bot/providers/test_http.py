"""Paid calls against a server on loopback: what goes out, and what is known after each way to fail."""

import asyncio
import base64
import json
import os
import socket
from pathlib import Path

import aiohttp
import pytest

from bot.errors import AnswerLost, NothingSent
from bot.images import SourceImage
from bot.providers import http
from bot.providers.base import NoReply
from bot.providers.http import ANSWER_LIMIT, CHUNK, JsonBody, ask, post_once
from tests.bot.providers.broken_server import Server

DOCUMENT = {"prompt": 'a "banana" 🍌\n', "count": 2}
DEADLINE = 10.0


def picture(folder: Path, size: int, name: str = "input") -> SourceImage:
    """A file of random bytes, as if it were a picture."""
    path = folder / f"{name}-{size}.bin"
    path.write_bytes(os.urandom(size))
    return SourceImage(path, "image/png", size, None)


async def whole(body: JsonBody) -> bytes:
    """The stream in one piece."""
    return b"".join([piece async for piece in body.stream()])


SIZES = [0, 1, 2, 3, 4, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 2]


@pytest.mark.parametrize("sizes", [[], *([size] for size in SIZES), SIZES], ids=str)
async def test_the_body_is_the_document_with_the_pictures_in_it(tmp_path: Path, sizes: list[int]) -> None:
    """Its length is known to the byte before, and every `data:` URI gives its file back."""
    sources = [picture(tmp_path, size) for size in sizes]
    body = JsonBody(DOCUMENT, sources)
    sent = await whole(body)
    assert len(sent) == body.length
    read = json.loads(sent)
    uris = read.pop("image_urls", [])
    assert read == DOCUMENT
    for uri, source in zip(uris, sources, strict=True):
        head, _, encoded = uri.partition(",")
        assert head == "data:image/png;base64"
        assert base64.b64decode(encoded, validate=True) == source.path.read_bytes()


async def test_no_piece_of_the_body_is_large(tmp_path: Path) -> None:
    """Pictures go out in pieces, so that they never pile up in memory."""
    body = JsonBody(DOCUMENT, [picture(tmp_path, 5 * CHUNK)])
    assert max([len(piece) async for piece in body.stream()]) <= CHUNK * 4 // 3


async def test_what_the_server_gets(server: Server, session: aiohttp.ClientSession, tmp_path: Path) -> None:
    """One POST with key, type and exact length; its answer comes back with status, headers and document."""
    server.reply = json.dumps({"success": True}).encode()
    sources = [picture(tmp_path, 100_000)]
    answer = await post_once(session, server.url, DOCUMENT, sources, deadline=DEADLINE)
    assert (answer.status, answer.document) == (200, {"success": True})
    assert answer.headers["Content-Length"] == "17"
    [head] = server.heads
    assert head.startswith("POST /v1/images HTTP/1.1\r\n")
    assert "Authorization: Bearer key\r\n" in head
    assert "Content-Type: application/json\r\n" in head
    assert "transfer-encoding" not in head.lower()
    assert json.loads(server.bodies[0])["prompt"] == DOCUMENT["prompt"]


async def test_every_call_has_a_connection_of_its_own(server: Server, session: aiohttp.ClientSession) -> None:
    """A kept connection may die just as we send, and then nobody knows what was billed."""
    for _ in range(3):
        await post_once(session, server.url, DOCUMENT, [], deadline=DEADLINE)
    assert (server.connections, len(server.bodies)) == (3, 3)


GARBAGE = [b"", b"<html>502</html>", b"\xff\xfe", b"[1]", b"null", b'"a"', b"{", b"[" * 100_000, b"1" * 5000]


@pytest.mark.parametrize("raw", GARBAGE, ids=len)
async def test_what_is_no_object_is_no_document(
    server: Server, session: aiohttp.ClientSession, raw: bytes
) -> None:
    """Garbage in an answer is noted as such, whatever it is, and leaves the decision to the status."""
    server.reply = raw
    assert (await post_once(session, server.url, DOCUMENT, [], deadline=DEADLINE)).document is None


async def test_a_redirect_is_not_followed(server: Server, session: aiohttp.ClientSession) -> None:
    """A second POST elsewhere could be billed twice, and would carry our key there."""
    server.behaviour = server.redirect
    assert (await post_once(session, server.url, DOCUMENT, [], deadline=DEADLINE)).status == 307
    assert server.connections == 1


@pytest.mark.parametrize("way", ["hang", "reset_after", "break_off", "endless", "nonsense"])
async def test_after_sending_the_answer_is_lost(
    server: Server, session: aiohttp.ClientSession, way: str
) -> None:
    """Whatever breaks once the request is out, it may have been billed; it was sent once."""
    server.behaviour = getattr(server, way)
    with pytest.raises(AnswerLost):
        await post_once(session, server.url, DOCUMENT, [], deadline=0.5 if way == "hang" else DEADLINE)
    assert (server.connections, len(server.bodies)) == (1, 1)


async def test_while_sending_the_answer_is_lost(
    server: Server, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """A connection that breaks under a large body is not tried again: the API had its beginning."""
    server.behaviour = server.reset_before
    with pytest.raises(AnswerLost):
        await post_once(session, server.url, DOCUMENT, [picture(tmp_path, 2**24)], deadline=DEADLINE)
    assert server.connections == 1


async def test_an_endless_answer_ends_at_its_limit(server: Server, session: aiohttp.ClientSession) -> None:
    """The error says so, long before the deadline."""
    server.behaviour = server.endless
    with pytest.raises(AnswerLost, match=str(ANSWER_LIMIT)):
        await post_once(session, server.url, DOCUMENT, [], deadline=60)


@pytest.mark.parametrize("way", ["refused", "no such name", "no TLS", "TLS cut short"])
async def test_without_a_connection_nothing_was_sent(
    server: Server, session: aiohttp.ClientSession, way: str
) -> None:
    """A closed port, an unknown name and a failed handshake: safe to be sent again."""
    url = server.url.replace("http:", "https:")
    if way == "refused":
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    elif way == "no such name":
        url = "http://nobody.invalid/"
    elif way == "no TLS":
        server.behaviour = server.speak_at_once
    else:
        server.behaviour = server.hang_up
    with pytest.raises(NothingSent):
        await post_once(session, url, DOCUMENT, [], deadline=DEADLINE)
    assert server.bodies == []


@pytest.mark.parametrize("document", [None, {"id": "task-1"}])
async def test_a_question(
    server: Server, session: aiohttp.ClientSession, document: dict[str, object] | None
) -> None:
    """With a document or without; status, headers and document of the answer come back."""
    server.say({"code": 200}, 404, Retry_After="7")
    answer = await ask(session, "POST" if document else "GET", server.url, document)
    assert (answer.status, answer.document, answer.retry_after(0.0)) == (404, {"code": 200}, 7.0)
    assert server.bodies == [json.dumps(document).encode() if document else b""]
    assert "Authorization: Bearer key\r\n" in server.heads[0]


@pytest.mark.parametrize("way", ["hang", "reset_after", "break_off", "endless", "nonsense", "refused"])
async def test_a_question_without_an_answer_is_no_reply(
    server: Server, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Whatever breaks, nothing was lost: it may be asked again; and it does not wait for ever."""
    monkeypatch.setattr(http, "QUESTION_TIMEOUT", 0.5)
    url = server.url
    if way == "refused":
        url = "http://127.0.0.1:1/"
    else:
        server.behaviour = getattr(server, way)
    with pytest.raises(NoReply):
        await ask(session, "GET", url)


async def test_a_redirected_question_is_not_followed(server: Server, session: aiohttp.ClientSession) -> None:
    """Our key goes nowhere else."""
    server.behaviour = server.redirect
    assert (await ask(session, "GET", server.url)).status == 307
    assert server.connections == 1


async def test_a_cancelled_call_hangs_up(server: Server, session: aiohttp.ClientSession) -> None:
    """Whoever no longer waits keeps no connection open."""
    gone = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.hang(reader, writer)
        gone.set()

    server.behaviour = wait
    call = asyncio.create_task(post_once(session, server.url, DOCUMENT, [], deadline=DEADLINE))
    async with asyncio.timeout(DEADLINE):
        while not server.bodies:  # noqa: ASYNC110  (the server's side has no event for it)
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await gone.wait()
