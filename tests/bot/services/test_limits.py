"""When limits begin anew."""

from datetime import UTC, datetime

import pytest

from bot.periods import Period
from bot.services.limits import all_begin_after
from storage.server_records import NEVER


@pytest.mark.parametrize(
    ("moment", "begins"),
    [
        (datetime(2026, 1, 10, 12, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)),
        (datetime(2026, 1, 30, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)),
        (datetime(2026, 6, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)),
    ],
)
def test_all_periods_begin_together(moment: datetime, begins: datetime) -> None:
    """Whoever is known by another id until then has no period that they could have twice."""
    found = all_begin_after(moment.timestamp())
    assert found == begins.timestamp()
    assert all(period.around(found)[0] == found for period in Period)


def test_what_never_ends() -> None:
    """It stays as it is."""
    assert all_begin_after(NEVER) == NEVER
