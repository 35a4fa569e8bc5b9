"""Downloads as they should be: what is allowed is fetched whole, a few at once, and nothing is left over."""

import asyncio
import socket
from pathlib import Path

import pytest

from bot.services.downloads import (
    Downloads,
    DownloadTimeout,
)
from tests.bot.services.strange_server import DEADLINE, Server, fetch, files, plain, redirect, silent

pytestmark = pytest.mark.row("downloads")


async def test_allowed_host_is_fetched(downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """A listed host may be private and without TLS; the file holds exactly what was sent."""
    body = bytes(range(256)) * 2000
    server.answers["/picture"] = plain(body)
    assert await fetch(downloads, server.url("/picture"), tmp_path / "file") == len(body)
    assert (tmp_path / "file").read_bytes() == body
    assert "accept-encoding: identity" in server.requests[0].lower()
    assert "cookie" not in server.requests[0].lower()


@pytest.mark.parametrize("spelling", ["localhost:{port}", "localhost", "[::1]:{port}", "[::1]"])
async def test_host_is_allowed_with_and_without_its_port(
    spelling: str, server: Server, tmp_path: Path
) -> None:
    """`host` allows every port of it, `host:port` the one."""
    server.answers["/"] = plain(b"x")
    spelling = spelling.format(port=server.port)
    host = "[::1]" if "::1" in spelling else "localhost"
    if host == "[::1]" and not _has_ipv6():
        host = spelling = "127.0.0.1"
    async with Downloads(frozenset({spelling})) as downloads:
        assert await fetch(downloads, f"http://{host}:{server.port}/", tmp_path / "file") == 1


def _has_ipv6() -> bool:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
        return True


async def test_redirects_are_followed(downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """Three redirects, absolute and relative, lead to the file."""
    server.answers["/1"] = redirect("/2", "301 Moved Permanently")
    server.answers["/2"] = redirect(server.url("/3"), "307 Temporary Redirect")
    server.answers["/3"] = redirect("4", "303 See Other")
    server.answers["/4"] = plain(b"there")
    assert await fetch(downloads, server.url("/1"), tmp_path / "file") == 5


async def test_cancelled_download_leaves_nothing(
    downloads: Downloads, server: Server, tmp_path: Path
) -> None:
    """Cancelled in the middle of a body, the download removes its part."""
    under_way = asyncio.Event()

    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(10_000_000))
        await writer.drain()
        under_way.set()
        await reader.read()

    server.answers["/"] = held
    task = asyncio.create_task(
        downloads.fetch(server.url("/"), tmp_path / "file", max_bytes=10**12, deadline=DEADLINE)
    )
    await asyncio.wait_for(under_way.wait(), DEADLINE)
    assert files(tmp_path) == ["file.part"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files(tmp_path) == []


async def test_eight_at_once(downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """The ninth download waits until one of the eight is done."""
    running = most = 0
    eight, release = asyncio.Event(), asyncio.Event()

    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 8:
            eight.set()
        await release.wait()
        running -= 1
        await plain(b"x")(reader, writer)

    server.answers["/"] = held
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(
                downloads.fetch(server.url("/"), tmp_path / str(number), max_bytes=9, deadline=DEADLINE)
            )
        await eight.wait()
        release.set()
    assert most == 8
    assert len(files(tmp_path)) == 20


async def test_a_place_is_waited_for(downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """No more than eight at once; the deadline of the ninth begins when a place is free."""
    full = asyncio.Event()

    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if server.connections == 8:
            full.set()
        await silent(reader, writer)

    def start(number: int, deadline: float) -> asyncio.Task[int]:
        into = tmp_path / str(number)
        return asyncio.create_task(downloads.fetch(server.url("/"), into, max_bytes=9, deadline=deadline))

    server.answers["/"] = held
    tasks = [start(number, DEADLINE) for number in range(8)]
    await asyncio.wait_for(full.wait(), DEADLINE)
    ninth = start(8, 0.1)
    await asyncio.wait([ninth], timeout=0.3)
    assert not ninth.done()
    assert server.connections == 8
    tasks[0].cancel()
    with pytest.raises(DownloadTimeout):
        await ninth
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=DEADLINE)
    assert all(task.cancelled() for task in tasks)


async def test_disk_errors_are_not_download_errors(
    downloads: Downloads, server: Server, tmp_path: Path
) -> None:
    """A failing disk is told as what it is."""
    server.answers["/"] = plain(b"x")
    with pytest.raises(FileNotFoundError):
        await downloads.fetch(server.url("/"), tmp_path / "missing" / "file", max_bytes=9, deadline=DEADLINE)


async def test_left_over_part_is_started_anew(downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """What a killed process left of the same file does not get into the new one."""
    (tmp_path / "file.part").write_bytes(b"old")
    server.answers["/"] = plain(b"new")
    assert await fetch(downloads, server.url("/"), tmp_path / "file") == 3
    assert files(tmp_path) == ["file"]
    assert (tmp_path / "file").read_bytes() == b"new"


async def test_empty_file_is_a_file(downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """Nothing is what was sent; whether that will do is for others to say."""
    server.answers["/"] = plain(b"")
    assert await fetch(downloads, server.url("/"), tmp_path / "file") == 0
    assert (tmp_path / "file").read_bytes() == b""
