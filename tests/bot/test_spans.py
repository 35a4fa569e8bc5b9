"""Ends in time, as moderators write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.quoting import quoted
from bot.spans import LONGEST, ends_at

NOW = datetime(2026, 3, 31, 22, 30, tzinfo=UTC).timestamp()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("1m", MINUTE),
        ("90m", 90 * MINUTE),
        ("12h", 12 * HOUR),
        ("7d", 7 * DAY),
        ("2 w", 14 * DAY),
        (" 7D ", 7 * DAY),
        ("3660d", 3660 * DAY),
        ("2026-03-31", 1.5 * HOUR),  # the rest of today
        ("2026-04-01", 25.5 * HOUR),
    ],
)
def test_spans_and_dates(words: str, seconds: float) -> None:
    """A span counts from now; a date includes its whole day, in UTC."""
    assert ends_at(words, NOW) == NOW + seconds


@pytest.mark.parametrize("words", [None, "", "never", " Never "])
def test_never(words: str | None) -> None:
    """Nothing said is never."""
    assert ends_at(words, NOW) is None


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("tomorrow", "refused.time"),
        ("7", "refused.time"),
        ("7 days", "refused.time"),
        ("-7d", "refused.time"),
        ("0d", "refused.time"),
        ("1.5d", "refused.time"),
        ("7d12h", "refused.time"),
        ("\u0667d", "refused.time"),
        ("2026-02-30", "refused.time"),
        ("2026-13-01", "refused.time"),
        ("31.12.2026", "refused.time"),
        ("9999-12-31", "refused.time"),
        ("@everyone", "refused.time"),
        ("2026-03-30", "refused.in_the_past"),
        ("1999-12-31", "refused.in_the_past"),
        ("3661d", "refused.time_far"),
        ("9999999w", "refused.time_far"),
        ("9998-01-01", "refused.time_far"),
    ],
)
def test_what_is_no_end(words: str, key: str) -> None:
    """Everything else is refused, and the sentence repeats what was said."""
    with pytest.raises(UserError) as refused:
        ends_at(words, NOW)
    assert refused.value.key == key
    assert refused.value.values in ({}, {"given": quoted(words)})


@given(st.text(max_size=20))
def test_whatever_is_said(words: str) -> None:
    """It is an end in the future, never, or refused."""
    try:
        end = ends_at(words, NOW)
    except UserError:
        return
    assert end is None or NOW < end <= NOW + LONGEST.total_seconds()
