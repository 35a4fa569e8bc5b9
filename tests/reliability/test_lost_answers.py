"""Discord takes a result, and its answer is lost: the result stands there once all the same."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.history import LOOK_AT
from bot.texts import text
from sandbox.discord.model import Channel
from sandbox.discord.people import Person
from sandbox.discord.troubles import TROUBLES
from storage.jobs import JobStore
from storage.records import JobState
from tests.fault_table import Figures
from tests.journeys.held_answers import held_answers
from tests.journeys.panels import entries, jobs_of, shown
from tests.journeys.restarts import SEND, change, look, until
from tests.local_world import LocalWorld, booked, in_state
from tests.reliability.crowd import all_ended_well, crowd
from tests.reliability.plenty import PLENTY

pytestmark = pytest.mark.row("lost answers")

ALWAYS = 1_000_000
HOUR = 3600
MINUTES = 240
OF_EACH = 10  # jobs of one member
AT_ONCE = 4
PATIENCE = 400
LONG = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture
def busy(world: LocalWorld) -> LocalWorld:
    """A world in which hundreds of jobs may run at once."""
    world.changes |= {**PLENTY, "xhuo_max_in_flight": 50, "member_max_running": OF_EACH, "queue_max": 1000}
    world.api.max_in_flight, world.api.pictures_kept = 50, 1000
    return world


def channels(world: LocalWorld, jobs: int) -> list[Channel]:
    """Several channels and a thread for so many jobs."""
    more = [world.discord.add_channel(world.places.hq, f"more {n}") for n in range(jobs // 100)]
    return [world.images, world.places.lounge, world.discord.add_thread(world.images, "threaded"), *more]


async def order(world: LocalWorld, places: Sequence[Channel], number: int) -> list[Person]:
    """So many jobs of a crowd are accepted, each with words of its own, in turns in these places."""
    members = crowd(world, -(-number // OF_EACH))
    counter = asyncio.Semaphore(AT_ONCE)

    async def one(at: int) -> None:
        state = "failed"
        while state == "failed":  # a bot that is too busy to answer in three seconds has accepted nothing
            async with counter:
                member, place = members[at // OF_EACH], places[at % len(places)]
                interaction = member.slash(place, "generate", prompt=f"kite number {at}")
                while (state := interaction.state) == "waiting":  # noqa: ASYNC110  (three seconds at most)
                    await asyncio.sleep(0.01)

    await asyncio.gather(*(one(at) for at in range(number)))
    await until(lambda: look(world, "SELECT count(*) FROM jobs") == [(number,)], deadline=60)
    return members


def results(world: LocalWorld, places: Sequence[Channel]) -> int:
    """How many results stand there."""
    return sum(bool(message.attachments) for place in places for message in world.posted(place))


async def until_posted(world: LocalWorld, places: Sequence[Channel], number: int, deadline: float) -> None:
    """Wait until so many results stand there, whatever the bot knows of them."""
    async with asyncio.timeout(deadline):
        while results(world, places) < number:  # noqa: ASYNC110  (any of many channels)
            await asyncio.sleep(0.05)


async def posted_without_answers(world: LocalWorld, places: Sequence[Channel], number: int) -> list[Person]:
    """Each result stands in its channel, no answer ever came, and the bot is dead."""
    TROUBLES["result-cut-after"].strike(world.discord, ALWAYS)
    async with held_answers(world.api) as held:
        address = {"xhuo_base_url": f"{held.url}/v1"}
        world.changes |= address
        async with world.bot_process() as bot:
            members = await order(world, places, number)
            held.let_go()
            await until_posted(world, places, number, deadline=PATIENCE)
            bot.kill()
    assert look(world, "SELECT DISTINCT state FROM jobs") == [("ready",)]  # no answer has arrived
    world.changes = {name: value for name, value in world.changes.items() if name not in address}
    world.discord.faults.clear()
    assert results(world, places) == number
    return members


def later(world: LocalWorld, seconds: int = 5 * HOUR) -> None:
    """So much time passes while no bot runs: Discord has forgotten every nonce."""
    world.discord.advance(seconds)
    moved = ", ".join(f"{name} = {name} - {seconds}" for name in ("ready_at", "token_expires_at"))
    change(world, f"UPDATE jobs SET {moved}")


async def delivered(store: JobStore, number: int) -> None:
    """Wait until so many jobs are delivered."""
    await in_state(store, JobState.DELIVERED, number=number, deadline=PATIENCE)


@pytest.mark.parametrize("number", [30, pytest.param(500, marks=LONG)])
async def test_every_answer_is_lost_once_or_more(busy: LocalWorld, figures: Figures, number: int) -> None:
    """No answer to any post arrives until all results stand there: each is shown and paid once."""
    TROUBLES["result-cut-after"].strike(busy.discord, ALWAYS)
    async with held_answers(busy.api) as held:
        busy.changes["xhuo_base_url"] = f"{held.url}/v1"
        async with busy.bot() as services:
            places = channels(busy, number)
            await order(busy, places, number)
            held.let_go()
            await until_posted(busy, places, number, deadline=PATIENCE)
            lost = busy.discord.faults.count("POST", SEND)
            assert look(busy, "SELECT count(*) FROM jobs WHERE state = 'delivered'") == [(0,)]
            busy.discord.faults.clear()
            await delivered(services.store, number)
            assert results(busy, places) == number
            assert await all_ended_well(busy, services.store, jobs=number) == {JobState.DELIVERED: number}
    figures.add(jobs=number, messages=results(busy, places), answers_lost=lost)


@pytest.mark.parametrize("number", [15, pytest.param(500, marks=LONG)])
async def test_asked_again_only_hours_later(busy: LocalWorld, figures: Figures, number: int) -> None:
    """The next bot finds each result in its channel, and posts none of them a second time."""
    places = channels(busy, number)
    await posted_without_answers(busy, places, number)
    later(busy)
    posts = busy.discord.faults.count("POST", SEND)
    async with busy.bot() as services:
        await delivered(services.store, number)
        assert busy.discord.faults.count("POST", SEND) == posts
        assert results(busy, places) == number
        assert await all_ended_well(busy, services.store, jobs=number) == {JobState.DELIVERED: number}
    looks = busy.discord.faults.count("GET", SEND)
    assert looks >= number
    figures.add(jobs=number, messages=results(busy, places), looks=looks)


async def are_held(world: LocalWorld, store: JobStore, members: Sequence[Person], number: int) -> None:
    """Nothing is posted a second time: the results wait in `/jobs`, where their members get and pay them."""
    held = await in_state(store, JobState.HELD, number=number, deadline=PATIENCE)
    assert {job.outcome for job in held} == {"held.undeliverable"}
    assert await booked(store) == {"reserve": number}
    for member in members:
        panel = await jobs_of(world, member)
        assert entries(panel)[0].startswith("**📥 Waits for you until")
        await shown(member, member.press(panel, text("button.deliver")))
    await in_state(store, JobState.DELIVERED, number=len(members))
    assert (await booked(store))["settle"] == len(members)


@pytest.mark.parametrize("number", [5, pytest.param(100, marks=LONG)])
async def test_where_the_history_cannot_be_read(busy: LocalWorld, figures: Figures, number: int) -> None:
    """Whether a result stands there cannot be known: it is held, and `/jobs` shows it."""
    places = [busy.images, busy.discord.add_thread(busy.images, "threaded")]
    busy.discord.deny(busy.images, "READ_MESSAGE_HISTORY")
    members = await posted_without_answers(busy, places, number)
    later(busy)
    async with busy.bot() as services:
        await are_held(busy, services.store, members, number)
    assert results(busy, places) == number
    figures.add(jobs=number, messages=number, held=number)


async def test_a_thread_that_was_archived_meanwhile(world: LocalWorld) -> None:
    """A new bot does not know it, and must not take its hidden history for an empty one."""
    thread = world.discord.add_thread(world.images, "night pictures")
    world.discord.deny(world.images, "READ_MESSAGE_HISTORY")
    await posted_without_answers(world, [thread], 1)
    later(world, MINUTES)
    world.discord.archive(thread)
    async with world.bot() as services:
        await in_state(services.store, JobState.HELD)
        assert results(world, [thread]) == 1
        assert [
            each
            for each in world.discord.state.messages[thread.id].values()
            if each.ephemeral_for and each.attachments
        ] == []


@pytest.mark.parametrize("posted", [True, False])
async def test_more_was_said_than_is_looked_at(world: LocalWorld, posted: bool) -> None:
    """Below so many messages it may stand or not: it is held, and shown twice in no case."""
    TROUBLES["result-503"].strike(world.discord, ALWAYS)
    async with world.bot_process() as bot:
        world.order()
        await world.discord.faults.until_seen("POST", SEND)
        for number in range(LOOK_AT):
            world.linus.say(world.images, f"chat {number}")
        if posted:
            world.discord.faults.clear()
            TROUBLES["result-cut-after"].strike(world.discord, ALWAYS)
            await until_posted(world, [world.images], 1, deadline=30)
        bot.kill()
    world.discord.faults.clear()
    later(world)
    async with world.bot() as services:
        await are_held(world, services.store, [world.ada], 1)
        await world.ada.until(
            world.images, lambda each: text("held.undeliverable") in each.content and not each.interaction
        )
    assert results(world, [world.images]) == posted
