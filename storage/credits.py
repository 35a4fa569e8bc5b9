"""Credits: reserved from budgets by guarded statements, then settled or refunded, line by line.

These functions take a connection, so that the credits and the job they belong to change in one transaction.
"""

import sqlite3
from collections.abc import Sequence

from sqlalchemy import Integer, bindparam, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.errors import BudgetExhausted
from storage.records import BudgetLimit, Draw, LedgerLine
from storage.statements import Statement, among, given
from storage.tables import budgets, ledger

_NEW_LINE = Statement(insert(ledger).values(given(["at", "job_id", "budget_id", "kind", "credits"])))
_RESERVED = Statement(
    select(ledger.c.budget_id, budgets.c.of_operator, ledger.c.credits)
    .join_from(ledger, budgets)
    .where(ledger.c.job_id == bindparam("job_id"), ledger.c.kind == "reserve")
    .order_by(ledger.c.id)
)
_GIVEN_BACK = Statement(
    update(budgets)
    .where(budgets.c.id == bindparam("budget_id"))
    .values(spent=budgets.c.spent - bindparam("credits", type_=Integer))
)
_ALL = budgets.alias()
_SPENT_IN_ALL = select(func.coalesce(func.sum(_ALL.c.spent), 0)).where(
    _ALL.c.holder == bindparam("holder"),
    _ALL.c.period_start >= bindparam("from_start"),
    _ALL.c.period_start < bindparam("to_end"),
)
_SPENT = Statement(_SPENT_IN_ALL)
_ROW = ("holder", "period_start", "period_end", "ceiling", "period", "of_operator")
_OPENED = upsert(budgets).values(spent=0, **given(_ROW))
_OPEN = Statement(
    _OPENED.on_conflict_do_update(
        index_elements=["holder", "period_start", "period_end"],
        set_={"ceiling": _OPENED.excluded.ceiling, "period": _OPENED.excluded.period},
    ).returning(budgets.c.id)
)
_CREDITS = bindparam("credits", type_=Integer)
_ENOUGH = _SPENT_IN_ALL.scalar_subquery() + _CREDITS <= bindparam("ceiling")
_DRAWN = upsert(budgets).from_select(
    [*_ROW, "spent"],
    select(*(bindparam(name, type_=budgets.c[name].type) for name in _ROW), _CREDITS).where(_ENOUGH),
)
_TAKE = Statement(
    _DRAWN.on_conflict_do_update(
        index_elements=["holder", "period_start", "period_end"],
        set_={
            "spent": budgets.c.spent + _DRAWN.excluded.spent,
            "ceiling": _DRAWN.excluded.ceiling,
            "period": _DRAWN.excluded.period,
        },
    ).returning(budgets.c.id)
)
_LINES = (
    select(ledger.c.job_id, budgets.c.holder, ledger.c.kind, ledger.c.credits, budgets.c.of_operator)
    .join_from(ledger, budgets)
    .order_by(ledger.c.id)
)


def reserve(connection: sqlite3.Connection, job_id: str, credits_: int, draw: Draw, now: float) -> None:
    """Take credits as a draw says; raises as `check` does, and then the transaction is to be rolled back."""
    if credits_ == 0:
        return
    parts = _parts(connection, credits_, draw)
    for limit, part in [*parts, *((ceiling, credits_) for ceiling in draw.ceilings)]:
        budget_id = _TAKE.value(connection, **_row(limit) | _window(limit), credits=part)
        if budget_id is None:
            raise _exhausted(connection, limit)
        _NEW_LINE.run(connection, at=now, job_id=job_id, budget_id=budget_id, kind="reserve", credits=part)


def check(connection: sqlite3.Connection, credits_: int, draw: Draw) -> None:
    """Reserve nothing; raises `BudgetExhausted` for the purse, or else the first ceiling, with too little."""
    _parts(connection, credits_, draw)
    for limit in draw.ceilings:
        if limit.ceiling - spent(connection, limit) < credits_:
            raise _exhausted(connection, limit)


def _parts(connection: sqlite3.Connection, credits_: int, draw: Draw) -> list[tuple[BudgetLimit, int]]:
    """How much each part of the purse pays; raises `BudgetExhausted`."""
    missing = credits_
    left: list[int] = []
    parts: list[tuple[BudgetLimit, int]] = []
    for limit in draw.purse:
        if not missing:
            break
        left.append(max(0, limit.ceiling - spent(connection, limit)))
        if part := min(left[-1], missing):
            parts.append((limit, part))
            missing -= part
    if missing:
        first = draw.purse[0]
        raise BudgetExhausted(first.holder, sum(left), first.ceiling + sum(left[1:]), first.period_end)
    return parts


def _exhausted(connection: sqlite3.Connection, limit: BudgetLimit) -> BudgetExhausted:
    there = limit.ceiling - spent(connection, limit)
    return BudgetExhausted(limit.holder, there, limit.ceiling, limit.period_end)


def open_budget(connection: sqlite3.Connection, limit: BudgetLimit) -> int:
    """The id of the row that a limit's credits are booked in; it follows a changed limit."""
    budget_id: int = _OPEN.value(connection, **_row(limit))
    return budget_id


def close(connection: sqlite3.Connection, job_id: str, now: float, *, delivered: int, billed: int) -> None:
    """Settle what was delivered, or perhaps billed on the operator's budgets, and refund the rest (credits).

    A purse is settled in the order in which it was drawn on, so that what comes back goes to its last parts.
    A second call fails on the ledger's uniqueness and takes its transaction with it.
    """
    rows = _RESERVED.rows(connection, job_id=job_id)
    unpaid = delivered
    for row in rows:
        if row["of_operator"]:
            settled = max(delivered, billed)
        else:
            settled = min(unpaid, row["credits"])
            unpaid -= settled
        if not 0 <= settled <= row["credits"]:
            raise ValueError(f"cannot settle {settled} of {row['credits']} credits")
        line = {"at": now, "job_id": job_id, "budget_id": row["budget_id"]}
        if settled:
            _NEW_LINE.run(connection, **line, kind="settle", credits=settled)
        if refunded := row["credits"] - settled:
            _NEW_LINE.run(connection, **line, kind="refund", credits=refunded)
            _GIVEN_BACK.run(connection, budget_id=row["budget_id"], credits=refunded)
    if rows and unpaid:
        raise ValueError(f"cannot settle {delivered} credits: {unpaid} more than was reserved")


def spent(connection: sqlite3.Connection, limit: BudgetLimit) -> int:
    """What the holder has reserved and spent in the period."""
    found: int = _SPENT.value(connection, **_window(limit))
    return found


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


def _row(limit: BudgetLimit) -> dict[str, object]:
    start, end = limit.day or (limit.period_start, limit.period_end)
    return {
        "holder": limit.holder,
        "period_start": start,
        "period_end": end,
        "ceiling": limit.ceiling,
        "period": limit.period,
        "of_operator": limit.of_operator,
    }


def _window(limit: BudgetLimit) -> dict[str, object]:
    return {"holder": limit.holder, "from_start": limit.period_start, "to_end": limit.period_end}
