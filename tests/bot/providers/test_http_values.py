"""What is read out of an answer, whichever API gave it: pauses, words, and excerpts for the log."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from bot.providers.http import EXCERPT, Answer, excerpt, identifier, word

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("0", 0.0),
        (" 30 ", 30.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0.0),
        ("Sat, 21 Nov 2026 12:01:00 -0000", 60.0),
        ("Mon, 01 Jan 0001 00:00:00 -0000", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("Sat, 99 Nov 2026 12:01:00 GMT", None),
    ],
)
def test_the_pause_that_an_api_asks_for(
    monkeypatch: pytest.MonkeyPatch, words: str, seconds: float | None
) -> None:
    """Seconds or a date, wherever the machine stands; anything else is no pause."""
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        headers: dict[str, Any] = {"Retry-After": words} if words else {}
        assert Answer(429, headers, None).retry_after(NOW.timestamp()) == seconds
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_word_can_be_passed_on() -> None:
    """Nothing, other kinds, and half a character, which no address can hold, are no words."""
    assert [word(value) for value in ("task-1", "任务", "", None, 7, ["a"], "\ud800")] == [
        "task-1",
        "任务",
        *[None] * 5,
    ]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("a word", "a word"),
        ("x" * EXCERPT, "x" * EXCERPT),
        ("x" * (EXCERPT + 1), ""),
        (f"{'x' * (EXCERPT - 3)} key more", "x" * (EXCERPT - 3)),
        (f"{'x ' * EXCERPT}", ("x " * (EXCERPT // 2))[:-1]),
        ({"error": None}, "{'error': None}"),
        (None, "None"),
    ],
)
def test_an_excerpt_ends_between_two_words(words: object, shown: str) -> None:
    """A secret that an API repeats is there as a whole, to be recognised and blacked, or not at all."""
    assert excerpt(words) == shown


def test_an_id_may_be_a_number() -> None:
    """It is passed on as a word; a truth value and a fraction are no ids."""
    values = (7, 0, "task-1", "\ud800", "", True, 1.5, None, [7])
    assert [identifier(value) for value in values] == ["7", "0", "task-1", *[None] * 6]
