"""A picture before and after an edit, side by side."""

from collections.abc import Awaitable, Callable
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
        self._comparing: set[int] = set()  # members

    async def picture(self, job: JobRecord, user_id: int, stands: Callable[[], Awaitable[bool]]) -> bytes:
        """Both as one JPEG; raises `UserError` while another one is being made for the member.

        Raises it too when the pictures are gone, and for who cannot see the picture before the edit: unless
        they had it edited, it `stands` in a message.
        """
        if user_id in self._comparing:
            raise UserError("refused.compare_running")
        self._comparing.add(user_id)
        try:
            if (await self._store.giver(job.id)).user_id != user_id:
                if job.source_message_id is None:
                    raise UserError("refused.not_yours_to_compare")
                if not await stands():
                    raise UserError("refused.compare_deleted")
            return await self._joined(job)
        finally:
            self._comparing.discard(user_id)

    async def _joined(self, job: JobRecord) -> bytes:
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
