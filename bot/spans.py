"""Ends in time as people write them: `7d`, `12h`, `2026-12-31`, `never`."""

import re
from datetime import UTC, date, datetime, timedelta

from bot.errors import UserError
from bot.quoting import quoted

_NEVER = "never"
SHOWN = 30  # characters of what was said
LONGEST = timedelta(days=3660)  # ten years: a typing mistake is beyond it

_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_SPAN = re.compile(r"([1-9]\d{0,6})\s*([mhdw])", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def ends_at(words: str | None, now: float) -> float | None:
    """When something ends, in seconds since 1970; None for never, also where nothing is said.

    A date is meant with the whole of its day (UTC). Raises `UserError` for what is no such time, has passed
    already, or is too far away.
    """
    said = (words or _NEVER).strip().casefold()
    if said == _NEVER:
        return None
    if span := _SPAN.fullmatch(said):
        seconds = int(span[1]) * _UNITS[span[2]].total_seconds()
    elif _DATE.fullmatch(said) and (day := _day(said)):
        seconds = (datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)).timestamp() - now
    else:
        raise UserError("refused.time", given=quoted(words or "", SHOWN))
    if seconds <= 0:
        raise UserError("refused.in_the_past")
    if seconds > LONGEST.total_seconds():
        raise UserError("refused.time_far", given=quoted(words or "", SHOWN))
    return now + seconds


def _day(said: str) -> date | None:
    try:
        found = date.fromisoformat(said)
    except ValueError:
        return None
    return found if found < date.max else None
