"""Fetches files from addresses that strangers name: members, the image APIs, and whoever they redirect to."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from bot.services.threads import in_thread

_SIMULTANEOUS = 8
_MOST_REDIRECTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_GONE = {403, 404, 410}
_SILENCE = 25.0  # seconds without a byte after which a connection counts as broken, and may be tried anew
_PIECE = 128 * 1024  # bytes written at once; asyncio and aiohttp hold some 700 KiB more for each download

# Refused beyond what `ipaddress` calls not global.
_SPECIAL = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # IETF protocol assignments, of which Python knows only parts
            "192.88.99.0/24",  # 6to4 relays
            "168.63.129.16/32",  # Azure's metadata service
            "2001::/23",  # IETF protocol assignments: Teredo, ORCHID, benchmarking
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which may carry any IPv4 address
            "3fff::/20",  # documentation
        ),
    )
)
_GLOBAL_UNICAST = ip_network("2000::/3")  # all of IPv6 that IANA gives to hosts
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: IPv4 addresses as networks without IPv4 see them


class DownloadError(Exception):
    """A file could not be fetched; the message never has the query, which may be a signature."""


class DownloadForbidden(DownloadError):
    """The address, its scheme or its redirects are not allowed."""


class DownloadTooLarge(DownloadError):
    """The file is larger than the caller takes."""


class DownloadGone(DownloadError):
    """403, 404 or 410: not there, or not there yet."""


class DownloadFailed(DownloadError):
    """The network or the server failed, or the body was short or encoded."""


class DownloadTimeout(DownloadError):
    """The file was not complete at the deadline."""


def is_public(address: str) -> bool:
    """Whether an IP address is globally routable unicast, so that nothing of ours answers there."""
    ip: IPv4Address | IPv6Address = ip_address(address)
    if ip in _NAT64:
        ip = IPv4Address(int(ip) & 0xFFFF_FFFF)
    if any(ip in network for network in _SPECIAL):
        return False
    if isinstance(ip, IPv6Address):
        return ip in _GLOBAL_UNICAST
    return ip.is_global and not ip.is_multicast


class _ForbiddenAddress(OSError):
    """An `OSError`, so that a host's next address is still tried."""


def guarded_socket(address_info: tuple[Any, ...]) -> socket.socket:
    """A socket for a public address; raises `OSError` for any other, whatever name led to it."""
    family, kind, protocol, _, address = address_info
    if not is_public(address[0]):
        # The same words each time: then several refused addresses stay recognisable as this error.
        raise _ForbiddenAddress("not a public address")
    return socket.socket(family, kind, protocol)


class Downloads:
    """Fetches files; hosts on private addresses or without TLS only if listed (`host` or `host:port`)."""

    def __init__(self, allowed_private_hosts: frozenset[str]) -> None:
        self._allowed = allowed_private_hosts
        self._slots = asyncio.Semaphore(_SIMULTANEOUS)

    async def __aenter__(self) -> Self:
        # Two sessions and so two pools: a connection to an allowed host never serves another name.
        self._guarded = _session(aiohttp.TCPConnector(socket_factory=guarded_socket))
        self._trusted = _session(aiohttp.TCPConnector())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._guarded.close()
        await self._trusted.close()

    async def fetch(self, url: str, into: Path, *, max_bytes: int, deadline: float) -> int:
        """Fetch a file within `deadline` seconds, counted from when a place is free, and give its size.

        Raises `DownloadError`, and `OSError` when the disk fails; `into` exists afterwards only if complete.
        """
        part = into.with_name(f"{into.name}.part")
        try:
            async with self._slots, asyncio.timeout(deadline):
                size = await self._save(url, part, max_bytes)
                await in_thread(part.replace, into)
                return size
        except BaseException as error:
            await in_thread(part.unlink, missing_ok=True)
            if isinstance(error, TimeoutError):
                raise DownloadTimeout(f"{_place(url)}: not complete after {deadline:g} s") from None
            raise

    async def _save(self, url: str, part: Path, max_bytes: int) -> int:
        try:
            async with self._answer(url) as response:
                return await _write(response, part, max_bytes)
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, _ForbiddenAddress):
                raise DownloadForbidden(f"{_place(url)}: {error.os_error}") from None
            raise DownloadFailed(f"{_place(url)}: {type(error).__name__}") from None
        except aiohttp.InvalidURL:
            raise DownloadForbidden(f"{_place(url)}: not an address") from None
        except (aiohttp.ClientError, UnicodeError) as error:  # UnicodeError: a name that DNS cannot hold
            raise DownloadFailed(f"{_place(url)}: {type(error).__name__}") from None

    @asynccontextmanager
    async def _answer(self, target: str) -> AsyncIterator[aiohttp.ClientResponse]:
        url = _parse(target)
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._session_for(url).get(url, allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    _check(response)
                    yield response
                    return
                url = url.join(_parse(response.headers.get("Location", "")))
        raise DownloadForbidden(f"{_place(target)}: more than {_MOST_REDIRECTS} redirects")

    def _session_for(self, url: URL) -> aiohttp.ClientSession:
        host = url.host_subcomponent
        if host is None or url.user is not None or url.password is not None:
            raise DownloadForbidden(f"{_place(url)}: no host, or a user name")
        allowed = not self._allowed.isdisjoint({host, f"{host}:{url.port}"})
        if url.scheme != "https" and not (allowed and url.scheme == "http"):
            raise DownloadForbidden(f"{_place(url)}: not https")
        return self._trusted if allowed else self._guarded


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept-Encoding": "identity"},
        auto_decompress=False,
        trust_env=False,
        # The whole fetch has one deadline beside this.
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_SILENCE, sock_read=_SILENCE),
    )


def _parse(url: str) -> URL:
    try:
        return URL(url)
    except ValueError:
        raise DownloadForbidden("not an address") from None


def _place(url: str | URL) -> str:
    parsed = _parse(url) if isinstance(url, str) else url
    return f"{parsed.raw_host}{parsed.raw_path}"


def _check(response: aiohttp.ClientResponse) -> None:
    place = _place(response.url)
    if response.status in _GONE:
        raise DownloadGone(f"{place}: {response.status}")
    if response.status != HTTPStatus.OK:
        raise DownloadFailed(f"{place}: {response.status}")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise DownloadFailed(f"{place}: encoded although we asked for plain bytes")


async def _write(response: aiohttp.ClientResponse, part: Path, max_bytes: int) -> int:
    too_large = DownloadTooLarge(f"{_place(response.url)}: more than {max_bytes} bytes")
    if (response.content_length or 0) > max_bytes:
        raise too_large
    mode = "wb"  # a part may be left over from a killed process
    size = 0
    piece = bytearray()
    async for chunk in response.content.iter_chunked(_PIECE):
        size += len(chunk)
        if size > max_bytes:
            raise too_large
        piece += chunk
        if len(piece) >= _PIECE:
            await in_thread(_write_piece, part, mode, piece)
            piece, mode = bytearray(), "ab"
    await in_thread(_write_piece, part, mode, piece)
    return size


def _write_piece(part: Path, mode: str, piece: bytearray) -> None:
    """Opened anew each time: no handle has to be closed when the download is cancelled."""
    with part.open(mode) as file:
        file.write(piece)
