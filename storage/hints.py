"""Which hints members have read, so that they are not told the same again and again."""

from sqlalchemy.dialects.sqlite import insert

from storage.database import Database
from storage.statements import Statement, given
from storage.tables import hints

HINT_LASTS = 24 * 3600.0  # seconds

_NEW = insert(hints).values(given(["user_id", "channel_id", "at"]))
_TOLD = Statement(
    _NEW.on_conflict_do_update(
        index_elements=["user_id", "channel_id"],
        set_={"at": _NEW.excluded.at},
        where=hints.c.at <= _NEW.excluded.at - HINT_LASTS,
    ).returning(hints.c.at)
)


class HintStore:
    """Every statement about hints; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, user_id: int, channel_id: int, now: float) -> bool:
        """Count a hint as given to a member in a channel, for a day; false if it was given before."""
        values = {"user_id": user_id, "channel_id": channel_id, "at": now}
        return await self._database.write(_TOLD.row, **values) is not None
