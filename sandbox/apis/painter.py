"""Paints the answers of the stand-in image APIs, so that a person and a test see what was asked for."""

import hashlib
import io
import json
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from PIL import Image, ImageDraw, ImageFont, ImageOps, ImageStat
from PIL.PngImagePlugin import PngInfo

from sandbox.apis.scenery import Colour, Size, add_grain, in_another_light, landscape

RATIOS: dict[str, Size] = {
    "1:1": (1024, 1024),
    "3:2": (1264, 848),
    "2:3": (848, 1264),
    "16:9": (1376, 768),
    "9:16": (768, 1376),
    "4:3": (1200, 896),
    "3:4": (896, 1200),
    "5:4": (1152, 928),
    "4:5": (928, 1152),
    "21:9": (1584, 672),
}
"""The aspect ratios and their pixels at 1K."""
RESOLUTIONS = {"1K": 1, "2K": 2, "4K": 4}
"""The resolutions as multiples of 1K."""

_MARK_KEY = "sandbox"
_PROMPT_IN_MARKS = 4_000  # a JPEG comment holds 64 KiB, and a character takes up to 12 bytes of JSON
_TILE = 0.2  # a tile's side as a part of the picture's shorter side
_SMALLEST_TEXT = 44  # lines of the smallest caption that would fit into the picture


@dataclass(frozen=True, slots=True)
class Order:
    """One picture to paint."""

    prompt: str
    model: str
    aspect_ratio: str | None = None
    """One of RATIOS; without it the first input's shape, or else a square."""
    resolution: str = "1K"
    inputs: tuple[bytes, ...] = ()
    """The pictures to edit, as files; the first is the base."""
    number: int = 0
    """Which of the pictures of one call this is; each looks different."""
    media_type: str = "image/png"
    """image/png or image/jpeg."""
    grain: bool = False
    """Make the file as large as a photograph's."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a test can read back from a painted picture."""

    prompt: str
    model: str
    number: int
    size: Size
    inputs: tuple[Colour, ...]
    """The mean colour of each input as it stands in its tile."""


@lru_cache(maxsize=8)  # the same order gives the same picture
def paint(order: Order) -> bytes:
    """Paint a picture and give it as a file; this takes a while, so call it in a thread."""
    inputs = [_open(data) for data in order.inputs]
    size = _size(order, inputs)
    seed = hashlib.sha256(f"{order.model}/{order.number}/{order.prompt!a}".encode()).digest()
    picture = in_another_light(ImageOps.fit(inputs[0], size), seed) if inputs else landscape(size, seed)
    if order.grain:
        picture = add_grain(picture)
    for given, box in zip(inputs, _tiles(size, len(inputs)), strict=True):
        _frame(picture, given, box)
    return _save(_with_caption(picture, order.prompt), order)


def read_marks(data: bytes) -> Marks:
    """Read a painted picture back, the inputs by their pixels; KeyError if it was not painted here."""
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
        comment = picture.info["comment" if picture.format == "JPEG" else _MARK_KEY]
        marks = json.loads(comment)
        return Marks(
            marks["prompt"],
            marks["model"],
            marks["number"],
            picture.size,
            input_colours(picture, marks["inputs"]),
        )


def input_colours(picture: Image.Image, count: int) -> tuple[Colour, ...]:
    """Measure the mean colour of each of `count` tiles; works on scaled and re-encoded pictures too."""
    plain = picture.convert("RGB")
    colours = []
    for left, top, right, bottom in _tiles(picture.size, count):
        edge = (right - left) // 5  # clear of the frame
        part = plain.crop((left + edge, top + edge, right - edge, bottom - edge))
        red, green, blue = (round(mean) for mean in ImageStat.Stat(part).mean)
        colours.append((red, green, blue))
    return tuple(colours)


def _open(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
        if not picture.has_transparency_data:
            return picture.convert("RGB")
        seen = Image.new("RGBA", picture.size, "white")
        seen.alpha_composite(picture.convert("RGBA"))
        return seen.convert("RGB")


def _size(order: Order, inputs: Sequence[Image.Image]) -> Size:
    scale = RESOLUTIONS[order.resolution]
    if order.aspect_ratio is None and inputs:
        shape = min(max(inputs[0].width / inputs[0].height, 1 / 4), 4)
        width, height = (round(1024 * math.sqrt(part) / 8) * 8 for part in (shape, 1 / shape))
    else:
        width, height = RATIOS[order.aspect_ratio or "1:1"]
    return width * scale, height * scale


def _tiles(size: Size, count: int) -> list[tuple[int, int, int, int]]:
    """Place the inputs in one row along the upper edge."""
    if not count:
        return []
    gap = min(size) * 0.03
    side = min(min(size) * _TILE, (size[0] - gap) / count - gap)
    lefts = [gap + index * (side + gap) for index in range(count)]
    return [(round(left), round(gap), round(left + side), round(gap + side)) for left in lefts]


def _frame(picture: Image.Image, given: Image.Image, box: tuple[int, int, int, int]) -> None:
    side = box[2] - box[0]
    border = max(1, side // 24)
    tile = ImageOps.fit(given, (side - 2 * border, side - 2 * border))
    picture.paste(ImageOps.expand(tile, border, "white"), box[:2])


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _with_caption(picture: Image.Image, prompt: str) -> Image.Image:
    """Write the prompt on a dark band: in large letters if it is short, the start of it if it is long."""
    text = " ".join("".join(char if char.isprintable() else " " for char in prompt).split())
    margin = min(picture.size) // 24
    for lines_in_picture in (16, 20, 26, 34, _SMALLEST_TEXT):
        font = _font(picture.height // lines_in_picture)
        per_line = max(1, int((picture.width - 2 * margin) / _mean_advance(font, text)))
        lines = textwrap.wrap(text, per_line)
        room = lines_in_picture // 4
        if len(lines) <= room:
            break
    else:
        lines = [*lines[: room - 1], lines[room - 1][:-1] + "…"]
    words = "\n".join(lines)
    height = int(ImageDraw.Draw(picture).multiline_textbbox((0, 0), words, font=font)[3]) + 2 * margin
    band = picture.crop((0, picture.height - height, *picture.size))
    picture.paste(
        Image.blend(band, Image.new("RGB", band.size, "#0b0d16"), 0.62), (0, picture.height - height)
    )
    ImageDraw.Draw(picture).multiline_text((margin, picture.height - height + margin), words, "white", font)
    return picture


def _mean_advance(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str) -> float:
    """Estimate the room that one character takes, on the safe side."""
    sample = text[:400] or " "
    return max(1, font.getlength(sample) / len(sample) * 1.12)


def _save(picture: Image.Image, order: Order) -> bytes:
    marks = json.dumps(
        {
            "prompt": order.prompt[:_PROMPT_IN_MARKS],
            "model": order.model,
            "number": order.number,
            "inputs": len(order.inputs),
        }
    )
    file = io.BytesIO()
    if order.media_type == "image/jpeg":
        picture.save(file, "JPEG", quality=95, comment=marks.encode())
    else:
        info = PngInfo()
        info.add_text(_MARK_KEY, marks)
        picture.save(file, "PNG", compress_level=3, pnginfo=info)
    return file.getvalue()
