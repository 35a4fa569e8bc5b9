"""What jobs say, and members' own words made fit to be shown: short, on one line, nothing rendered."""

import re
import unicodedata
from collections.abc import Sequence

from discord.utils import escape_mentions

from bot.services.messenger import Delivered
from bot.texts import text
from storage.records import JobRecord

ALT_TEXT_PROMPT = 250  # characters of the prompt; Discord takes 1,024 in all
SHOWN_PROMPT = 200
MARKS = 3  # combining marks on one letter; languages need two, zalgo has dozens
INVISIBLE = {"Cf", "Cs", "Co", "Cn"}  # Unicode's categories of format, surrogate, private, unassigned
JOINERS = {"\u200c", "\u200d"}  # they make one emoji of several, and shape letters
BREAK = "\u200b"  # seen by nobody, and nothing is recognised across it
_MARKDOWN = re.compile(r"[\\*_~`|<>\[\]()#]|^-|(?<=^\d)\.")
_SCHEME = re.compile(r"(?<=[a-z])://", re.IGNORECASE)


def plain(words: str, limit: int) -> str:
    """The words on one line, without control, invisible and direction characters, cut at `limit`."""
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", words):
        category = unicodedata.category(character)
        if category in INVISIBLE:
            kept.extend(character if character in JOINERS and kept and _may_join(kept[-1]) else "")
            continue
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if category in {"Cc", "Zl", "Zp"}:
            kept.append(" ")
        elif marks <= MARKS:
            kept.append(character)
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def _may_join(character: str) -> bool:
    """Joiners belong behind emoji, and behind letters of scripts without capitals (Persian, Hindi)."""
    return unicodedata.category(character) in {"So", "Sk", "Lo", "Mn", "Mc"} or character == "\ufe0f"


def quoted(words: str, limit: int = SHOWN_PROMPT) -> str:
    """The words as they can stand in a message: nobody is pinged, nothing is formatted, no link is live."""
    escaped = _MARKDOWN.sub(r"\\\g<0>", plain(words, limit))
    return _SCHEME.sub(f":{BREAK}//", escape_mentions(escaped))


def alt_text(job: JobRecord) -> str:
    """What a screen reader says of a picture."""
    return text("result.alt", prompt=plain(job.prompt, ALT_TEXT_PROMPT))


def sizes(job: JobRecord) -> str:
    """A job's resolution and ratio, as people say it."""
    return f"{job.resolution} · {job.aspect_ratio}" if job.aspect_ratio else job.resolution


def progress(job: JobRecord, ready_at: float | None) -> str:
    """What is being made, and when it should be ready (seconds since 1970), if that is known."""
    words = text("progress.making", n=job.count, model=job.model, sizes=sizes(job), prompt=quoted(job.prompt))
    words += "\n" + (
        text("progress.longer") if ready_at is None else text("progress.ready", at=round(ready_at))
    )
    if job.asked_model:
        words += "\n" + text("progress.instead", asked=job.asked_model, model=job.model, n=job.credits)
    return words


def waiting(job: JobRecord, place: int, ready_at: float) -> str:
    """The place in the queue, and when the result should be ready (seconds since 1970)."""
    return text("progress.waiting", place=place, prompt=quoted(job.prompt), ready=round(ready_at))


def done(job: JobRecord, delivered: Delivered, *, left: int, images: int) -> str:
    """The last words of the progress message."""
    words = (
        text("progress.done", n=left, link=text("progress.link", n=images, url=delivered.link))
        if delivered.link
        else f"{delivered.content}\n-# {text('progress.left', n=left)}"
    )
    if job.late:
        return f"{words}\n{text('progress.late')}"
    if images < job.count:
        back = (job.count - images) * job.price
        words += "\n" + text("progress.partly", n=back, made=images, asked=job.count)
    return words


def only_for_you(job: JobRecord, content: str) -> str:
    """A result's words where its member alone sees it, with the reason if they did not ask for that."""
    return content if job.private else f"{content}\n{text('result.only_you')}"


def link_to(job: JobRecord, message_id: int) -> str:
    """The address of a message in the job's channel, which Discord opens in place."""
    return f"https://discord.com/channels/{job.guild_id or '@me'}/{job.channel_id}/{message_id}"


def original_links(originals: Sequence[tuple[int, str | None]]) -> str:
    """Links to pictures that are shown smaller than they are, where the API still has them."""
    key = "result.original" if len(originals) == 1 else "result.original_numbered"
    return " · ".join(text(key, position=position, url=url) for position, url in originals if url)
