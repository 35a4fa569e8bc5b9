"""What a person with a pencil expects of everybody's credits in a server."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.periods import Allowance, Period
from bot.services.quotas import OperatorLimits

START = datetime(2026, 11, 18, 12, tzinfo=UTC).timestamp()  # a Wednesday
MEMBERS, ROLES = (7, 8, 77), (101, 102, 103)
OPERATOR = OperatorLimits(
    member=Allowance(6, Period.DAY),
    direct=Allowance(5, Period.DAY),
    server=Allowance(25, Period.DAY),
    bot_budget=1_000_000_000,
)


@dataclass
class Grant:
    """A bonus in the pencil's books."""

    credits: int
    expires_at: float
    given: float  # at which moment
    spent: int = 0


@dataclass
class Paid:
    """What a job has taken: from whose allowance at which moment, and from which bonuses, in this order."""

    member: int
    at: float
    price: int
    count: int
    of_allowance: int
    of_bonuses: list[tuple[Grant, int]]
    ceiling: int
    period: Period  # of the allowance at that moment
    open: bool = True
    cost: int = 0  # what was paid for good, and not given back since


@dataclass
class Pencil:
    """Sums kept by hand, in one straight list, without periods of rows, budgets or statements."""

    own: dict[int, Allowance] = field(default_factory=dict)
    of_roles: dict[int, Allowance] = field(default_factory=dict)
    default: Allowance | None = None
    roles: dict[int, set[int]] = field(default_factory=lambda: {member: set() for member in MEMBERS})
    grants: dict[int, list[Grant]] = field(default_factory=lambda: {member: [] for member in MEMBERS})
    blocked: dict[int, float] = field(default_factory=dict)
    resets: dict[int, float] = field(default_factory=dict)
    ceiling: int = OPERATOR.server.credits
    jobs: dict[str, Paid] = field(default_factory=dict)

    def allowance(self, member: int) -> Allowance:
        """Own, then the most generous role's, then the default."""
        if member in self.own:
            return self.own[member]
        rules = [self.of_roles[role] for role in self.roles[member] if role in self.of_roles]
        days = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 30}
        best = max(rules, key=lambda rule: (rule.credits / days[rule.period], rule.credits), default=None)
        return best or self.default or OPERATOR.member

    def left(self, member: int, now: float) -> int:
        """What is left: all that was taken of it in the period, or since the last reset, is gone."""
        rule = self.allowance(member)
        since = max(rule.period.around(now)[0], self.resets.get(member, 0), self.resets.get(0, 0))
        mine = [job for job in self.jobs.values() if job.member == member and job.at >= since]
        return max(0, rule.credits - sum(job.of_allowance for job in mine))

    def forget(self, member: int, now: float) -> None:
        """Nothing leads to what they have taken any more: on each day the last rule's period was over."""
        mine = [job for job in self.jobs.values() if job.member == member and job.of_allowance]
        for job in mine:
            day = Period.DAY.around(job.at)
            same_day = [each for each in self.jobs.values() if Period.DAY.around(each.at) == day]
            assert any(each.period.around(each.at)[1] <= now for each in same_day if each.member == member)
            job.of_allowance = 0

    def bonuses(self, member: int, now: float) -> list[Grant]:
        """What may still be spent, the first to expire first."""
        found = [each for each in self.grants[member] if each.expires_at > now and each.spent < each.credits]
        return sorted(found, key=lambda each: (each.expires_at, each.given))

    def ceiling_left(self, now: float) -> int:
        """What the server may still spend today."""
        today = Period.DAY.around(now)[0]
        return self.ceiling - sum(job.ceiling for job in self.jobs.values() if job.at >= today)
