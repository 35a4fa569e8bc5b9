"""Rules and allowances as limits on what may be spent now."""

import math

from bot.periods import Allowance, Period
from storage.records import BudgetLimit
from storage.server_records import NEVER, Bonus, Rule


def allowance_of(rule: Rule) -> Allowance:
    """What a rule gives."""
    return Allowance(rule.credits, Period(rule.period))


def generosity(rule: Rule) -> tuple[object, ...]:
    """What the most generous of a member's roles is found by; of equal ones the same is always found."""
    return *allowance_of(rule).generosity, -rule.subject_id


def limit_of(
    holder: str, allowance: Allowance, now: float, reset_at: float | None = None, *, of_operator: bool = False
) -> BudgetLimit:
    """An allowance in the period that runs, or what is left of it since it was started anew."""
    since = -math.inf if reset_at is None else reset_at
    start, end = allowance.period.around(now)
    day_start, day_end = Period.DAY.around(now)
    return BudgetLimit(
        holder,
        max(start, since),
        end,
        allowance.credits,
        of_operator,
        (max(day_start, since), day_end),
        allowance.period,
    )


def counts_until(period: str, moment: float) -> float:
    """When what was spent at a moment no longer counts for an allowance of this period."""
    return Period(period).around(moment)[1]


def all_begin_after(moment: float) -> float:
    """The next time at which a day, a week and a month begin together: a Monday that is a first."""
    if moment >= NEVER:
        return moment
    begins = Period.MONTH.around(moment)[1]
    while Period.WEEK.around(begins)[0] != begins:
        begins = Period.MONTH.around(begins)[1]
    return begins


def bonus_limit(bonus: Bonus) -> BudgetLimit:
    """A bonus, which is granted once."""
    return BudgetLimit(bonus.holder, bonus.granted_at, bonus.expires_at, bonus.credits)
