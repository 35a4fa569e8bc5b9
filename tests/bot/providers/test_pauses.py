"""The pauses between questions: growing, bounded and spread, however long it takes."""

import pytest

from bot.providers.pauses import growing


def test_the_first_pause_is_the_interval() -> None:
    """Nobody is asked before a picture can be made."""
    assert growing(5.0, 0) == 5.0


@pytest.mark.parametrize("questions", [1, 2, 4, 5, 10, 1000, 100_000])
def test_a_pause_has_its_bounds(questions: int) -> None:
    """Up to three intervals, a fifth more or less, even after a hundred thousand questions."""
    usual = 5.0 * (3.0 if questions > 4 else 1.3**questions)
    assert all(0.8 * usual <= growing(5.0, questions) <= 1.2 * usual for _ in range(20))


def test_pauses_of_many_jobs_are_spread() -> None:
    """Jobs that were sent together do not ask together for ever."""
    assert len({growing(5.0, 3) for _ in range(20)}) > 10
