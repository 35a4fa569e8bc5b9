"""When the bot has logged in at Discord's gateway."""

from sqlalchemy import delete, insert, select

from storage.database import Database
from storage.tables import logins


class LoginStore:
    """Every statement about logins; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, moment: float) -> list[float]:
        """The logins after this moment, oldest first."""
        query = select(logins.c.at).where(logins.c.at > moment).order_by(logins.c.at)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def note(self, now: float, *, forget_before: float) -> None:
        """Remember a login, and forget the old ones."""
        async with self._database.write() as connection:
            await connection.execute(delete(logins).where(logins.c.at < forget_before))
            await connection.execute(insert(logins).values(at=now))
