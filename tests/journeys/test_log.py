"""What an operator finds in the log, and what nobody does."""

import asyncio
import logging

import pytest

from tests.journeys.restarts import change
from tests.local_world import LocalWorld, booked


async def test_the_log_says_who_asked_and_where(world: LocalWorld, caplog: pytest.LogCaptureFixture) -> None:
    """A complaint leads to its line; what was asked for stays out of it."""
    with caplog.at_level(logging.INFO, "bot"):
        async with world.bot():
            await world.answer(world.order("a planted prompt", count=2), "Done")
    [line] = [record.getMessage() for record in caplog.records if "accepted" in record.getMessage()]
    member, channel = world.places.ada.id, world.images.id
    assert line == f"accepted: 2 of nano-banana at 1K, from member {member} in channel {channel}"
    assert "planted" not in caplog.text


async def test_a_database_that_fails_shows_nobodys_prompt(
    world: LocalWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """The member reads a sentence with a reference, the log has the error without prompt and token."""
    async with world.bot() as services:
        trigger = "CREATE TRIGGER no BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'no'); END"
        await asyncio.to_thread(change, world, trigger)
        interaction = world.order("a planted prompt")
        await world.answer(interaction, "My database has a problem")
        assert await booked(services.store) == {}
    assert "INSERT INTO jobs" in caplog.text
    assert "planted" not in caplog.text
    assert interaction.token not in caplog.text
