"""Pictures for the darkroom, made in memory: honest ones, and files built chunk by chunk."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from bot.services.pictures import Picture

RED = (255, 0, 0)


BLUE = (0, 0, 255)


def two_halves(size: tuple[int, int] = (64, 32)) -> Image.Image:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, RED)
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, *size), fill=BLUE)
    return image


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The file that Pillow makes of an image."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def lay(folder: Path, data: bytes) -> Path:
    """A file without an ending, as a download leaves it."""
    path = folder / "source"
    path.write_bytes(data)
    return path


def near(pixel: Any, wanted: tuple[int, ...], by: int = 12) -> bool:
    """Whether a pixel has a colour as far as JPEG keeps it."""
    return all(abs(is_ - wants) <= by for is_, wants in zip(pixel, wanted, strict=True))


def opened(picture: Picture) -> Image.Image:
    """The decoded picture, after a check that its file is what is said of it."""
    with Image.open(picture.path) as image:
        image.load()
    assert image.size == (picture.width, picture.height)
    assert Image.MIME[image.format or ""] == picture.media_type
    assert picture.path.suffix == picture.suffix
    assert picture.path.stat().st_size == picture.size
    return image


def list_names(folder: Path) -> list[str]:
    """The names of what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def noise(size: tuple[int, int]) -> Image.Image:
    """A picture that no encoder can make small."""
    return Image.merge("RGB", [Image.effect_noise(size, 90) for _ in range(3)])


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG file of one-byte gray pixels with chosen chunks after its header."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def black(width: int, height: int) -> bytes:
    """The pixels of a black gray picture as a PNG chunk, which take nearly no bytes."""
    squeezer = zlib.compressobj(9)
    rows = b"".join(squeezer.compress(bytes(width + 1)) for _ in range(height))
    return chunk(b"IDAT", rows + squeezer.flush())
