"""Recomputes from the ledger what the other tables say; looks from outside, also while a bot runs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from storage import migrations
from storage.errors import StorageError, translated

# Each query finds what must not be, as a line to be read.
_SOUND = "PRAGMA integrity_check(20)"
_DANGLING = "SELECT \"table\" || ' has a row that belongs to nothing' FROM pragma_foreign_key_check"
_BALANCES = """
    WITH balances AS (
        SELECT holder, period_start, spent, coalesce(sum(
            CASE kind WHEN 'reserve' THEN credits WHEN 'refund' THEN -credits ELSE 0 END
        ), 0) AS booked
        FROM budgets LEFT JOIN ledger ON ledger.budget_id = budgets.id
        GROUP BY budgets.id
    )
    SELECT holder || ' in the period from ' || date(period_start, 'unixepoch') || ': '
        || spent || ' credits spent, ' || booked || ' by the ledger'
    FROM balances WHERE spent != booked
"""
# The parts of a member's purse pay the price together, each of the operator's budgets pays it as a whole. A
# late job was closed when it ended first, and whatever comes of it is free.
_JOBS = """
    WITH lines AS (
        SELECT job_id,
            coalesce(sum(credits) FILTER (WHERE kind = 'reserve'), 0) AS reserved,
            coalesce(sum(credits) FILTER (WHERE kind = 'reserve' AND NOT of_operator), 0) AS purse,
            coalesce(sum(credits) FILTER (WHERE kind != 'reserve'), 0) AS closed,
            count(*) FILTER (WHERE kind = 'reserve' AND of_operator) AS ceilings,
            max(credits) FILTER (WHERE kind = 'reserve' AND of_operator) AS highest
        FROM ledger JOIN budgets ON budgets.id = budget_id GROUP BY job_id
    ),
    sums AS (
        SELECT jobs.id, state, price * count AS due, ended_at IS NOT NULL OR late AS is_closed,
            coalesce(reserved, 0) AS reserved, coalesce(purse, 0) AS purse, coalesce(closed, 0) AS closed,
            coalesce(ceilings, 0) AS ceilings, coalesce(highest, 0) AS highest
        FROM jobs LEFT JOIN lines ON lines.job_id = jobs.id
    )
    SELECT 'job ' || id || ' (' || state || ', ' || due || ' credits): '
        || purse || ' reserved for its member, ' || (reserved - purse) || ' in ' || ceilings || ' ceilings, '
        || closed || ' settled or refunded'
    FROM sums
    WHERE purse != due OR reserved - purse != due * ceilings OR highest > due
        OR closed != CASE WHEN is_closed THEN reserved ELSE 0 END
"""
_LINES = """
    SELECT 'job ' || job_id || ': ' || sum(credits) FILTER (WHERE kind = 'reserve') || ' reserved from '
        || holder || ', ' || sum(credits) FILTER (WHERE kind != 'reserve') || ' settled or refunded there'
    FROM ledger JOIN budgets ON budgets.id = budget_id
    GROUP BY job_id, budget_id
    HAVING sum(credits) FILTER (WHERE kind != 'reserve') != sum(credits) FILTER (WHERE kind = 'reserve')
"""
# A bonus is given once, and no rule can change it.
_BONUSES = """
    SELECT holder || ': ' || spent || ' spent of ' || ceiling || ' given'
    FROM budgets WHERE holder LIKE 'bonus:%' AND spent > ceiling
"""


@dataclass(frozen=True, slots=True)
class Audit:
    """How much was looked at, and what does not agree, one line for each."""

    jobs: int
    lines: int
    problems: tuple[str, ...]


def audit(path: Path) -> Audit:
    """Check a database file as a whole; raises `StorageError` when it cannot be read."""
    with read_only(path) as database:
        database.execute("BEGIN")  # one look at one moment
        problems = [line for [line] in database.execute(_SOUND) if line != "ok"]
        if not problems:
            problems = [
                line
                for query in (_DANGLING, _BALANCES, _JOBS, _LINES, _BONUSES)
                for [line] in database.execute(query)
            ]
        [[jobs, lines]] = database.execute(
            "SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM ledger)"
        )
    return Audit(jobs, lines, tuple(problems))


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing, to a file of this version's schema; raises `StorageError`."""
    if not path.is_file():
        raise StorageError(f"there is no {path}")
    with translated(), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        revision = migrations.revision_of(database)
        if revision is None:
            raise StorageError(f"{path} is no database of the bot")
        if revision != migrations.head():
            raise StorageError(f"{path} has the schema of another version ({revision}): use that version")
        yield database
