"""What takes longer than it should: the member is told, and what was paid for is not given up."""

from pathlib import Path

import pytest

from bot.services import etas, job_run
from bot.texts import text
from sandbox.discord.events import Event, MessageEdited
from sandbox.faults import Fault
from tests.api_cases import XHUO_CALL, is_delivered
from tests.journeys.restarts import look, until
from tests.local_world import LocalWorld, booked


async def test_a_full_disk_is_waited_for(world: LocalWorld) -> None:
    """The picture was made and paid for: it is fetched as soon as there is room, once."""
    world.api.faults.plan("POST", XHUO_CALL, Fault(delay=0.5))
    async with world.bot() as services:
        interaction = world.order()
        await until(lambda: bool(look(world, "SELECT id FROM jobs")))
        [(job_id,)] = look(world, "SELECT id FROM jobs")
        folder = world.folder / "spool" / str(job_id)
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / "raw-result-1.part"
        part.symlink_to(Path("/dev/full"))  # every byte that is written there finds the disk full
        await is_delivered(world, services, interaction, images=1, credits_=1)
        assert await booked(services.store) == {"reserve": 1, "settle": 1}
        assert world.api.posts == 1
        assert world.api.faults.count("GET", f"{world.api.pictures_path}/*") == 2


async def test_a_picture_that_takes_longer_than_usual(
    world: LocalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The member reads that the bot still waits, instead of a time that has passed."""
    monkeypatch.setitem(etas.USUAL, ("nano-banana", "1K"), 0)
    monkeypatch.setattr(job_run, "BETWEEN_EDITS", 0.1)
    monkeypatch.setattr(job_run, "SOON", 0.1)
    world.api.seconds = 2
    async with world.bot() as services:
        interaction = world.order()
        soon = await world.answer(interaction, "Making your picture")
        assert "Ready about <t:" in soon.content
        late = await world.answer(interaction, text("progress.longer"))
        assert "Making your picture" in late.content
        assert "Ready about" not in late.content
        await is_delivered(world, services, interaction, images=1, credits_=1)


async def test_what_comes_at_once_is_not_announced(
    world: LocalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where pictures take no time, as the last ones have shown, a word before them would be in the way."""
    monkeypatch.setattr(etas, "LOOKED_UP", 0)
    said = list[tuple[int, str]]()

    def hear(event: Event) -> None:
        if isinstance(event, MessageEdited) and event.message.interaction:
            said.append((event.message.interaction.id, event.message.content))

    world.discord.state.events.subscribe(hear)
    async with world.bot():
        await world.answer(first := world.order("first"), "Done")
        second = world.order("second")
        await world.answer(second, "Done")
    making, _done = [words for who, words in said if who == first.id]
    assert "Making" in making
    [words] = [words for who, words in said if who == second.id]
    assert "Done" in words
