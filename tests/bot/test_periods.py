"""Periods: they follow each other without gap or overlap, in UTC, whatever the calendar does."""

import calendar
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.periods import Allowance, Period

moments = st.integers(0, 4_000_000_000)  # 1970 to 2096


def at(words: str) -> float:
    """Seconds since 1970 of a UTC time."""
    return datetime.fromisoformat(words).replace(tzinfo=UTC).timestamp()


@given(moments, st.sampled_from(Period))
def test_every_moment_lies_in_one_period(now: int, period: Period) -> None:
    """It starts at or before the moment, ends after it, and every moment of it gives the same one."""
    start, end = period.around(now)
    assert start <= now < end
    assert period.around(start) == period.around(end - 1) == (start, end)
    assert period.around(end)[0] == end
    assert period.around(start - 1)[1] == start


@given(moments, st.sampled_from(Period))
def test_periods_start_at_midnight_utc_and_have_their_length(now: int, period: Period) -> None:
    """A day has 24 hours always, a week starts on Monday, a month on its first day."""
    start, end = period.around(now)
    first = datetime.fromtimestamp(start, UTC)
    assert start % 86_400 == 0
    days = (end - start) / 86_400
    if period is Period.DAY:
        assert days == 1
    elif period is Period.WEEK:
        assert (days, first.weekday()) == (7, calendar.MONDAY)
    else:
        assert (days, first.day) == (calendar.monthrange(first.year, first.month)[1], 1)


@pytest.mark.parametrize(
    ("period", "now", "start", "end"),
    [
        (Period.DAY, "2026-03-29T02:30:00", "2026-03-29", "2026-03-30"),  # clocks change in Europe
        (Period.DAY, "2026-11-01T06:30:00", "2026-11-01", "2026-11-02"),  # and in America
        (Period.DAY, "2028-02-29T23:59:59.999", "2028-02-29", "2028-03-01"),
        (Period.WEEK, "2026-11-22T23:59:59", "2026-11-16", "2026-11-23"),  # a Sunday
        (Period.WEEK, "2026-11-23T00:00:00", "2026-11-23", "2026-11-30"),
        (Period.WEEK, "2027-01-01T12:00:00", "2026-12-28", "2027-01-04"),
        (Period.MONTH, "2027-02-28T23:59:59", "2027-02-01", "2027-03-01"),
        (Period.MONTH, "2028-02-29T12:00:00", "2028-02-01", "2028-03-01"),
        (Period.MONTH, "2026-12-31T23:59:59", "2026-12-01", "2027-01-01"),
        (Period.MONTH, "2026-01-31T00:00:00", "2026-01-01", "2026-02-01"),
        (Period.MONTH, "2100-02-28T12:00:00", "2100-02-01", "2100-03-01"),  # no leap year
    ],
)
def test_edges_of_the_calendar(period: Period, now: str, start: str, end: str) -> None:
    """Month ends, leap years, turns of the year and of the clocks."""
    assert period.around(at(now)) == (at(start), at(end))


def test_the_time_zone_of_the_machine_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot in Auckland renews at the same moment as one in London."""
    import time  # noqa: PLC0415  (used here alone)

    expected = Period.DAY.around(at("2026-06-15T11:59:00"))
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        assert Period.DAY.around(at("2026-06-15T11:59:00")) == expected
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("words", "allowance"),
    [
        ("20/day", Allowance(20, Period.DAY)),
        (" 5 / week ", Allowance(5, Period.WEEK)),
        ("0/month", Allowance(0, Period.MONTH)),
        ("1000000000/day", Allowance(1_000_000_000, Period.DAY)),
    ],
)
def test_an_allowance_is_read(words: str, allowance: Allowance) -> None:
    """Credits and a period, with blanks as people write them."""
    assert Allowance.parse(words) == allowance


@pytest.mark.parametrize(
    "words", ["", "20", "/day", "20/", "20/year", "-1/day", "1.5/day", "1000000001/day", "1/day/day", "²/day"]
)
def test_what_is_no_allowance_is_refused(words: str) -> None:
    """With a sentence that shows what was given, and what is right."""
    with pytest.raises(ValueError, match="is not like 20/day") as error:
        Allowance.parse(words)
    assert f"'{words}'" in str(error.value)
