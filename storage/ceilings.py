"""How far servers have used their ceilings: noted once for each step, until somebody was told."""

import sqlite3

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.credits import spent
from storage.records import BudgetLimit
from storage.server_records import CeilingNotice
from storage.server_tables import ceiling_notices
from storage.statements import Statement, given

STEPS = (100, 80, 50)  # percent

_NOTE = Statement(
    upsert(ceiling_notices)
    .values(given(["guild_id", "period_start", "percent", "period_end", "ceiling", "told"]))
    .on_conflict_do_nothing()
)
_UNTOLD = Statement(
    select(*(column for column in ceiling_notices.c if column.name != "told"))
    .where(~ceiling_notices.c.told)
    .order_by(ceiling_notices.c.period_start, ceiling_notices.c.percent)
)
_TOLD = Statement(
    update(ceiling_notices)
    .where(
        *(
            ceiling_notices.c[name] == bindparam(f"of_{name}")
            for name in ("guild_id", "period_start", "percent")
        )
    )
    .values(told=True)
)
_FORGET = Statement(delete(ceiling_notices).where(ceiling_notices.c.guild_id == bindparam("guild_id")))


def note_use(connection: sqlite3.Connection, guild_id: int, limit: BudgetLimit) -> None:
    """Note the steps that a server has passed now; of several at once only the highest is told."""
    used = spent(connection, limit)
    reached = [step for step in STEPS if limit.ceiling and used * 100 >= step * limit.ceiling]
    for step in reached:
        _NOTE.run(
            connection,
            guild_id=guild_id,
            period_start=limit.period_start,
            period_end=limit.period_end,
            percent=step,
            ceiling=limit.ceiling,
            told=step != reached[0],
        )


def untold(connection: sqlite3.Connection) -> list[CeilingNotice]:
    """What nobody was told yet."""
    return [CeilingNotice(**row) for row in _UNTOLD.rows(connection)]


def note_told(connection: sqlite3.Connection, notice: CeilingNotice) -> None:
    """This one was told."""
    _TOLD.run(
        connection,
        of_guild_id=notice.guild_id,
        of_period_start=notice.period_start,
        of_percent=notice.percent,
    )


def begin_anew(connection: sqlite3.Connection, guild_id: int) -> None:
    """A server has another ceiling: the steps to the former one say nothing about it."""
    _FORGET.run(connection, guild_id=guild_id)
