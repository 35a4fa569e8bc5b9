"""A picture before and after an edit, side by side."""

from pathlib import Path

from bot.errors import UserError
from bot.services.pictures import Darkroom
from bot.services.spool import Spool
from storage.jobs import JobStore
from storage.records import JobRecord, PictureKind


class Compared:
    """Joins the first input and the first result of a job in one picture."""

    def __init__(self, store: JobStore, darkroom: Darkroom, spool: Spool) -> None:
        self._store = store
        self._darkroom = darkroom
        self._spool = spool

    async def picture(self, job: JobRecord, user_id: int) -> bytes:
        """Both as one JPEG.

        Raises `UserError` for somebody who has never seen the picture before the edit, because it was given
        to the bot alone, and when the pictures are gone.
        """
        if job.source_message_id is None and (await self._store.giver(job.id)).user_id != user_id:
            raise UserError("refused.not_yours_to_compare")
        paths = [await self._first(job, PictureKind.SOURCE), await self._first(job, PictureKind.RESULT)]
        try:
            return await self._darkroom.join(paths)
        except FileNotFoundError as error:
            raise UserError("refused.compare_gone") from error

    async def _first(self, job: JobRecord, kind: PictureKind) -> Path:
        pictures = await self._store.pictures(job.id, kind)
        if not pictures or pictures[0].path is None:
            raise UserError("refused.compare_gone")
        return self._spool.path(job.id, pictures[0].path)
