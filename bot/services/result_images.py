"""The API's pictures: fetched once from its links, checked by their bytes, and kept on disk for a day."""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import stamina

from bot.errors import ResultError
from bot.services.downloads import DownloadError, DownloadFailed, DownloadGone, Downloads, DownloadTooLarge
from bot.services.messenger import ResultImage
from bot.services.pictures import RESULT_BYTES, Darkroom, PictureProblem
from bot.services.spool import Spool
from storage.records import PictureRecord

DEADLINE = 60.0  # seconds to fetch the pictures of a job, all tries together

log = logging.getLogger(__name__)


class ResultImages:
    """Brings the pictures of an answer to our disk."""

    def __init__(self, downloads: Downloads, darkroom: Darkroom, spool: Spool) -> None:
        self._downloads = downloads
        self._darkroom = darkroom
        self._spool = spool

    async def fetch(self, job_id: str, answered: Sequence[PictureRecord]) -> list[PictureRecord]:
        """Fetch all pictures that can be had; raises `ResultError` when it is none."""
        await self._spool.open(job_id)
        # All have ended before one that failed is told: a second try would write the files of the first.
        outcomes = await asyncio.gather(
            *(self._fetch_one(job_id, record) for record in answered), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, ResultError):
                raise outcome
        fetched = [outcome for outcome in outcomes if isinstance(outcome, PictureRecord)]
        if not fetched:
            raise next(outcome for outcome in outcomes if isinstance(outcome, ResultError))
        return fetched

    async def kept(self, job_id: str, fetched: Sequence[PictureRecord]) -> list[ResultImage]:
        """The pictures of a job that are still on disk; raises `ResultError` when they are gone."""
        images = self.images(job_id, fetched)
        if not await asyncio.to_thread(lambda: all(image.path.exists() for image in images)):
            raise ResultError("failed.result_gone")
        return images

    def images(self, job_id: str, fetched: Sequence[PictureRecord]) -> list[ResultImage]:
        """The pictures of a job that were fetched just now."""
        return [
            ResultImage(
                self._spool.path(job_id, str(record.path)),
                str(record.media_type),
                int(record.size or 0),
                record.url,
            )
            for record in fetched
        ]

    async def _fetch_one(self, job_id: str, record: PictureRecord) -> PictureRecord | ResultError:
        raw = self._spool.path(job_id, f"raw-result-{record.position}")
        try:
            await self._download(str(record.url), raw)
            picture = await self._darkroom.accept(raw, self._spool.path(job_id, f"result-{record.position}"))
            return replace(
                record,
                path=picture.path.name,
                media_type=picture.media_type,
                width=picture.width,
                height=picture.height,
                size=picture.size,
            )
        except DownloadTooLarge:
            return ResultError("failed.result_large")
        except DownloadError as error:
            log.warning("picture %d cannot be fetched: %s", record.position, error)
            return ResultError("failed.result_gone")
        except PictureProblem as problem:
            log.warning("picture %d is not usable: %s", record.position, problem.reason)
            await asyncio.to_thread(raw.unlink, missing_ok=True)
            return ResultError(
                "failed.result_large" if problem.reason == "too_large" else "failed.result_type"
            )

    async def _download(self, url: str, into: Path) -> None:
        """A link may be a little ahead of its picture: ask again until the time is over."""
        give_up_at = time.monotonic() + DEADLINE
        with suppress(DownloadGone, DownloadFailed):  # which is all there is to it but for bad days
            await self._downloads.fetch(url, into, max_bytes=RESULT_BYTES, deadline=DEADLINE)
            return
        await asyncio.sleep(0.5)
        async for attempt in stamina.retry_context(
            on=(DownloadGone, DownloadFailed), attempts=None, timeout=DEADLINE, wait_initial=0.5, wait_max=8
        ):
            with attempt:
                left = max(1.0, give_up_at - time.monotonic())
                await self._downloads.fetch(url, into, max_bytes=RESULT_BYTES, deadline=left)
