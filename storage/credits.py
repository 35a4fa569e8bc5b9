"""Credits: reserved from budgets by one guarded statement, then settled or refunded, line by line.

These functions take a connection, so that the credits and the job they belong to change in one transaction.
"""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import ColumnElement, and_, exists, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import BudgetExhausted
from storage.records import BudgetLimit, LedgerLine
from storage.tables import budgets, ledger


async def reserve(
    connection: AsyncConnection, job_id: str, credits_: int, limits: Sequence[BudgetLimit], now: float
) -> None:
    """Take credits from all budgets or from none; raises `BudgetExhausted` for the first that has too few."""
    if credits_ == 0:
        return
    ids = await _open(connection, limits)
    others = budgets.alias()
    too_small = exists().where(others.c.id.in_(ids), others.c.spent + credits_ > others.c.ceiling)
    taken = await connection.execute(
        update(budgets)
        .where(budgets.c.id.in_(ids), ~too_small)
        .values(spent=budgets.c.spent + credits_)
        .returning(budgets.c.id)
    )
    if len(taken.all()) != len(ids):
        await check(connection, credits_, limits)
        raise AssertionError("the guard refused although every budget has enough")
    await connection.execute(
        insert(ledger),
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
    reserved = await connection.execute(
        select(ledger.c.budget_id, budgets.c.of_operator, ledger.c.credits)
        .join_from(ledger, budgets)
        .where(ledger.c.job_id == job_id, ledger.c.kind == "reserve")
    )
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
        await connection.execute(insert(ledger), lines)


async def spent(connection: AsyncConnection, limit: BudgetLimit) -> int:
    """What the holder has reserved and spent in the period."""
    found = await connection.execute(select(budgets.c.spent).where(_is(limit)))
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


def _is(limit: BudgetLimit) -> ColumnElement[bool]:
    return and_(
        budgets.c.holder == limit.holder,
        budgets.c.period_start == limit.period_start,
        budgets.c.period_end == limit.period_end,
    )


async def _open(connection: AsyncConnection, limits: Sequence[BudgetLimit]) -> list[int]:
    """The budgets' ids; they are opened with the period's first request and follow a changed ceiling."""
    opened = upsert(budgets).values([{**asdict(limit), "spent": 0} for limit in limits])
    statement = opened.on_conflict_do_update(
        index_elements=["holder", "period_start", "period_end"], set_={"ceiling": opened.excluded.ceiling}
    )
    return list((await connection.execute(statement.returning(budgets.c.id))).scalars())
