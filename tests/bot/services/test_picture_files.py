"""Files of every kind, honest and hostile: told by their bytes, refused by reason."""

import asyncio
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from bot.services.pictures import PIXEL_LIMITS, SIDE_LIMIT, SOURCE_BYTES, Darkroom, Picture, PictureProblem
from tests.bot.services.sample_pictures import (
    black,
    chunk,
    encoded,
    lay,
    list_names,
    noise,
    opened,
    png,
    two_halves,
)

# Pillow warns of damaged metadata and goes on; the product leaves it at that.
pytestmark = [pytest.mark.filterwarnings("ignore::UserWarning:PIL"), pytest.mark.row("downloads")]


FORMATS = [("PNG", "image/png", ".png"), ("JPEG", "image/jpeg", ".jpg"), ("WEBP", "image/webp", ".webp")]


@pytest.mark.parametrize(("kind", "media_type", "suffix"), FORMATS)
async def test_inspect_tells_formats_by_their_bytes(
    kind: str, media_type: str, suffix: str, darkroom: Darkroom, tmp_path: Path
) -> None:
    """The name of the file says nothing, its bytes say all."""
    data = encoded(two_halves(), kind)
    path = lay(tmp_path, data)
    picture = await darkroom.inspect(path)
    assert picture == Picture(path, picture.media_type, 64, 32, len(data))
    assert (picture.media_type, picture.suffix) == (media_type, suffix)


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGBA", {}),
        ("WEBP", "RGB", {"exif": b"Exif\0\0nothing"}),
        ("JPEG", "RGB", {"progressive": True}),
        ("JPEG", "L", {}),
        ("JPEG", "RGB", {"restart_marker_blocks": 1}),
        ("JPEG", "RGB", {"comment": b"\xff\xd9" * 10}),
    ],
)
async def test_inspect_knows_the_formats_variants(
    kind: str, mode: str, options: dict[str, Any], darkroom: Darkroom, tmp_path: Path
) -> None:
    """Lossless and extended WebP, progressive JPEG and segments with marker-like bytes are read right."""
    data = encoded(two_halves((50, 30)).convert(mode), kind, **options)
    picture = await darkroom.inspect(lay(tmp_path, data))
    assert (picture.width, picture.height) == (50, 30)


async def test_picture_with_a_second_one_behind_it(darkroom: Darkroom, tmp_path: Path) -> None:
    """Phones put a second JPEG behind the first (MPO, gain maps); the first is the picture."""
    data = encoded(two_halves(), "MPO", save_all=True, append_images=[Image.new("RGB", (9, 9))])
    picture = await darkroom.clean(lay(tmp_path, data), tmp_path / "into")
    assert (picture.media_type, picture.width, picture.height) == ("image/jpeg", 64, 32)


async def test_bytes_after_the_end_do_no_harm(darkroom: Darkroom, tmp_path: Path) -> None:
    """Phones append things behind the end of a JPEG; the picture is complete all the same."""
    picture = await darkroom.inspect(lay(tmp_path, encoded(two_halves(), "JPEG") + b"trailer"))
    assert (picture.width, picture.height) == (64, 32)


APNG = encoded(
    two_halves(), save_all=True, append_images=[two_halves().transpose(Image.Transpose.ROTATE_180)]
)


ANIMATED_WEBP = encoded(
    two_halves(), "WEBP", save_all=True, append_images=[two_halves().transpose(Image.Transpose.ROTATE_180)]
)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


UNUSABLE = [
    ("empty", b""),
    ("animated", APNG),
    ("animated", ANIMATED_WEBP),
    ("animated", encoded(two_halves(), "GIF")),
    ("animated", b"GIF87a"),
    ("not_a_picture", SVG),
    ("not_a_picture", b"\xef\xbb\xbf" + SVG),
    ("not_a_picture", b"%PDF-1.7"),
    ("not_a_picture", encoded(two_halves(), "BMP")),
    ("not_a_picture", encoded(two_halves(), "TIFF")),
    ("not_a_picture", encoded(two_halves(), "ICO")),
    ("not_a_picture", b"\x89PNG"),
    ("not_a_picture", b"\xff\xd8"),
    ("not_a_picture", b"RIFF\x04\0\0\0WAVE"),
    ("not_a_picture", b"RIFF\x10\0\0\0WEBPXXXX" + bytes(30)),
    ("not_a_picture", b"\0"),
    ("not_a_picture", b"<html>404</html>"),
    ("not_a_picture", b"\xff\xd8\xff\xd9"),
    ("not_a_picture", png(0, 10, black(1, 1))),
    ("not_a_picture", png(10, 0, black(1, 1))),
    ("not_a_picture", b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", bytes(20)) + chunk(b"IEND", b"")),
    ("not_a_picture", png(1, 1, *[chunk(b"tEXt", b"a\0b")] * 60_000)),
    ("not_a_picture", b"\xff\xd8" + b"\xff\xfe\0\x02" * 60_000 + b"\xff\xd9"),
    ("too_many_pixels", png(9000, 9000, black(9000, 9000))),
    ("too_many_pixels", png(SIDE_LIMIT + 1, 1, black(1, 1))),
    ("too_many_pixels", png(1, SIDE_LIMIT + 1, black(1, 1))),
    ("too_many_pixels", png(PIXEL_LIMITS["image/png"] // 10_000 + 1, 10_000, black(1, 1))),
    ("too_many_pixels", png(2**32 - 1, 2**32 - 1, black(1, 1))),
]


@pytest.mark.parametrize(("reason", "data"), UNUSABLE)
async def test_unusable_files_are_told_by_reason(
    reason: str, data: bytes, darkroom: Darkroom, tmp_path: Path
) -> None:
    """Both doors refuse what is no still picture of a bearable size, and say why."""
    source = lay(tmp_path, data)
    with pytest.raises(PictureProblem) as inspected:
        await darkroom.inspect(source)
    with pytest.raises(PictureProblem) as cleaned:
        await darkroom.clean(source, tmp_path / "into")
    assert (inspected.value.reason, cleaned.value.reason) == (reason, reason)
    assert list_names(tmp_path) == ["source"]


def test_the_pixel_bomb_is_small() -> None:
    """The bomb above is what it should be: a few KiB that would decode to 81 million pixels."""
    assert len(png(9000, 9000, black(9000, 9000))) < 100_000


async def test_source_over_25_mib_is_refused(darkroom: Darkroom, tmp_path: Path) -> None:
    """A member's file has the API's limit, to the byte; a result may be larger."""
    picture = encoded(two_halves(), "JPEG")
    source = lay(tmp_path, picture + bytes(SOURCE_BYTES + 1 - len(picture)))
    with pytest.raises(PictureProblem, match="too_large"):
        await darkroom.clean(source, tmp_path / "into")
    assert (await darkroom.inspect(source)).size == SOURCE_BYTES + 1
    lay(tmp_path, picture + bytes(SOURCE_BYTES - len(picture)))
    assert (await darkroom.clean(source, tmp_path / "into")).width == 64


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_every_truncation_is_noticed(kind: str, darkroom: Darkroom, tmp_path: Path) -> None:
    """Wherever a file is cut, neither door takes it."""
    data = encoded(two_halves(), kind)
    for length in range(16, len(data), max(1, len(data) // 40)):
        source = lay(tmp_path, data[:length])
        with pytest.raises(PictureProblem, match="truncated"):
            await darkroom.inspect(source)
        with pytest.raises(PictureProblem, match="truncated"):
            await darkroom.clean(source, tmp_path / "into")


async def test_missing_pixels_behind_a_whole_frame_are_noticed(darkroom: Darkroom, tmp_path: Path) -> None:
    """A PNG whose chunks are in order but whose pixels stop short is refused when it is decoded."""
    pixels = zlib.compress(noise((100, 101)).convert("L").tobytes())
    source = lay(tmp_path, png(100, 100, chunk(b"IDAT", pixels[: len(pixels) // 2])))
    assert (await darkroom.inspect(source)).height == 100
    with pytest.raises(PictureProblem, match="truncated"):
        await darkroom.clean(source, tmp_path / "into")
    assert list_names(tmp_path) == ["source"]


def jpeg_with_frames() -> list[bytes]:
    """JPEG files with a second frame header of another size: before, behind, and after the pixels."""
    data = encoded(two_halves(), "JPEG")
    at = data.index(b"\xff\xc0")
    (length,) = struct.unpack_from(">H", data, at + 2)
    end = at + 2 + length
    frame = bytearray(data[at:end])
    frame[5:9] = struct.pack(">HH", 16, 16)
    return [
        data[:at] + frame + data[at:],
        data[:end] + frame + data[end:],
        data[:-2] + frame + data[-2:],
    ]


def png_with_two_headers() -> bytes:
    """A PNG that is small by its first header and large by its second."""
    second = chunk(b"IHDR", struct.pack(">IIBBBBB", 9000, 9000, 8, 0, 0, 0, 0))
    return png(10, 10, second, black(9000, 9000))


@pytest.mark.parametrize("data", [*jpeg_with_frames(), png_with_two_headers()])
async def test_two_sizes_in_one_file_are_refused(data: bytes, darkroom: Darkroom, tmp_path: Path) -> None:
    """A second header does not smuggle a larger picture past the check."""
    with pytest.raises(PictureProblem):
        await darkroom.clean(lay(tmp_path, data), tmp_path / "into")
    assert list_names(tmp_path) == ["source"]


async def test_text_bomb_is_refused(darkroom: Darkroom, tmp_path: Path) -> None:
    """Compressed comments are not blown up without a limit."""
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000)))
    with pytest.raises(PictureProblem):
        await darkroom.clean(lay(tmp_path, png(1, 1, bomb, black(1, 1))), tmp_path / "into")


SAMPLES = [encoded(two_halves(), kind) for kind in ("PNG", "JPEG", "WEBP")] + [
    encoded(two_halves().quantize(4), transparency=0),
    encoded(two_halves(), "JPEG", progressive=True, exif=Image.Exif()),
    encoded(two_halves().convert("RGBA"), "WEBP", lossless=True, exif=b"Exif\0\0MM\0*\0\0\0\x08"),
    encoded(two_halves(), icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_never_surprises(data: st.DataObject) -> None:
    """Whatever bytes are flipped or cut, the end is a picture or a `PictureProblem`, and no stray file."""
    damaged = bytearray(data.draw(st.sampled_from(SAMPLES), label="sample"))
    for _ in range(data.draw(st.integers(0, 6), label="flips")):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(damaged)), st.integers(0, len(damaged))), label="cut")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            picture = asyncio.run(Darkroom().clean(lay(folder, bytes(damaged[:cut])), folder / "into"))
        except PictureProblem:
            assert list_names(folder) == ["source"]
        else:
            opened(picture)


@settings(max_examples=200, deadline=None)
@given(
    start=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\x20\0\0\0WEBPVP8X"]),
    rest=st.binary(max_size=200),
)
def test_noise_never_surprises(start: bytes, rest: bytes) -> None:
    """Noise behind a good beginning is refused like any other."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with pytest.raises(PictureProblem):
            asyncio.run(Darkroom().clean(lay(folder, start + rest), folder / "into"))
