"""The gateway breaks while jobs run: what was accepted is delivered, and commands are heard again."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest

from bot.client import Services
from sandbox.discord.model import Interaction
from sandbox.discord.people import Person
from sandbox.discord.server import DiscordWorld
from sandbox.discord.troubles import TROUBLES
from sandbox.faults import Fault
from storage.records import JobState
from tests.fault_table import Figures
from tests.journeys.held_answers import HeldAnswers, held_answers
from tests.local_world import LocalWorld, booked, in_state
from tests.reliability.crowd import all_ended_well, crowd

pytestmark = pytest.mark.row("gateway")

Step = Callable[[DiscordWorld], Coroutine[None, None, None]]

JOBS = 8
TIMES = 2
MANY = 10
PICTURES = "/nanobanana/*"
BACK = 90  # seconds that the bot may take to come back, on a busy machine


def drop(code: int) -> Step:
    """Every connection is closed with this code."""

    async def step(discord: DiscordWorld) -> None:
        await discord.drop_gateway(code)

    return step


def refuse(code: int) -> Step:
    """The next ones are closed as soon as the bot says who it is."""

    async def step(discord: DiscordWorld) -> None:
        discord.refuse_gateway(code, TIMES)

    return step


def meet(name: str) -> Step:
    """The next ones do not come about."""

    async def step(discord: DiscordWorld) -> None:
        TROUBLES[f"gateway-connection-{name}"].strike(discord, TIMES)

    return step


async def reconnect(discord: DiscordWorld) -> None:
    """Discord asks for a new connection."""
    discord.require_reconnect()


async def invalidate(discord: DiscordWorld) -> None:
    """Discord knows no session any more."""
    discord.invalidate_gateway()


BREAKS: Mapping[str, Sequence[Step]] = {
    "dropped": [drop(4000)],
    "told to reconnect": [reconnect],
    "invalidated": [invalidate],
    "refused": [refuse(4000), drop(4000)],
    "closed normally": [drop(1000)],
    "going away": [drop(1001)],
    "too fast": [drop(4008)],
    "timed out": [drop(4009)],
    "forgotten while away": [drop(4000), invalidate],
    "refused when it comes anew": [refuse(4000), invalidate],
    "unreachable": [meet("cut-before"), drop(4000)],
    "busy": [meet("503"), drop(4000)],
    "unreachable when it comes anew": [meet("cut-before"), invalidate],
    "everything": [meet("503"), refuse(4000), reconnect, invalidate, drop(4000)],
}
SOME = {"dropped", "told to reconnect", "invalidated", "refused"}
CASES = [
    pytest.param(steps, id=name, marks=() if name in SOME else pytest.mark.long)
    for name, steps in BREAKS.items()
]


@asynccontextmanager
async def making(world: LocalWorld, number: int) -> AsyncIterator[tuple[Services, HeldAnswers]]:
    """A bot that has accepted so many jobs, in servers, direct messages and a foreign server; they run."""
    world.api.max_in_flight = world.changes["xhuo_max_in_flight"] = 2 * number
    async with held_answers(world.api) as held:
        world.changes["xhuo_base_url"] = f"{held.url}/v1"
        async with world.bot() as services:
            for at, member in enumerate(crowd(world, number)):
                channel = [world.images, world.places.lounge, member.dm(), world.places.sketches][at % 4]
                interaction = member.slash(channel, "generate", prompt=f"kite {at}")
                await world.answer(interaction, "Making", member)
            yield services, held


async def is_heard(world: LocalWorld, person: Person, prompt: str) -> Interaction:
    """A command that comes now is answered and brings its picture."""
    await world.discord.bot_ready(BACK)
    interaction = person.slash(world.images, "generate", prompt=prompt)
    await world.answer(interaction, "Done", person)
    return interaction


@pytest.mark.parametrize("steps", CASES)
async def test_accepted_jobs_go_on(world: LocalWorld, figures: Figures, steps: Sequence[Step]) -> None:
    """They are delivered without waiting for the gateway, and the next command is heard."""
    async with making(world, JOBS) as (services, held):
        connections = world.discord.connect_count
        for step in steps:
            await step(world.discord)
        held.let_go()
        await in_state(services.store, JobState.DELIVERED, number=JOBS)
        await is_heard(world, world.ada, "a boat")
        assert world.discord.connect_count > connections
        jobs = JOBS + 1
        await in_state(services.store, JobState.DELIVERED, number=jobs)
        assert await all_ended_well(world, services.store, jobs=jobs) == {JobState.DELIVERED: jobs}
    figures.add(breaks=1, jobs=jobs)


async def test_nothing_waits_for_a_gateway_that_stays_away(world: LocalWorld) -> None:
    """Results are brought, and told, while the bot is not connected."""
    async with making(world, JOBS) as (services, held):
        TROUBLES["gateway-connection-503"].strike(world.discord, 1_000)
        await world.discord.drop_gateway(4000)
        held.let_go()
        await in_state(services.store, JobState.DELIVERED, number=JOBS)
        assert not world.discord.bot_online
        world.discord.faults.clear()
        await is_heard(world, world.ada, "a boat")


async def test_what_is_said_meanwhile(world: LocalWorld) -> None:
    """A session that is taken up again hears it late; one that is forgotten never does: nothing is spent."""
    async with world.bot() as services:
        await world.discord.drop_gateway()
        await world.answer(world.order("heard late"), "Done")
        world.discord.invalidate_gateway()
        lost = world.order("never heard")
        await is_heard(world, world.ada, "heard again")
        assert lost.acknowledged_at is None
        assert [call.prompt for call in world.api.calls] == ["heard late", "heard again"]
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


@pytest.mark.long
async def test_a_start_at_which_the_gateway_is_busy(world: LocalWorld) -> None:
    """What an earlier bot has accepted is delivered before the gateway lets the next one in."""
    world.api.faults.plan("GET", PICTURES, Fault(503), times=1000)
    async with world.bot_process() as bot:
        await world.answer(world.order(), "Making")
        await world.api.faults.until_seen("GET", PICTURES)
        bot.kill()
    world.api.faults.clear()
    TROUBLES["gateway-connection-503"].strike(world.discord)

    async def online_at_delivery() -> bool:
        await world.result(world.images)
        return world.discord.bot_online

    delivery = asyncio.create_task(online_at_delivery())
    async with world.bot():
        assert await delivery is False
        await is_heard(world, world.ada, "a kite")


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_a_day_on_which_it_breaks_all_the_time(world: LocalWorld, figures: Figures) -> None:
    """Every break in turn, jobs in all states meanwhile, new ones whenever the bot hears: each ends once."""
    world.api.seconds = lambda: random.uniform(0.1, 8)
    world.changes |= {"member_max_running": 2, "xhuo_max_in_flight": 8}
    members = crowd(world, MANY * len(BREAKS))
    async with world.bot() as services:
        for steps in BREAKS.values():
            await world.discord.bot_ready(BACK)
            for _ in range(MANY):
                interaction = (member := members.pop()).slash(
                    world.images, "generate", prompt=f"for {member.user.name}"
                )
                await world.answer(interaction, member.user.name, member)
            for step in steps:
                await step(world.discord)
        jobs = MANY * len(BREAKS)
        await in_state(services.store, JobState.DELIVERED, number=jobs, deadline=120)
        assert await all_ended_well(world, services.store, jobs=jobs) == {JobState.DELIVERED: jobs}
        await is_heard(world, world.ada, "a kite")
    figures.add(breaks=len(BREAKS), jobs=jobs)
