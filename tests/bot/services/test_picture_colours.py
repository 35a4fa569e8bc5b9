"""Pictures of every mode and profile come out plain: upright, in sRGB, without metadata."""

import struct
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from bot.services.pictures import Darkroom
from tests.bot.services.sample_pictures import BLUE, RED, encoded, lay, near, opened, two_halves

# Pillow warns of damaged metadata and goes on; the product leaves it at that.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def with_secrets() -> dict[str, Any]:
    """All the metadata that a camera may hide: place, name, comment, XMP."""
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "SECRET artist"
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (48.0, 51.0, 29.0), 29: "SECRET"}
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "SECRET comment")
    return {"exif": exif, "xmp": b"<x>SECRET</x>", "comment": b"SECRET", "pnginfo": notes, "dpi": (300, 300)}


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_metadata_is_gone(kind: str, mode: str, darkroom: Darkroom, tmp_path: Path) -> None:
    """Place, name, comments and profiles of a member's picture do not reach an API."""
    image = two_halves()
    if mode == "RGBA":
        image.putalpha(100)
        if kind == "JPEG":
            image = image.convert("CMYK")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(image, kind, icc_profile=profile, **with_secrets())
    assert b"SECRET" in data
    picture = await darkroom.clean(lay(tmp_path, data), tmp_path / "into")
    assert b"SECRET" not in picture.path.read_bytes()
    made = opened(picture)
    assert not made.getexif()
    assert set(made.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_pictures_are_turned_upright(
    kind: str, orientation: int, darkroom: Darkroom, tmp_path: Path
) -> None:
    """What a camera held askew comes out as its owner sees it."""
    upright = two_halves()
    held = {
        1: [],
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }[orientation]
    image = upright
    for turn in held:
        image = image.transpose(turn)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    source = lay(tmp_path, encoded(image, kind, exif=exif))
    made = opened(await darkroom.clean(source, tmp_path / "into")).convert("RGB")
    assert made.size == upright.size
    assert near(made.getpixel((8, 16)), RED)
    assert near(made.getpixel((56, 16)), BLUE)


def of_mode(mode: str) -> Image.Image:
    """The two halves in any mode that a file can hold."""
    if mode == "I;16":
        row = struct.pack("<64H", *[0x4000] * 32, *[0xC000] * 32)
        return Image.frombytes("I;16", (64, 32), row * 32)
    if mode in ("LA", "RGBA", "PA"):
        image = two_halves()
        image.putalpha(Image.linear_gradient("L").resize((64, 32)))
        return image.convert("RGBA").quantize(16) if mode == "PA" else image.convert(mode)
    return two_halves().convert(mode)


@pytest.mark.parametrize(
    ("kind", "mode", "becomes"),
    [
        ("PNG", "1", "RGB"),
        ("PNG", "L", "RGB"),
        ("PNG", "P", "RGB"),
        ("PNG", "RGB", "RGB"),
        ("PNG", "I;16", "RGB"),
        ("PNG", "LA", "RGBA"),
        ("PNG", "PA", "RGBA"),
        ("PNG", "RGBA", "RGBA"),
        ("JPEG", "L", "RGB"),
        ("JPEG", "RGB", "RGB"),
        ("JPEG", "CMYK", "RGB"),
        ("WEBP", "RGB", "RGB"),
        ("WEBP", "RGBA", "RGBA"),
    ],
)
async def test_every_mode_becomes_plain(
    kind: str, mode: str, becomes: str, darkroom: Darkroom, tmp_path: Path
) -> None:
    """Gray, palette, 16 bit, CMYK and transparent pictures keep their look and lose their oddity."""
    source = of_mode(mode)
    picture = await darkroom.clean(lay(tmp_path, encoded(source, kind)), tmp_path / "into")
    made = opened(picture)
    assert made.mode == becomes
    assert picture.media_type == ("image/jpeg" if kind != "PNG" and becomes == "RGB" else "image/png")
    if mode == "I;16":
        wanted = [(0x40,) * 3, (0xC0,) * 3]
    else:
        wanted = [source.convert(becomes).getpixel((x, 20)) for x in (8, 56)]  # type: ignore[misc]
    assert near(made.getpixel((8, 20)), wanted[0], by=40)
    assert near(made.getpixel((56, 20)), wanted[1], by=40)


async def test_single_transparent_colour_is_transparency(darkroom: Darkroom, tmp_path: Path) -> None:
    """A PNG without an alpha channel may name one colour as transparent."""
    source = lay(tmp_path, encoded(two_halves(), transparency=RED))
    made = opened(await darkroom.clean(source, tmp_path / "into"))
    assert made.getpixel((8, 16)) == (*RED, 0)
    assert made.getpixel((56, 16)) == (*BLUE, 255)


async def test_opaque_alpha_is_no_transparency(darkroom: Darkroom, tmp_path: Path) -> None:
    """An alpha channel that hides nothing is dropped."""
    source = lay(tmp_path, encoded(two_halves().convert("RGBA"), "WEBP", lossless=True))
    assert (await darkroom.clean(source, tmp_path / "into")).media_type == "image/jpeg"


def swapped_profile() -> bytes:
    """A colour space in which red means blue: sRGB with these two of its tags exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert profile.count(b"rXYZ") == profile.count(b"bXYZ") == 1
    return profile.replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("alpha", [100, 255])
async def test_colours_come_out_as_srgb(kind: str, alpha: int, darkroom: Darkroom, tmp_path: Path) -> None:
    """A picture in another colour space is converted, not only stripped of its profile."""
    image = two_halves()
    if kind != "JPEG":
        image.putalpha(alpha)
    source = lay(tmp_path, encoded(image, kind, icc_profile=swapped_profile()))
    made = opened(await darkroom.clean(source, tmp_path / "into")).convert("RGB")
    assert near(made.getpixel((8, 16)), BLUE, by=20)
    assert near(made.getpixel((56, 16)), RED, by=20)


@pytest.mark.parametrize("profile", [b"", b"junk", b"\0" * 200])
async def test_useless_profile_is_left_aside(profile: bytes, darkroom: Darkroom, tmp_path: Path) -> None:
    """A damaged profile costs nothing but itself."""
    source = lay(tmp_path, encoded(two_halves(), icc_profile=profile))
    assert opened(await darkroom.clean(source, tmp_path / "into")).getpixel((8, 16)) == RED


async def test_gray_picture_with_a_colour_profile(darkroom: Darkroom, tmp_path: Path) -> None:
    """A profile of another kind of picture is left aside."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    source = lay(tmp_path, encoded(Image.new("L", (8, 8), 77), icc_profile=profile))
    assert opened(await darkroom.clean(source, tmp_path / "into")).getpixel((4, 4)) == (77, 77, 77)
