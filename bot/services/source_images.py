"""Members' pictures: fetched once when a request is accepted, checked, cleaned, and kept beside the job."""

import asyncio
import errno
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.errors import BotError, UserError
from bot.images import Attachment, SourceImage
from bot.quoting import quoted
from bot.services.downloads import DownloadError, Downloads, DownloadTooLarge
from bot.services.pictures import SOURCE_BYTES, Darkroom, Picture, PictureProblem
from bot.services.spool import Spool
from bot.services.threads import in_thread
from storage.jobs import JobStore
from storage.records import PictureKind, PictureRecord

DEADLINE = 60.0  # seconds for each picture
NAME = 40  # characters of a file's name

REFUSALS = {
    "not_a_picture": "refused.picture_type",
    "animated": "refused.picture_animated",
    "empty": "refused.picture_empty",
    "truncated": "refused.picture_truncated",
    "too_many_pixels": "refused.picture_pixels",
    "too_large": "refused.picture_size",
}


class SourceImages:
    """Puts the inputs of jobs on disk, ready for an image API."""

    def __init__(self, downloads: Downloads, darkroom: Darkroom, spool: Spool, store: JobStore) -> None:
        self._downloads = downloads
        self._darkroom = darkroom
        self._spool = spool
        self._store = store

    async def take(self, job_id: str, attachments: Sequence[Attachment]) -> list[PictureRecord]:
        """Fetch, check and clean what a member attached; raises `UserError` that names the file."""
        if not attachments:
            return []
        for attachment in attachments:
            if attachment.size > SOURCE_BYTES:
                raise UserError("refused.picture_size", name=_shown(attachment))
        with _disk_full_explained():
            await self._spool.open(job_id)
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._take_one(job_id, position, attachment))
                    for position, attachment in enumerate(attachments, start=1)
                ]
        return [task.result() for task in tasks]

    async def copy(self, old_id: str, new_id: str, kept: Sequence[PictureRecord]) -> list[PictureRecord]:
        """Give a new job the inputs of an old one; raises `UserError` when they are gone."""
        if not kept:
            return []
        with _disk_full_explained():
            await self._spool.open(new_id)
            for record in kept:
                name = str(record.path)
                try:
                    await in_thread(
                        shutil.copyfile, self._spool.path(old_id, name), self._spool.path(new_id, name)
                    )
                except FileNotFoundError:
                    raise UserError("refused.inputs_gone") from None
        return list(kept)

    async def ready(self, job_id: str, records: Sequence[PictureRecord]) -> list[SourceImage]:
        """The inputs of a job, for the API; raises `BotError` when they are no longer on disk."""
        for record in records:
            if not await asyncio.to_thread(self._spool.path(job_id, str(record.path)).exists):
                raise BotError("failed.inputs_gone")
        return [
            SourceImage(
                self._spool.path(job_id, str(record.path)),
                str(record.media_type),
                int(record.size or 0),
                record.url,
            )
            for record in records
        ]

    async def shared(self, job_id: str, name: str) -> Path | None:
        """The file of an input, if a job has one of this name."""
        records = await self._store.pictures(job_id, PictureKind.SOURCE)
        if name not in {record.path for record in records}:
            return None
        path = self._spool.path(job_id, name)
        return path if await asyncio.to_thread(path.is_file) else None

    async def drop(self, job_id: str) -> None:
        """Forget the inputs of a request that was not accepted."""
        await self._spool.drop(job_id)

    async def _take_one(self, job_id: str, position: int, attachment: Attachment) -> PictureRecord:
        raw = self._spool.path(job_id, f"raw-{position}")
        try:
            await self._downloads.fetch(attachment.url, raw, max_bytes=SOURCE_BYTES, deadline=DEADLINE)
            picture = await self._darkroom.clean(raw, self._spool.path(job_id, f"source-{position}"))
        except PictureProblem as problem:
            raise UserError(REFUSALS[problem.reason], name=_shown(attachment)) from problem
        except DownloadTooLarge as error:
            raise UserError("refused.picture_size", name=_shown(attachment)) from error
        except DownloadError as error:
            raise UserError("refused.picture_gone", name=_shown(attachment)) from error
        finally:
            await in_thread(raw.unlink, missing_ok=True)
        return _record(position, picture, attachment.url)


def _record(position: int, picture: Picture, url: str) -> PictureRecord:
    return PictureRecord(
        PictureKind.SOURCE,
        position,
        url=url,
        path=picture.path.name,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        size=picture.size,
    )


def _shown(attachment: Attachment) -> str:
    """A file's name as it may stand in a sentence: with its ending, and short enough for a phone's line."""
    name = attachment.filename
    return quoted(name if len(name) <= NAME else f"{name[: NAME - 12]}…{name[-10:]}", NAME)


@contextmanager
def _disk_full_explained() -> Iterator[None]:
    """A full disk is the operator's trouble: the member hears that nothing was spent."""
    try:
        yield
    except ExceptionGroup as group:
        refusals = [error for error in group.exceptions if isinstance(error, UserError)]
        if not refusals:
            _explain_full_disk(group.exceptions[0])
            raise
        raise refusals[0] from None
    except OSError as error:
        _explain_full_disk(error)
        raise


def _explain_full_disk(error: Exception) -> None:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        raise UserError("refused.disk_full") from error
