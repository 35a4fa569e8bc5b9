"""The pictures of an answer on their way to our disk, which may be full for a while."""

import asyncio
import errno
from pathlib import Path

import pytest

from bot.services.downloads import Downloads
from bot.services.pictures import Darkroom
from bot.services.result_images import ResultImages
from bot.services.spool import Spool
from storage.records import PictureKind, PictureRecord
from tests.bot.services.sample_pictures import encoded, two_halves
from tests.bot.services.strange_server import Server, plain


async def test_a_full_disk_is_told_when_every_picture_has_ended(
    downloads: Downloads, darkroom: Darkroom, server: Server, tmp_path: Path
) -> None:
    """Who tries again then writes the same files: what still came of the first try would be mixed in."""
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await go_on.wait()
        await plain(encoded(two_halves()))(reader, writer)

    server.answers |= {"/1.png": plain(encoded(two_halves())), "/2.png": slow}
    answered = [
        PictureRecord(PictureKind.RESULT, number, url=server.url(f"/{number}.png")) for number in (1, 2)
    ]
    spool = Spool(tmp_path)
    full = spool.path("job", "raw-result-1.part")
    full.parent.mkdir()
    full.symlink_to("/dev/full")
    fetching = asyncio.create_task(ResultImages(downloads, darkroom, spool).fetch("job", answered))
    await asked.wait()
    async with asyncio.timeout(5):
        while full.is_symlink():  # noqa: ASYNC110  (a file has no event)
            await asyncio.sleep(0.01)
    go_on.set()
    with pytest.raises(OSError, match="space") as raised:
        await fetching
    assert raised.value.errno == errno.ENOSPC
    assert spool.path("job", "result-2.png").exists()
