"""Every twentieth call to Discord and both image APIs goes wrong: each request ends in one clear way."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice, product

import pytest

from bot.client import Services
from bot.texts import text
from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.xhuo import XHuoServer
from sandbox.apis.xhuo_errors import gateway_page
from sandbox.discord.model import Interaction
from sandbox.discord.people import Person
from sandbox.discord.server import DiscordWorld
from sandbox.faults import Fault
from storage.records import JobRecord, JobState
from tests.api_cases import WAYS
from tests.fault_table import Figures
from tests.journeys.restarts import look
from tests.local_world import LocalWorld, billed, upload
from tests.reliability.crowd import all_ended_well, crowd, images_made
from tests.reliability.plenty import PLENTY

pytestmark = pytest.mark.row("5 %")

SHARE = 0.05
AT_ONCE = 20  # requests placed together; the next ones follow once these have their first answer
EACH = 5  # requests of one member
DEADLINE = 400  # seconds until all is over, on a slow machine
NOTHING_SPENT = "Nothing was spent."

EITHER = [
    Fault(reset="before"),
    Fault(reset="after"),
    Fault(cut=30),
    Fault(delay=1),
    gateway_page(502),
    gateway_page(503),
]
DISCORD = [
    *EITHER,
    Fault(500, json={"message": "500: Internal Server Error", "code": 0}),
    Fault(
        429,
        json={"message": "You are being rate limited.", "retry_after": 0.3, "global": False},
        headers={"Via": "1.1 google", "Retry-After": "1"},
    ),
]
APIS = [
    *EITHER,
    Fault(500, json={"code": 500, "message": "Internal server error"}),
    Fault(429, json={"code": 429, "message": "Slow down"}, headers={"Retry-After": "1"}),
]

MUCH: Mapping[str, object] = {
    **PLENTY,
    "ruxa_edit_model": "google/nano-banana-edit",
    "job_timeout": 30,
}
KINDS = list(product((None, "21:9"), ("generate", "edit"), ("server", "dm", "foreign", "private"), (1, 4)))


@dataclass(frozen=True)
class Request:
    """What a member has asked for, under a prompt of its own."""

    person: Person
    interaction: Interaction
    prompt: str

    def heard(self) -> list[str]:
        """What the bot has said to this member where they asked."""
        return [
            message.content
            for message in self.person.sees(self.interaction.channel)
            if message.interaction is self.interaction
            or (message.author.bot and f"<@{self.person.user.id}>" in message.content)
        ]

    def end(self, job: JobRecord | None) -> str:
        """How it has ended for the member, or "open"."""
        if self.interaction.state != "answered":
            return "unanswered" if job is None and self.interaction.state == "failed" else "open"
        if job is None:
            return "refused" if self.times_told(job) else "open"
        if job.state is JobState.DELIVERED:
            return "result"
        return "open" if not self.times_told(job) else "held" if job.state is JobState.HELD else "failed"

    def times_told(self, job: JobRecord | None) -> int:
        """How often the bot has said why there is no result."""
        why = text(job.outcome) if job and job.outcome else NOTHING_SPENT
        return sum(why in words for words in self.heard())

    def answers_met_faults(self, discord: DiscordWorld) -> bool:
        """Whether the bot has tried to answer, and something went wrong each time."""
        path = f"/api/v10/interactions/{self.interaction.id}/"
        tried = [seen.fault for seen in discord.faults.seen if seen.path.startswith(path)]
        return bool(tried) and all(tried)


MANY = 100
LONG = (pytest.mark.long, pytest.mark.timeout(DEADLINE + 60))
CROWDS = [
    pytest.param("xhuo-sync", 1, len(KINDS), id="a few"),
    *(pytest.param(way, seed, MANY, id=f"{way}-{seed}", marks=LONG) for way in WAYS for seed in (1, 2)),
    pytest.param("xhuo-sync", 3, 300, id="many", marks=LONG),
]


@pytest.mark.parametrize(("way", "seed", "number"), CROWDS)
async def test_each_request_ends_in_a_result_or_one_clear_refusal(
    world: LocalWorld, way: str, seed: int, number: int, figures: Figures
) -> None:
    """Credits are exact, no picture is shown twice, and no call that may have been billed is made again."""
    WAYS[way].arrange(world)
    poll = {"poll_seconds": 0.5} if "public" in WAYS[way].settings else {}
    world.changes |= {**MUCH, **poll, "image_apis": "xhuo,ruxa"}
    async with world.bot() as services:
        world.discord.faults.at_random(SHARE, DISCORD, seed)
        world.api.faults.at_random(SHARE, APIS, seed + 100)
        world.ruxa.faults.at_random(SHARE, APIS, seed + 200)
        requests = await place(world, number)
        ends = await over(world, services, requests)
        assert "open" not in ends.values(), {prompt: end for prompt, end in ends.items() if end == "open"}
        # An API may rest after five failures in a minute, and half of all can be made by one of them alone.
        assert Counter(ends.values())["result"] > number / 3
        # Discord itself says that "the application did not respond", and nothing was spent.
        unanswered = [request for request in requests if ends[request.prompt] == "unanswered"]
        assert all(request.answers_met_faults(world.discord) for request in unanswered)
        struck = {
            name
            for name, server in (("discord", world.discord), ("xhuo", world.api), ("ruxa", world.ruxa))
            if any(seen.fault for seen in server.faults.seen)
        }
        assert struck >= ({"discord", "xhuo", "ruxa"} if number >= MANY else {"discord", "xhuo"})
        jobs = await services.store.in_states(JobState)
        by_prompt = {job.prompt: job for job in jobs}
        once = [each for each in requests if each.interaction.channel is not world.places.sketches]
        assert [each.heard() for each in once if each.times_told(by_prompt.get(each.prompt)) > 1] == []
        await all_ended_well(world, services.store, jobs=len(jobs))
        made = images_made(world)
        assert sum(made[job.prompt] * job.price for job in jobs) <= await billed(services.store)
        for api in (world.api, world.ruxa):
            calls = look(world, f"SELECT count(*) FROM calls WHERE provider = '{api.name}'")
            assert calls == [(posts_but_busy(api),)]
    figures.add(requests=number, **Counter(ends.values()))


async def place(world: LocalWorld, number: int) -> list[Request]:
    """So many requests of all kinds, of a crowd of members."""
    members = crowd(world, number // EACH)
    kinds = islice(zip(cycle(KINDS), cycle(members), strict=False), number)
    placed: list[Request] = []
    for n, ((ratio, command, where, count), person) in enumerate(kinds):
        channel = {"dm": person.dm(), "foreign": world.places.sketches}.get(where, world.images)
        options = {"aspect_ratio": ratio} if ratio else {}
        pictures = {"image1": upload()} if command == "edit" else {}
        prompt = f"picture {n} of {number}"
        private = where == "private"
        interaction = person.slash(
            channel, command, prompt=prompt, count=count, private=private, **options, **pictures
        )
        placed.append(Request(person, interaction, prompt))
        while sum(request.interaction.state == "waiting" for request in placed) >= AT_ONCE:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return placed


async def over(world: LocalWorld, services: Services, requests: Sequence[Request]) -> dict[str, str]:
    """How each request has ended, once nothing more happens or the time is over."""
    ends = dict.fromkeys((request.prompt for request in requests), "open")
    give_up_at = asyncio.get_running_loop().time() + DEADLINE
    while asyncio.get_running_loop().time() < give_up_at:
        still = is_still(world.api) and is_still(world.ruxa)
        jobs = {job.prompt: job for job in await services.store.in_states(JobState)}
        ends = {request.prompt: request.end(jobs.get(request.prompt)) for request in requests}
        alive = [job for job in jobs.values() if not (job.state.ended or job.state is JobState.HELD)]
        if still and not alive and "open" not in ends.values():
            break
        await asyncio.sleep(0.1)
    return ends


def is_still(api: XHuoServer | RuxaServer) -> bool:
    """Whether an API makes nothing any more, and has told all it had to tell."""
    due = sum(call.callback_url is not None for call in api.calls)
    return api.in_flight == 0 and len(api.callbacks.sent) >= due


def posts_but_busy(api: XHuoServer | RuxaServer) -> int:
    """How many paid calls arrived, but for those that were told to come again."""
    assert len(api.faults.seen) < (api.faults.seen.maxlen or 0)
    return sum(seen.path == api.paid_path and seen.status != 429 for seen in api.faults.seen)
