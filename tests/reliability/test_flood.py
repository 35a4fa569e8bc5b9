"""A flood: three hundred members at once, with large pictures, while the bot is busy with other things."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bot.client import CONNECTIONS
from sandbox.apis.xhuo import XHuoServer
from sandbox.discord.model import Interaction, Upload
from sandbox.faults import Fault
from storage.backup import back_up
from storage.records import JobState
from tests.fault_table import Figures
from tests.journeys.restarts import SEND, until
from tests.local_world import LocalWorld
from tests.reliability.crowd import all_ended_well, crowd
from tests.reliability.measures import MIB, in_flight, memory, percentile

pytestmark = pytest.mark.row("flood")

MOST_ANSWERS = 1.0  # seconds in which 99 of 100 members get a first answer
EVERY_ANSWER = 2.5  # seconds for the last of them; Discord gives up after three
MEMORY = 250.0  # MiB that the bot takes at most
AT_ONCE = 8  # files that are fetched from members, fetched from the APIs, or sent to Discord
DISTANCE = 0.5  # seconds that a file takes over the network
CHANNELS = 20  # discord.py sends to each channel one by one
MANY = 80  # members, more than there are connections
CALLBACK = "/api/v10/interactions/*/callback"
SOURCES, RESULTS = "/ephemeral-attachments/*", f"{XHuoServer.pictures_path}/*"
BETWEEN = 0.1  # seconds between two copies of the database
USUAL, LARGE = 1.5, 12  # MiB of a picture; Discord takes 10
MINUTES = 300.0  # seconds until all pictures must be there


def photo(megabytes: float) -> bytes:
    """A picture of about so many bytes, as hard to compress as a photograph."""
    side = int((megabytes * MIB / 3) ** 0.5)
    noise = [Image.effect_noise((side, side), 90) for _ in "RGB"]
    file = BytesIO()
    Image.merge("RGB", noise).save(file, "PNG", compress_level=1)
    return file.getvalue()


@asynccontextmanager
async def backed_up(world: LocalWorld) -> AsyncIterator[list[Path]]:
    """Back the database up again and again; gives the copies."""
    copies = list[Path]()

    async def go_on() -> None:
        while True:
            into = world.folder / f"copy-{len(copies)}.sqlite3"
            found = await asyncio.to_thread(back_up, world.folder / "bot.sqlite3", into)
            assert found.problems == ()
            copies.append(into)
            await asyncio.sleep(BETWEEN)

    task = asyncio.create_task(go_on())
    try:
        yield copies
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def come_out(world: LocalWorld, megabytes: float, number: int) -> None:
    """Let so many of the next pictures have this size."""
    made = Fault(200, body=photo(megabytes), headers={"Content-Type": "image/png"}, delay=DISTANCE)
    world.api.faults.plan("GET", RESULTS, made, times=number)


async def keep_busy(world: LocalWorld, number: int) -> list[Interaction]:
    """Ask for pictures that are larger than Discord takes, and wait until the bot makes them smaller."""
    come_out(world, LARGE, number)
    people = crowd(world, number)
    asked = [person.slash(world.images, "generate", prompt=f"large {at}") for at, person in enumerate(people)]
    await until(lambda: any(world.folder.glob("spool/*/*-for-discord*")))
    return asked


async def flood(world: LocalWorld, number: int) -> list[Interaction]:
    """So many members ask at the same moment, each second one with a picture to change."""
    picture = Upload("photo.png", photo(USUAL))
    come_out(world, USUAL, number)
    world.discord.faults.plan("GET", SOURCES, Fault(delay=DISTANCE), times=number)
    world.discord.faults.plan("POST", SEND, Fault(delay=2 * DISTANCE), times=number)
    channels = [world.discord.add_channel(world.places.hq, f"images-{at}") for at in range(CHANNELS)]
    asked = []
    for at, person in enumerate(crowd(world, number)):
        given = {"image1": picture} if at % 2 else {}
        command = "edit" if at % 2 else "generate"
        asked.append(person.slash(channels[at % CHANNELS], command, prompt=f"one {at}", **given))
        await asyncio.sleep(0)  # what was asked leaves at once
    return asked


async def all_done(asked: Sequence[Interaction]) -> None:
    """Wait until all members read that their picture is there."""
    await until(lambda: all(each.answer and "Done" in each.answer.content for each in asked), MINUTES)


def seconds(interaction: Interaction) -> float:
    """How long a member waited for the first answer."""
    assert interaction.acknowledged_at is not None, "it came too late for Discord"
    return interaction.acknowledged_at - interaction.created_at


@pytest.mark.parametrize(
    ("members", "busy"),
    [
        pytest.param(24, 1),
        pytest.param(300, 16, marks=[pytest.mark.long, pytest.mark.timeout(400)]),
    ],
)
async def test_a_flood_is_answered_at_once(
    world: LocalWorld, figures: Figures, members: int, busy: int
) -> None:
    """Everybody gets a first answer in time and then a picture, and the bot's memory stays small."""
    discord, api = world.discord.faults, world.api.faults
    async with (
        world.bot_process() as bot,
        in_flight(discord, "GET", SOURCES) as fetched,
        in_flight(api, "GET", RESULTS) as made,
        in_flight(discord, "POST", SEND) as sent,
    ):
        before = await keep_busy(world, busy)
        async with backed_up(world) as copies:
            asked = await flood(world, members)
            await until(lambda: all(each.state != "waiting" for each in asked))
            answers = [seconds(each) for each in asked]
            await all_done([*before, *asked])
        most = memory(bot.pid, "VmHWM")
    async with world.store() as store:
        ends = await all_ended_well(world, store, jobs=members + busy)
    assert ends == {JobState.DELIVERED: members + busy}
    figures.add(requests=members, copies=len(copies))
    figures.most(
        first_answer_p99_s=round(percentile(answers, 0.99), 2),
        first_answer_max_s=round(max(answers), 2),
        memory_mib=round(most),
        files_in_flight=max(*fetched, *made, *sent),
    )
    assert copies
    assert world.api.faults.planned == []  # every large picture was fetched
    assert min(max(fetched), max(made), max(sent)) > 1
    assert max(*fetched, *made, *sent) <= AT_ONCE
    assert percentile(answers, 0.99) < MOST_ANSWERS
    assert max(answers) <= EVERY_ANSWER
    assert most <= MEMORY


async def test_many_first_answers_share_a_few_connections(world: LocalWorld) -> None:
    """Whoever asks while all are taken is answered over the first that comes free, not over one more."""
    world.discord.faults.plan("POST", CALLBACK, Fault(delay=DISTANCE), times=MANY)
    async with world.bot_process(), in_flight(world.discord.faults, "POST", CALLBACK) as answering:
        asked = [person.slash(world.images, "usage") for person in crowd(world, MANY)]
        await until(lambda: all(each.state != "waiting" for each in asked))
    assert max(answering) <= CONNECTIONS < MANY
    assert {each.state for each in asked} <= {"deferred", "answered"}
