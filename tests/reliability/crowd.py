"""Many members, many requests, and what must hold of them whatever happened in between."""

import re
from collections import Counter

from sandbox.discord.people import Person
from storage.jobs import JobStore
from storage.records import JobRecord, JobState
from tests.local_world import LocalWorld, booked

RESULT = re.compile(r"nano-banana-([0-9a-f]{16})-\d")


def crowd(world: LocalWorld, number: int) -> list[Person]:
    """So many new members of the server, who also carry the app along to the foreign one."""
    members = [world.discord.add_user(f"Member {n}") for n in range(1, number + 1)]
    for member in members:
        world.discord.join(member, world.places.hq)
        world.discord.join(member, world.places.foreign)
        world.discord.install_for_user(member)
    return [world.discord.person(member) for member in members]


async def all_ended_well(world: LocalWorld, store: JobStore, *, jobs: int) -> Counter[JobState]:
    """Give how so many jobs have ended: each delivered once or refunded once, and never paid for twice.

    Each job must have a prompt of its own.
    """
    found = await store.in_states(JobState)
    assert len(found) == jobs
    alive = [job for job in found if not job.state.ended and job.state is not JobState.HELD]
    assert alive == []
    shown = _shown(world)
    assert {
        job.id: shown[job.id] for job in found if shown[job.id] != (job.state is JobState.DELIVERED)
    } == {}
    made = images_made(world)
    assert {job.prompt: made[job.prompt] for job in found if made[job.prompt] > job.count} == {}
    await booked(store)
    closed = await _closed(store)
    assert {job.id: closed[job.id] for job in found if closed[job.id] != _owed(job)} == {}
    return Counter(job.state for job in found)


def images_made(world: LocalWorld) -> Counter[str]:
    """How many pictures both image APIs have made and billed, by prompt."""
    made = Counter[str]()
    for xhuo in world.api.calls:
        made[xhuo.prompt] += xhuo.billed
    for ruxa in world.ruxa.calls:
        made[ruxa.prompt] += len(ruxa.links)
    return made


def _shown(world: LocalWorld) -> Counter[str]:
    """How many messages show a result, by job; answers that only one member sees are counted as well."""
    shown = Counter[str]()
    for messages in world.discord.state.messages.values():
        for message in messages.values():
            shown.update({job for file in message.attachments for job in RESULT.findall(file.filename)})
    return shown


async def _closed(store: JobStore) -> Counter[str]:
    """The credits that members have settled or got back, by job."""
    closed = Counter[str]()
    for line in await store.ledger():
        if not line.of_operator and line.kind in {"settle", "refund"}:
            closed[line.job_id] += line.credits
    return closed


def _owed(job: JobRecord) -> int:
    """The credits about which something is decided: all, once the job has ended for the first time."""
    return job.credits if job.state.ended or job.late else 0
