"""Allowances and the periods they are for, in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Self

HIGHEST = 1_000_000_000  # credits; a typing mistake is beyond it


class Period(StrEnum):
    """How long an allowance lasts before it is granted anew; a week starts on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def days(self) -> int:
        """Its length, where one period is compared with another; a month counts thirty."""
        return {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 30}[self]

    def around(self, now: float) -> tuple[float, float]:
        """Start and end of the period that holds this moment, in seconds since 1970."""
        start = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if self is Period.WEEK:
            start -= timedelta(days=start.weekday())
        elif self is Period.MONTH:
            start = start.replace(day=1)
        return start.timestamp(), self._next(start).timestamp()

    def _next(self, start: datetime) -> datetime:
        if self is Period.MONTH:
            return (start + timedelta(days=31)).replace(day=1)
        return start + timedelta(days=7 if self is Period.WEEK else 1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Credits that may be spent in each period."""

    credits: int
    period: Period

    @classmethod
    def parse(cls, words: str) -> Self:
        """Read `20/day`; raises `ValueError` with a sentence."""
        amount, _, period = (part.strip() for part in words.partition("/"))
        if not amount.isdecimal() or int(amount) > HIGHEST or period not in set(Period):
            raise ValueError(f"'{words}' is not like 20/day (or /week, /month)")
        return cls(int(amount), Period(period))

    @property
    def generosity(self) -> tuple[Fraction, int]:
        """What there is a day; of two that give the same, more at once is more generous."""
        return Fraction(self.credits, self.period.days), self.credits
