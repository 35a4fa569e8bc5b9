"""The bot is killed in each state, and started again on the same folder."""

import sqlite3
from contextlib import closing
from shutil import rmtree

import pytest

from bot.texts import text
from sandbox.discord.model import Interaction
from sandbox.faults import Fault
from storage.records import JobState
from tests.journeys.restarts import change
from tests.local_world import LocalWorld, booked, ended, refusal

CALL = "/v1/nano-banana/images"
PICTURES = "/nanobanana/*.png"
SEND = "/api/v10/channels/*/messages"
ANSWER = "/api/v10/webhooks/*"
HANG = Fault(hang=True)

# What hangs, and so in which state the job is when the bot dies.
STATES = {
    JobState.SUBMITTING: ("POST", CALL),
    JobState.SUBMITTED: ("GET", PICTURES),
    JobState.READY: ("POST", SEND),
}


async def state_of_job(world: LocalWorld) -> JobState:
    """Where the only job stands, while no bot runs."""
    async with world.store() as store:
        [job] = await store.in_states(JobState)
        return job.state


async def killed_in(world: LocalWorld, state: JobState, *, private: bool = False) -> Interaction:
    """A bot that was killed while its only job was in this state."""
    method, path = STATES[state]
    (world.discord if path == SEND else world.api).faults.plan(method, path, HANG, times=10)
    async with world.bot_process() as bot:
        interaction = world.order(count=2, private=private)
        await (world.discord if path == SEND else world.api).faults.until_seen(method, path)
        await world.answer(interaction, "Making")
        bot.kill()
    world.discord.faults.clear()
    world.api.faults.clear()
    assert await state_of_job(world) is state
    return interaction


@pytest.mark.parametrize("state", [JobState.SUBMITTED, JobState.READY])
async def test_killed_with_an_answer(world: LocalWorld, state: JobState) -> None:
    """What was paid for is fetched and delivered by the next bot, once."""
    interaction = await killed_in(world, state)
    async with world.bot() as services:
        await world.answer(interaction, "18 credits left")
        [message] = world.posted(world.images)
        assert len(message.attachments) == 2
        assert world.api.posts == 1
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


async def test_killed_while_the_answer_to_a_post_was_lost(world: LocalWorld) -> None:
    """Discord had the message already: the next bot's is the same one."""
    world.discord.faults.plan("POST", SEND, Fault(reset="after"))
    world.discord.faults.plan("POST", SEND, HANG, times=10)
    async with world.bot_process() as bot:
        interaction = world.order(count=2)
        await world.discord.faults.until_seen("POST", SEND, count=2)
        bot.kill()
    world.discord.faults.clear()
    async with world.bot() as services:
        await world.answer(interaction, "18 credits left")
        assert len(world.posted(world.images)) == 1
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


async def test_killed_while_the_api_works(world: LocalWorld) -> None:
    """The answer is lost: refunded, told, never sent again by itself, and the button makes it anew."""
    interaction = await killed_in(world, JobState.SUBMITTING)
    async with world.bot() as services:
        message = await world.reads(interaction, "failed.restart")
        assert await booked(services.store) == {"reserve": 2, "refund": 2}
        assert world.api.posts == 1
        again = world.ada.press(message, text("button.try_again", n=2))
        await world.answer(again, "18 credits left")
        assert world.api.posts == 2
        assert await booked(services.store) == {"reserve": 4, "refund": 2, "settle": 2}


async def test_killed_while_the_api_works_and_the_answer_is_gone(world: LocalWorld) -> None:
    """Then it is told in the channel, to its member; once, also when the bot starts a third time."""
    await killed_in(world, JobState.SUBMITTING)
    world.discord.faults.plan("PATCH", ANSWER, refusal(401, 50027))
    async with world.bot():
        message = await world.ada.until(
            world.images,
            lambda message: text("failed.restart") in message.content and not message.interaction,
        )
        assert message.pinged == {world.places.ada.id}
    async with world.bot():
        again = world.ada.press(message, text("button.try_again", n=2))
        await world.answer(again, "18 credits left")
    assert [each.content for each in world.posted(world.images) if not each.attachments] == [message.content]


async def test_killed_while_the_api_works_on_something_private(world: LocalWorld) -> None:
    """With its answer gone, the channel hears nothing."""
    await killed_in(world, JobState.SUBMITTING, private=True)
    world.discord.faults.plan("PATCH", ANSWER, refusal(401, 50027))
    async with world.bot() as services:
        await world.discord.faults.until_seen("PATCH", ANSWER, count=2)
        assert await booked(services.store) == {"reserve": 2, "refund": 2}
    assert world.posted(world.images) == []


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_killed_with_jobs_in_the_queue(world: LocalWorld) -> None:
    """What was sent is refunded; what only waited is sent by the next bot, in the old order."""
    world.api.faults.plan("POST", CALL, HANG)
    async with world.bot_process() as bot:
        orders = []
        for number in range(3):
            interaction = world.order(f"kite {number}", count=2)
            await world.answer(interaction, "kite")
            orders.append(interaction)
        await world.api.faults.until_seen("POST", CALL)
        bot.kill()
    world.api.faults.clear()
    async with world.bot() as services:
        await world.reads(orders[0], "failed.restart")
        for interaction in orders[1:]:
            await world.answer(interaction, "Done")
        assert [call.prompt for call in world.api.calls] == ["kite 1", "kite 2"]
        assert world.api.posts == 3
        assert await booked(services.store) == {"reserve": 6, "refund": 2, "settle": 4}


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_stopped_between_a_block_and_what_it_cancels(world: LocalWorld) -> None:
    """What a blocked member has waiting there is refunded; elsewhere, and after a block, it is made."""
    world.api.seconds = 0.3
    async with world.bot():
        first = world.order("first")
        await world.api.faults.until_seen("POST", CALL)
        second = world.order("second", count=2)
        direct = world.ada.slash(world.ada.dm(), "generate", prompt="there")
        theirs = world.linus.slash(world.images, "generate", prompt="theirs")
        for waiting in (second, direct, theirs):
            await world.answer(waiting, "In line")
    for person, end in ((world.places.ada, "NULL"), (world.places.linus, "1")):
        values = f"{world.places.hq.id}, {person.id}, {end}, {world.places.grace.id}, 0"
        change(world, f"INSERT INTO blocks (guild_id, user_id, until, by, at) VALUES ({values})")
    async with world.bot() as services:
        await world.reads(second, "progress.cancelled")
        for made in (first, direct, theirs):
            await world.answer(made, "Done")
        assert await booked(services.store) == {"reserve": 5, "settle": 3, "refund": 2}
        assert world.api.posts == 3


@pytest.mark.parametrize("outcome", ["failed.content", "failed.internal"])
async def test_killed_before_a_failure_was_told(world: LocalWorld, outcome: str) -> None:
    """The next bot tells it, whatever it was, and refunds nothing a second time."""
    world.api.seconds = 0.3
    async with world.bot_process() as bot:
        interaction = world.order("something forbidden", count=2)
        await world.answer(interaction, "Making")
        world.discord.faults.plan("PATCH", ANSWER, HANG, times=10)
        await world.discord.faults.until_seen("PATCH", ANSWER, count=2)
        bot.kill()
    world.discord.faults.clear()
    with closing(sqlite3.connect(world.folder / "bot.sqlite3")) as database, database:
        database.execute("UPDATE jobs SET outcome = ?", [outcome])
    async with world.bot() as services:
        await world.answer(interaction, "Your credits are back.")
        assert await booked(services.store) == {"reserve": 2, "refund": 2}
        await world.answer(world.order(), "Done")


async def test_the_button_works_after_a_restart(world: LocalWorld) -> None:
    """Its meaning stands in its id, and the pictures of an edit are still there."""
    world.api.faults.plan("POST", CALL, Fault(500))
    async with world.bot():
        message = await world.reads(world.order(command="edit"), "failed.lost")
    async with world.bot() as services:
        await world.answer(world.ada.press(message, text("button.try_again", n=1)), "Done")
        assert len(await ended(services.store, 2)) == 2
        [call] = world.api.calls
        assert (call.action, len(call.inputs)) == ("edit", 1)


async def test_the_button_without_its_pictures(world: LocalWorld) -> None:
    """After a day the inputs are no longer kept: the member is asked for them, and nothing is spent."""
    world.api.faults.plan("POST", CALL, Fault(500))
    async with world.bot() as services:
        message = await world.reads(world.order(command="edit"), "failed.lost")
        rmtree(world.folder / "spool")
        await world.reads(world.ada.press(message, text("button.try_again", n=1)), "refused.inputs_gone")
        assert await booked(services.store) == {"reserve": 1, "refund": 1}


async def test_killed_and_the_pictures_on_disk_are_lost(world: LocalWorld) -> None:
    """Without its files the result cannot be shown: refunded and told."""
    interaction = await killed_in(world, JobState.READY)
    rmtree(world.folder / "spool")
    async with world.bot() as services:
        await world.refunded(services, interaction, "result_gone", 2)
        assert world.api.posts == 1


async def test_killed_in_the_middle_of_a_follow_up(world: LocalWorld) -> None:
    """The words stand there without pictures: the next bot puts these into the same message."""
    world.api.seconds = 0.5
    sketches = world.places.sketches
    async with world.bot_process() as bot:
        interaction = world.ada.slash(sketches, "generate", prompt="a barn")
        await world.answer(interaction, "Making")
        world.discord.faults.plan("PATCH", ANSWER, HANG, times=10)
        await world.discord.faults.until_seen("PATCH", ANSWER, count=2)
        bot.kill()
    world.discord.faults.clear()
    async with world.bot() as services:
        await world.answer(interaction, "4 credits left")
        results = [message for message in world.posted(sketches) if "AI-generated" in message.content]
        assert [len(message.attachments) for message in results] == [1]
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


async def test_down_for_longer_than_discord_knows_a_nonce(world: LocalWorld) -> None:
    """Then the channel's last messages tell that the result stands there already."""
    world.discord.faults.plan("POST", SEND, Fault(reset="after"))
    world.discord.faults.plan("POST", SEND, HANG, times=10)
    async with world.bot_process() as bot:
        interaction = world.order(count=2)
        await world.discord.faults.until_seen("POST", SEND, count=2)
        bot.kill()
    world.discord.faults.clear()
    world.discord.advance(240)
    with closing(sqlite3.connect(world.folder / "bot.sqlite3")) as database, database:
        database.execute("UPDATE jobs SET ready_at = ready_at - 240")
    async with world.bot() as services:
        await world.answer(interaction, "18 credits left")
        assert len(world.posted(world.images)) == 1
        assert await booked(services.store) == {"reserve": 2, "settle": 2}
