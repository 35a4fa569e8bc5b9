"""What Discord may answer to a job that a message asked for: to its progress, its result, its last words."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import pytest

from bot.client import Services
from bot.texts import text
from sandbox.discord.model import Channel, Message
from sandbox.discord.people import Person
from sandbox.discord.troubles import BAD_DAYS, REFUSED
from storage.jobs import JobStore
from storage.records import JobState
from tests.fault_table import Figures
from tests.journeys.held_answers import held_answers
from tests.journeys.replying import ask, below
from tests.local_world import LocalWorld, upload
from tests.reliability.crowd import all_ended_well, crowd

pytestmark = pytest.mark.row("Discord")

ALWAYS = 1000
AT_ONCE = 4
PATIENCE = 60
SILENT = ("silent", "silent-after")
FORBIDDEN = "forbidden"
# The method, and the path below the channel; the progress is what is sent first, the result comes next.
CALLS = {
    "progress": ("POST", ""),
    "result": ("POST", ""),
    "removal": ("DELETE", "/*"),
    "failure": ("PATCH", "/*"),
}


@dataclass(frozen=True)
class End:
    """How a job stands at last, how its picture is shown, and what else the bot has left in the channel."""

    state: JobState
    shown: str = "nowhere"
    left: tuple[str, ...] = ()


REPLIED = End(JobState.DELIVERED, "as a reply")
ALONE = End(JobState.DELIVERED, "alone")
STAYS = replace(REPLIED, left=("progress",))  # it is gone already, or may not be taken away
HELD = End(JobState.HELD, left=("told",))
FAILED = End(JobState.FAILED, left=("told",))
TOLD_ANEW = replace(FAILED, left=("progress", "told"))


@dataclass(frozen=True)
class Line:
    """What Discord says to one kind of a job's calls, how often, and how the job ends."""

    call: str
    trouble: str
    times: int
    end: End


LINES = [
    *(
        Line("progress", code, 1, REPLIED)
        for code in ("160002", "50001", "50013", "50083", "10003", "10004", "200000")
    ),
    *(Line("result", code, 1, ALONE) for code in ("160002", "50001", "50013")),
    *(Line("result", code, 1, REPLIED) for code in ("200000", "40005", "413")),
    *(
        Line("result", code, ALWAYS, HELD)
        for code in ("160002", "50001", "50013", "50083", "10003", "10004", "200000")
    ),
    Line("result", "20009", 1, FAILED),
    *(Line("removal", code, 1, STAYS) for code in ("10008", "50013", "50001", "10003")),
    *(Line("failure", code, 1, TOLD_ANEW) for code in ("10008", "50013", "50001")),
    *(Line(call, name, 1, REPLIED) for call in ("progress", "result", "removal") for name in BAD_DAYS),
    *(Line("failure", name, 1, FAILED) for name in BAD_DAYS),
]
LINES = [line for line in LINES if line.trouble not in SILENT]


@dataclass(eq=False)
class Case:
    """A member who asks below a picture in a channel of their own."""

    line: Line
    member: Person
    channel: Channel
    asked: Message | None = None

    @property
    def name(self) -> str:
        """What it is called where it fails."""
        return f"{self.line.call} {self.line.trouble}-{self.line.times}"

    @property
    def prompt(self) -> str:
        """Words by which this job is known everywhere."""
        return f"{FORBIDDEN if self.line.call == 'failure' else 'paint'} {self.member.user.name}"

    async def ask(self, world: LocalWorld) -> None:
        """Reply, and wait until the progress stands, if it can."""
        photo = world.linus.say(self.channel, uploads=[upload("red")])
        if self.line.call == "progress":
            self.strike(world)
        self.asked = ask(world, photo, self.prompt, person=self.member)
        if self.line.call != "progress":
            await self.member.until(self.channel, lambda each: "Making" in each.content, PATIENCE)

    def strike(self, world: LocalWorld) -> None:
        """Let Discord answer this job's calls, and nobody else's, as the line says."""
        method, path = CALLS[self.line.call]
        fault = {**REFUSED, **BAD_DAYS}[self.line.trouble]
        path = f"/api/v10/channels/{self.channel.id}/messages{path}"
        world.discord.faults.plan(method, path, fault, self.line.times)

    def stands(self, world: LocalWorld, state: JobState) -> End:
        """How it has ended, as the world shows it."""
        assert self.asked
        messages = world.posted(self.channel)
        results = [each for each in messages if each.attachments]
        shown = (
            "nowhere" if not results else "as a reply" if results[0] in below(world, self.asked) else "alone"
        )
        if len(results) > 1:
            shown = f"{len(results)} times"
        left = [
            "progress" if "Making" in each.content else "told" for each in messages if not each.attachments
        ]
        return End(state, shown, tuple(sorted(left)))


@asynccontextmanager
async def asked(world: LocalWorld, lines: Sequence[Line]) -> AsyncIterator[tuple[Services, list[Case]]]:
    """A bot with one job for each line, whose results and failures come once all progress stands."""
    world.api.max_in_flight = world.changes["xhuo_max_in_flight"] = len(lines)
    world.api.refuse_words = {FORBIDDEN}
    cases = [
        Case(line, member, world.discord.add_channel(world.places.hq, f"of {member.user.name}"))
        for line, member in zip(lines, crowd(world, len(lines)), strict=True)
    ]
    counter = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> None:
        async with counter:
            await case.ask(world)

    async with held_answers(world.api) as held:
        world.changes["xhuo_base_url"] = f"{held.url}/v1"
        async with world.bot() as services:
            await asyncio.gather(*(one(case) for case in cases))
            for case in cases:
                if case.line.call != "progress":
                    case.strike(world)
            held.let_go()
            yield services, cases


async def wrong(world: LocalWorld, store: JobStore, cases: Sequence[Case]) -> dict[str, object]:
    """The cases that do not stand where they must: what they should be, and what they are."""
    states = {job.prompt: job.state for job in await store.in_states(JobState)}
    found = {case: case.stands(world, states[case.prompt]) for case in cases if case.prompt in states}
    return {case.name: (case.line.end, found.get(case)) for case in cases if found.get(case) != case.line.end}


async def all_end_as_documented(
    world: LocalWorld, figures: Figures, lines: Sequence[Line], deadline: float
) -> None:
    """Nothing is stuck, nothing stands twice, each credit is where it belongs."""
    async with asked(world, lines) as (services, cases):
        with suppress(TimeoutError):
            async with asyncio.timeout(deadline):
                while await wrong(world, services.store, cases):  # noqa: ASYNC110  (a file has no event)
                    await asyncio.sleep(0.1)
        assert await wrong(world, services.store, cases) == {}
    async with world.store() as store:
        assert await wrong(world, store, cases) == {}  # nothing more came until the bot had stopped
        await all_ended_well(world, store, jobs=len(lines))
    assert [plan for plan in world.discord.faults.planned if plan.times in {1, ALWAYS}] == []  # all have met
    figures.add(cases=len(lines))


async def test_every_line(world: LocalWorld, figures: Figures) -> None:
    """Each refusal and each bad day, at each call."""
    await all_end_as_documented(world, figures, LINES, 60)


@pytest.mark.long
@pytest.mark.timeout(500)
async def test_no_answer_at_all(world: LocalWorld, figures: Figures) -> None:
    """A call that hangs is given up after two minutes; what it did all the same is not done twice."""
    lines = [
        Line(call, trouble, 1, FAILED if call == "failure" else REPLIED)
        for call in CALLS
        for trouble in SILENT
    ]
    await all_end_as_documented(world, figures, lines, 400)


async def test_a_refusal_whose_answer_is_lost(world: LocalWorld) -> None:
    """It stands there once."""
    photo = world.linus.say(world.images, uploads=[upload("red")])
    world.discord.faults.plan("POST", "/api/v10/channels/*/messages", BAD_DAYS["cut-after"], times=2)
    async with world.bot():
        said = ask(world, photo, "--ar 1:1")
        await world.discord.faults.until_seen("POST", "/api/v10/channels/*/messages", 3)
    [refused] = below(world, said)
    assert refused.content == text("refused.only_options")
