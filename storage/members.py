"""What members have set for themselves."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.database import Database
from storage.statements import Statement, given
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


_VALUES = given(field.name for field in fields(MemberDefaults))
_DEFAULTS = Statement(select(member_defaults))
_SET = Statement(
    upsert(member_defaults)
    .values(user_id=bindparam("user_id"), **_VALUES)
    .on_conflict_do_update(index_elements=["user_id"], set_=_VALUES)
)
_CLEAR = Statement(delete(member_defaults).where(member_defaults.c.user_id == bindparam("user_id")))


class MemberStore:
    """Every statement about members' defaults; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def defaults(self) -> Mapping[int, MemberDefaults]:
        """The defaults of everybody who has set some."""
        rows = await self._database.read(_DEFAULTS.rows)
        return {
            row["user_id"]: MemberDefaults(**{k: v for k, v in row.items() if k != "user_id"}) for row in rows
        }

    async def set_defaults(self, user_id: int, defaults: MemberDefaults) -> None:
        """Keep a member's defaults in place of what they had set before."""
        await self._database.write(_SET.run, user_id=user_id, **asdict(defaults))

    async def clear_defaults(self, user_id: int) -> None:
        """Forget a member's defaults."""
        await self._database.write(_CLEAR.run, user_id=user_id)
