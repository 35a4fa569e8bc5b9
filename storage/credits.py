"""Credits: reserved from budgets by one guarded statement, then settled or refunded, line by line.

These functions take a connection, so that the credits and the job they belong to change in one transaction.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, fields
from functools import cache

from sqlalchemy import Integer, bindparam, exists, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.errors import BudgetExhausted
from storage.records import BudgetLimit, LedgerLine
from storage.statements import Statement, among, given
from storage.tables import budgets, ledger

_NEW_LINE = Statement(insert(ledger).values(given(["at", "job_id", "budget_id", "kind", "credits"])))
_RESERVED = Statement(
    select(ledger.c.budget_id, budgets.c.of_operator, ledger.c.credits)
    .join_from(ledger, budgets)
    .where(ledger.c.job_id == bindparam("job_id"), ledger.c.kind == "reserve")
)
_GIVEN_BACK = Statement(
    update(budgets)
    .where(budgets.c.id == bindparam("budget_id"))
    .values(spent=budgets.c.spent - bindparam("credits", type_=Integer))
)
_SPENT = Statement(
    select(budgets.c.spent).where(
        *(budgets.c[name] == bindparam(name) for name in ("holder", "period_start", "period_end"))
    )
)
_OPENED = upsert(budgets).values(spent=0, **given(field.name for field in fields(BudgetLimit)))
_OPEN = Statement(
    _OPENED.on_conflict_do_update(
        index_elements=["holder", "period_start", "period_end"], set_={"ceiling": _OPENED.excluded.ceiling}
    ).returning(budgets.c.id)
)
_LINES = (
    select(ledger.c.job_id, budgets.c.holder, ledger.c.kind, ledger.c.credits)
    .join_from(ledger, budgets)
    .order_by(ledger.c.id)
)


@cache
def _taking(number: int) -> Statement:
    """Takes an amount from so many budgets, or from none."""
    ids = [bindparam(f"budget_{each}", type_=Integer) for each in range(number)]
    amount = bindparam("amount", type_=Integer)
    others = budgets.alias()
    too_small = exists().where(others.c.id.in_(ids), others.c.spent + amount > others.c.ceiling)
    taken = update(budgets).where(budgets.c.id.in_(ids), ~too_small)
    return Statement(taken.values(spent=budgets.c.spent + amount).returning(budgets.c.id))


def reserve(
    connection: sqlite3.Connection, job_id: str, credits_: int, limits: Sequence[BudgetLimit], now: float
) -> None:
    """Take credits from all budgets or from none; raises `BudgetExhausted` for the first that has too few."""
    if credits_ == 0:
        return
    ids = [_OPEN.value(connection, **asdict(limit)) for limit in limits]  # they follow a changed ceiling
    named = {f"budget_{number}": budget_id for number, budget_id in enumerate(ids)}
    if len(_taking(len(ids)).rows(connection, amount=credits_, **named)) != len(ids):
        check(connection, credits_, limits)
        raise AssertionError("the guard refused although every budget has enough")
    for budget_id in ids:
        _NEW_LINE.run(
            connection, at=now, job_id=job_id, budget_id=budget_id, kind="reserve", credits=credits_
        )


def check(connection: sqlite3.Connection, credits_: int, limits: Sequence[BudgetLimit]) -> None:
    """Raise `BudgetExhausted` if the credits could not be reserved now; reserves nothing."""
    for limit in limits:
        left = limit.ceiling - spent(connection, limit)
        if left < credits_:
            raise BudgetExhausted(limit.holder, left, limit.ceiling, limit.period_end)


def close(connection: sqlite3.Connection, job_id: str, now: float, *, delivered: int, billed: int) -> None:
    """Settle what was delivered, or perhaps billed on the operator's budgets, and refund the rest (credits).

    A second call fails on the ledger's uniqueness and takes its transaction with it.
    """
    for row in _RESERVED.rows(connection, job_id=job_id):
        settled = max(delivered, billed) if row["of_operator"] else delivered
        if not 0 <= settled <= row["credits"]:
            raise ValueError(f"cannot settle {settled} of {row['credits']} credits")
        line = {"at": now, "job_id": job_id, "budget_id": row["budget_id"]}
        if settled:
            _NEW_LINE.run(connection, **line, kind="settle", credits=settled)
        if refunded := row["credits"] - settled:
            _NEW_LINE.run(connection, **line, kind="refund", credits=refunded)
            _GIVEN_BACK.run(connection, budget_id=row["budget_id"], credits=refunded)


def spent(connection: sqlite3.Connection, limit: BudgetLimit) -> int:
    """What the holder has reserved and spent in the period."""
    period = {"period_start": limit.period_start, "period_end": limit.period_end}
    return _SPENT.value(connection, holder=limit.holder, **period) or 0


def paid(connection: sqlite3.Connection, job_ids: Sequence[str]) -> dict[str, int]:
    """What members have paid for these jobs for good; jobs that cost nothing are left out."""
    settled = (
        select(ledger.c.job_id, func.sum(ledger.c.credits).label("credits"))
        .join_from(ledger, budgets)
        .where(among(ledger.c.job_id, job_ids))
        .where(ledger.c.kind == "settle", ~budgets.c.of_operator)
        .group_by(ledger.c.job_id)
    )
    return {row["job_id"]: row["credits"] for row in Statement(settled).rows(connection)}


def ledger_lines(connection: sqlite3.Connection, job_id: str | None = None) -> list[LedgerLine]:
    """The ledger in the order it was written, of one job or of all."""
    lines = _LINES if job_id is None else _LINES.where(ledger.c.job_id == job_id)
    return [LedgerLine(**row) for row in Statement(lines).rows(connection)]
