"""Addresses that strangers name lead nowhere but to the public, and what lies there costs little memory."""

import asyncio
import gzip
import struct
import sys
import zlib
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from sandbox.discord.options import OptionValue
from sandbox.faults import Fault
from tests.api_cases import RUXA_WAYS, XHUO_WAYS, Way
from tests.bot.services.sample_pictures import black, chunk, encoded, png, two_halves
from tests.bot.services.strange_server import Answer, Server, drip, endless, plain
from tests.fault_table import Figures
from tests.local_world import LocalWorld, booked, upload
from tests.reliability.bombs import SMALL
from tests.storage.samples import ROOT

pytestmark = pytest.mark.row("downloads")

MOST = 64  # MiB beyond what a small picture takes
NULLS = bytes(50_000_000)
PALETTE = struct.pack(">IIBBBBB", 10, 10, 8, 0, 0, 0, 0)


def bombs_out_there() -> dict[str, Answer]:
    """What a server may send."""
    zipped = gzip.compress(NULLS)
    return {
        "a gzip bomb": plain(zipped, "Content-Encoding: gzip"),
        "a gzip bomb in many layers": plain(gzip.compress(zipped), "Content-Encoding: gzip, gzip"),
        "a gzip bomb in chunks": plain(zipped, "Transfer-Encoding: gzip"),
        "a gzip bomb without a word": plain(zipped),
        "no end": endless,
        "a drip": drip,
        "longer than it says": plain(NULLS, length=10),
        "shorter than it says": plain(b"x" * 1000, length=20_000_000),
        "longer than anything": plain(b"x", length=10**18),
        "headers without an end": plain(b"", *(f"X-{number}: {'x' * 8000}" for number in range(1000))),
        "one long header": plain(b"", f"X: {'x' * 8_000_000}"),
    }


def bombs_on_disk() -> dict[str, bytes]:
    """Files that look like pictures."""
    return {
        "81 million pixels": png(9000, 9000, black(9000, 9000)),
        "all the pixels there are": png(2**32 - 1, 2**32 - 1, black(1, 1)),
        "more pixels than it says": png(10, 10, black(9000, 9000)),
        "a second header": png(10, 10, chunk(b"IHDR", PALETTE), black(9000, 9000)),
        "a long comment": png(1, 1, chunk(b"zTXt", b"Comment\0\0" + zlib.compress(NULLS * 2)), black(1, 1)),
        "an international comment": png(
            1, 1, chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(NULLS)), black(1, 1)
        ),
        "a profile": png(1, 1, chunk(b"iCCP", b"a\0\0" + zlib.compress(NULLS)), black(1, 1)),
        "very many parts": png(1, 1, *[chunk(b"tEXt", b"a\0b")] * 60_000),
        "a wide JPEG": encoded(two_halves(), "JPEG").replace(
            struct.pack(">HH", 32, 64), struct.pack(">HH", 65_500, 65_500), 1
        ),
        "a wide WebP": b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x3f\0\xff\x3f\0" + bytes(8),
    }


@pytest.fixture
async def canary() -> AsyncIterator[Server]:
    """A server inside, on addresses that nobody was told of."""
    server = Server()
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(await asyncio.start_server(server.serve, "127.0.0.1", 0))
        server.port = first.sockets[0].getsockname()[1]
        for other in ("127.0.0.2", "::1"):
            with suppress(OSError):  # a machine without IPv6
                await stack.enter_async_context(await asyncio.start_server(server.serve, other, server.port))
        yield server


async def test_no_bomb_takes_much_memory(tmp_path: Path, canary: Server, figures: Figures) -> None:
    """Eight downloads and two pictures at once, in a process of its own whose highest memory is measured."""
    small = encoded(two_halves())
    out_there, on_disk = bombs_out_there(), bombs_on_disk()
    canary.answers = {f"/{name}": answer for name, answer in out_there.items()}
    canary.answers = {name.replace(" ", "%20"): answer for name, answer in canary.answers.items()}
    canary.answers[f"/{SMALL}"] = plain(small)
    (tmp_path / SMALL).write_bytes(small)
    for name, data in on_disk.items():
        (tmp_path / f"bomb: {name}").write_bytes(data)
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.reliability.bombs"),
        *(str(tmp_path), f"http://127.0.0.1:{canary.port}/", *out_there),
        cwd=ROOT,
        stdout=PIPE,
    )
    said, _ = await program.communicate()
    assert program.returncode == 0
    assert {request.split()[1] for request in canary.requests} == canary.answers.keys()
    grown = {
        name: float(number) for name, number in (line.split("\t") for line in said.decode().splitlines())
    }
    assert grown[SMALL] == 0
    assert {*out_there, *(f"bomb: {name}" for name in on_disk)} <= grown.keys()
    assert {name: number for name, number in grown.items() if number > MOST} == {}
    figures.add(bombs=len(grown) - 1)
    figures.most(mib=max(grown.values()))


@pytest.mark.parametrize("count", [1, 3])
async def test_an_attachment_inside_is_never_fetched(world: LocalWorld, count: int, figures: Figures) -> None:
    """Where Discord's files lie at a private address that is not listed, nobody goes there."""
    world.changes["allowed_private_hosts"] = world.api.authority
    async with world.bot() as services:
        pictures: dict[str, OptionValue] = {f"image{n}": upload() for n in range(1, count + 1)}
        interaction = world.ada.slash(world.images, "edit", prompt="a boat", **pictures)
        answer = await world.answer(interaction, "I could not fetch")
        assert answer.content.endswith("Nothing was spent.")
        assert await booked(services.store) == {}
    assert world.discord.faults.count("GET", "/ephemeral-attachments/*") == world.api.posts == 0
    figures.add(addresses=count)


INSIDE = [
    "http://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "https://127.0.0.2:{port}/",
    "https://localhost:{port}/",
    "https://[::1]:{port}/",
    "https://[::ffff:127.0.0.1]:{port}/",
    "https://2130706433:{port}/",
    "https://169.254.169.254/latest/meta-data/",
    "http://member@127.0.0.1:{port}/",
    "file:///etc/passwd",
]


async def test_a_result_inside_is_never_fetched(world: LocalWorld, canary: Server, figures: Figures) -> None:
    """Whatever an API calls its picture's address; the member has all credits back."""
    async with world.bot() as services:
        for address in INSIDE:
            picture = {"image_url": address.format(port=canary.port)}
            answer = {"success": True, "task_id": "task", "trace_id": "trace", "data": [picture]}
            world.api.faults.plan("POST", world.api.paid_path, Fault(200, json=answer))
            await world.reads(world.order(), "failed.result_gone")
        kinds = await booked(services.store)
    assert kinds == {"reserve": len(INSIDE), "refund": len(INSIDE)}
    assert canary.connections == 0
    figures.add(addresses=len(INSIDE))


@pytest.mark.parametrize("way", [XHUO_WAYS["xhuo-sync"], RUXA_WAYS["ruxa-polling"]], ids=["xhuo", "ruxa"])
async def test_a_result_that_leads_inside_is_not_followed(
    world: LocalWorld, canary: Server, way: Way, figures: Figures
) -> None:
    """The API's own host is allowed; where it sends us is looked at anew."""
    api = way.arrange(world)
    async with world.bot():
        for status, address in zip((301, 302, 303, 307, 308), INSIDE, strict=False):
            headers = {"Location": address.format(port=canary.port)}
            api.faults.plan("GET", f"{api.pictures_path}/*", Fault(status, headers=headers))
            await world.reads(world.order(), "failed.result_gone")
    assert canary.connections == 0
    figures.add(addresses=5)
