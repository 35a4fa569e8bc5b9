"""What moderators and the operator look at: rules, blocks, who is near the limit, what servers have spent."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Integer, bindparam, case, cast, exists, func, literal_column, select

from storage import ceilings, changes
from storage.accounts import one_moment
from storage.credits import spent
from storage.database import Database
from storage.records import BudgetLimit, JobState
from storage.server_records import (
    Action,
    Block,
    CeilingNotice,
    Change,
    NearLimit,
    Rule,
    RuleKind,
    ServerSpend,
)
from storage.server_tables import blocks, operator_state, resets, rules, server_ceilings
from storage.standing import PAUSED
from storage.statements import BEYOND, Statement, among
from storage.tables import budgets, jobs

NEAR = 80  # percent of an allowance

_OF_SERVER = rules.c.guild_id == bindparam("guild_id")
_RULES = Statement(
    select(rules.c.kind, rules.c.subject_id, rules.c.credits, rules.c.period).where(
        _OF_SERVER, rules.c.kind != RuleKind.MEMBER
    )
)
_OWN_RULES = Statement(select(func.count()).where(_OF_SERVER, rules.c.kind == RuleKind.MEMBER))
_BLOCKS = Statement(
    select(blocks.c.user_id, blocks.c.until, blocks.c.by, blocks.c.at, blocks.c.reason)
    .where(
        blocks.c.guild_id == bindparam("guild_id"),
        blocks.c.until.is_(None) | (blocks.c.until > bindparam("now")),
    )
    .order_by(blocks.c.at.desc())
)
_PAUSED = Statement(select(exists().where(operator_state.c.key == PAUSED)))
_CEILING = Statement(
    select(server_ceilings.c.credits).where(server_ceilings.c.guild_id == bindparam("guild_id"))
)

# Each account that was drawn on in a period which may go on: SQLite gives its period and its ceiling as they
# stand in the last row, the one with the highest start. What counts for that limit is less than all of it.
_LAST = (
    select(
        budgets.c.holder,
        func.max(budgets.c.period_start).label("period_start"),
        budgets.c.period,
        budgets.c.ceiling.label("credits"),
        func.sum(budgets.c.spent).label("spent"),
    )
    .where(
        budgets.c.period_start >= func.min(bindparam("week"), bindparam("month")),
        budgets.c.holder >= bindparam("first"),
        budgets.c.holder < bindparam("beyond"),
        budgets.c.period.is_not(None),
    )
    .group_by(budgets.c.holder)
    .subquery()
)
_ALL = budgets.alias("everything")
_MEMBER = cast(func.substr(_LAST.c.holder, bindparam("id_from")), Integer)
_START = case(
    (_LAST.c.period == "day", bindparam("day")),
    (_LAST.c.period == "week", bindparam("week")),
    else_=bindparam("month"),
)
_RESET_AT = (
    select(func.coalesce(func.max(resets.c.at), 0))
    .where(
        resets.c.guild_id == bindparam("guild_id"),
        resets.c.user_id.in_([literal_column("0"), _MEMBER]),
    )
    .correlate(_LAST)
    .scalar_subquery()
)
_USED = (
    select(func.sum(_ALL.c.spent))
    .where(_ALL.c.holder == _LAST.c.holder, _ALL.c.period_start >= func.max(_START, _RESET_AT))
    .correlate(_LAST)
    .scalar_subquery()
)
_DRAWN = (
    select(_MEMBER.label("user_id"), _USED.label("used"), _LAST.c.credits, _LAST.c.period)
    .where(_LAST.c.period_start >= _START, _LAST.c.spent * 100 >= _LAST.c.credits * NEAR)
    .subquery()
)
_NEAR = Statement(
    select(_DRAWN)
    .where(_DRAWN.c.used > 0, _DRAWN.c.used * 100 >= _DRAWN.c.credits * NEAR)
    .order_by((_DRAWN.c.used * 1.0 / _DRAWN.c.credits).desc(), _DRAWN.c.user_id)
    .limit(bindparam("limit"))
)
_SPENDING = Statement(
    select(budgets.c.holder, func.sum(budgets.c.spent).label("spent"))
    .where(
        budgets.c.period_start >= bindparam("start"),
        budgets.c.holder >= bindparam("first"),
        budgets.c.holder < bindparam("beyond"),
    )
    .group_by(budgets.c.holder)
)
_CEILINGS = Statement(select(server_ceilings))
_STATES = Statement(
    select(jobs.c.state, func.count().label("number"))
    .where(among(jobs.c.state, (state for state in JobState if not state.ended)))
    .group_by(jobs.c.state)
)


@dataclass(frozen=True, slots=True)
class ServerView:
    """A server's rules but for members' own ones, and who stands out; `version` is its last change's id."""

    spent: int
    ceiling: int | None
    rules: tuple[Rule, ...]
    member_rules: int
    near: tuple[NearLimit, ...]
    blocks: tuple[Block, ...]
    paused: bool
    version: int


class OversightStore:
    """Every look of moderators and the operator; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def server_ceiling(self, guild_id: int) -> int | None:
        """The ceiling that the operator has given a server."""
        found: int | None = await self._database.read(_CEILING.value, guild_id=guild_id)
        return found

    async def server(
        self,
        guild_id: int,
        limit: BudgetLimit,
        accounts: str,
        starts: dict[str, float],
        now: float,
        most: int,
    ) -> ServerView:
        """A server as a whole; `limit` is its ceiling.

        The names of its accounts begin with `accounts`; `starts` are those of the day, week and month. At
        most so many members who have used nearly all are named.
        """
        return await self._database.read(_server, guild_id, limit, accounts, starts, now, most)

    async def log(
        self, guild_id: int, subject_ids: Sequence[int], action: Action | None, skip: int, limit: int
    ) -> list[Change]:
        """So many changes after those that are skipped, newest first; no subjects are all of them."""
        return await self._database.read(changes.page, guild_id, subject_ids, action, skip, limit)

    async def last_report(self, guild_id: int, job_id: str) -> Change | None:
        """The last report of what a job has made."""
        return await self._database.read(changes.last_report, guild_id, job_id)

    async def reported_at(self, guild_id: int, actor_ids: Sequence[int], since: float) -> list[float]:
        """When somebody, by any of their ids, has reported images since a moment, newest first."""
        return await self._database.read(changes.reported_at, guild_id, actor_ids, since)

    async def spending(self, prefix: str, start: float) -> list[ServerSpend]:
        """What each server has spent since a moment, most first, and the ceilings of their own."""
        return await self._database.read(_spending, prefix, start)

    async def spent(self, limit: BudgetLimit) -> int:
        """What a holder has reserved and spent."""
        return await self._database.read(spent, limit)

    async def unfinished(self) -> dict[str, int]:
        """How many jobs stand in each state that is no end."""
        return {row["state"]: row["number"] for row in await self._database.read(_STATES.rows)}

    async def is_paused(self) -> bool:
        """Whether the operator lets nothing be accepted."""
        return bool(await self._database.read(_PAUSED.value))

    async def untold_notices(self) -> list[CeilingNotice]:
        """The steps to their ceilings that servers have passed, and nobody was told."""
        return await self._database.read(ceilings.untold)

    async def note_told(self, notice: CeilingNotice) -> None:
        """This one was told."""
        await self._database.write(ceilings.note_told, notice)


def _server(
    connection: sqlite3.Connection,
    guild_id: int,
    limit: BudgetLimit,
    accounts: str,
    starts: dict[str, float],
    now: float,
    most: int,
) -> ServerView:
    names = {"first": accounts, "beyond": accounts + BEYOND, "id_from": len(accounts) + 1}
    with one_moment(connection):
        near = _NEAR.rows(connection, guild_id=guild_id, limit=most, **names, **starts)
        found = _RULES.rows(connection, guild_id=guild_id)
        return ServerView(
            spent=spent(connection, limit),
            ceiling=_CEILING.value(connection, guild_id=guild_id),
            rules=tuple(Rule(**{**row, "kind": RuleKind(row["kind"])}) for row in found),
            member_rules=_OWN_RULES.value(connection, guild_id=guild_id),
            near=tuple(NearLimit(**row) for row in near),
            blocks=tuple(Block(**row) for row in _BLOCKS.rows(connection, guild_id=guild_id, now=now)),
            paused=bool(_PAUSED.value(connection)),
            version=changes.last(connection, guild_id),
        )


def _spending(connection: sqlite3.Connection, prefix: str, start: float) -> list[ServerSpend]:
    names = {"first": prefix, "beyond": prefix + BEYOND}
    rows = _SPENDING.rows(connection, start=start, **names)
    spending = {int(row["holder"].removeprefix(prefix)): row["spent"] for row in rows}
    own = {row["guild_id"]: row["credits"] for row in _CEILINGS.rows(connection)}
    found = [ServerSpend(each, spending.get(each, 0), own.get(each)) for each in {*spending, *own}]
    return sorted(found, key=lambda each: (-each.spent, each.guild_id))
