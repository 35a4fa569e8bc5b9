"""No spelling of a forbidden address, no name and no redirect leads a download inwards."""

import socket
from pathlib import Path

import pytest

from bot.services.downloads import (
    DownloadFailed,
    DownloadForbidden,
    Downloads,
    guarded_socket,
    is_public,
)
from tests.bot.services.strange_server import Server, fetch, plain, redirect

pytestmark = pytest.mark.row("downloads")


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
    "198.51.100.1",
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
