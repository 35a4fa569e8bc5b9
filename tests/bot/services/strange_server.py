"""A server on loopback for downloads: it answers what a test lays down, and remembers who came."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.services.downloads import (
    DownloadError,
    Downloads,
)

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


TLS_HANDSHAKE = b"\x16"


DEADLINE = 10.0  # seconds; nothing here takes longer unless it hangs


def plain(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> Answer:
    """An ordinary answer, or one that lies about its length."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        announced = len(body) if length is None else length
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {announced}", "Connection: close", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)

    return answer


def redirect(target: str, status: str = "302 Found") -> Answer:
    """An answer that sends the client elsewhere."""
    return plain(b"", f"Location: {target}", status=status)


class Server:
    """Serves what a test lays down, and remembers who came."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.connections = 0
        self.requests: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and hang up."""
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                start = await reader.readexactly(1)
                if start == TLS_HANDSHAKE:
                    return
                request = (start + await reader.readuntil(b"\r\n\r\n")).decode()
                self.requests.append(request)
                await self.answers[request.split()[1].partition("?")[0]](reader, writer)
                await writer.drain()
            finally:
                writer.close()

    def url(self, path: str) -> str:
        """The address of a path, with a secret in the query."""
        return f"http://127.0.0.1:{self.port}{path}?sig=secret"


def files(folder: Path) -> list[str]:
    """The names of what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


async def fetch(downloads: Downloads, url: str, into: Path, max_bytes: int = 1_000_000) -> int:
    """Fetch with the usual limits: whatever comes of it, no part is left and no secret told."""
    try:
        return await downloads.fetch(url, into, max_bytes=max_bytes, deadline=DEADLINE)
    except DownloadError as error:
        left = {into.name, f"{into.name}.part"}.intersection(files(into.parent))
        if left or "secret" in str(error):
            pytest.fail(f"left behind {left}, told {error}")
        raise


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """No answer at all for as long as the client waits."""
    await reader.read()


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A body without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(bytes(65536))
        await writer.drain()


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One byte now and then, so that a timeout between bytes alone would never strike."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)
