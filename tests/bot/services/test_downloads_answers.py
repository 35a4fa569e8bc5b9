"""Answers of strange servers: wrong lengths, bombs, drips, and bodies without an end."""

import asyncio
import gzip
import socket
import tracemalloc
from pathlib import Path

import pytest

from bot.services.downloads import (
    DownloadError,
    DownloadFailed,
    DownloadGone,
    Downloads,
    DownloadTimeout,
    DownloadTooLarge,
)
from tests.bot.services.strange_server import Answer, Server, drip, endless, fetch, files, plain, silent

pytestmark = pytest.mark.row("downloads")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("404 Not Found", DownloadGone),
        ("403 Forbidden", DownloadGone),
        ("410 Gone", DownloadGone),
        ("500 Internal Server Error", DownloadFailed),
        ("429 Too Many Requests", DownloadFailed),
        ("206 Partial Content", DownloadFailed),
        ("204 No Content", DownloadFailed),
    ],
)
async def test_status_decides(
    status: str, kind: type[DownloadError], downloads: Downloads, server: Server, tmp_path: Path
) -> None:
    """Gone may come back and failed is failed; nothing but a 200 is a file."""
    server.answers["/"] = plain(b"", status=status)
    with pytest.raises(kind):
        await fetch(downloads, server.url("/"), tmp_path / "file")


async def test_gzip_bomb_is_not_opened(downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """An encoded body is refused although it was not asked for."""
    server.answers["/"] = plain(gzip.compress(bytes(50_000_000)), "Content-Encoding: gzip")
    with pytest.raises(DownloadFailed, match="encoded"):
        await fetch(downloads, server.url("/"), tmp_path / "file")


async def test_too_large_by_its_own_word(downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """A body announced as too large is not read."""
    server.answers["/"] = plain(b"x", length=11)
    with pytest.raises(DownloadTooLarge):
        await fetch(downloads, server.url("/"), tmp_path / "file", max_bytes=10)


@pytest.mark.parametrize("size", [10, 11])
async def test_limit_is_exact(size: int, downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """A file of exactly the limit comes through, one byte more does not."""

    async def unannounced(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + bytes(size))

    server.answers["/"] = unannounced
    if size == 10:
        assert await fetch(downloads, server.url("/"), tmp_path / "file", max_bytes=10) == 10
    else:
        with pytest.raises(DownloadTooLarge):
            await fetch(downloads, server.url("/"), tmp_path / "file", max_bytes=10)


async def test_endless_body_ends_at_the_limit(downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """A body without an end costs its limit and no more, and memory stays flat."""
    server.answers["/"] = endless
    tracemalloc.start()
    try:
        with pytest.raises(DownloadTooLarge):
            await fetch(downloads, server.url("/"), tmp_path / "file", max_bytes=20_000_000)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnot hex",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 100_000,
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: \x00\r\n\r\n",
        b"garbage\r\n\r\n",
        b"",
    ],
)
async def test_broken_answers_fail(raw: bytes, downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """A short, contradicting or meaningless answer leaves no file."""

    async def broken(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    server.answers["/"] = broken
    with pytest.raises(DownloadFailed):
        await fetch(downloads, server.url("/"), tmp_path / "file")


async def test_nobody_listening_fails(downloads: Downloads, tmp_path: Path) -> None:
    """A refused connection is a failed download."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        async with Downloads(frozenset({host})) as allowed:
            with pytest.raises(DownloadFailed):
                await fetch(allowed, f"http://{host}/", tmp_path / "file")


async def test_tls_is_not_optional(downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """An https address whose server speaks no TLS fails instead of falling back."""
    server.answers["/"] = plain(b"x")
    with pytest.raises(DownloadFailed):
        await fetch(downloads, f"https://127.0.0.1:{server.port}/?sig=secret", tmp_path / "file")
    assert server.requests == []


@pytest.mark.parametrize("answer", [drip, silent, endless])
async def test_deadline_holds(answer: Answer, downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """A server that drips, is silent or never ends is left at the deadline, and nothing stays behind."""
    server.answers["/"] = answer
    with pytest.raises(DownloadTimeout) as caught:
        await downloads.fetch(server.url("/"), tmp_path / "file", max_bytes=10**12, deadline=0.3)
    assert "secret" not in str(caught.value)
    assert files(tmp_path) == []
