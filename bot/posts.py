"""Makes the message of a result: words, files under Discord's limits, links where those do not fit."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import discord

from bot import wording
from bot.discord_errors import AUTOMOD, NO_REPLY, is_too_large
from bot.errors import ResultError
from bot.quoting import quoted
from bot.services.messenger import ResultImage
from bot.services.picture_headers import SUFFIXES
from bot.services.pictures import Darkroom, PictureProblem
from bot.services.spool import FOR_DISCORD
from bot.texts import text
from storage.records import JobRecord

REQUEST_LIMIT = 24 * 2**20  # bytes; Discord takes 25 MiB, and the message has more than files in it
CONTENT_LIMIT = 1800  # characters; Discord takes 2,000, and a private answer says more below
NAME = "nano-banana"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a result is shown; a refusal by Discord leads to a more modest plan.

    `squeeze` 0 fills the limits, 1 stays far below them, 2 sends links alone.
    """

    prompt: bool = True
    squeeze: int = 0
    reply: bool = False

    def after(self, error: discord.HTTPException) -> Self | None:
        """The plan that answers to this refusal, if there is one."""
        if error.code in AUTOMOD and self.prompt:
            return replace(self, prompt=False)
        if error.code in NO_REPLY and self.reply:
            return replace(self, reply=False)
        if is_too_large(error) and self.squeeze < 2:  # noqa: PLR2004  (the last one)
            return replace(self, squeeze=self.squeeze + 1)
        return None


@dataclass(frozen=True, slots=True)
class Post:
    """A message ready to be sent; the files are open."""

    content: str
    files: list[discord.File]
    reply: bool


class Posts:
    """Makes posts; pictures that are too large are made smaller in the darkroom, and linked."""

    def __init__(self, darkroom: Darkroom) -> None:
        self._darkroom = darkroom

    @asynccontextmanager
    async def open(
        self, job: JobRecord, images: Sequence[ResultImage], plan: Plan, file_limit: int
    ) -> AsyncIterator[Post]:
        """The post for these images under a limit in bytes a file; its files are closed at the end."""
        shown = [await self._fitted(image, _limit(images, plan, file_limit)) for image in images]
        originals = [
            (position, image.url)
            for position, (image, path) in enumerate(zip(images, shown, strict=True), start=1)
            if path != image.path
        ]
        with ExitStack() as stack:
            files = [
                _file(job, plan, position, path, stack)
                for position, path in enumerate(shown, start=1)
                if path is not None
            ]
            content, links = _content(job, plan, originals, any_file=bool(files))
            if not files and not links:
                raise ResultError("failed.result_large")
            yield Post(content, files, plan.reply)

    async def _fitted(self, image: ResultImage, limit: int) -> Path | None:
        """A file of this picture within the limit: itself, a smaller one, or none."""
        if image.size <= limit:
            return image.path
        if limit <= 0:
            return None
        into = image.path.with_name(f"{image.path.stem}-{limit}{FOR_DISCORD}")
        if made := await asyncio.to_thread(_made_before, into):
            return made
        picture = await self._darkroom.inspect(image.path)
        try:
            return (await self._darkroom.fit(picture, limit, into)).path
        except PictureProblem:
            return None


def _made_before(into: Path) -> Path | None:
    """What an earlier try has made smaller for the same limit."""
    made = [into.with_name(f"{into.name}{suffix}") for suffix in SUFFIXES.values()]
    return next((path for path in made if path.is_file()), None)


def is_of(job: JobRecord, message: discord.Message) -> bool:
    """Whether a message of ours is the result of this job, told by the names of its files."""
    return any(f"{NAME}-{job.id}-" in attachment.filename for attachment in message.attachments)


def _limit(images: Sequence[ResultImage], plan: Plan, file_limit: int) -> int:
    limit = min(file_limit, REQUEST_LIMIT)
    if sum(image.size for image in images) > REQUEST_LIMIT:
        limit = min(limit, REQUEST_LIMIT // len(images))
    return (limit, limit // 4, 0)[plan.squeeze]


def _file(job: JobRecord, plan: Plan, position: int, path: Path, stack: ExitStack) -> discord.File:
    file = discord.File(
        path,
        filename=f"{NAME}-{job.id}-{position}{path.suffix}",
        description=wording.alt_text(job) if plan.prompt else text("result.alt_bare"),
        spoiler=job.spoiler,
    )
    stack.callback(file.close)
    return file


def _content(
    job: JobRecord, plan: Plan, originals: Sequence[tuple[int, str | None]], *, any_file: bool
) -> tuple[str, int]:
    """The words, with as many links as Discord takes in one message, and how many these are."""
    head = text("result.head", user=job.user_id, prompt=quoted(job.prompt))
    if not plan.prompt:
        head = text("result.head_bare", user=job.user_id)
    key = "result.originals" if any_file else "result.only_links"
    line = wording.below(job)
    for count in range(len(originals), 0, -1):
        links = wording.original_links(originals[:count], any_file=any_file)
        content = "\n".join([head, text(key, links=links), line])
        if links and len(content) <= CONTENT_LIMIT:
            return content, count
    return f"{head}\n{line}", 0
