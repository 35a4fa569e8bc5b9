"""Draws the picture of a report: amounts by day, and lists of amounts, to be read on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

# Pixels. A phone shows the whole width in about 350 of its own.
WIDTH = 900
MARGIN = 44
TITLE_SIZE, TEXT_SIZE = 40, 30
DAYS_HEIGHT = 260
LINE = 46
NAME_WIDTH = 340  # an id of Discord fits
NUMBER_WIDTH = 150
GAP = 3  # between two days

GROUND, BANANA, TRACK, TEXT, QUIET = "#17181d", "#f5c542", "#2a2c35", "#f0f0f4", "#a3a5b3"

Row = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Section:
    """Amounts below one another, each with a name and a bar."""

    title: str
    rows: Sequence[Row]


def drawable(words: str) -> bool:
    """Whether the font has every character; it is Pillow's own, so that nothing has to be installed."""
    return words.isascii() and words.isprintable()


def chart(title: str, days: Sequence[Row], sections: Sequence[Section]) -> bytes:
    """A PNG with a bar for each day, and the sections below."""
    shown = [section for section in sections if section.rows]
    lists = sum(2 * LINE + LINE * len(section.rows) for section in shown)
    height = 2 * MARGIN + 2 * LINE + DAYS_HEIGHT + LINE + lists
    image = Image.new("RGB", (WIDTH, height), GROUND)
    draw = ImageDraw.Draw(image)
    draw.text((MARGIN, MARGIN), title, TEXT, _font(TITLE_SIZE))
    top = MARGIN + 2 * LINE
    _draw_days(draw, top, days)
    top += DAYS_HEIGHT + LINE
    for section in shown:
        top += LINE
        draw.text((MARGIN, top), section.title, QUIET, _font(TEXT_SIZE))
        top += LINE
        _draw_rows(draw, top, section.rows)
        top += LINE * len(section.rows)
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw_days(draw: ImageDraw.ImageDraw, top: int, days: Sequence[Row]) -> None:
    most = max(amount for _, amount in days) or 1
    room = WIDTH - 2 * MARGIN
    ground = top + DAYS_HEIGHT
    for number, (_, amount) in enumerate(days):
        left = MARGIN + number * room // len(days)
        right = max(left, MARGIN + (number + 1) * room // len(days) - 1 - GAP)
        draw.rectangle((left, top, right, ground), TRACK)
        if amount:
            draw.rectangle((left, ground - max(2, DAYS_HEIGHT * amount // most), right, ground), BANANA)
    font = _font(TEXT_SIZE)
    draw.text((WIDTH - MARGIN, top - LINE), str(most), QUIET, font, anchor="ra")
    draw.text((MARGIN, ground + 8), days[0][0], QUIET, font)
    if len(days) > 1:
        draw.text((WIDTH - MARGIN, ground + 8), days[-1][0], QUIET, font, anchor="ra")


def _draw_rows(draw: ImageDraw.ImageDraw, top: int, rows: Sequence[Row]) -> None:
    font = _font(TEXT_SIZE)
    most = max(amount for _, amount in rows) or 1
    left, right = MARGIN + NAME_WIDTH, WIDTH - MARGIN - NUMBER_WIDTH
    for name, amount in rows:
        draw.text((MARGIN, top), _cut(name, font), TEXT, font)
        bar = (left, top + 4, right, top + TEXT_SIZE)
        draw.rounded_rectangle(bar, 6, TRACK)
        if amount:
            end = left + max(12, (right - left) * amount // most)
            draw.rounded_rectangle((left, top + 4, end, top + TEXT_SIZE), 6, BANANA)
        draw.text((WIDTH - MARGIN, top), str(amount), TEXT, font, anchor="ra")
        top += LINE


def _cut(name: str, font: ImageFont.FreeTypeFont) -> str:
    """As much of a name as fits before its bar."""
    while font.getlength(name) > NAME_WIDTH - 16:
        name = f"{name.removesuffix('...')[:-1]}..."
    return name


def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font
