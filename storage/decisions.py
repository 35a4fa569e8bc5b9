"""What was decided about members, as far as they can ask for it, have it deleted, or it is over."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy import Update, bindparam, delete, exists, select, update

from storage.server_records import NEVER, RuleKind
from storage.server_tables import blocks, ceiling_notices, changes, resets, rules
from storage.statements import BEYOND, Row, Statement
from storage.tables import budgets, ledger

LONGEST = 32 * 86_400.0  # seconds; no period is longer

_USER: Any = bindparam("of_user")
_STAND_IN: Any = bindparam("stand_in")
IS_BONUS = (budgets.c.holder >= "bonus:") & (budgets.c.holder < "bonus:" + BEYOND)
_THEIR_BONUSES = Statement(
    select(
        budgets.c.id,
        budgets.c.holder,
        budgets.c.ceiling.label("credits"),
        budgets.c.spent,
        budgets.c.period_start.label("granted_at"),
        budgets.c.period_end.label("expires_at"),
    ).where(IS_BONUS, budgets.c.holder.like("bonus:%:" + bindparam("user_text") + ":%"))
)
_OWN = (rules.c.kind == RuleKind.MEMBER) & (rules.c.subject_id == _USER)
_ALLOWANCES = Statement(select(rules.c.guild_id, rules.c.credits, rules.c.period).where(_OWN))
_BLOCKS = Statement(
    select(blocks.c.guild_id, blocks.c.until, blocks.c.at, blocks.c.reason).where(blocks.c.user_id == _USER)
)
_SEEN = (changes.c.guild_id, changes.c.at, changes.c.action, changes.c.details, changes.c.reason)
_ABOUT_THEM = Statement(select(*_SEEN).where(changes.c.subject_id == _USER).order_by(changes.c.id))
_BY_THEM = Statement(select(*_SEEN).where(changes.c.actor_id == _USER).order_by(changes.c.id))


def _anew(step: Update) -> Update:
    """A step that puts rows in the place of those that stand there."""
    return step.prefix_with("OR REPLACE")


_RENAME_RULES = Statement(
    _anew(update(rules)).where(_OWN).values(subject_id=_STAND_IN).returning(rules.c.guild_id)
)
_RENAME_BLOCKS = Statement(
    _anew(update(blocks))
    .where(blocks.c.user_id == _USER)
    .values(user_id=_STAND_IN, reason=None)
    .returning(blocks.c.until)
)
_RENAME = [
    Statement(_anew(update(resets)).where(resets.c.user_id == _USER).values(user_id=_STAND_IN)),
    Statement(update(blocks).where(blocks.c.by == _USER).values(by=_STAND_IN)),
    Statement(update(changes).where(changes.c.subject_id == _USER).values(subject_id=_STAND_IN, reason=None)),
    Statement(update(changes).where(changes.c.actor_id == _USER).values(actor_id=_STAND_IN)),
]
RENAME_BUDGET = Statement(
    update(budgets).where(budgets.c.id == bindparam("budget_id")).values(holder=bindparam("name"))
)
_EXPIRED = [
    Statement(delete(blocks).where(blocks.c.until <= bindparam("now"))),
    Statement(delete(resets).where(resets.c.at < bindparam("now") - LONGEST)),
    Statement(delete(ceiling_notices).where(ceiling_notices.c.period_end <= bindparam("now"))),
    Statement(
        delete(budgets).where(
            IS_BONUS,
            budgets.c.period_end <= bindparam("now"),
            ~exists().where(ledger.c.budget_id == budgets.c.id),
        )
    ),
]


def about(connection: sqlite3.Connection, user_id: int) -> dict[str, list[Row]]:
    """All that was decided about a member, and by them as a moderator; other people are left out."""
    bonuses = _THEIR_BONUSES.rows(connection, user_text=str(user_id))
    for bonus in bonuses:
        bonus.pop("id")
        bonus["guild_id"] = int(bonus.pop("holder").split(":")[1])
    return {
        "allowances": _ALLOWANCES.rows(connection, of_user=user_id),
        "bonuses": bonuses,
        "blocks": _BLOCKS.rows(connection, of_user=user_id),
        "changes": [_parsed(row) for row in _ABOUT_THEM.rows(connection, of_user=user_id)],
        "changed": [_parsed(row) for row in _BY_THEM.rows(connection, of_user=user_id)],
    }


def rename(
    connection: sqlite3.Connection, user_id: int, stand_in: int, now: float, renamed: Callable[[str], str]
) -> float:
    """Put what was decided about a member under another id; gives until when it has to be found there."""
    ends = [NEVER for _ in _RENAME_RULES.rows(connection, of_user=user_id, stand_in=stand_in)]
    blocked = _RENAME_BLOCKS.column(connection, of_user=user_id, stand_in=stand_in)
    ends += [NEVER if end is None else end for end in blocked]
    for bonus in _THEIR_BONUSES.rows(connection, user_text=str(user_id)):
        RENAME_BUDGET.run(connection, budget_id=bonus["id"], name=renamed(bonus["holder"]))
        if bonus["spent"] < bonus["credits"]:
            ends.append(bonus["expires_at"])
    for step in _RENAME:
        step.run(connection, of_user=user_id, stand_in=stand_in)
    return max(ends, default=now)


def forget_expired(connection: sqlite3.Connection, now: float) -> None:
    """Drop what is over, but for what stands in the ledger."""
    for step in _EXPIRED:
        step.run(connection, now=now)


def _parsed(row: Row) -> Row:
    return {**row, "details": json.loads(row["details"])}
