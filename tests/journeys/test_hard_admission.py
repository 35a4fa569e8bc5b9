"""What is refused costs us nothing, what is accepted is made once, and neither keeps others waiting."""

import sqlite3
from contextlib import closing

import pytest

from bot.texts import text
from sandbox.discord.events import InteractionCreated
from sandbox.discord.model import Interaction
from sandbox.discord.options import OptionValue
from sandbox.faults import Fault
from storage.records import JobState
from tests.local_world import LocalWorld, billed, booked, ended, in_state, upload

CALL = "/v1/nano-banana/images"
INPUTS = "/ephemeral-attachments/*"
FIRST_ANSWER = "/api/v10/interactions/*/callback"
HANG = Fault(hang=True)
AT_ONCE = 50


def again(world: LocalWorld, interaction: Interaction) -> None:
    """The gateway brings the same interaction a second time, as after a resume."""
    world.discord.state.events.publish(InteractionCreated(interaction))


@pytest.mark.settings(default_allowance="1/day")
async def test_without_credits_no_input_is_fetched(world: LocalWorld) -> None:
    """The refusal comes before the picture is asked for."""
    async with world.bot() as services:
        await world.answer(world.order(), "0 credits left")
        await world.answer(world.order(command="edit"), "This costs 1 credit and you have 0 left")
        assert world.discord.faults.count("GET", INPUTS) == 0
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


@pytest.mark.settings(default_allowance="5/day")
async def test_more_than_a_whole_allowance(world: LocalWorld) -> None:
    """Waiting would not help, so the sentence does not say when more come; nothing is fetched."""
    async with world.bot() as services:
        most = world.order(command="edit", model="nano-banana-pro", resolution="4K")
        await world.reads(most, "refused.never_enough", n=8, ceiling=5)
        assert world.discord.faults.count("GET", INPUTS) == 0
        assert await booked(services.store) == {}


@pytest.mark.settings(member_max_queued=3, default_allowance="100/day")
async def test_slow_inputs_count_as_waiting(world: LocalWorld) -> None:
    """Of fifty edits at once three are fetched, and the others are refused at once."""
    world.discord.faults.plan("GET", INPUTS, HANG, times=1000)
    words = text("refused.member_queue", limit=3)

    def refused() -> int:
        return sum(message.content == words for message in world.ada.sees(world.images))

    async with world.bot() as services:
        for number in range(AT_ONCE):
            world.order(f"night {number}", command="edit")
        await world.ada.until(world.images, lambda _: refused() >= AT_ONCE - 3, 30)
        await world.discord.faults.until_seen("GET", INPUTS, count=3)
        assert refused() == AT_ONCE - 3
        assert world.discord.faults.count("GET", INPUTS) == 3
        assert await booked(services.store) == {}
    assert world.api.posts == 0


async def test_slow_inputs_keep_no_result_waiting(world: LocalWorld) -> None:
    """Eight pictures of one member that never come hold all places for inputs, and none for results."""
    world.discord.faults.plan("GET", INPUTS, HANG, times=1000)
    pictures: dict[str, OptionValue] = {f"image{number}": upload() for number in range(1, 9)}
    async with world.bot() as services:
        world.linus.slash(world.images, "edit", prompt="slow", **pictures)
        await world.discord.faults.until_seen("GET", INPUTS, count=8)
        await world.answer(world.order(count=4), "16 credits left")
        assert await booked(services.store) == {"reserve": 4, "settle": 4}


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_what_can_no_longer_be_shown_is_held(world: LocalWorld) -> None:
    """A private request that waited until its token was dead is made, and waits for its member."""
    world.api.faults.plan("POST", CALL, HANG)
    async with world.bot_process() as bot:
        world.order("first")
        await world.api.faults.until_seen("POST", CALL)
        await world.answer(world.order("second", private=True, count=4), "In line")
        bot.kill()
    world.api.faults.clear()
    world.discord.advance(16 * 60)
    with closing(sqlite3.connect(world.folder / "bot.sqlite3")) as database, database:
        database.execute("UPDATE jobs SET token_expires_at = token_expires_at - 1000")
    async with world.bot() as services:
        [first] = await ended(services.store)
        assert (first.state, first.outcome) == (JobState.UNKNOWN, "failed.restart")
        [second] = await in_state(services.store, JobState.HELD)
        assert second.outcome == "held.undeliverable"
        assert await booked(services.store) == {"reserve": 5, "refund": 1}
        assert await billed(services.store) == 1  # the first, perhaps
    assert [message for message in world.posted(world.images) if message.attachments] == []


@pytest.mark.parametrize("when", ["at once", "afterwards"])
async def test_an_interaction_that_comes_twice(world: LocalWorld, when: str) -> None:
    """It is one job: one call, one reservation, one message."""
    async with world.bot() as services:
        interaction = world.order()
        if when == "afterwards":
            await world.answer(interaction, "Done")
        again(world, interaction)
        await world.discord.faults.until_seen("POST", FIRST_ANSWER, count=2)
        await world.answer(interaction, "19 credits left")
        await world.answer(world.order("another"), "18 credits left")
        assert [call.prompt for call in world.api.calls] == ["a boat", "another"]
        assert len(world.posted(world.images)) == 2
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


@pytest.mark.settings(default_allowance="1/day")
async def test_an_interaction_that_comes_twice_keeps_its_answer(world: LocalWorld) -> None:
    """That the first one took the last credit is no reason to tell its member that there was none."""
    async with world.bot():
        interaction = world.order()
        done = await world.answer(interaction, "0 credits left")
        again(world, interaction)
        await world.discord.faults.until_seen("POST", FIRST_ANSWER, count=2)
        await world.answer(world.order("another"), "This costs 1 credit and you have 0 left")
    assert "Done" in done.content  # looked at when the bot has finished with all three
