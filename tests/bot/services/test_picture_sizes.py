"""Pictures are brought down to a size, losing as little as possible."""

import asyncio
import errno
import threading
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.services.pictures import Darkroom, Picture, PictureProblem
from tests.bot.services.sample_pictures import (
    BLUE,
    RED,
    encoded,
    lay,
    list_names,
    near,
    noise,
    opened,
    two_halves,
)

# Pillow warns of damaged metadata and goes on; the product leaves it at that.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


@pytest.mark.parametrize(
    ("size", "becomes"),
    [
        ((2048, 100), (2048, 100)),
        ((2049, 1000), (2048, 1000)),
        ((5000, 3000), (2048, 1229)),
        ((3000, 6000), (1024, 2048)),
        ((16_000, 3), (2048, 1)),
        ((1, 16_000), (1, 2048)),
        ((1, 1), (1, 1)),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_large_sources_are_brought_down(
    kind: str, size: tuple[int, int], becomes: tuple[int, int], darkroom: Darkroom, tmp_path: Path
) -> None:
    """The longer side is 2048 pixels at most, the shape stays, and nothing is enlarged."""
    source = lay(tmp_path, encoded(Image.new("RGB", size, BLUE), kind))
    picture = await darkroom.clean(source, tmp_path / "into")
    assert (picture.width, picture.height) == becomes
    assert near(opened(picture).convert("RGB").getpixel((0, 0)), BLUE)


async def test_transparency_leaves_no_fringe(darkroom: Darkroom, tmp_path: Path) -> None:
    """The colour of what cannot be seen does not bleed into what can, when a picture is scaled."""
    image = Image.new("RGBA", (4096, 64), (0, 255, 0, 0))
    image.paste((*RED, 255), (1001, 0, 4096, 64))
    made = opened(await darkroom.clean(lay(tmp_path, encoded(image)), tmp_path / "into"))
    edge = [made.getpixel((x, 16)) for x in range(495, 506)]
    assert all(green < 60 for _, green, _, alpha in edge if alpha > 40)  # type: ignore[misc]


async def test_large_png_goes_as_jpeg(darkroom: Darkroom, tmp_path: Path) -> None:
    """Above 4 MiB an opaque PNG is worth a JPEG with full colour resolution."""
    source = lay(tmp_path, encoded(noise((1300, 1300)), compress_level=1))
    picture = await darkroom.clean(source, tmp_path / "into")
    assert picture.media_type == "image/jpeg"
    with Image.open(picture.path) as made:
        assert {layer[1:3] for layer in made.layer} == {(1, 1)}  # type: ignore[attr-defined]
    assert list_names(tmp_path) == ["into.jpg", "source"]


async def test_fit_prefers_quality(darkroom: Darkroom, tmp_path: Path) -> None:
    """Each limit is met with the least loss: better JPEG, JPEG, WebP, then fewer pixels."""
    source = lay(tmp_path, encoded(noise((600, 400)).resize((1200, 800)), compress_level=1))
    original = await darkroom.inspect(source)
    seen = []
    limit = original.size
    for _ in range(5):
        picture = await darkroom.fit(original, limit, tmp_path / "into")
        opened(picture)
        assert picture.size <= limit
        assert abs(picture.width / picture.height - 1.5) < 0.02
        seen.append((picture.media_type, picture.width))
        limit = picture.size - 1
    assert seen == [
        ("image/jpeg", 1200),
        ("image/jpeg", 1200),
        ("image/webp", 1200),
        ("image/webp", 900),
        ("image/webp", 675),
    ]
    assert source.exists()


async def test_fit_keeps_transparency(darkroom: Darkroom, tmp_path: Path) -> None:
    """A transparent result stays transparent, as WebP."""
    image = noise((500, 500))
    image.putalpha(Image.linear_gradient("L").resize((500, 500)))
    original = await darkroom.inspect(lay(tmp_path, encoded(image)))
    picture = await darkroom.fit(original, original.size // 4, tmp_path / "into")
    assert picture.media_type == "image/webp"
    assert opened(picture).mode == "RGBA"


async def test_fit_gives_up(darkroom: Darkroom, tmp_path: Path) -> None:
    """What does not fit at the smallest sensible size is too large, and leaves nothing behind."""
    original = await darkroom.inspect(lay(tmp_path, encoded(noise((500, 500)))))
    with pytest.raises(PictureProblem, match="too_large"):
        await darkroom.fit(original, 100, tmp_path / "into")
    assert list_names(tmp_path) == ["source"]


async def test_small_picture_can_be_fitted_too(darkroom: Darkroom, tmp_path: Path) -> None:
    """A result that is small in pixels and large in bytes gets all the encodings at its own size."""
    image = noise((100, 100))
    image.putalpha(Image.linear_gradient("L").resize((100, 100)))
    original = await darkroom.inspect(lay(tmp_path, encoded(image)))
    assert (await darkroom.fit(original, original.size - 1, tmp_path / "into")).width == 100


async def test_disk_errors_are_not_picture_problems(darkroom: Darkroom, tmp_path: Path) -> None:
    """A failing disk is told as what it is."""
    source = lay(tmp_path, encoded(two_halves()))
    with pytest.raises(FileNotFoundError):
        await darkroom.clean(source, tmp_path / "missing" / "into")
    with pytest.raises(FileNotFoundError):
        await darkroom.inspect(tmp_path / "missing")


async def test_disk_error_while_decoding(
    darkroom: Darkroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails under the decoder is not blamed on the picture."""

    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Image, "open", broken)
    with pytest.raises(OSError, match="Input/output error"):
        await darkroom.clean(lay(tmp_path, encoded(two_halves())), tmp_path / "into")


async def test_two_at_a_time_even_when_cancelled(
    darkroom: Darkroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancelled decode keeps its place until its thread is done, so that memory stays bounded."""
    running, most = 0, 0
    lock, started, release = threading.Lock(), threading.Semaphore(0), threading.Event()
    resize = Image.Image.resize

    def held(self: Image.Image, *args: Any, **options: Any) -> Image.Image:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        started.release()
        release.wait(30)
        with lock:
            running -= 1
        return resize(self, *args, **options)

    monkeypatch.setattr(Image.Image, "resize", held)
    source = lay(tmp_path, encoded(Image.new("L", (2050, 1))))
    tasks = [asyncio.create_task(darkroom.clean(source, tmp_path / str(number))) for number in range(4)]
    for _ in range(2):
        assert await asyncio.to_thread(started.acquire, timeout=30)
    tasks[0].cancel()
    third = await asyncio.to_thread(started.acquire, timeout=0.1)
    release.set()
    done = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)
    assert not third
    assert most == 2
    assert [type(result) for result in done] == [asyncio.CancelledError, Picture, Picture, Picture]


async def test_comparing_keeps_nobody_waiting_who_pays(darkroom: Darkroom, tmp_path: Path) -> None:
    """However many compare, one pair is joined at a time, in a place of its own."""
    large = lay(tmp_path, encoded(Image.new("RGB", (4000, 4000), BLUE)))
    ended: list[str] = []

    async def join() -> None:
        await darkroom.join([large, large])
        ended.append("compared")

    async def clean() -> None:
        await darkroom.clean(small, tmp_path / "into")
        ended.append("paid")

    (tmp_path / "other").mkdir()
    small = lay(tmp_path / "other", encoded(two_halves()))
    async with asyncio.TaskGroup() as group:
        for _ in range(6):
            group.create_task(join())
        group.create_task(clean())
    assert ended.index("paid") < 2
