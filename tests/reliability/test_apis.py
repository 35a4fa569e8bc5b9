"""Whatever an image API does: one plain sentence or the pictures, exact credits, and no call paid twice."""

import asyncio
import time
from collections.abc import Mapping

import pytest
from _pytest.mark import ParameterSet

from bot.client import Services
from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.xhuo import XHuoServer
from sandbox.discord.model import Interaction
from sandbox.faults import Fault
from storage.records import JobState
from tests.api_cases import WAYS
from tests.fault_table import Figures
from tests.local_world import LocalWorld, billed, booked, ended
from tests.reliability.api_outcomes import (
    CASES,
    FOR_EVER,
    NEVER_FETCHED,
    OUTCOMES,
    REFUSED_CONNECTION,
    TROUBLES,
    Case,
)

pytestmark = pytest.mark.row("APIs")

TIMEOUT = 10  # seconds for a job, the shortest that can be set
FETCHING = 60  # seconds in which pictures are fetched
GRACE = 30  # seconds for a slow machine
FAILURES = 5  # within a minute let an API rest

# Tried every time; one of each kind, in which both APIs and all outcomes meet.
ALONE: Mapping[str, tuple[str, ...]] = {
    "xhuo": ("reset-after", "429-seconds", "array", "picture-cut", "403-forbidden", "question-half"),
    "ruxa": ("cut", "429-far-date", "picture-bomb", "500-chinese-in-200", "some-fail", "endless"),
}
BEFORE_ANOTHER: Mapping[str, tuple[str, ...]] = {
    "xhuo": ("reset-before", "429-long", "no-balance", "no-picture", "502-page"),
    "ruxa": ("other-key", "402-chinese-in-200", "refuses", "task-unpaid", "redirect-307"),
}


def cases(sample: Mapping[str, tuple[str, ...]]) -> list[ParameterSet]:
    """All cases as parameters; those that are not in the sample are `long`."""
    return [
        pytest.param(
            case,
            id=f"{case.api}-{case.name}",
            marks=() if case.name in sample[case.api] else pytest.mark.long,
        )
        for case in CASES
    ]


@pytest.mark.parametrize("api", OUTCOMES)
def test_the_table_is_complete(api: str) -> None:
    """Each trouble has an outcome, there are at least 45, and each has words of its own."""
    assert OUTCOMES[api].keys() - {REFUSED_CONNECTION} == TROUBLES[api].keys()
    assert len(OUTCOMES[api]) >= 45
    assert set(ALONE[api] + BEFORE_ANOTHER[api]) <= OUTCOMES[api].keys()
    assert {case.name for case in CASES if case.api == api} | set(NEVER_FETCHED) == OUTCOMES[api].keys()
    assert all(0 < len(trouble.words) < 100 for trouble in TROUBLES[api].values())


@pytest.mark.parametrize("case", cases(ALONE))
async def test_an_api_alone(world: LocalWorld, case: Case, figures: Figures) -> None:
    """The member reads what is so, pays for what they get, and the call is made as often as is safe."""
    api, _ = arranged(world, case)
    async with world.bot() as services:
        await strike(case, api)
        began = time.monotonic()
        interaction = world.order(count=case.outcome.count)
        await is_as_expected(world, services, interaction, case)
        figures.most(slowest_s=round(time.monotonic() - began, 1))
        assert api.posts == case.outcome.posts
        assert await billed(services.store) >= api.billed
        assert has_struck(case, api)
    figures.add(cases=1, posts=api.posts)


@pytest.mark.parametrize("case", cases(BEFORE_ANOTHER))
async def test_an_api_before_another(world: LocalWorld, case: Case, figures: Figures) -> None:
    """The other one makes it where nothing was billed and nobody refused, and never hears of it otherwise."""
    outcome = case.outcome
    api, other = arranged(world, case, "ruxa" if case.api == "xhuo" else "xhuo")
    async with world.bot() as services:
        await strike(case, api)
        interaction = world.order(count=outcome.count)
        if outcome.elsewhere:
            await world.answer(interaction, "Done")
            assert await booked(services.store) == {"reserve": outcome.count, "settle": outcome.count}
            assert await billed(services.store) == other.billed == outcome.count
            assert (api.billed, other.posts) == (0, 1)
        else:
            await is_as_expected(world, services, interaction, case)
            assert other.posts == 0
        assert api.posts == outcome.posts
        assert has_struck(case, api)
    figures.add(cases=1, posts=api.posts, made_elsewhere=outcome.elsewhere)


@pytest.mark.long
@pytest.mark.parametrize("name", NEVER_FETCHED)
async def test_pictures_that_never_come(world: LocalWorld, name: str, figures: Figures) -> None:
    """At both APIs: a minute after they were made they are given up, and stay in the bot's budget."""
    world.changes |= {"image_apis": "xhuo,ruxa", "job_timeout": TIMEOUT}
    for api in (world.api, world.ruxa):
        TROUBLES[api.name][name].strike(api, FOR_EVER)
    async with world.bot() as services:
        began = time.monotonic()
        orders = [world.order(aspect_ratio="16:9", model="nano-banana-2"), world.order(aspect_ratio="21:9")]
        jobs = await ended(services.store, 2, deadline=FETCHING + GRACE)
        figures.most(slowest_s=round(time.monotonic() - began, 1))
        for order in orders:
            await world.reads(order, "failed.result_gone")
        assert [job.state for job in jobs] == 2 * [JobState.FAILED]
        reserved = sum(job.credits for job in jobs)
        assert await booked(services.store) == {"reserve": reserved, "refund": reserved}
        assert await billed(services.store) == reserved
        assert (world.api.posts, world.ruxa.posts) == (1, 1)
    figures.add(cases=2, posts=2)


@pytest.mark.long
@pytest.mark.parametrize("order", ["xhuo,ruxa", "ruxa,xhuo"])
async def test_an_api_that_rests_and_recovers(world: LocalWorld, order: str, figures: Figures) -> None:
    """After five failures it hears nothing for half a minute; one call finds out, and all is as before."""
    world.changes |= {"image_apis": order, "direct_allowance": "100/day", "default_allowance": "100/day"}
    api, other = (world.api, world.ruxa) if order.startswith("xhuo") else (world.ruxa, world.api)
    api.faults.plan("POST", api.paid_path, Fault(502), times=FAILURES)
    async with world.bot() as services:
        for number in range(FAILURES):
            await world.reads(world.order(f"lost {number}"), "failed.lost")
        rested = time.monotonic()
        while api.posts == FAILURES:
            others = other.posts
            await all_done(world, 3)
            await asyncio.sleep(2)
        figures.most(rested_s=round(time.monotonic() - rested, 1))
        assert time.monotonic() - rested >= 28
        assert api.posts - FAILURES + other.posts - others == 3  # the probe is one of three at once
        served, others = api.posts, other.posts
        await all_done(world, 3)
        assert (api.posts, other.posts) == (served + 3, others)
        assert await billed(services.store) == api.billed + other.billed + FAILURES
    figures.add(cases=1, posts=api.posts)


async def all_done(world: LocalWorld, number: int) -> None:
    """So many requests at once, all delivered."""
    orders = [world.order(f"well {n}") for n in range(number)]
    await asyncio.gather(*(world.answer(order, "Done") for order in orders))


def arranged(
    world: LocalWorld, case: Case, *others: str
) -> tuple[XHuoServer | RuxaServer, XHuoServer | RuxaServer]:
    """Set the world up for a case; give the API that will be struck, and the other one."""
    usual = {"xhuo": "sync", "ruxa": "polling"}[case.api]
    api = WAYS[f"{case.api}-{case.outcome.way or usual}"].arrange(world, one_by_one=True)
    names = ",".join([case.api, *others])
    world.changes |= {"image_apis": names, "job_timeout": TIMEOUT, **case.outcome.settings}
    return api, world.ruxa if api is world.api else world.api


async def strike(case: Case, api: XHuoServer | RuxaServer) -> None:
    """Let it happen, once the bot knows its settings."""
    if case.trouble is None:
        await api.switch(on=False)
    else:
        case.trouble.strike(api, case.outcome.times)


def has_struck(case: Case, api: XHuoServer | RuxaServer) -> bool:
    """Whether the trouble was met as often as it was planned, or at all where it lasts."""
    if set(api.callbacks.forged) != ({404} if api.callbacks.forgeries else set()):
        return False
    left = case.trouble.left(api) if case.trouble else 0
    return left < case.outcome.times if case.outcome.times == FOR_EVER else left == 0


async def is_as_expected(world: LocalWorld, services: Services, interaction: Interaction, case: Case) -> None:
    """The job ends in time, as it should, and the member reads why or has their pictures."""
    outcome, count = case.outcome, case.outcome.count
    in_time = deadline_of(world, case) if outcome.slow else GRACE
    [job] = await ended(services.store, deadline=in_time)
    if outcome.key is None:
        await world.answer(interaction, "Done")
        assert job.state is JobState.DELIVERED
        assert len((await world.result(world.images)).attachments) == outcome.images
        assert len(world.posted(world.images)) == 1
        refund = {"refund": count - outcome.images} if outcome.images < count else {}
        assert await booked(services.store) == {"reserve": count, "settle": outcome.images, **refund}
        assert await billed(services.store) == outcome.images
    else:
        await world.refunded(services, interaction, outcome.key, count)
        assert job.state is (JobState.UNKNOWN if outcome.lost else JobState.FAILED)
        assert await billed(services.store) == (count if outcome.lost or outcome.made else 0)


def deadline_of(world: LocalWorld, case: Case) -> float:
    """When a job must have ended: at its own deadline, or at that of its pictures where these do not come."""
    fetching = FETCHING if case.name.startswith("picture") else 0
    return float(str(world.changes["job_timeout"])) + fetching + GRACE
