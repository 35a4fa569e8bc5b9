"""How a member stands: all that was decided about them, read in one look, from which others decide."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, exists, func, literal_column, select, union_all

from storage.records import Draw
from storage.server_records import Block, Bonus, Channels, Rule, RuleKind
from storage.server_tables import (
    blocks,
    operator_state,
    resets,
    rules,
    server_ceilings,
    server_channels,
    server_settings,
)
from storage.statements import BEYOND, Statement
from storage.tables import budgets

PAUSED = "paused"  # a key of the operator's state


@dataclass(frozen=True, slots=True)
class Whose:
    """About whom, and where: `guild_id` is None where no server's rules hold.

    `known_as` is the id under which a member's accounts stand, mostly their own. `account` is the holder of
    their allowance, `bonuses` are what the holders of their bonuses begin with.
    """

    guild_id: int | None
    user_id: int
    known_as: int
    account: str
    bonuses: tuple[str, ...] = ()
    role_ids: tuple[int, ...] = ()
    channel_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was decided that concerns a member in a place.

    `rules` are their own, those of their roles, and the default; `bonuses` the ones with something left.
    `last` is the limit that their account was last drawn on with, as credits and a period. `listed` says
    whether a channel of theirs is named in the server's settings, `ceiling` is the server's own one.
    """

    paused: bool
    rules: tuple[Rule, ...] = ()
    bonuses: tuple[Bonus, ...] = ()
    block: Block | None = None
    reset_at: float | None = None
    channels: Channels = Channels.EVERYWHERE
    listed: bool = False
    ceiling: int | None = None
    last: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """Who pays, and what decides out of which budgets, once it is known how they stand.

    What `decide` raises is raised by the transaction, which then writes nothing.
    """

    whose: Whose
    decide: Callable[[Standing], Draw]


def _listed(name: str) -> Select[Any]:
    """The numbers of a list, which is given as JSON."""
    return select(literal_column("value", BigInteger)).select_from(func.json_each(bindparam(name)))


_PERSON: list[Any] = [bindparam("user_id"), bindparam("known_as")]  # only one of them has rows, mostly
_OF_SERVER = select(rules.c.kind, rules.c.subject_id, rules.c.credits, rules.c.period).where(
    rules.c.guild_id == bindparam("guild_id")
)
_RULES = Statement(
    union_all(
        _OF_SERVER.where(rules.c.kind == RuleKind.MEMBER, rules.c.subject_id.in_(_PERSON)),
        _OF_SERVER.where(rules.c.kind == RuleKind.ROLE, rules.c.subject_id.in_(_listed("role_ids"))),
        _OF_SERVER.where(rules.c.kind == RuleKind.DEFAULT),
    )
)
_BONUSES = Statement(
    select(
        budgets.c.holder,
        budgets.c.ceiling.label("credits"),
        budgets.c.spent,
        budgets.c.period_start.label("granted_at"),
        budgets.c.period_end.label("expires_at"),
    )
    .where(
        budgets.c.holder >= bindparam("first"),
        budgets.c.holder < bindparam("beyond"),
        budgets.c.period_end > bindparam("now"),
        budgets.c.ceiling > budgets.c.spent,  # the spent ones without an end pile up for ever
    )
    .order_by(budgets.c.period_end, budgets.c.id)
)
_BLOCK = Statement(
    select(blocks.c.user_id, blocks.c.until, blocks.c.by, blocks.c.at, blocks.c.reason)
    .where(
        blocks.c.guild_id == bindparam("guild_id"),
        blocks.c.user_id.in_(_PERSON),
        blocks.c.until.is_(None) | (blocks.c.until > bindparam("now")),
    )
    .order_by(blocks.c.until.is_not(None), blocks.c.until.desc())
)
_PAUSED = select(exists().where(operator_state.c.key == PAUSED).label("paused"))
_RESET_AT = select(func.max(resets.c.at)).where(
    resets.c.guild_id == bindparam("guild_id"), resets.c.user_id.in_([literal_column("0"), *_PERSON])
)
_CHANNELS = select(server_settings.c.channels).where(server_settings.c.guild_id == bindparam("guild_id"))
_LISTED = exists().where(
    server_channels.c.guild_id == bindparam("guild_id"),
    server_channels.c.channel_id.in_(_listed("channel_ids")),
)
_CEILING = select(server_ceilings.c.credits).where(server_ceilings.c.guild_id == bindparam("guild_id"))
_SERVER = Statement(
    _PAUSED.add_columns(
        _RESET_AT.scalar_subquery().label("reset_at"),
        _CHANNELS.scalar_subquery().label("channels"),
        _LISTED.label("listed"),
        _CEILING.scalar_subquery().label("ceiling"),
    )
)
_ELSEWHERE = Statement(_PAUSED)
_LAST = Statement(
    select(budgets.c.ceiling, budgets.c.period)
    .where(budgets.c.holder == bindparam("account"), budgets.c.period.is_not(None))
    .order_by(budgets.c.period_start.desc())
    .limit(1)
)


def look(connection: sqlite3.Connection, whose: Whose, now: float) -> Standing:
    """All that was decided about a member, at this moment; to be called in one transaction."""
    if whose.guild_id is None:
        return Standing(paused=bool(_ELSEWHERE.value(connection)))
    person = {"guild_id": whose.guild_id, "user_id": whose.user_id, "known_as": whose.known_as}
    [server] = _SERVER.rows(connection, **person, channel_ids=json.dumps(whose.channel_ids))
    found = _RULES.rows(connection, **person, role_ids=json.dumps(whose.role_ids))
    block = _BLOCK.row(connection, **person, now=now)
    last = _LAST.row(connection, account=whose.account)
    return Standing(
        paused=server["paused"],
        rules=tuple(Rule(**{**row, "kind": RuleKind(row["kind"])}) for row in found),
        bonuses=bonuses_of(connection, whose.bonuses, now),
        block=Block(**block) if block else None,
        reset_at=server["reset_at"],
        channels=Channels(server["channels"] or Channels.EVERYWHERE),
        listed=server["listed"],
        ceiling=server["ceiling"],
        last=(last["ceiling"], last["period"]) if last else None,
    )


def bonuses_of(connection: sqlite3.Connection, holders: tuple[str, ...], now: float) -> tuple[Bonus, ...]:
    """The bonuses that are good for something, of holders that begin so; the first to expire comes first."""
    found = [
        Bonus(**row)
        for holder in holders
        for row in _BONUSES.rows(connection, first=holder, beyond=holder + BEYOND, now=now)
    ]
    return tuple(sorted(found, key=lambda bonus: (bonus.expires_at, bonus.granted_at, bonus.holder)))
