"""Bots that are killed at their work, and what must be so once the next one has finished it."""

from asyncio.subprocess import Process
from collections import Counter, deque
from functools import cache
from io import BytesIO

from PIL import Image

from bot.client import Services
from bot.texts import text
from sandbox.apis.painter import Order
from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.server import ApiServer
from sandbox.apis.xhuo import XHuoServer
from sandbox.discord.people import Person
from sandbox.faults import Seen
from storage.records import JobState, Place
from tests.api_cases import Way
from tests.journeys.panels import entries, jobs_of
from tests.journeys.restarts import look, until, until_told
from tests.local_world import LocalWorld
from tests.reliability.crowd import all_ended_well

ON_A_PAGE = 6  # jobs in the panel
RECOVERY = 60.0  # seconds from a restart until every job has ended: what is promised
STUCK = 240.0  # seconds after which nothing more is expected to happen, on the slowest machine
LISTED = {
    JobState.DELIVERED: "**✅ ",
    JobState.UNKNOWN: "**❌ Lost** ",
    JobState.FAILED: "**❌ Not made** ",
    JobState.HELD: "**📥 Waits for you until ",
}
BEING_SENT = "SELECT count(*) FROM calls WHERE state = 'submitting'"
ALIVE = "SELECT count(*) FROM jobs WHERE ended_at IS NULL AND state != 'held'"


def arrange(world: LocalWorld, way: Way) -> XHuoServer | RuxaServer:
    """Set both APIs up so that they refuse nothing and forget nothing; give the one of this way."""
    api = way.arrange(world)
    # Who was down when it was called back has to be able to ask.
    world.api.has_tasks_call = way.later
    world.api.calls, world.ruxa.calls = deque(), deque()
    for each in (world.api, world.ruxa):
        each.faults.seen = deque()
        each.max_in_flight = each.pictures_kept = 1_000_000
        each.painter = quick_picture
    return api


def quick_picture(order: Order) -> bytes:
    """Paint one colour, because there are thousands of pictures."""
    return _plain_picture("JPEG" if order.media_type == "image/jpeg" else "PNG")


@cache
def _plain_picture(kind: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 64), "orange").save(file, kind)
    return file.getvalue()


async def kill(world: LocalWorld, bot: Process) -> None:
    """SIGKILL; afterwards every server has noticed, and answers again."""
    bot.kill()
    await bot.wait()
    await until(lambda: not world.discord.bot_online)
    for server in (world.discord, world.api, world.ruxa):
        server.faults.clear()


def number(world: LocalWorld, query: str) -> int:
    """The one number that a query gives now."""
    [(found,)] = look(world, query)
    assert isinstance(found, int)
    return found


async def until_all_ended(world: LocalWorld) -> None:
    """Wait until every job has ended, for good: nobody makes a picture or is about to tell of one."""
    await until(lambda: not (world.api.busy or world.ruxa.busy), STUCK)
    await until(lambda: number(world, ALIVE) == 0, STUCK)
    await until_told(world)


def all_is_over(world: LocalWorld) -> bool:
    """Whether the bot is there, every job has ended, and its member was told."""
    return world.discord.bot_online and number(world, f"{ALIVE} OR NOT told") == 0


async def finishes_everything(world: LocalWorld, services: Services) -> Counter[JobState]:
    """Let this bot end all jobs as they must end; how they ended.

    Only a follow-up may find no place: Discord takes five of them, and each kill may have cost one.
    """
    await until_all_ended(world)
    jobs = number(world, "SELECT count(*) FROM jobs")
    ends = await all_ended_well(world, services.store, jobs=jobs)
    assert ends.keys() <= LISTED.keys()
    held = await services.store.in_states([JobState.HELD])
    assert {job.place for job in held} <= {Place.FOREIGN}
    return ends


async def until_noted(world: LocalWorld) -> None:
    """Wait until the bot has noted every answer that a paid call has got: none of these may be lost."""

    def unanswered() -> int:
        seen = [each for api in (world.api, world.ruxa) for each in api.faults.seen if _is_paid(api, each)]
        return sum(each.status is None for each in seen)

    await until(lambda: number(world, BEING_SENT) <= unanswered())


def _is_paid(api: ApiServer, seen: Seen) -> bool:
    return (seen.method, seen.path) == ("POST", api.paid_path)


def being_sent(world: LocalWorld) -> set[str]:
    """The jobs with a call whose answer is not there: if they are lost now, it is for this reason."""
    return {str(job_id) for (job_id,) in look(world, "SELECT job_id FROM calls WHERE state = 'submitting'")}


def posted_again(world: LocalWorld) -> int:
    """How many paid calls arrived beyond those that the bot meant to make, each of which is made once."""
    meant = number(world, "SELECT count(*) FROM calls")
    return max(0, world.api.posts + world.ruxa.posts - meant)


async def each_is_told(world: LocalWorld, services: Services, *people: Person) -> None:
    """Whoever asks with `/jobs` reads of their newest jobs how each ended, and what it cost."""
    for person in people:
        jobs = await services.store.recent(person.user.id, skip=0, limit=ON_A_PAGE)
        lines = entries(await jobs_of(world, person))
        if not jobs:  # killed before anything of theirs was accepted
            assert lines == [text("jobs.none")]
            continue
        for job, line in zip(jobs, lines, strict=True):
            assert line.startswith(LISTED[job.state])
            assert f"> {job.prompt}" in line
            assert ("· 0 credits ·" in line) is (job.state in {JobState.UNKNOWN, JobState.FAILED})
