"""Pictures of every kind, honest and hostile, through the darkroom."""

import asyncio
import errno
import io
import struct
import tempfile
import threading
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms, ImageDraw, PngImagePlugin

from bot.services.pictures import PIXEL_LIMITS, SIDE_LIMIT, SOURCE_BYTES, Darkroom, Picture, PictureProblem

# Pillow warns of damaged metadata and goes on; the product leaves it at that.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture
def darkroom() -> Darkroom:
    """The one under test."""
    return Darkroom()


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


def list_names(folder: Path) -> list[str]:
    """The names of what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


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


@pytest.mark.parametrize(
    ("size", "becomes"),
    [
        ((2048, 100), (2048, 100)),
        ((2049, 1000), (2048, 1000)),
        ((5000, 3000), (2048, 1229)),
        ((3000, 6000), (1024, 2048)),
        ((16_000, 3), (2048, 1)),
        ((1, 16_000), (1, 2048)),
        ((1, 1), (1, 1)),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_large_sources_are_brought_down(
    kind: str, size: tuple[int, int], becomes: tuple[int, int], darkroom: Darkroom, tmp_path: Path
) -> None:
    """The longer side is 2048 pixels at most, the shape stays, and nothing is enlarged."""
    source = lay(tmp_path, encoded(Image.new("RGB", size, BLUE), kind))
    picture = await darkroom.clean(source, tmp_path / "into")
    assert (picture.width, picture.height) == becomes
    assert near(opened(picture).convert("RGB").getpixel((0, 0)), BLUE)


async def test_transparency_leaves_no_fringe(darkroom: Darkroom, tmp_path: Path) -> None:
    """The colour of what cannot be seen does not bleed into what can, when a picture is scaled."""
    image = Image.new("RGBA", (4096, 64), (0, 255, 0, 0))
    image.paste((*RED, 255), (1001, 0, 4096, 64))
    made = opened(await darkroom.clean(lay(tmp_path, encoded(image)), tmp_path / "into"))
    edge = [made.getpixel((x, 16)) for x in range(495, 506)]
    assert all(green < 60 for _, green, _, alpha in edge if alpha > 40)  # type: ignore[misc]


def noise(size: tuple[int, int]) -> Image.Image:
    """A picture that no encoder can make small."""
    return Image.merge("RGB", [Image.effect_noise(size, 90) for _ in range(3)])


async def test_large_png_goes_as_jpeg(darkroom: Darkroom, tmp_path: Path) -> None:
    """Above 4 MiB an opaque PNG is worth a JPEG with full colour resolution."""
    source = lay(tmp_path, encoded(noise((1300, 1300)), compress_level=1))
    picture = await darkroom.clean(source, tmp_path / "into")
    assert picture.media_type == "image/jpeg"
    with Image.open(picture.path) as made:
        assert {layer[1:3] for layer in made.layer} == {(1, 1)}  # type: ignore[attr-defined]
    assert list_names(tmp_path) == ["into.jpg", "source"]


async def test_fit_prefers_quality(darkroom: Darkroom, tmp_path: Path) -> None:
    """Each limit is met with the least loss: better JPEG, JPEG, WebP, then fewer pixels."""
    source = lay(tmp_path, encoded(noise((600, 400)).resize((1200, 800)), compress_level=1))
    original = await darkroom.inspect(source)
    seen = []
    limit = original.size
    for _ in range(5):
        picture = await darkroom.fit(original, limit, tmp_path / "into")
        opened(picture)
        assert picture.size <= limit
        assert abs(picture.width / picture.height - 1.5) < 0.02
        seen.append((picture.media_type, picture.width))
        limit = picture.size - 1
    assert seen == [
        ("image/jpeg", 1200),
        ("image/jpeg", 1200),
        ("image/webp", 1200),
        ("image/webp", 900),
        ("image/webp", 675),
    ]
    assert source.exists()


async def test_fit_keeps_transparency(darkroom: Darkroom, tmp_path: Path) -> None:
    """A transparent result stays transparent, as WebP."""
    image = noise((500, 500))
    image.putalpha(Image.linear_gradient("L").resize((500, 500)))
    original = await darkroom.inspect(lay(tmp_path, encoded(image)))
    picture = await darkroom.fit(original, original.size // 4, tmp_path / "into")
    assert picture.media_type == "image/webp"
    assert opened(picture).mode == "RGBA"


async def test_fit_gives_up(darkroom: Darkroom, tmp_path: Path) -> None:
    """What does not fit at the smallest sensible size is too large, and leaves nothing behind."""
    original = await darkroom.inspect(lay(tmp_path, encoded(noise((500, 500)))))
    with pytest.raises(PictureProblem, match="too_large"):
        await darkroom.fit(original, 100, tmp_path / "into")
    assert list_names(tmp_path) == ["source"]


async def test_small_picture_can_be_fitted_too(darkroom: Darkroom, tmp_path: Path) -> None:
    """A result that is small in pixels and large in bytes gets all the encodings at its own size."""
    image = noise((100, 100))
    image.putalpha(Image.linear_gradient("L").resize((100, 100)))
    original = await darkroom.inspect(lay(tmp_path, encoded(image)))
    assert (await darkroom.fit(original, original.size - 1, tmp_path / "into")).width == 100


async def test_disk_errors_are_not_picture_problems(darkroom: Darkroom, tmp_path: Path) -> None:
    """A failing disk is told as what it is."""
    source = lay(tmp_path, encoded(two_halves()))
    with pytest.raises(FileNotFoundError):
        await darkroom.clean(source, tmp_path / "missing" / "into")
    with pytest.raises(FileNotFoundError):
        await darkroom.inspect(tmp_path / "missing")


async def test_disk_error_while_decoding(
    darkroom: Darkroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails under the decoder is not blamed on the picture."""

    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Image, "open", broken)
    with pytest.raises(OSError, match="Input/output error"):
        await darkroom.clean(lay(tmp_path, encoded(two_halves())), tmp_path / "into")


async def test_two_at_a_time_even_when_cancelled(
    darkroom: Darkroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancelled decode keeps its place until its thread is done, so that memory stays bounded."""
    running, most = 0, 0
    lock, started, release = threading.Lock(), threading.Semaphore(0), threading.Event()
    resize = Image.Image.resize

    def held(self: Image.Image, *args: Any, **options: Any) -> Image.Image:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        started.release()
        release.wait(30)
        with lock:
            running -= 1
        return resize(self, *args, **options)

    monkeypatch.setattr(Image.Image, "resize", held)
    source = lay(tmp_path, encoded(Image.new("L", (2050, 1))))
    tasks = [asyncio.create_task(darkroom.clean(source, tmp_path / str(number))) for number in range(4)]
    for _ in range(2):
        assert await asyncio.to_thread(started.acquire, timeout=30)
    tasks[0].cancel()
    third = await asyncio.to_thread(started.acquire, timeout=0.1)
    release.set()
    done = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)
    assert not third
    assert most == 2
    assert [type(result) for result in done] == [asyncio.CancelledError, Picture, Picture, Picture]
