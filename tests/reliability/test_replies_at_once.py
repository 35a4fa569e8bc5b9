"""Many members reply in one channel at once, which takes five messages in five seconds."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from sandbox.discord.model import Interaction, Message
from sandbox.discord.people import Person
from storage.records import JobState
from tests.fault_table import Figures
from tests.journeys.replying import ask, shows
from tests.journeys.restarts import until
from tests.local_world import LocalWorld, local_world
from tests.reliability.crowd import all_ended_well, crowd
from tests.reliability.kills import until_all_ended

pytestmark = pytest.mark.row("replies")

APART = 0.05  # seconds between two replies
BETWEEN = 0.5  # seconds between two looks at /usage
PACE = 1.0  # seconds in which a channel takes a message
LATE = 20.0  # seconds for everything else, on a slow machine
ANSWER = 1.0  # seconds in which /usage is answered beside them
OVERTAKEN = 10  # by so many who asked later; as many pictures are made at once
TOO_MANY = 2  # requests too many: Discord tells its limits only with its first answers


async def reply(world: LocalWorld, people: Sequence[Person]) -> list[Message]:
    """Each asks for something else below the same picture."""
    photo, asked = shows(world, "red"), []
    for at, person in enumerate(people):
        asked.append(ask(world, photo, f"paint number {at} on it", person=person))
        await asyncio.sleep(APART)
    return asked


async def look_at_usage(person: Person, world: LocalWorld, seen: list[Interaction]) -> None:
    """A member wants to know what is left, again and again, in another channel."""
    while True:
        seen.append(person.slash(world.places.lounge, "usage"))
        await asyncio.sleep(BETWEEN)


def results(world: LocalWorld) -> dict[int, Message]:
    """The results in the channel, in their order, by the message that they reply to."""
    return {
        message.reference.message_id: message
        for message in world.posted(world.images)
        if message.attachments and message.reference
    }


@pytest.mark.parametrize("number", [8, pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(400)])])
async def test_all_are_answered_in_their_turn(tmp_path: Path, figures: Figures, number: int) -> None:
    """Each once, as fast as the channel takes it, in the order of asking, and others wait for nothing."""
    async with local_world(tmp_path, rate_limits=True) as world:
        usage: list[Interaction] = []
        async with world.bot_process():
            people = crowd(world, number)
            looking = asyncio.create_task(look_at_usage(world.ada, world, usage))
            started = world.discord.clock()
            asked = await reply(world, people)
            await until(lambda: len(results(world)) == number, number * 2 * PACE + LATE)
            took = world.discord.clock() - started
            looking.cancel()
            await until_all_ended(world)
            await until(lambda: len(world.posted(world.images)) == number)
        order = [message.id for message in asked]
        stand = list(results(world))
        overtaken = max(stand.index(each) - at for at, each in enumerate(order))
        waits = [(each.acknowledged_at or float("inf")) - each.created_at for each in usage]
        refused = sum(seen.status == 429 for seen in world.discord.faults.seen)
        async with world.store() as store:
            assert await all_ended_well(world, store, jobs=number) == {JobState.DELIVERED: number}
    figures.add(replies=number, requests_too_many=refused)
    figures.most(seconds_in_all=round(took, 1), overtaken_by=overtaken, usage_max_s=round(max(waits), 2))
    assert refused <= TOO_MANY
    assert overtaken <= OVERTAKEN
    assert max(waits) < ANSWER
    assert took < 1.2 * number * PACE + LATE
