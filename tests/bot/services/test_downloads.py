"""Downloads against a real server on loopback, which a hostile address must never reach."""

import asyncio
import contextlib
import gzip
import socket
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.services.downloads import (
    DownloadError,
    DownloadFailed,
    DownloadForbidden,
    DownloadGone,
    Downloads,
    DownloadTimeout,
    DownloadTooLarge,
    guarded_socket,
    is_public,
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


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server on one port of both loopback addresses."""
    server = Server()
    async with contextlib.AsyncExitStack() as stack:
        four = await stack.enter_async_context(await asyncio.start_server(server.serve, "127.0.0.1", 0))
        server.port = four.sockets[0].getsockname()[1]
        with contextlib.suppress(OSError):  # a machine without IPv6
            await stack.enter_async_context(await asyncio.start_server(server.serve, "::1", server.port))
        yield server


@pytest.fixture
async def downloads(server: Server) -> AsyncIterator[Downloads]:
    """Downloads that may go to the server by its plain address only."""
    async with Downloads(frozenset({f"127.0.0.1:{server.port}"})) as downloads:
        yield downloads


@pytest.fixture
async def strict() -> AsyncIterator[Downloads]:
    """Downloads that may go to no private host."""
    async with Downloads(frozenset()) as downloads:
        yield downloads


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


FORBIDDEN = [
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0x0.0x0.0x1",
    "localhost",
    "LOCALHOST",
    "0.0.0.0",
    "0",
    "\uff11\uff12\uff17.0.0.1",
    "\u2460\u2461\u2466.0.0.1",
    "127\u30020\u30020\u30021",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:0001]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fec0::1]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[100::1]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "168.63.129.16",
    "192.0.0.8",
    "192.88.99.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "member@127.0.0.1",
    "example.com@127.0.0.1",
    "127.0.0.1\\@example.com",
    ":password@127.0.0.1",
]


@pytest.mark.parametrize("host", FORBIDDEN)
async def test_no_spelling_of_a_private_address_is_connected_to(
    host: str, strict: Downloads, server: Server, tmp_path: Path
) -> None:
    """Whatever way loopback or another inner address is written, nobody sees a connection."""
    server.answers["/"] = plain(b"inner")
    with pytest.raises(DownloadForbidden):
        await fetch(strict, f"https://{host}:{server.port}/?sig=secret", tmp_path / "file")
    assert server.connections == 0


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "127.0.0.1", "::1", "::ffff:127.0.0.1", "fe80::1%1", "64:ff9b::a00:1"]
)
def test_guarded_socket_says_why(address: str) -> None:
    """The guard refuses before a socket exists."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(OSError, match="not a public address"):
        guarded_socket((family, socket.SOCK_STREAM, 0, "", (address, 443)))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "162.159.128.233", "2606:4700::6810:1", "64:ff9b::101:101", "192.0.1.1"]
)
def test_public_addresses_are_let_through(address: str) -> None:
    """The guard gives a socket for addresses of the open internet, also behind NAT64."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    assert is_public(address)
    with guarded_socket((family, socket.SOCK_STREAM, 0, "", (address, 443))) as made:
        assert made.family == family


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "https:///nowhere",
        "https://example.com:99999/",
        "https://[::1/",
        "//example.com/",
        "nothing",
        "",
    ],
)
async def test_other_schemes_and_non_addresses_are_forbidden(
    url: str, strict: Downloads, tmp_path: Path
) -> None:
    """Only https leaves the house, and only to an address."""
    with pytest.raises(DownloadForbidden):
        await fetch(strict, url, tmp_path / "file")


@pytest.mark.parametrize("host", [f"{'a' * 70}.example", f"{'a.' * 200}example", "a..example"])
async def test_a_name_that_dns_cannot_hold_fails(host: str, strict: Downloads, tmp_path: Path) -> None:
    """An impossible name is a failed download like any other."""
    with pytest.raises((DownloadFailed, DownloadForbidden)):
        await fetch(strict, f"https://{host}/", tmp_path / "file")


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


async def test_allowed_for_one_port_only(server: Server, tmp_path: Path) -> None:
    """A listed port does not open the host's other ports."""
    async with Downloads(frozenset({"127.0.0.1:1"})) as downloads:
        with pytest.raises(DownloadForbidden):
            await fetch(downloads, server.url("/"), tmp_path / "file")
        with pytest.raises(DownloadForbidden):
            await fetch(downloads, f"https://127.0.0.1:{server.port}/", tmp_path / "file")
    assert server.connections == 0


async def test_rebound_name_gets_no_connection(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS decides nothing: an allowed name may lead to loopback, another leading there too may not."""
    lookups = []

    def lookup(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        lookups.append(host)
        addresses = {"inner.example": ["127.0.0.1"], "rebound.example": ["10.255.255.1", "127.0.0.1"]}
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses[host]]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    server.answers["/"] = plain(b"x")
    async with Downloads(frozenset({"inner.example"})) as downloads:
        assert await fetch(downloads, f"http://inner.example:{server.port}/", tmp_path / "file") == 1
        with pytest.raises(DownloadForbidden):
            await fetch(downloads, f"https://rebound.example:{server.port}/", tmp_path / "other")
    assert lookups == ["inner.example", "rebound.example"]
    assert server.connections == 1


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1.nip.io", "127.0.0.1.", "localhost.", "metadata.google.internal", "%31%32%37.0.0.1", "in ner"],
)
async def test_no_name_leads_inwards(
    host: str, strict: Downloads, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resolver that answers every name, however odd, with loopback gains nothing."""
    found = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [found])
    with pytest.raises(DownloadForbidden):
        await fetch(strict, f"https://{host}:{server.port}/?sig=secret", tmp_path / "file")
    assert server.connections == 0


async def test_redirects_are_followed(downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """Three redirects, absolute and relative, lead to the file."""
    server.answers["/1"] = redirect("/2", "301 Moved Permanently")
    server.answers["/2"] = redirect(server.url("/3"), "307 Temporary Redirect")
    server.answers["/3"] = redirect("4", "303 See Other")
    server.answers["/4"] = plain(b"there")
    assert await fetch(downloads, server.url("/1"), tmp_path / "file") == 5


async def test_redirect_loop_ends(downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """A fourth redirect is not followed."""
    server.answers["/"] = redirect("/")
    with pytest.raises(DownloadForbidden, match="more than 3 redirects"):
        await fetch(downloads, server.url("/"), tmp_path / "file")
    assert server.connections == 4


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:{port}/",
        "https://localhost:{port}/",
        "https://[::1]:{port}/",
        "https://169.254.169.254/latest/meta-data",
        "//127.0.0.2:{port}/",
        "http://member@127.0.0.1:{port}/",
        "file:///etc/passwd",
        "https://[::1/",
        "http://127.0.0.1:{port}0000/",
    ],
)
async def test_redirect_inwards_is_forbidden(
    target: str, downloads: Downloads, server: Server, tmp_path: Path
) -> None:
    """Each redirect is checked like a first address, although it comes from an allowed host."""
    server.answers["/"] = redirect(target.format(port=server.port))
    with pytest.raises(DownloadForbidden):
        await fetch(downloads, server.url("/"), tmp_path / "file")
    assert server.connections == 1


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


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """No answer at all for as long as the client waits."""
    await reader.read()


@pytest.mark.parametrize("answer", [drip, silent, endless])
async def test_deadline_holds(answer: Answer, downloads: Downloads, server: Server, tmp_path: Path) -> None:
    """A server that drips, is silent or never ends is left at the deadline, and nothing stays behind."""
    server.answers["/"] = answer
    with pytest.raises(DownloadTimeout) as caught:
        await downloads.fetch(server.url("/"), tmp_path / "file", max_bytes=10**12, deadline=0.3)
    assert "secret" not in str(caught.value)
    assert files(tmp_path) == []


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
