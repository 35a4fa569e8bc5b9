"""The pictures on disk: a folder for each job, kept for a day."""

import asyncio
import math
import shutil
from collections.abc import Collection
from pathlib import Path

from storage.records import JobRecord

KEPT_FOR = 24 * 3600  # seconds after which the pictures of a job may be deleted
FOR_DISCORD = "-for-discord"  # ends the name of a picture that was made smaller to be shown
FRESH = 600.0  # seconds in which a folder may belong to a request that is still being taken in


def is_kept(job: JobRecord, now: float) -> bool:
    """Whether a result is shown once more: for a day, however long its files may lie there."""
    return job.ready_at is not None and now < job.ready_at + KEPT_FOR


class Spool:
    """Folders named after jobs below one folder; names of files are ours alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, job_id: str, name: str) -> Path:
        """Where a file of a job lies."""
        return self._folder / job_id / name

    async def prepare(self) -> None:
        """Make the folder and write in it once; raises `OSError` where that cannot be done."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        probe = self._folder / ".writable"
        await asyncio.to_thread(probe.write_bytes, b"")
        await asyncio.to_thread(probe.unlink)

    async def open(self, job_id: str) -> Path:
        """Make the job's folder."""
        folder = self._folder / job_id
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        return folder

    async def job_ids(self) -> list[str]:
        """The jobs that have a folder."""
        return await asyncio.to_thread(lambda: [folder.name for folder in self._folder.glob("*")])

    async def drop(self, job_id: str) -> None:
        """Delete all files of a job."""
        await asyncio.to_thread(shutil.rmtree, self._folder / job_id, ignore_errors=True)

    async def drop_file(self, job_id: str, name: str) -> None:
        """Delete one file of a job."""
        await asyncio.to_thread(self.path(job_id, name).unlink, missing_ok=True)

    async def purge(self, before: float) -> int:
        """Delete the folders whose last picture came before this moment; gives how many."""
        return await asyncio.to_thread(self._purge, before)

    async def size(self) -> int:
        """How many bytes all files take."""
        return await asyncio.to_thread(lambda: sum(map(_size, self._folder.glob("*"))))

    async def shrink(self, limit: int, needed: Collection[str], now: float) -> int:
        """Delete the oldest folders until the rest takes no more than this (bytes); gives how many.

        The folders of the jobs that are `needed` stay, and those written in the last minutes.
        """
        return await asyncio.to_thread(self._shrink, limit, needed, now - FRESH)

    def _shrink(self, limit: int, needed: Collection[str], before: float) -> int:
        sizes = {folder: _size(folder) for folder in self._folder.glob("*")}
        total, dropped = sum(sizes.values()), 0
        for folder in sorted(sizes, key=_written):
            if total <= limit or _written(folder) >= before:
                break
            if folder.name not in needed:
                shutil.rmtree(folder, ignore_errors=True)
                total -= sizes[folder]
                dropped += 1
        return dropped

    def _purge(self, before: float) -> int:
        old = [folder for folder in self._folder.glob("*") if _written(folder) < before]
        for folder in old:
            shutil.rmtree(folder, ignore_errors=True)
        return len(old)


def _written(folder: Path) -> float:
    """When the last picture came; to make it smaller later does not make it newer."""
    try:
        own = [file for file in folder.iterdir() if not file.stem.endswith(FOR_DISCORD)]
        return max((file.stat().st_mtime for file in own), default=folder.stat().st_mtime)
    except OSError:  # dropped in the meantime, or no folder
        return math.inf


def _size(folder: Path) -> int:
    try:
        return sum(file.stat().st_size for file in folder.iterdir())
    except OSError:  # dropped in the meantime, or no folder
        return 0
