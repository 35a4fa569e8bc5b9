"""Fairness: who brings a whole day's work does not delay those who want one picture."""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from statistics import median

import pytest

from sandbox.apis.server import ApiServer
from sandbox.discord.events import Event, MessageEdited
from sandbox.discord.model import Interaction
from sandbox.discord.options import OptionValue
from storage.records import JobRecord, JobState
from tests.fault_table import Figures
from tests.journeys.restarts import look, until
from tests.local_world import LocalWorld
from tests.reliability.crowd import crowd
from tests.reliability.measures import at_once, percentile
from tests.reliability.plenty import PLENTY

pytestmark = pytest.mark.row("fairness")

SLOTS = 4
SERVICE = 1.5  # seconds that the APIs take for a picture
BROUGHT = 20  # jobs that the one with many brings at a time
WAITS = 2  # times as long as a picture takes, from being accepted to being sent
MINUTES = 400.0  # seconds until all pictures must be there
IN_LINE = re.compile(r"In line: number \d+\n.*<t:(\d+):R>", re.DOTALL)

Options = Mapping[str, OptionValue]


@dataclass(frozen=True)
class Way:
    """The APIs with the slots that each has, and the options that bring a request to each in turn."""

    slots: Mapping[str, int]
    turns: tuple[Options, ...] = ({},)


WAYS = {
    "xhuo": Way({"xhuo": SLOTS}),
    "ruxa": Way({"ruxa": SLOTS}),
    "both": Way({"xhuo": 2, "ruxa": 2}, ({"model": "nano-banana-2"}, {"aspect_ratio": "21:9"})),
}


@dataclass(frozen=True)
class Crowd:
    """How many jobs one member brings, of which so many may run at once, and how many others come."""

    way: Way
    running: int
    jobs: int = 40
    others: int = 6
    to_the_end: bool = False
    """Serve the line until nobody is left in it."""


@dataclass
class Watch:
    """What is seen from outside: how many pictures each API makes at once, and what members are told."""

    busy: dict[str, list[int]] = field(default_factory=dict)
    shown: dict[int | None, list[int]] = field(default_factory=dict)
    """The moments at which a picture should be ready (seconds since 1970), by answer."""

    def over(self, api: ApiServer) -> Callable[[], float]:
        """Let each picture take its time, and note how many are under way when it begins."""
        seen = self.busy.setdefault(api.name, [])

        def duration() -> float:
            seen.append(api.in_flight)
            return SERVICE

        return duration

    def hears(self, event: Event) -> None:
        """Note what an answer says of the line."""
        if isinstance(event, MessageEdited) and (found := IN_LINE.search(event.message.content)):
            self.shown.setdefault(event.message.id, []).append(int(found[1]))


def arrange(world: LocalWorld, crowd: Crowd) -> Watch:
    """Set the bot up with four slots in all, and nothing else in the way of a member with many jobs."""
    world.changes |= {
        "image_apis": ",".join(crowd.way.slots),
        "member_max_running": crowd.running,
        "member_max_queued": 1000,
        **PLENTY,
        **{f"{name}_max_in_flight": slots for name, slots in crowd.way.slots.items()},
    }
    watch = Watch()
    for name, api in {"xhuo": world.api, "ruxa": world.ruxa}.items():
        api.seconds = watch.over(api)
        api.max_in_flight = crowd.way.slots.get(name, 0)  # one more would be refused, and sent again
    world.discord.state.events.subscribe(watch.hears)
    return watch


async def all_done(asked: Sequence[Interaction]) -> None:
    """Wait until all members read that their picture is there."""
    await until(lambda: all(each.answer and "Done" in each.answer.content for each in asked), MINUTES)


async def bring(world: LocalWorld, given: Crowd, options: Iterator[Options]) -> list[Interaction]:
    """One member asks for all that, as fast as it is accepted; give what was asked."""
    asked = list[Interaction]()
    mine = f"SELECT id FROM jobs WHERE user_id = {world.ada.user.id}"
    while (number := len(asked)) < given.jobs:
        prompts = [f"of many {number + more}" for more in range(BROUGHT)]
        asked += [world.ada.slash(world.images, "generate", prompt=each, **next(options)) for each in prompts]
        await until(lambda: len(look(world, mine)) == len(asked), MINUTES)  # noqa: B023  (called at once)
    return asked


async def everybody_comes(world: LocalWorld, given: Crowd) -> None:
    """One member brings many jobs; then the others come one after the other, and want one picture each."""
    people, options = crowd(world, given.others), cycle(given.way.turns)
    async with world.bot_process():
        known = [
            world.linus.slash(world.images, "generate", prompt="known", **one) for one in given.way.turns
        ]
        await all_done(known)  # so that the bot has seen how long it takes
        many = await bring(world, given, options)
        ones = []
        for person in people:
            ones.append(person.slash(world.images, "generate", prompt="one", **next(options)))
            await asyncio.sleep(SERVICE / 2)
        await all_done([*ones, *many] if given.to_the_end else ones)


def no_limit_was_passed(world: LocalWorld, given: Crowd, watch: Watch, jobs: Sequence[JobRecord]) -> None:
    """All slots were used and never one more, by each API's own count; the same for the member.

    Where the bot is killed in the middle, what it has noted as sent may not have left it.
    """
    assert {name: max(watch.busy[name]) for name in given.way.slots} == given.way.slots
    unsent = sum(job.sent_at is not None for job in jobs) - world.api.posts - world.ruxa.posts
    assert 0 <= unsent <= (0 if given.to_the_end else SLOTS)
    many = [job for job in jobs if job.user_id == world.ada.user.id]
    assert at_once([(job.sent_at, job.answered_at) for job in many if job.sent_at and job.answered_at]) == (
        given.running
    )


def waits(jobs: Sequence[JobRecord]) -> list[float]:
    """How long each job stood in line, measured in how long pictures took."""
    took = median(job.answered_at - job.sent_at for job in jobs if job.answered_at and job.sent_at)
    return [(job.sent_at - job.accepted_at) / took for job in jobs if job.sent_at]


def served_before(ones: Sequence[JobRecord], jobs: Sequence[JobRecord]) -> list[int]:
    """How many pictures were sent for while each of these jobs stood in line, however slow the machine is."""
    sent = [job.sent_at for job in jobs if job.sent_at]
    return [sum(one.accepted_at < at < (one.sent_at or 0) for at in sent) for one in ones]


def errors(watch: Watch, jobs: Sequence[JobRecord]) -> list[float]:
    """How many seconds the first sight of the end was off, for those who had to wait."""
    return [
        abs(watch.shown[job.progress_message_id][0] - job.ready_at)
        for job in jobs
        if job.ready_at and job.progress_message_id in watch.shown
    ]


SAMPLE = {"both": Crowd(WAYS["both"], 3)}
FULL = {
    "xhuo-to-the-end": Crowd(WAYS["xhuo"], SLOTS, jobs=500, others=20, to_the_end=True),
    "ruxa": Crowd(WAYS["ruxa"], 3, jobs=500, others=20),
    "both": Crowd(WAYS["both"], SLOTS, jobs=500, others=20),
}
LONG = (pytest.mark.long, pytest.mark.timeout(600))


@pytest.mark.parametrize(
    "given",
    [
        *(pytest.param(given, id=name) for name, given in SAMPLE.items()),
        *(pytest.param(given, id=f"500-{name}", marks=LONG) for name, given in FULL.items()),
    ],
)
async def test_one_with_many_jobs_delays_nobody(world: LocalWorld, figures: Figures, given: Crowd) -> None:
    """Who comes with one, one after the other, waits for two pictures at most, whoever has all the slots."""
    watch = arrange(world, given)
    await everybody_comes(world, given)
    async with world.store() as store:
        jobs = await store.in_states(JobState)
    no_limit_was_passed(world, given, watch, jobs)
    ones = [job for job in jobs if job.prompt == "one"]
    assert len(ones) == given.others
    assert {job.state for job in ones} == {JobState.DELIVERED}
    figures.add(jobs=len(jobs), others=given.others)
    wait, error = percentile(waits(ones), 0.95), percentile(errors(watch, ones), 0.95)
    many = [job for job in jobs if job.user_id == world.ada.user.id]
    figures.most(
        wait_p95_in_service_times=round(wait, 2),
        eta_error_p95_s=round(error, 1),
        eta_error_of_many_p95_s=round(percentile(errors(watch, many), 0.95), 1),
    )
    assert percentile(served_before(ones, jobs), 0.95) <= WAITS * SLOTS
    assert wait <= WAITS or given.jobs < 100  # the clock counts where nothing else keeps the machine busy
