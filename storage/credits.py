"""Credits: reserved from budgets by one guarded statement, then settled or refunded, line by line.

These functions take a connection, so that the credits and the job they belong to change in one transaction.
"""

from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from sqlalchemy import Integer, bindparam, exists, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from storage.errors import BudgetExhausted
from storage.records import BudgetLimit, LedgerLine
from storage.tables import budgets, ledger

# Built once, as in `job_rows`.
_NEW_LINES = insert(ledger)
_RESERVED = (
    select(ledger.c.budget_id, budgets.c.of_operator, ledger.c.credits)
    .join_from(ledger, budgets)
    .where(ledger.c.job_id == bindparam("of_job"), ledger.c.kind == "reserve")
)
_SPENT = select(budgets.c.spent).where(
    budgets.c.holder == bindparam("of"),
    budgets.c.period_start == bindparam("since"),
    budgets.c.period_end == bindparam("until"),
)
_OPENED = upsert(budgets)
_OPEN = _OPENED.on_conflict_do_update(
    index_elements=["holder", "period_start", "period_end"], set_={"ceiling": _OPENED.excluded.ceiling}
).returning(budgets.c.id)


@cache
def _taking(number: int) -> ReturningUpdate[Any]:
    """Takes an amount from so many budgets, or from none."""
    ids = [bindparam(f"budget_{each}", type_=Integer) for each in range(number)]
    amount = bindparam("amount", type_=Integer)
    others = budgets.alias()
    too_small = exists().where(others.c.id.in_(ids), others.c.spent + amount > others.c.ceiling)
    taken = update(budgets).where(budgets.c.id.in_(ids), ~too_small)
    return taken.values(spent=budgets.c.spent + amount).returning(budgets.c.id)


async def reserve(
    connection: AsyncConnection, job_id: str, credits_: int, limits: Sequence[BudgetLimit], now: float
) -> None:
    """Take credits from all budgets or from none; raises `BudgetExhausted` for the first that has too few."""
    if credits_ == 0:
        return
    ids = await _open(connection, limits)
    named = {f"budget_{number}": budget_id for number, budget_id in enumerate(ids)}
    taken = await connection.execute(_taking(len(ids)), {"amount": credits_, **named})
    if len(taken.all()) != len(ids):
        await check(connection, credits_, limits)
        raise AssertionError("the guard refused although every budget has enough")
    await connection.execute(
        _NEW_LINES,
        [
            {"at": now, "job_id": job_id, "budget_id": budget_id, "kind": "reserve", "credits": credits_}
            for budget_id in ids
        ],
    )


async def check(connection: AsyncConnection, credits_: int, limits: Sequence[BudgetLimit]) -> None:
    """Raise `BudgetExhausted` if the credits could not be reserved now; reserves nothing."""
    for limit in limits:
        left = limit.ceiling - await spent(connection, limit)
        if left < credits_:
            raise BudgetExhausted(limit.holder, left, limit.ceiling, limit.period_end)


async def close(connection: AsyncConnection, job_id: str, now: float, *, delivered: int, billed: int) -> None:
    """Settle what was delivered, or perhaps billed on the operator's budgets, and refund the rest (credits).

    A second call fails on the ledger's uniqueness and takes its transaction with it.
    """
    reserved = await connection.execute(_RESERVED, {"of_job": job_id})
    lines: list[dict[str, object]] = []
    for budget_id, of_operator, credits_ in reserved.all():
        settled = max(delivered, billed) if of_operator else delivered
        if not 0 <= settled <= credits_:
            raise ValueError(f"cannot settle {settled} of {credits_} credits")
        line = {"at": now, "job_id": job_id, "budget_id": budget_id}
        if settled:
            lines.append({**line, "kind": "settle", "credits": settled})
        if refunded := credits_ - settled:
            lines.append({**line, "kind": "refund", "credits": refunded})
            await connection.execute(
                update(budgets).where(budgets.c.id == budget_id).values(spent=budgets.c.spent - refunded)
            )
    if lines:
        await connection.execute(_NEW_LINES, lines)


async def spent(connection: AsyncConnection, limit: BudgetLimit) -> int:
    """What the holder has reserved and spent in the period."""
    of_limit = {"of": limit.holder, "since": limit.period_start, "until": limit.period_end}
    found = await connection.execute(_SPENT, of_limit)
    return found.scalar_one_or_none() or 0


async def paid(connection: AsyncConnection, job_ids: Sequence[str]) -> dict[str, int]:
    """What members have paid for these jobs for good; jobs that cost nothing are left out."""
    rows = await connection.execute(
        select(ledger.c.job_id, func.sum(ledger.c.credits))
        .join_from(ledger, budgets)
        .where(ledger.c.job_id.in_(job_ids), ledger.c.kind == "settle", ~budgets.c.of_operator)
        .group_by(ledger.c.job_id)
    )
    return {job_id: int(credits_) for job_id, credits_ in rows}


async def ledger_lines(connection: AsyncConnection, job_id: str | None = None) -> list[LedgerLine]:
    """The ledger in the order it was written, of one job or of all."""
    query = select(ledger.c.job_id, budgets.c.holder, ledger.c.kind, ledger.c.credits).join_from(
        ledger, budgets
    )
    if job_id is not None:
        query = query.where(ledger.c.job_id == job_id)
    rows = await connection.execute(query.order_by(ledger.c.id))
    return [LedgerLine(*row) for row in rows]


async def _open(connection: AsyncConnection, limits: Sequence[BudgetLimit]) -> list[int]:
    """The budgets' ids; they are opened with the period's first request and follow a changed ceiling."""
    opened = [{**asdict(limit), "spent": 0} for limit in limits]
    return list((await connection.execute(_OPEN, opened)).scalars())
