"""Patience: a busy database and a full disk are waited for, anything else is told at once."""

import errno

import pytest

from bot.errors import BotError
from bot.services.patience import insist
from storage.errors import DatabaseBusy, DatabaseDamaged, DatabaseFull, StorageError, WrongState


class Step:
    """Fails with these errors, one after the other, and then is done."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    async def __call__(self) -> str:
        """Try it once."""
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.mark.parametrize(
    "error",
    [DatabaseBusy("locked"), DatabaseFull("full"), StorageError("odd"), OSError(errno.ENOSPC, "No space")],
    ids=lambda error: type(error).__name__,
)
async def test_what_passes_is_waited_for(error: Exception) -> None:
    """What has been paid for is worth the wait."""
    assert await insist(Step(error, error)) == "done"


@pytest.mark.parametrize(
    "error",
    [
        WrongState("ended"),
        DatabaseDamaged("malformed"),
        OSError(errno.EACCES, "Permission denied"),
        BotError("failed.lost"),
        ValueError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_stays_is_told_at_once(error: Exception) -> None:
    """Trying again would not help."""
    step = Step(error, error)
    with pytest.raises(type(error)):
        await insist(step)
    assert step.errors == [error]
