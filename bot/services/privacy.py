"""What members can do about what is kept of them: get it, and have it deleted."""

import asyncio
import gzip
import json
import logging
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Any

from bot.errors import UserError
from bot.services.accounts import renamed
from bot.services.admissions import Admissions
from bot.services.clock import Clock
from bot.services.defaults import Defaults
from bot.services.limits import all_begin_after, counts_until
from bot.services.spool import Spool
from bot.services.stand_ins import StandIns
from storage.errors import StillRunning
from storage.exporting import Exporting, KeptRequest
from storage.forgetting import Forgetting, StandIn
from storage.server_records import NEVER

WORDS_KEPT_FOR = 30 * 24 * 3600  # seconds after its end in which a request keeps its words
AT_ONCE = 200  # requests in one look at the database
NAME = "my-data.json"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Export:
    """A file with all that is kept of a member."""

    content: bytes
    name: str


class Privacy:
    """Everything for one member alone, and for them alone."""

    def __init__(
        self,
        forgetting: Forgetting,
        exporting: Exporting,
        *,
        defaults: Defaults,
        stand_ins: StandIns,
        admissions: Admissions,
        spool: Spool,
        clock: Clock,
    ) -> None:
        self._forgetting = forgetting
        self._exporting = exporting
        self._defaults = defaults
        self._stand_ins = stand_ins
        self._admissions = admissions
        self._spool = spool
        self._clock = clock
        self._writing: set[int] = set()  # the members whose export is being written

    async def delete(self, user_id: int) -> None:
        """Delete what is kept of a member; raises `UserError`, and then nothing was deleted.

        What they have spent in the periods that go on stays spent, under another id.
        """
        now = self._clock()
        stand_in = self._stand_ins.choose(user_id, now)
        rename = partial(renamed, user_id=user_id, stand_in=stand_in)
        with self._admissions.closed_to(user_id):
            try:
                forgotten = await self._forgetting.forget_member(
                    user_id,
                    self._stand_ins.tag(user_id),
                    stand_in,
                    now,
                    all_begin_after,
                    rename,
                    counts_until,
                )
            except StillRunning as error:
                raise UserError("refused.delete_running") from error
            if forgotten.until is not None:
                self._stand_ins.remember(user_id, StandIn(stand_in, forgotten.until))
            self._defaults.forget(user_id)
        for job_id in forgotten.jobs:
            await self._spool.drop(job_id)
        for job_id, name in forgotten.copies:
            await self._spool.drop_file(job_id, name)
        log.info("a member's data was deleted")

    async def drop_strays(self) -> None:
        """Delete the files that a kill has left of what was never accepted, or of who was being deleted.

        To be called before the first request is accepted, because its files are there before its job.
        """
        for job_id in await self._forgetting.strays(await self._spool.job_ids()):
            await self._spool.drop(job_id)

    async def export(self, user_id: int, limit: int) -> Export:
        """All that is kept of a member, in so many bytes at most; raises `UserError`."""
        if user_id in self._writing:
            raise UserError("refused.export_running")
        self._writing.add(user_id)
        try:
            file = await asyncio.to_thread(TemporaryFile)
            try:
                await self._write(user_id, file)
                return await asyncio.to_thread(_fitted, file, limit)
            finally:
                await asyncio.to_thread(file.close)
        finally:
            self._writing.discard(user_id)

    async def _write(self, user_id: int, file: IO[bytes]) -> None:
        lists = {"hints": await self._exporting.hints(user_id), **await self._exporting.decisions(user_id)}
        await asyncio.to_thread(_begin, file, user_id, asdict(self._defaults.of(user_id)), lists)
        last: KeptRequest | None = None
        while page := await self._exporting.requests(user_id, after=last, limit=AT_ONCE):
            await asyncio.to_thread(_append, file, page, first=last is None)
            last = page[-1]
        file.write(b"\n]\n}\n")


def _begin(file: IO[bytes], user_id: int, defaults: dict[str, Any], lists: dict[str, list[Any]]) -> None:
    """All but the requests, and the opening of their list."""
    file.write(f'{{\n"member": "{user_id}",\n"defaults": {json.dumps(defaults)},\n'.encode())
    for name, rows in lists.items():
        shown = json.dumps([_readable(row) for row in rows], ensure_ascii=False)
        file.write(f'"{name}": {shown},\n'.encode())
    file.write(b'"requests": [')


def _append(file: IO[bytes], page: list[KeptRequest], *, first: bool) -> None:
    for request in page:
        values = {
            **_readable(request.job),
            "pictures": [_readable(each) for each in request.pictures],
            "calls": [_readable(each) for each in request.calls],
            "ledger": [_readable(each) for each in request.ledger],
        }
        file.write(b"\n" if first else b",\n")
        file.write(json.dumps(values, ensure_ascii=False).encode())
        first = False


def _readable(values: dict[str, Any]) -> dict[str, Any]:
    """The values as people and programs read them: Discord's ids as text, moments by the calendar."""
    return {name: _value(name, value) for name, value in values.items()}


def _value(name: str, value: Any) -> Any:
    if value == NEVER:
        return "never"
    if isinstance(value, float) and (name in {"at", "until"} or name.endswith("_at")):
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")
    if isinstance(value, int) and (name.endswith("_id") or name == "reply_to"):
        return str(value)
    return value


def _fitted(file: IO[bytes], limit: int) -> Export:
    """What was written, compressed if it is too large otherwise."""
    size = file.tell()
    file.seek(0)
    if size <= limit:
        return Export(file.read(), NAME)
    with TemporaryFile() as small:
        with gzip.GzipFile(NAME, "wb", fileobj=small) as packed:
            shutil.copyfileobj(file, packed)
        if small.tell() > limit:
            raise UserError("refused.export_large")
        small.seek(0)
        return Export(small.read(), f"{NAME}.gz")
