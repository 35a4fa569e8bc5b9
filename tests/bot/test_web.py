"""The bot's own HTTP server over real HTTP: health, callbacks and inputs, and 404 for everything else."""

import asyncio
import json
import socket
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from bot.services.addresses import hashed
from bot.settings import SettingsError
from bot.web import BODY_LIMIT, callback_routes, health_routes, input_routes, serve
from storage.errors import DatabaseBusy, DatabaseDamaged

SECRET = "s3cret_-"
PICTURE = b"\x89PNG picture"
DEADLINE = 5.0


class Bot:
    """What stands behind the server in these tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.states = {"database": True, "discord": True}
        self.trouble: Exception | None = None
        self.hangs = False
        self.received: list[tuple[str, Mapping[str, Any]]] = []

    async def database(self) -> bool:
        """Whether the database answers."""
        if self.trouble:
            raise self.trouble
        if self.hangs:
            await asyncio.Event().wait()
        return self.states["database"]

    async def discord(self) -> bool:
        """Whether members can be spoken to."""
        return self.states["discord"]

    async def receive(self, api: str, secret: str, document: Mapping[str, Any]) -> bool:
        """Take a callback under the one secret there is."""
        if self.trouble:
            raise self.trouble
        if hashed(secret) != hashed(SECRET):
            return False
        self.received.append((api, document))
        return True

    async def find(self, secret: str, name: str) -> Path | None:
        """Know one picture, and one that is gone."""
        if self.trouble:
            raise self.trouble
        known = hashed(secret) == hashed(SECRET) and name in {"source-1.png", "gone.png"}
        return self.folder / name if known else None


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    """Health, one secret and one picture."""
    (tmp_path / "source-1.png").write_bytes(PICTURE)
    (tmp_path / "other.png").write_bytes(b"of somebody else")
    return Bot(tmp_path)


@asynccontextmanager
async def serving(bot: Bot, port: int) -> AsyncIterator[None]:
    """Answer for this bot."""
    routes = [
        *health_routes({"database": bot.database, "discord": bot.discord}),
        *callback_routes(bot.receive),
        *input_routes(bot.find),
    ]
    async with serve("127.0.0.1", port, routes):
        yield


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def client(bot: Bot) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the running server."""
    port = free_port()
    async with (
        serving(bot, port),
        aiohttp.ClientSession(
            f"http://127.0.0.1:{port}", timeout=aiohttp.ClientTimeout(total=DEADLINE)
        ) as session,
    ):
        yield session


async def status(client: aiohttp.ClientSession, method: str, path: str, **values: Any) -> int:
    """The status of an answer."""
    async with client.request(method, path, **values) as response:
        await response.read()
        return response.status


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ({"database": True, "discord": True}, 200),
        ({"database": False, "discord": True}, 503),
        ({"database": True, "discord": False}, 503),
        ({"database": False, "discord": False}, 503),
    ],
)
async def test_health_is_the_health_of_every_part(
    client: aiohttp.ClientSession, bot: Bot, states: dict[str, bool], code: int
) -> None:
    """The parts are named, so that a person sees which one is ill."""
    bot.states = states
    async with client.get("/healthz") as response:
        assert response.status == code
        assert await response.json() == states


@pytest.mark.parametrize("trouble", [DatabaseDamaged("malformed"), None], ids=["fails", "hangs"])
async def test_health_that_cannot_be_found_out_is_none(
    client: aiohttp.ClientSession, bot: Bot, trouble: Exception | None
) -> None:
    """A database that fails or does not answer is named like one that says no."""
    bot.trouble, bot.hangs = trouble, trouble is None
    async with client.get("/healthz") as response:
        assert response.status == 503
        assert await response.json() == {"database": False, "discord": True}


@pytest.mark.parametrize("document", [{}, {"success": True, "data": [{"image_url": "https://ü.example"}]}])
async def test_a_callback_is_taken(client: aiohttp.ClientSession, bot: Bot, document: dict[str, Any]) -> None:
    """With the API's name and its document, whatever content type it names; the answer is a plain success."""
    for content_type in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
        async with client.post(
            f"/callbacks/ruxa/{SECRET}",
            data=json.dumps(document).encode(),
            headers={"Content-Type": content_type},
        ) as response:
            assert (response.status, await response.json()) == (200, {})
    assert bot.received == [("ruxa", document)] * 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"words",
        b"{",
        b"[]",
        b'[{"success": true}]',
        b"null",
        b'"a"',
        b"7",
        b"\xff\xfe",
        b"[" * 60_000,
        b"9" * 5000,
    ],
    ids=lambda body: str(body[:12]),
)
async def test_what_is_no_object_is_not_found(client: aiohttp.ClientSession, bot: Bot, body: bytes) -> None:
    """Whoever tries learns nothing about the address."""
    assert await status(client, "POST", f"/callbacks/xhuo/{SECRET}", data=body) == 404
    assert bot.received == []


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("size", "code"), [(BODY_LIMIT, 200), (BODY_LIMIT + 1, 404), (2**20, 404)])
async def test_a_callback_has_a_limit(
    client: aiohttp.ClientSession, bot: Bot, size: int, code: int, chunked: bool
) -> None:
    """64 KiB to the byte, whether its length is told or not."""
    body = json.dumps({"success": True, "words": ""}).encode()
    body = body[:-2] + b"x" * (size - len(body)) + body[-2:]
    assert len(body) == size
    try:
        said = await status(
            client, "POST", f"/callbacks/xhuo/{SECRET}", data=pieces(body) if chunked else body
        )
    except aiohttp.ClientConnectionError:  # it hung up on a body that is far too long
        assert size == 2**20
    else:
        assert said == code
    assert len(bot.received) == (code == 200)


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    """A body without a length."""
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


@pytest.mark.parametrize("packed", [zlib.compress(b'{"words": "' + b" " * 2**24 + b'"}'), b"not packed"])
async def test_a_packed_callback_is_not_found(client: aiohttp.ClientSession, bot: Bot, packed: bytes) -> None:
    """Neither a bomb nor what cannot be unpacked is taken."""
    headers = {"Content-Encoding": "deflate"}
    said = await status(client, "POST", f"/callbacks/xhuo/{SECRET}", data=packed, headers=headers)
    assert said == 404
    assert bot.received == []


@pytest.mark.parametrize(
    "secret", ["other", SECRET[:-1], f"{SECRET}x", "%ed%a0%80", "%ff", "%00", "x" * 4000, "..%2f", "%2e%2e"]
)
async def test_an_unknown_address_is_not_found(client: aiohttp.ClientSession, bot: Bot, secret: str) -> None:
    """However it is written, on both ways in."""
    for url in (f"/callbacks/xhuo/{secret}", f"/callbacks/%ed%a0%80/{secret}"):
        path = URL(url, encoded=True)
        assert await status(client, "POST", str(path), json={"success": True}) == 404
    assert await status(client, "GET", f"/inputs/{secret}/source-1.png") == 404
    assert bot.received == []


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/", 404),
        ("GET", f"/callbacks/xhuo/{SECRET}", 404),
        ("POST", "/callbacks/xhuo", 404),
        ("POST", f"/callbacks/xhuo/{SECRET}/more", 404),
        ("POST", "/healthz", 405),
        ("GET", "/inputs", 404),
        ("POST", f"/inputs/{SECRET}/source-1.png", 404),
    ],
)
async def test_there_is_nothing_else(
    client: aiohttp.ClientSession, method: str, path: str, code: int
) -> None:
    """Three routes, each for its own method; a secret address does not show that it is one."""
    assert await status(client, method, path) == code


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_an_input_is_given(client: aiohttp.ClientSession, method: str) -> None:
    """The cleaned bytes with their type, kept by nobody on the way and not guessed at."""
    async with client.request(method, f"/inputs/{SECRET}/source-1.png") as response:
        assert response.status == 200
        assert await response.read() == (PICTURE if method == "GET" else b"")
        assert response.headers["Content-Type"] == "image/png"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["other.png", "gone.png", "source-1.png%00", "..%2f..%2fother.png", "%2e%2e%2fother.png", "%ff"]
)
async def test_no_other_file_is_given(client: aiohttp.ClientSession, name: str) -> None:
    """Neither another one, nor one that is gone, nor one from elsewhere."""
    assert await status(client, "GET", f"/inputs/{SECRET}/{name}") == 404


@pytest.mark.parametrize(
    ("method", "path"), [("POST", f"/callbacks/xhuo/{SECRET}"), ("GET", f"/inputs/{SECRET}/source-1.png")]
)
async def test_a_busy_database_asks_to_come_again(
    client: aiohttp.ClientSession, bot: Bot, method: str, path: str
) -> None:
    """A callback that is not taken now must not be told that it was wrong."""
    bot.trouble = DatabaseBusy("busy")
    assert await status(client, method, path, data=b"{}" if method == "POST" else None) == 503


async def test_a_client_that_goes_away_does_no_harm(client: aiohttp.ClientSession, bot: Bot) -> None:
    """Half a callback is none, and the next one is served."""
    assert client._base_url is not None  # where the server listens
    _, writer = await asyncio.open_connection("127.0.0.1", client._base_url.port)
    writer.write(
        f"POST /callbacks/xhuo/{SECRET} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{{}}".encode()
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await status(client, "POST", f"/callbacks/xhuo/{SECRET}", json={}) == 200
    assert len(bot.received) == 1


async def test_a_port_that_is_taken_is_the_operators(bot: Bot) -> None:
    """The settings are named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError) as error:
            async with serving(bot, port):
                pass
    [line] = error.value.lines
    assert line.startswith(f"HTTP_HOST=127.0.0.1, HTTP_PORT={port}: cannot be listened on (")
