"""What the bytes of a picture say about it, read without decoding a single pixel."""

import mmap
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SIDE_LIMIT = 16_383  # pixels; WebP's own limit, so that every picture can be encoded in every format

# Ordinary files have some thousand parts; walking through millions would keep a thread busy for seconds.
_MOST_PARTS = 50_000

MediaType = Literal["image/png", "image/jpeg", "image/webp"]
Reason = Literal["not_a_picture", "animated", "empty", "truncated", "too_many_pixels", "too_large"]

# The largest picture that the models make has 17 million pixels. JPEG, which is decoded at a fraction of its
# size, may have as many as the largest ordinary phone photograph (8160 x 6120).
PIXEL_LIMITS: dict[MediaType, int] = {
    "image/jpeg": 50_000_000,
    "image/png": 25_000_000,
    "image/webp": 25_000_000,
}

SUFFIXES: dict[MediaType, str] = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}


class PictureProblem(Exception):
    """A picture that cannot be used; `truncated` means cut short or damaged."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Picture:
    """A checked picture on disk; `size` in bytes."""

    path: Path
    media_type: MediaType
    width: int
    height: int
    size: int

    @property
    def suffix(self) -> str:
        """The file name's ending that belongs to the bytes."""
        return SUFFIXES[self.media_type]


def read_picture(path: Path, max_bytes: int) -> Picture:
    """Check a file by its bytes: format, still, complete, within the limits; raises `PictureProblem`."""
    size = path.stat().st_size
    if size == 0:
        raise PictureProblem("empty")
    if size > max_bytes:
        raise PictureProblem("too_large")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            media_type, (width, height) = _read(data)
        except (struct.error, IndexError):
            raise PictureProblem("truncated") from None
    if not (width and height):
        raise PictureProblem("not_a_picture")
    if width * height > PIXEL_LIMITS[media_type] or max(width, height) > SIDE_LIMIT:
        raise PictureProblem("too_many_pixels")
    return Picture(path, media_type, width, height, size)


def _read(data: mmap.mmap) -> tuple[MediaType, tuple[int, int]]:
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png", _png_size(data)
    if data[:3] == b"\xff\xd8\xff":
        return "image/jpeg", _jpeg_size(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp", _webp_size(data)
    if data[:6] in (b"GIF87a", b"GIF89a"):
        raise PictureProblem("animated")
    raise PictureProblem("not_a_picture")


def _png_size(data: mmap.mmap) -> tuple[int, int]:
    """The size in the first chunk, when the chunks lead to the last one (PNG specification, 5.6)."""
    length, kind, width, height = struct.unpack_from(">I4sII", data, 8)
    if (length, kind) != (13, b"IHDR"):
        raise PictureProblem("not_a_picture")
    place = 8
    for _ in range(_MOST_PARTS):
        length, kind = struct.unpack_from(">I4s", data, place)
        place += 12 + length
        if kind == b"acTL":
            raise PictureProblem("animated")
        if kind == b"IEND":
            if place > len(data):
                raise PictureProblem("truncated")
            return width, height
    raise PictureProblem("not_a_picture")


_SEGMENT = re.compile(rb"\xff+([^\xff])")  # a marker, with any number of fill bytes before it
# A marker inside a scan ends it, except stuffed zeros, restarts and fill bytes (ITU T.81, B.1.1).
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9


def _jpeg_size(data: mmap.mmap) -> tuple[int, int]:
    """The size in the frame header, when the segments and scans lead to the end of the image."""
    size = (0, 0)
    place = 2
    for _ in range(_MOST_PARTS):
        segment = _SEGMENT.match(data, place)
        if segment is None:
            raise PictureProblem("truncated")
        marker = segment[1][0]
        if marker == _END_OF_IMAGE:
            return size
        place = segment.end()
        (length,) = struct.unpack_from(">H", data, place)
        if marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", data, place + 3)
            size = width, height
        place += length
        if marker == _START_OF_SCAN:
            place = _scan_end(data, place)
    raise PictureProblem("not_a_picture")


def _scan_end(data: mmap.mmap, place: int) -> int:
    found = _SCAN_END.search(data, place)
    if found is None:
        raise PictureProblem("truncated")
    return found.start()


_ANIMATION = 0b10


def _webp_size(data: mmap.mmap) -> tuple[int, int]:
    """The size in the first chunk, when the container is whole (RFC 9649)."""
    (container,) = struct.unpack_from("<I", data, 4)
    if container + 8 > len(data):
        raise PictureProblem("truncated")
    kind = data[12:16]
    if kind == b"VP8X":
        flags, *sides = struct.unpack_from("<B3x3s3s", data, 20)
        if flags & _ANIMATION:
            raise PictureProblem("animated")
        width, height = (int.from_bytes(side, "little") + 1 for side in sides)
        return width, height
    if kind == b"VP8L" and data[20:21] == b"\x2f":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise PictureProblem("not_a_picture")
