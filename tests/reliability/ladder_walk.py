"""Walks many jobs at once down the ladder, each with a member, a channel and a trouble of its own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

from bot.client import Services
from bot.texts import text
from sandbox.discord.model import Channel, Interaction, Message
from sandbox.discord.people import Person
from sandbox.discord.troubles import TROUBLES
from sandbox.faults import Fault
from sandbox.troubles import Trouble
from storage.jobs import JobStore
from storage.records import JobRecord, JobState
from tests.journeys.held_answers import held_answers
from tests.journeys.panels import entries, jobs_of, shown
from tests.journeys.restarts import change, look, until
from tests.local_world import LocalWorld
from tests.reliability.crowd import crowd
from tests.reliability.ladder import ALWAYS, NOTHING, End, Line, Token

TOKEN_LIFE = 16 * 60
AT_ONCE = 4
PATIENCE = 60
PICTURES = "/nanobanana/*"
NOT_YET = Fault(503)
MANY = 100_000


@dataclass(frozen=True)
class Walk:
    """What a job meets, and where it comes from."""

    name: str
    line: Line
    place: str
    private: bool


@dataclass(eq=False)
class Case:
    """One job on its walk, and how it must end."""

    walk: Walk
    end: End
    member: Person
    channel: Channel
    interaction: Interaction | None = None
    trouble: Trouble | None = None

    @property
    def name(self) -> str:
        """What it is called where it fails."""
        visibility = "private" if self.walk.private else "public"
        return f"{self.walk.name}, {self.walk.place}, {visibility}"

    @property
    def prompt(self) -> str:
        """Words by which this job is known everywhere."""
        return f"a kite for {self.member.user.name}"

    async def order(self, world: LocalWorld) -> None:
        """Ask, and wait until the picture is being made."""
        self.interaction = self.member.slash(
            self.channel, "generate", prompt=self.prompt, private=self.walk.private
        )
        if self.walk.line.call == "first-answer":
            self.strike(world)
        if self.end != NOTHING:
            interaction = self.interaction
            await self.member.until(
                self.channel,
                lambda each: each.interaction is interaction and "Making" in each.content,
                PATIENCE,
            )

    def strike(self, world: LocalWorld) -> None:
        """Let Discord answer this job's calls, and nobody else's, as the line says."""
        assert self.interaction
        trouble = TROUBLES[self.walk.line.named(self.walk.place, private=self.walk.private)]
        path = trouble.path.replace("/channels/*", f"/channels/{self.channel.id}")
        path = path.replace("/interactions/*", f"/interactions/{self.interaction.id}/*")
        path = path.replace("/webhooks/*", f"/webhooks/*/{self.interaction.token}*")
        if self.walk.line.trouble == "10008":  # the progress message alone is gone
            assert self.interaction.answer
            path += f"/{self.interaction.answer.id}"
        self.trouble = replace(trouble, path=path)
        self.trouble.strike(world.discord, self.walk.line.times)

    def met(self, world: LocalWorld, token: Token) -> bool:
        """Whether its trouble has struck as often as it should; nobody goes the way of a dead token."""
        line = self.walk.line
        if not token.lives and line.named(self.walk.place, private=self.walk.private).startswith("answer-"):
            return True
        assert self.trouble
        left = self.trouble.left(world.discord)
        return left < ALWAYS if line.times == ALWAYS else left == 0

    def stands(self, world: LocalWorld, job: JobRecord | None) -> End:
        """How it has ended, as the world shows it."""
        if job is None:
            return NOTHING
        messages = list(world.discord.state.messages[self.channel.id].values())
        results = [message for message in messages if _is_result(message)]
        one = results[0] if len(results) == 1 else None
        where = self._where(one) if one else f"{len(results)} times" if results else "nowhere"
        words = text(job.outcome) if job.outcome else " left"
        told = [message for message in messages if words in message.content]
        return End(job.state, where, self._told(told), _look(one, self.prompt) if one else "")

    def leaks(self, world: LocalWorld) -> list[Message]:
        """What others see of it although it is private."""
        messages = world.discord.state.messages[self.channel.id].values()
        return [each for each in messages if self.walk.private and each.ephemeral_for is None]

    def _where(self, message: Message) -> str:
        if message.ephemeral_for is self.member.user:
            return "to its member alone"
        return "in the channel" if message.interaction is None else "as a follow-up"

    def _told(self, messages: Sequence[Message]) -> str:
        if any(message.interaction is self.interaction for message in messages):
            return "in the answer"
        return "in the channel" if any(self.member.user.id in each.pinged for each in messages) else "nowhere"


def set_out(world: LocalWorld, token: Token, walks: Sequence[Walk]) -> list[Case]:
    """The cases of these walks, with a member and a channel for each."""
    return [
        Case(
            walk,
            walk.line.end(walk.place, token, private=walk.private),
            member,
            _channel(world, walk.place, member),
        )
        for member, walk in zip(crowd(world, len(walks)), walks, strict=True)
    ]


@asynccontextmanager
async def walked(world: LocalWorld, token: Token, cases: Sequence[Case]) -> AsyncIterator[Services]:
    """The bot that brings the results, once all are being made and what the token names has happened."""
    world.api.max_in_flight = world.changes["xhuo_max_in_flight"] = len(cases)
    if token.restarted:
        world.api.faults.plan("GET", PICTURES, NOT_YET, times=MANY)
        async with world.bot_process() as bot:
            await _order(world, cases)
            await until(lambda: not look(world, "SELECT id FROM jobs WHERE state != 'submitted'"))
            bot.kill()
        await _strike(world, token, cases)
        world.api.faults.clear()
        async with world.bot() as services:
            yield services
        return
    async with held_answers(world.api) as held:
        world.changes["xhuo_base_url"] = f"{held.url}/v1"
        async with world.bot() as services:
            await _order(world, cases)
            await _strike(world, token, cases)
            held.let_go()
            yield services


async def wrong(world: LocalWorld, store: JobStore, cases: Sequence[Case]) -> dict[str, tuple[End, End]]:
    """The cases that do not stand where they must: what they should be, and what they are."""
    jobs = {job.prompt: job for job in await store.in_states(JobState)}
    found = {case: case.stands(world, jobs.get(case.prompt)) for case in cases}
    return {case.name: (case.end, end) for case, end in found.items() if end != case.end}


async def still_wrong(
    world: LocalWorld, store: JobStore, cases: Sequence[Case], deadline: float
) -> dict[str, tuple[End, End]]:
    """The same, once every job has ended as it must, or the time is over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(deadline):
            while await wrong(world, store, cases):  # noqa: ASYNC110  (a file has no event)
                await asyncio.sleep(0.1)
    return await wrong(world, store, cases)


async def paid(store: JobStore, case: Case) -> dict[str, int]:
    """What the ledger says of the member's own account."""
    jobs = [job.id for job in await store.in_states(JobState) if job.prompt == case.prompt]
    lines = [line for job_id in jobs for line in await store.ledger(job_id)]
    return {line.kind: line.credits for line in lines if not line.of_operator and line.credits}


def price(case: Case) -> dict[str, int]:
    """What it must say: reserved, and spent where a picture was shown or could have been."""
    match case.end.state:
        case None:
            return {}
        case JobState.HELD:
            return {"reserve": 1}
        case _:
            return {"reserve": 1, "settle": 1}


async def collect(world: LocalWorld, case: Case) -> None:
    """A member whose result is held finds it in `/jobs`, and gets it there, alone."""
    panel = await jobs_of(world, case.member, case.channel)
    [line] = entries(panel)
    assert line.startswith("**📥 Waits for you"), case.name
    await shown(case.member, case.member.press(panel, text("button.deliver")))


async def _order(world: LocalWorld, cases: Sequence[Case]) -> None:
    """Not all in the same moment: each first answer has three seconds."""
    counter = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> None:
        async with counter:
            await case.order(world)

    async with asyncio.TaskGroup() as group:
        for case in cases:
            group.create_task(one(case))


async def _strike(world: LocalWorld, token: Token, cases: Sequence[Case]) -> None:
    if not token.lives:
        world.discord.advance(TOKEN_LIFE)
        # In a thread: the bot may be writing, and needs this loop to finish.
        aged = f"UPDATE jobs SET token_expires_at = token_expires_at - {TOKEN_LIFE}"
        await asyncio.to_thread(change, world, aged)
    for case in cases:
        if case.walk.line.call != "first-answer":
            case.strike(world)


def _channel(world: LocalWorld, place: str, member: Person) -> Channel:
    match place:
        case "server":
            return world.discord.add_channel(world.places.hq, f"of {member.user.name}")
        case "thread":
            return world.discord.add_thread(world.images, f"of {member.user.name}")
        case "direct":
            return member.dm()
        case _:
            return world.discord.add_channel(world.places.foreign, f"of {member.user.name}")


def _is_result(message: Message) -> bool:
    links = text("result.only_links", links="")
    return "AI-generated" in message.content and bool(message.attachments or links in message.content)


def _look(message: Message, prompt: str) -> str:
    if not message.attachments:
        return "links"
    return "whole" if prompt in message.content else "bare"
