"""Pictures on disk made fit for use: checked, cleaned for the image APIs, or brought under a size."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from threading import get_ident
from typing import Any, Final

from PIL import ExifTags, Image, ImageCms

from bot.services.picture_headers import (
    PIXEL_LIMITS,
    SIDE_LIMIT,
    SUFFIXES,
    MediaType,
    Picture,
    PictureProblem,
    read_picture,
)
from bot.services.threads import in_thread

__all__ = [
    "PIXEL_LIMITS",
    "RESULT_BYTES",
    "SIDE_LIMIT",
    "SOURCE_BYTES",
    "Darkroom",
    "Picture",
    "PictureProblem",
]

SOURCE_BYTES: Final = 25 * 1024 * 1024  # bytes; what the image APIs take
RESULT_BYTES: Final = 64 * 1024 * 1024  # bytes; a noisy PNG of 4096 x 4096 has 48 MiB

_SIMULTANEOUS = 2  # decoded pictures are the bot's largest memory
_SOURCE_SIDE = 2048  # pixels; the models look at no more of their inputs
_JOINED_SIDE = 1280  # pixels; of a picture beside another one
_PNG_LIMIT = 4 * 1024 * 1024  # bytes; above, an opaque source goes as JPEG, with no loss that can be seen
_SMALLEST_SIDE = 256  # pixels on the longer side; a smaller result would be no result
_FORMATS = ("PNG", "JPEG", "WEBP")
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# An image, its format, the encoder's options, and the most bytes that may come of it.
_Attempt = tuple[Image.Image, MediaType, dict[str, Any], int]


class Darkroom:
    """Checks pictures in threads, and develops them, two at a time and a third to join.

    Raises `PictureProblem`.

    At 50 million pixels one takes at its peak (measured): JPEG 90 MiB, progressive JPEG 200 MiB,
    PNG 250 to 640 MiB, WebP 850 MiB; WebP and PNG cannot be decoded at a part of their size.
    """

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_SIMULTANEOUS)
        self._joining = asyncio.Semaphore(1)  # costs nobody anything, so it keeps nobody waiting who pays

    async def inspect(self, path: Path) -> Picture:
        """Check a result by its bytes, without decoding it."""
        return await in_thread(read_picture, path, RESULT_BYTES)

    async def accept(self, result: Path, into: Path) -> Picture:
        """Check a result as `inspect` does; it then stands at `into` with the ending of its format added."""
        return await in_thread(_accept, result, into)

    async def clean(self, source: Path, into: Path) -> Picture:
        """Make a member's picture fit for an API: upright, sRGB, without metadata, not larger than needed.

        The picture stands at `into` with the ending of its format added.
        """
        async with self._places:
            return await in_thread(_clean, source, into)

    async def join(self, paths: Sequence[Path]) -> bytes:
        """Pictures of ours side by side, at one height, as JPEG; raises `FileNotFoundError` for one gone."""
        async with self._joining:
            return await in_thread(_join, paths)

    async def fit(self, picture: Picture, max_bytes: int, into: Path) -> Picture:
        """Make a result small enough for a message, losing as little as possible; `too_large` if it can't be.

        The picture stands at `into` with the ending of its format added.
        """
        async with self._places:
            return await in_thread(_fit, picture, max_bytes, into)


def _accept(result: Path, into: Path) -> Picture:
    picture = read_picture(result, RESULT_BYTES)
    return replace(picture, path=result.replace(into.with_name(f"{into.name}{picture.suffix}")))


def _clean(source: Path, into: Path) -> Picture:
    picture = read_picture(source, SOURCE_BYTES)
    image = _develop(picture, _SOURCE_SIDE)
    png: _Attempt = (image, "image/png", {}, _PNG_LIMIT if image.mode == "RGB" else SOURCE_BYTES)
    jpeg: _Attempt = (image, "image/jpeg", {"quality": 92, "subsampling": "4:4:4"}, SOURCE_BYTES)
    if image.mode == "RGBA":
        return _save([png], into)
    return _save([png, jpeg] if picture.media_type == "image/png" else [jpeg], into)


def _fit(picture: Picture, max_bytes: int, into: Path) -> Picture:
    return _save(_smaller_and_smaller(_develop(picture, SIDE_LIMIT), max_bytes), into)


def _join(paths: Sequence[Path]) -> bytes:
    shown = [_develop(read_picture(path, RESULT_BYTES), _JOINED_SIDE) for path in paths]
    height = min(image.height for image in shown)
    scaled = [image.resize((max(1, image.width * height // image.height), height)) for image in shown]
    gap = max(4, height // 64)
    width = sum(image.width + gap for image in scaled) - gap
    joined = Image.new("RGB", (width, height), "white")
    left = 0
    for image in scaled:
        joined.paste(image, (left, 0), image if image.mode == "RGBA" else None)
        left += image.width + gap
    file = BytesIO()
    joined.save(file, "JPEG", quality=90)
    return file.getvalue()


def _smaller_and_smaller(image: Image.Image, max_bytes: int) -> Iterator[_Attempt]:
    """First less quality, then fewer pixels; JPEG only where nothing is transparent."""
    if image.mode == "RGB":
        yield image, "image/jpeg", {"quality": 95}, max_bytes
        yield image, "image/jpeg", {"quality": 90}, max_bytes
    yield image, "image/webp", {"quality": 90}, max_bytes
    side = max(image.size)
    while side > _SMALLEST_SIDE:
        side = max(side * 3 // 4, _SMALLEST_SIDE)
        yield _shrunk(image, side), "image/webp", {"quality": 90}, max_bytes


def _save(attempts: Iterable[_Attempt], into: Path) -> Picture:
    """Write the first attempt that is small enough, whole or not at all."""
    part = into.with_name(f"{into.name}.{get_ident()}.part")  # another thread may do the same
    try:
        for image, media_type, options, max_bytes in attempts:
            image.save(part, media_type.removeprefix("image/"), **options)
            size = part.stat().st_size
            if size <= max_bytes:
                path = into.with_name(into.name + SUFFIXES[media_type])
                part.replace(path)
                return Picture(path, media_type, image.width, image.height, size)
    finally:
        part.unlink(missing_ok=True)
    raise PictureProblem("too_large")


def _develop(picture: Picture, longest: int) -> Image.Image:
    """Decode into RGB, or RGBA where something is transparent: upright, sRGB, bare of all metadata."""
    with _decoding(), Image.open(picture.path, formats=_FORMATS) as file:
        if file.size != (picture.width, picture.height):
            raise PictureProblem("not_a_picture")  # two headers that disagree: one of them is a trap
        file.draft(None, _within(file.size, longest))  # JPEG decodes at a half, a quarter or an eighth
        image = _shrunk(_plain(file), longest)
        orientation = _orientation(file)  # after the pixels, for a PNG may hold its EXIF behind them
        image = _in_srgb(image, file.info.get("icc_profile"))
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    image.info.clear()
    return image


@contextmanager
def _decoding() -> Iterator[None]:
    """Turn what Pillow and its libraries raise on hostile bytes, which is anything, into one problem."""
    try:
        yield
    except PictureProblem:
        raise
    except OSError as error:
        if error.errno is not None:
            raise  # from the operating system: the disk, not the picture
        raise PictureProblem("truncated") from error
    except Exception as error:
        raise PictureProblem("truncated") from error


def _orientation(file: Image.Image) -> int:
    try:
        return int(file.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001  # damaged EXIF raises anything, and the picture is good without it
        return 1


def _plain(file: Image.Image) -> Image.Image:
    """One of the four modes that can be scaled and converted well: L, RGB, RGBA, CMYK."""
    if file.mode == "I;16":
        return file.point(lambda value: value / 256).convert("L")  # `convert` alone would clip
    if file.mode != "RGBA" and file.has_transparency_data:
        return file.convert("RGBA")
    if file.mode not in ("L", "RGB", "RGBA", "CMYK"):
        return file.convert("RGB")
    file.load()
    return file


def _within(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """The size with its longer side brought down to `longest`; never enlarged, never empty."""
    width, height = size
    scale = min(1.0, longest / max(size))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _shrunk(image: Image.Image, longest: int) -> Image.Image:
    size = _within(image.size, longest)
    if size == image.size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB and in RGB or RGBA; a profile that does not fit the picture is left aside."""
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode=mode
            )
        except (ImageCms.PyCMSError, OSError):
            pass
        else:
            return converted or image
    return image if image.mode == mode else image.convert(mode)
