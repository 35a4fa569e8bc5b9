"""The picture of a report: whatever the figures, it is a picture that a phone can show."""

from io import BytesIO

import pytest
from PIL import Image

from bot.charts import BANANA, GROUND, WIDTH, Row, Section, chart, drawable


def opened(picture: bytes) -> Image.Image:
    """The picture, decoded."""
    with Image.open(BytesIO(picture)) as image:
        assert image.format == "PNG"
        return image.convert("RGB")


def yellow(image: Image.Image) -> int:
    """How many pixels are part of a bar."""
    wanted = tuple(bytes.fromhex(BANANA.removeprefix("#")))
    return sum(count for count, colour in image.getcolors(2**20) or [] if colour == wanted)


@pytest.mark.parametrize("days", [2, 30, 90])
def test_a_bar_for_each_day(days: int) -> None:
    """Twice the credits are twice the bar, also where bars are thin."""
    full = opened(chart("x", [(f"day {number}", 10) for number in range(days)], []))
    half = opened(chart("x", [(f"day {number}", 10 if number % 2 else 5) for number in range(days)], []))
    assert full.width == WIDTH
    assert full.getpixel((1, 1)) == tuple(bytes.fromhex(GROUND.removeprefix("#")))
    assert yellow(full) > yellow(half) >= yellow(full) // 2 - 2 * WIDTH


def test_a_day_without_anything_has_no_bar() -> None:
    """Nothing is drawn for nothing, and one credit of a billion is still seen."""
    assert yellow(opened(chart("x", [("a", 0), ("b", 0)], []))) == 0
    assert yellow(opened(chart("x", [("a", 1), ("b", 0)], []))) > 0
    pair = opened(chart("x", [("a", 10**9), ("b", 1)], []))
    assert yellow(pair) > yellow(opened(chart("x", [("a", 10**9), ("b", 0)], [])))


def test_sections_below() -> None:
    """Each makes the picture longer; one without rows is left out."""
    days: list[Row] = [("a", 0)]
    section = Section("Members", [("a name that goes on and on and on and on and on", 10), ("b", 0)])
    bare, with_one = opened(chart("x", days, [Section("Nothing", [])])), opened(chart("x", days, [section]))
    assert bare.size == opened(chart("x", days, [])).size
    assert with_one.height > bare.height
    assert yellow(with_one) > 0


@pytest.mark.parametrize(
    ("words", "can"), [("Ada", True), ("nano-banana-2", True), ("Zoë", False), ("猫", False), ("a\nb", False)]
)
def test_what_the_font_has(words: str, can: bool) -> None:
    """Only plain letters: others would be boxes."""
    assert drawable(words) is can
