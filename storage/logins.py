"""When the bot has logged in at Discord's gateway."""

import sqlite3

from sqlalchemy import bindparam, delete, insert, select

from storage.database import Database
from storage.statements import Statement, given
from storage.tables import logins

_SINCE = Statement(select(logins.c.at).where(logins.c.at > bindparam("moment")).order_by(logins.c.at))
_FORGET = Statement(delete(logins).where(logins.c.at < bindparam("before")))
_NOTE = Statement(insert(logins).values(given(["at"])))


class LoginStore:
    """Every statement about logins; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, moment: float) -> list[float]:
        """The logins after this moment, oldest first."""
        return await self._database.read(_SINCE.column, moment=moment)

    async def note(self, now: float, *, forget_before: float) -> None:
        """Remember a login, and forget the old ones."""
        await self._database.write(_note, now, forget_before)


def _note(connection: sqlite3.Connection, now: float, forget_before: float) -> None:
    _FORGET.run(connection, before=forget_before)
    _NOTE.run(connection, at=now)
