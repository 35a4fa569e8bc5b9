"""Landscapes for the pictures of the stand-in image APIs, each derived from a seed alone."""

import math
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageColor, ImageDraw

Colour = tuple[int, int, int]
Size = tuple[int, int]

_RIDGES = 4
_NOISE_TILE = 1024
_EDGE = 178  # Pillow's radial gradient ends with 255 in the corners, with this in the middle of the sides


@dataclass(frozen=True, slots=True)
class Mood:
    """The colours of one time of day."""

    high: str
    """The sky's upper end."""
    low: str
    """The sky at the horizon."""
    light: str
    """The sun or the moon."""
    far: str
    """The ridge at the horizon."""
    near: str
    """The ridge in front."""
    stars: bool = False


MOODS = (
    Mood("#2b5c9e", "#fbd9a0", "#fff3c9", "#c08f86", "#3a2f45"),  # morning
    Mood("#3f87c9", "#d8f0f2", "#fffbe6", "#8fb7bd", "#1f4a43"),  # noon
    Mood("#41295a", "#ff9472", "#ffe08a", "#b4537a", "#241537"),  # sunset
    Mood("#0b1033", "#3b4f8f", "#f4f1de", "#3d4a7a", "#0a0d22", stars=True),  # night
    Mood("#145a5c", "#c9f2c7", "#fdffe0", "#7dbf9a", "#123a34"),  # forest
    Mood("#7a3b2e", "#f7c873", "#fff0b8", "#d08a5a", "#4a1f23"),  # desert
    Mood("#1a1446", "#d76aa8", "#ffd6ec", "#7a4a9e", "#170f33", stars=True),  # dream
)


def landscape(size: Size, seed: bytes) -> Image.Image:
    """Draw hills under a sky; the same seed gives the same picture."""
    random = Random(seed)  # noqa: S311 - it has to be repeatable, not secret
    mood = random.choice(MOODS)
    picture = _blend(Image.linear_gradient("L").resize(size), rgb(mood.high), rgb(mood.low))
    if mood.stars:
        _add_stars(picture, random)
    _add_light(picture, rgb(mood.light), random)
    for ridge in range(_RIDGES):
        nearness = ridge / (_RIDGES - 1)
        colour = _between(rgb(mood.far), rgb(mood.near), nearness)
        mask = _ridge_mask(size, random, nearness)
        below = (0, size[1] // 4, *size)  # no crest is higher
        picture.paste(colour, below, mask.crop(below))
    return picture


def in_another_light(picture: Image.Image, seed: bytes) -> Image.Image:
    """Give a picture the colours of another time of day, leaving what it shows."""
    mood = Random(seed).choice(MOODS)  # noqa: S311 - it has to be repeatable, not secret
    toned = _blend(picture.convert("L"), rgb(mood.near), rgb(mood.low))
    return Image.blend(picture, toned, 0.6)


def add_grain(picture: Image.Image) -> Image.Image:
    """Make a picture as hard to compress as a photograph."""
    tile = Image.effect_noise((_NOISE_TILE, _NOISE_TILE), 90)
    noise = Image.new("L", picture.size)
    for left in range(0, picture.width, _NOISE_TILE):
        for top in range(0, picture.height, _NOISE_TILE):
            noise.paste(tile, (left, top))
    coloured = Image.merge("RGB", (noise, noise.transpose(Image.Transpose.FLIP_LEFT_RIGHT), noise))
    return Image.blend(picture, coloured, 0.4)


def rgb(colour: str) -> Colour:
    """Read a colour like #2b5c9e."""
    red, green, blue, *_ = ImageColor.getrgb(colour)
    return red, green, blue


def _blend(mask: Image.Image, dark: Colour, light: Colour) -> Image.Image:
    """Colour a grey picture: black becomes `dark`, white becomes `light`."""
    tables = [
        [round(a + (b - a) * level / 255) for level in range(256)] for a, b in zip(dark, light, strict=True)
    ]
    return Image.merge("RGB", [mask.point(table) for table in tables])


def _between(first: Colour, last: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, last, strict=True))
    return red, green, blue


def _add_stars(picture: Image.Image, random: Random) -> None:
    draw = ImageDraw.Draw(picture)
    unit = max(picture.size) / 1024
    for _ in range(90):
        x, y = random.random() * picture.width, random.random() ** 1.6 * picture.height * 0.6
        radius = random.choice((0.6, 1, 1, 1.6)) * unit
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(235, 238, 255))


def _add_light(picture: Image.Image, colour: Colour, random: Random) -> None:
    """Add the sun or the moon with a wide glow."""
    across = min(picture.size)
    centre = (
        round(picture.width * random.uniform(0.22, 0.78)),
        round(picture.height * random.uniform(0.22, 0.4)),
    )
    glow = Image.radial_gradient("L").point(
        [round(max(0, 1 - level / _EDGE) ** 2 * 200) for level in range(256)]
    )
    disc = Image.new("L", (256, 256))
    ImageDraw.Draw(disc).ellipse((2, 2, 253, 253), fill=255)
    for mask, side in ((glow, round(across * 1.5)), (disc, round(across * random.uniform(0.12, 0.2)))):
        corner = (centre[0] - side // 2, centre[1] - side // 2)
        picture.paste(colour, (*corner, corner[0] + side, corner[1] + side), mask.resize((side, side)))


def _ridge_mask(size: Size, random: Random, nearness: float) -> Image.Image:
    """Draw one range of hills, twice as large and reduced where that is cheap, for smooth edges."""
    scale = 2 if max(size) < 2000 else 1
    width, height = size[0] * scale, size[1] * scale
    horizon = height * (0.5 + 0.34 * nearness)
    waves = [
        (random.uniform(0.5, 1.3) * frequency, random.uniform(0, math.tau), height * 0.085 / frequency)
        for frequency in (1, 2.3, 5.1, 11)
    ]
    step = max(1, width // 400)
    crest = [
        (
            x,
            horizon
            - sum(swing * math.sin(math.tau * turns * x / width + shift) for turns, shift, swing in waves),
        )
        for x in range(0, width + step, step)
    ]
    mask = Image.new("L", (width, height))
    draw = ImageDraw.Draw(mask)
    draw.polygon([*crest, (width, height), (0, height)], fill=255)
    if nearness > 0.5:
        _add_trees(draw, crest, height * (0.02 + 0.05 * nearness), random)
    return mask.reduce(scale) if scale > 1 else mask


def _add_trees(
    draw: ImageDraw.ImageDraw, crest: list[tuple[int, float]], tallest: float, random: Random
) -> None:
    """Plant firs along a crest, in groups."""
    for x, y in crest[:: max(1, len(crest) // 90)]:
        if random.random() < 0.45:
            tall = tallest * random.uniform(0.45, 1)
            for part in (0, 0.3, 0.55):
                base, half = y + tall * (0.15 - part), tall * 0.24 * (1 - part)
                draw.polygon([(x - half, base), (x + half, base), (x, base - tall * 0.5)], fill=255)
