"""The pictures of a message, wherever Discord shows them, in the order in which people see them."""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import discord
from discord.components import (
    ActionRow,
    Button,
    Component,
    Container,
    FileComponent,
    MediaGalleryComponent,
    SectionComponent,
    ThumbnailComponent,
    UnfurledMediaItem,
)

from bot.buttons import EDIT, template
from bot.images import Attachment
from bot.posts import NAME

# Each result has a button to edit it; what was posted before there were buttons has the job in its files.
_RESULT = re.compile(rf"^{template(EDIT)}$|{NAME}-([0-9a-f]{{16}})-")
ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".heic", ".bmp"}


def pictures_of(message: discord.Message) -> list[Attachment]:
    """Attachments, pictures of embeds and components, and the same in what the message forwards.

    Discord signs the links anew whenever it sends a message, so that they are good for a day.
    """
    found: dict[str, Attachment] = {}
    everything: list[discord.Message | discord.MessageSnapshot] = [message, *message.message_snapshots]
    for shown in everything:
        for each in [*files_of(shown), *_shown(shown)]:
            found.setdefault(each.url, each)
    return list(found.values())


def is_hidden(message: discord.Message, me: discord.abc.Snowflake) -> bool:
    """Whether Discord may have kept from us what stands in the message: nothing of it is there."""
    shown = (message.content, message.attachments, message.embeds, message.components, message.stickers)
    forwarded = bool(message.message_snapshots) and any(
        each.content or each.attachments or each.embeds or each.components
        for each in message.message_snapshots
    )
    return message.author.id != me.id and not any(shown) and not message.poll and not forwarded


def result_in(message: discord.Message, me: discord.abc.Snowflake) -> str | None:
    """The id of the job whose result a message of ours is, told by its buttons or the names of its files."""
    if message.author.id != me.id:
        return None
    buttons = [each for row in message.components if isinstance(row, ActionRow) for each in row.children]
    names = [each.custom_id or "" for each in buttons if isinstance(each, Button)]
    names += [file.filename for file in message.attachments]
    found = (_RESULT.search(name) for name in names)
    return next((match[1] or match[2] for match in found if match), None)


def files_of(message: discord.Message | discord.MessageSnapshot) -> list[Attachment]:
    """The pictures that are attached to a message."""
    return [
        Attachment(file.url, file.filename, file.size, file.is_spoiler())
        for file in message.attachments
        if _is_picture(file.content_type, file.filename)
    ]


def _shown(shown: discord.Message | discord.MessageSnapshot) -> Iterator[Attachment]:
    """What embeds and components show; beside files, an embed is only the preview of a link."""
    for embed in [] if shown.attachments else shown.embeds:
        for picture in (embed.image, embed.thumbnail):
            if url := picture.proxy_url or picture.url:
                yield Attachment(url, _name(picture.url or url), 0)
                break
    for media, spoiler in _media(shown.components):
        # The sender's own link may lead anywhere: Discord's copy is safe to fetch.
        url = media.url if media.attachment_id else media.proxy_url or media.url
        if _is_picture(media.content_type, _name(media.url)):
            yield Attachment(url, _name(media.url), 0, spoiler)


def _media(components: Iterable[Component]) -> Iterator[tuple[UnfurledMediaItem, bool]]:
    """What components show, and whether it is hidden until it is clicked."""
    for component in components:
        match component:
            case MediaGalleryComponent(items=items):
                yield from ((item.media, item.spoiler) for item in items)
            case ThumbnailComponent() | FileComponent():
                yield component.media, component.spoiler
            case SectionComponent(accessory=accessory):
                yield from _media([accessory])
            case Container(children=children):
                for media, spoiler in _media(children):
                    yield media, spoiler or component.spoiler


def _is_picture(content_type: str | None, name: str) -> bool:
    if content_type:
        return content_type.startswith("image/")
    return PurePosixPath(name).suffix.casefold() in ENDINGS


def _name(url: str) -> str:
    try:
        return PurePosixPath(urlsplit(url).path).name or "picture"
    except ValueError:  # it is no address
        return "picture"
