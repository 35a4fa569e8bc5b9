"""Where the pictures of a message are, as far as the local Discord does not show them by itself."""

from typing import Any

import discord
import pytest

from bot.message_pictures import ENDINGS, is_hidden, pictures_of, result_in

ME, OTHER = 5, 6
JOB = "0123456789abcdef"
CDN, PROXY, FAR = "https://cdn.example/a.png", "https://proxy.example/b", "https://far.example/b.png"


def message(author: int = OTHER, **fields: Any) -> discord.Message:
    """A message as discord.py reads it from Discord's own JSON."""
    data: Any = {
        "id": "1",
        "channel_id": "2",
        "author": {"id": str(author), "username": "x", "discriminator": "0", "avatar": None},
        "content": "",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "type": 0,
        **fields,
    }
    client = discord.Client(intents=discord.Intents.none())
    channel: Any = discord.Object(2)
    return discord.Message(state=client._connection, channel=channel, data=data)


def me() -> discord.Object:
    """The bot."""
    return discord.Object(ME)


def attached(name: str, content_type: str | None = None, url: str = CDN) -> dict[str, Any]:
    """A file."""
    kind = {"content_type": content_type} if content_type else {}
    return {"id": "3", "filename": name, "size": 9, "url": url, "proxy_url": url, **kind}


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_a_file_without_a_type_is_known_by_its_name(ending: str) -> None:
    """Special clients and old messages have files without a type."""
    [found] = pictures_of(message(attachments=[attached(f"PHOTO{ending.upper()}")]))
    assert (found.filename, found.url, found.size) == (f"PHOTO{ending.upper()}", CDN, 9)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("photo.png", "text/html"), ("clip.mp4", "video/mp4"), ("photo", None), ("notes.txt", None)],
)
def test_other_files_are_no_pictures(name: str, content_type: str | None) -> None:
    """The type goes before the name."""
    assert pictures_of(message(attachments=[attached(name, content_type)])) == []


def test_a_picture_is_found_once() -> None:
    """Also where it is attached, previewed and forwarded."""
    file = attached("a.png", "image/png")
    embed = {"type": "image", "image": {"url": CDN}}
    snapshot = {
        "message": {
            "type": 0,
            "content": "",
            "timestamp": "2026-01-01T00:00:00+00:00",
            "edited_timestamp": None,
            "flags": 0,
            "mentions": [],
            "mention_roles": [],
            "attachments": [file],
            "embeds": [embed],
            "components": [],
        }
    }
    found = pictures_of(message(attachments=[file], embeds=[embed], message_snapshots=[snapshot]))
    assert [each.url for each in found] == [CDN]


def test_an_embed_shows_one_picture() -> None:
    """Its large one; Discord's copy goes before the link, and a link without a name has one all the same."""
    both = {"type": "rich", "image": {"url": FAR, "proxy_url": PROXY}, "thumbnail": {"url": CDN}}
    bare = {"type": "rich", "image": {"url": "https://far.example/"}}
    found = pictures_of(message(embeds=[both, bare, {"type": "rich", "title": "words"}]))
    assert [(each.url, each.filename) for each in found] == [
        (PROXY, "b.png"),
        ("https://far.example/", "picture"),
    ]


def media(url: str = FAR, **more: object) -> dict[str, Any]:
    """A picture in a component."""
    return {"url": url, "proxy_url": PROXY, "content_type": "image/png", **more}


def test_components_at_any_depth() -> None:
    """In the order in which people see them; the sender's own links are never followed."""
    file = {"type": 13, "file": media(CDN, attachment_id="3"), "name": "a.png", "size": 9}
    video = media("https://far.example/c.mp4", proxy_url="https://proxy.example/c", content_type="video/mp4")
    gallery = {"type": 12, "items": [{"media": media()}, {"media": video}]}
    words = {"type": 10, "content": "x"}
    thumbnail = {"type": 11, "media": media("https://far.example/d.png", proxy_url="https://proxy.example/d")}
    section = {"type": 9, "components": [words], "accessory": thumbnail}
    link = {"type": 2, "style": 5, "label": "x", "url": FAR}
    button = {"type": 9, "components": [words], "accessory": link}
    frame = {"type": 17, "components": [file, section]}
    rows = [{"type": 1, "components": [link]}, button]
    found = pictures_of(message(components=[words, gallery, frame, *rows], flags=1 << 15))
    assert [each.url for each in found] == [PROXY, CDN, "https://proxy.example/d"]


@pytest.mark.parametrize(
    "fields",
    [
        {"content": "x"},
        {"attachments": [attached("a.txt")]},
        {"embeds": [{"type": "rich", "title": "x"}]},
        {"sticker_items": [{"id": "7", "name": "wave", "format_type": 1}]},
        {"author": ME},
    ],
)
def test_what_shows_anything_is_not_hidden(fields: dict[str, Any]) -> None:
    """Then Discord has kept nothing from us."""
    assert not is_hidden(message(**fields), me())
    assert is_hidden(message(), me())


def button(custom_id: str) -> dict[str, Any]:
    """A row with one button."""
    return {"type": 1, "components": [{"type": 2, "style": 2, "label": "x", "custom_id": custom_id}]}


@pytest.mark.parametrize(
    ("author", "fields", "job"),
    [
        (ME, {"components": [button(f"edit:{JOB}")]}, JOB),
        (ME, {"attachments": [attached(f"nano-banana-{JOB}-1.png")]}, JOB),
        (ME, {"attachments": [attached(f"SPOILER_nano-banana-{JOB}-1.png")]}, JOB),
        (ME, {"components": [button(f"cancel:{JOB}")]}, None),
        (ME, {"attachments": [attached("photo.png")]}, None),
        (ME, {}, None),
        (OTHER, {"components": [button(f"edit:{JOB}")]}, None),
        (OTHER, {"attachments": [attached(f"nano-banana-{JOB}-1.png")]}, None),
    ],
)
def test_which_result_a_message_is(author: int, fields: dict[str, Any], job: str | None) -> None:
    """Told by its buttons, or by the names of its files; others' messages only look like it."""
    assert result_in(message(author, **fields), me()) == job
