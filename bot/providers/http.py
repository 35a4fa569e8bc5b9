"""Calls over HTTP: one paid POST, with a sharp line between "nothing was sent" and "perhaps billed"."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from bot.errors import AnswerLost, NothingSent
from bot.images import SourceImage
from bot.providers.base import NoReply

CONNECT_TIMEOUT = 8  # seconds; below the shortest deadline, so that "nothing was sent" is told apart
QUESTION_TIMEOUT = 20  # seconds for a call that costs nothing
ANSWER_LIMIT = 4 * 2**20  # bytes; answers hold links, not pictures
EXCERPT = 200  # characters
CHUNK = 3 * 2**16  # bytes read at once; a multiple of three, so that base64 needs no padding in between


@dataclass(frozen=True, slots=True)
class Answer:
    """What an API answered; `document` is None where the body is no JSON object."""

    status: int
    headers: Mapping[str, str]
    document: dict[str, Any] | None

    @property
    def is_success(self) -> bool:
        """Whether the status is one of the two hundreds."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def retry_after(self, now: float) -> float | None:
        """The pause that the API asks for, in seconds; written as seconds or as a date (RFC 9110, 10.2.3)."""
        words = self.headers.get("Retry-After", "").strip()
        if words.isdecimal():
            return float(words)
        try:
            date = parsedate_to_datetime(words)
            return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)
        except (ValueError, OverflowError):
            return None


@asynccontextmanager
async def api_session(headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientSession]:
    """A session for paid calls.

    Each call has a connection of its own: a kept one may be closed by the server just as we send, and then
    nobody knows whether the request was billed. One more handshake is cheap beside the making of an image.
    """
    connector = aiohttp.TCPConnector(force_close=True, limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=headers, trust_env=False) as session:
        yield session


async def post_once(
    session: aiohttp.ClientSession,
    url: str,
    document: Mapping[str, object],
    sources: Sequence[SourceImage],
    *,
    deadline: float,
) -> Answer:
    """POST a document, whose `image_urls` are the sources as `data:` URIs, streamed from disk.

    Raises `NothingSent` when no connection was made, and `AnswerLost` when it broke afterwards or the
    deadline (seconds) passed.
    """
    body = JsonBody(document, sources)
    timeout = aiohttp.ClientTimeout(total=deadline, sock_connect=CONNECT_TIMEOUT)
    headers = {"Content-Type": "application/json", "Content-Length": str(body.length)}
    try:
        async with session.post(
            url, data=body.stream(), headers=headers, timeout=timeout, allow_redirects=False
        ) as response:
            return await _read(response)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise NothingSent(_words(error)) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise AnswerLost(_words(error)) from error


async def ask(
    session: aiohttp.ClientSession, method: str, url: str, document: Mapping[str, object] | None = None
) -> Answer:
    """Make a call that costs nothing; raises `NoReply` when there is no whole answer."""
    timeout = aiohttp.ClientTimeout(total=QUESTION_TIMEOUT, sock_connect=CONNECT_TIMEOUT)
    try:
        async with session.request(
            method, url, json=document, timeout=timeout, allow_redirects=False
        ) as response:
            return await _read(response)
    except (aiohttp.ClientError, TimeoutError, OSError, AnswerLost) as error:
        raise NoReply(_words(error)) from error


def excerpt(value: object) -> str:
    """The beginning of what an API says, for the log; no word is cut, so that a secret stays recognisable."""
    words = str(value)
    return words if len(words) <= EXCERPT else words[:EXCERPT].rpartition(" ")[0]


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def word(value: object) -> str | None:
    """A value of a document if it is a word that can be passed on, else None."""
    if not isinstance(value, str) or any("\ud800" <= character <= "\udfff" for character in value):
        return None  # JSON may hold half a character, which cannot be written anywhere
    return value or None


def identifier(value: object) -> str | None:
    """An id of a document as a word; some APIs count with numbers."""
    return word(str(value) if type(value) is int else value)


class JsonBody:
    """A JSON document with pictures in it that never stands in memory as a whole."""

    def __init__(self, document: Mapping[str, object], sources: Sequence[SourceImage]) -> None:
        text = json.dumps(document)
        self._head = f'{text[:-1]}, "image_urls": ['.encode() if sources else text.encode()
        self._tail = b"]}" if sources else b""
        self._pictures = [
            (f'{", " if position else ""}"data:{source.media_type};base64,'.encode(), source)
            for position, source in enumerate(sources)
        ]

    @property
    def length(self) -> int:
        """The body's size in bytes."""
        pictures = sum(
            len(prefix) + 4 * ((source.size + 2) // 3) + len(b'"') for prefix, source in self._pictures
        )
        return len(self._head) + pictures + len(self._tail)

    async def stream(self) -> AsyncIterator[bytes]:
        """The body piece by piece; the files are read in threads."""
        yield self._head
        for prefix, source in self._pictures:
            yield prefix
            for offset in range(0, source.size, CHUNK):
                yield base64.b64encode(await asyncio.to_thread(_piece, source.path, offset))
            yield b'"'
        yield self._tail


def _piece(path: Path, offset: int) -> bytes:
    """A part of a file; no handle stays open between the parts, where the call may be cut off."""
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(CHUNK)


async def _read(response: aiohttp.ClientResponse) -> Answer:
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) > ANSWER_LIMIT:
            raise AnswerLost(f"the answer is longer than {ANSWER_LIMIT} bytes")
    return Answer(response.status, response.headers, _json_object(bytes(raw)))


def _json_object(raw: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
