"""What members have set for themselves."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.database import Database
from storage.tables import member_defaults


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDefaults:
    """What a member's commands take where they say nothing; None leaves it to the bot.

    `dm` says that the bot may write to them what it could not post.
    """

    model: str | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    spoiler: bool = False
    private: bool = False
    dm: bool = False


class MemberStore:
    """Every statement about members' defaults; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def defaults(self) -> Mapping[int, MemberDefaults]:
        """The defaults of everybody who has set some."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(member_defaults))
            return {
                row["user_id"]: MemberDefaults(**{k: v for k, v in row.items() if k != "user_id"})
                for row in rows.mappings()
            }

    async def set_defaults(self, user_id: int, defaults: MemberDefaults) -> None:
        """Keep a member's defaults in place of what they had set before."""
        values = asdict(defaults)
        query = upsert(member_defaults).values(user_id=user_id, **values)
        async with self._database.write() as connection:
            await connection.execute(query.on_conflict_do_update(index_elements=["user_id"], set_=values))

    async def clear_defaults(self, user_id: int) -> None:
        """Forget a member's defaults."""
        async with self._database.write() as connection:
            await connection.execute(delete(member_defaults).where(member_defaults.c.user_id == user_id))
