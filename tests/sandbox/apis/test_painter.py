"""The painted pictures show what was asked for, to people and to tests."""

import io

import pytest
from PIL import Image, ImageChops

from sandbox.apis.painter import RATIOS, RESOLUTIONS, Marks, Order, input_colours, paint, read_marks


def picture_file(
    colour: str, size: tuple[int, int] = (300, 200), kind: str = "PNG", mode: str = "RGB"
) -> bytes:
    """Make a plain picture as a file."""
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, kind)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    """Open a picture's bytes."""
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_picture_has_the_shape_asked_for(ratio: str) -> None:
    """The pixels fit the ratio to three per cent, and there are about 1024² of them."""
    width, height = opened(paint(Order("a hill", "nano-banana", ratio))).size
    across, down = map(int, ratio.split(":"))
    assert width / height == pytest.approx(across / down, rel=0.03)
    assert width * height == pytest.approx(1024**2, rel=0.03)


@pytest.mark.parametrize(("resolution", "scale"), RESOLUTIONS.items())
def test_a_resolution_multiplies_the_pixels(resolution: str, scale: int) -> None:
    """2K and 4K are two and four times as wide and high as 1K."""
    data = paint(Order("a hill", "nano-banana-pro", "16:9", resolution, media_type="image/jpeg"))
    assert opened(data).size == (1376 * scale, 768 * scale)


@pytest.mark.parametrize(("media_type", "kind"), [("image/png", "PNG"), ("image/jpeg", "JPEG")])
def test_a_picture_tells_its_order(media_type: str, kind: str) -> None:
    """The marks hold prompt, model, number, size and the inputs' colours, in both formats."""
    inputs = (
        picture_file("red"),
        picture_file("#0040c0", (40, 90), "WEBP"),
        picture_file("white", kind="JPEG"),
    )
    order = Order("ein Hügel 山 😀", "nano-banana-2", "3:2", inputs=inputs, number=2, media_type=media_type)
    data = paint(order)
    assert opened(data).format == kind
    marks = read_marks(data)
    assert marks == Marks("ein Hügel 山 😀", "nano-banana-2", 2, (1264, 848), marks.inputs)
    for found, given in zip(marks.inputs, [(255, 0, 0), (0, 64, 192), (255, 255, 255)], strict=True):
        assert found == pytest.approx(given, abs=6)


def test_a_strange_picture_has_no_marks() -> None:
    """A file that was painted elsewhere is not taken for ours."""
    with pytest.raises(KeyError):
        read_marks(picture_file("red"))


def test_each_of_eight_inputs_stays_visible_after_scaling_and_re_encoding() -> None:
    """Every input keeps its own tile and colour in a JPEG at half the size."""
    colours = ["#ff0000", "#00ff00", "#0000ff", "#ffff00", "#00ffff", "#ff00ff", "#000000", "#ffffff"]
    data = paint(Order("mix", "nano-banana", "9:16", inputs=tuple(map(picture_file, colours))))
    file = io.BytesIO()
    opened(data).reduce(2).save(file, "JPEG", quality=85)
    found = input_colours(opened(file.getvalue()), len(colours))
    for colour, expected in zip(found, colours, strict=True):
        assert colour == pytest.approx(tuple(bytes.fromhex(expected[1:])), abs=12)


def test_an_edit_keeps_the_shape_of_its_first_input_and_shows_it() -> None:
    """Without a ratio the first input decides the shape, and it is the base of the whole picture."""
    base = Image.new("RGB", (500, 250), "black")
    base.paste("white", (250, 0, 500, 250))
    file = io.BytesIO()
    base.save(file, "PNG")
    edited = opened(paint(Order("x", "nano-banana", inputs=(file.getvalue(), picture_file("red")))))
    assert edited.width / edited.height == pytest.approx(2, rel=0.02)
    middle = edited.convert("L").crop((0, edited.height // 3, edited.width, edited.height // 2))
    left, right = middle.resize((2, 1), Image.Resampling.BOX).tobytes()
    assert right - left > 80


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_inputs_of_every_mode_are_painted(mode: str) -> None:
    """No kind of PNG stops the painter."""
    file = io.BytesIO()
    Image.new(mode, (30, 20)).save(file, "PNG")
    assert len(read_marks(paint(Order("x", "nano-banana", inputs=(file.getvalue(),)))).inputs) == 1


@pytest.mark.parametrize(
    "prompt",
    ["日本語と😀", "\u202eabc\u0000\n\td", "lone \ud800", "W" * 3000, "word " * 800, ".", "i" * 4000],
    ids=["not Latin", "control", "surrogate", "one word", "many words", "short", "narrow"],
)
def test_no_prompt_stops_the_painter(prompt: str) -> None:
    """Any text makes a picture and can be read back."""
    assert read_marks(paint(Order(prompt, "nano-banana-2", media_type="image/jpeg"))).prompt == prompt[:4000]


def test_the_prompt_is_written_on_the_picture() -> None:
    """The band with the caption is much brighter where a longer text stands."""
    sparse, dense = (opened(paint(Order(text, "nano-banana"))).convert("L") for text in (".", "MMMM " * 30))
    white = [sum(picture.histogram()[250:]) for picture in (sparse, dense)]
    assert white[1] > white[0] + 5000


def test_pictures_differ_by_prompt_and_number_and_repeat_exactly() -> None:
    """The same order is the same file; another prompt or number is another picture."""
    order = Order("a hill", "nano-banana")
    assert paint(order) == paint(order)
    for other in (Order("a hill", "nano-banana", number=1), Order("a hilly", "nano-banana")):
        first, second = opened(paint(order)), opened(paint(other))
        assert ImageChops.difference(first.convert("RGB"), second.convert("RGB")).getbbox() is not None


def test_grain_makes_a_4k_file_larger_than_a_message_may_carry() -> None:
    """A JPEG at 4K with grain is over 10 MiB, without it far below."""
    order = Order("a hill", "nano-banana-pro", "1:1", "4K", media_type="image/jpeg")
    assert len(paint(order)) < 3 * 2**20
    assert (
        len(paint(Order("a hill", "nano-banana-pro", "1:1", "4K", media_type="image/jpeg", grain=True)))
        > 10 * 2**20
    )
