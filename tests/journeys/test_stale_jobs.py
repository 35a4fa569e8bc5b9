"""What a start has looked for and what has become of it since: a row that is old by now does no harm."""

from dataclasses import replace

import pytest

from bot.texts import text
from sandbox.faults import Fault
from storage.records import JobState
from tests.api_cases import RUXA_CALL, RUXA_QUERY
from tests.journeys.restarts import HANG, everything, until_stands, until_told
from tests.local_world import LocalWorld, booked, ended

RUXA_ALONE = {"image_apis": "ruxa", "ruxa_max_in_flight": 1}


@pytest.mark.parametrize("state", [JobState.ACCEPTED, JobState.SUBMITTED, JobState.READY])
async def test_a_job_that_has_ended_is_not_begun_again(world: LocalWorld, state: JobState) -> None:
    """It stood there a moment ago: its answer keeps its words, and no row changes."""
    async with world.bot() as services:
        interaction = world.order()
        await world.answer(interaction, "Done")
        [job] = await ended(services.store)
        await until_told(world)
        before = everything(world)
        await services.jobs.resume(replace(job, state=state))
        other = world.order("after it")
        await world.answer(other, "Done")
        await world.answer(interaction, "Done")
        assert world.api.posts == 2
        after = everything(world)
        assert [row for row in after["jobs"] if row in before["jobs"]] == before["jobs"]


@pytest.mark.settings(**RUXA_ALONE)
async def test_a_job_that_was_cancelled_meanwhile_is_not_begun(world: LocalWorld) -> None:
    """Its member was faster than the start: nobody is paid for it."""
    world.ruxa.faults.plan("POST", RUXA_CALL, Fault(delay=0.7))
    async with world.bot() as services:
        first = world.order("first")
        await world.ruxa.faults.until_seen("POST", RUXA_CALL)
        interaction = world.order("second")
        await world.answer(interaction, "In line")
        [job] = await services.store.in_states([JobState.ACCEPTED])
        await services.jobs.cancel(job.id, job.user_id)
        await services.jobs.resume(job)
        await world.answer(first, "Done")
        await world.answer(interaction, text("progress.cancelled"))
        assert world.ruxa.posts == 1
        assert await booked(services.store) == {"reserve": 2, "settle": 1, "refund": 1}


@pytest.mark.parametrize("empty", [False, True])
async def test_refused_content_is_not_asked_for_again_after_a_restart(world: LocalWorld, empty: bool) -> None:
    """The first of four tasks is refused by then: the others are made neither there nor elsewhere."""
    world.changes |= RUXA_ALONE | {"image_apis": "ruxa,xhuo"}
    world.ruxa.faults.plan("GET", RUXA_QUERY, HANG, times=50)
    async with world.bot_process() as bot:
        interaction = world.order("something forbidden", count=4)
        await until_stands(world, "submitting", "submitted")
        bot.kill()
    world.ruxa.faults.clear()
    if empty:
        world.ruxa.balance = 0
    async with world.bot() as services:
        await world.refunded(services, interaction, "content", 4)
        assert (world.ruxa.posts, world.api.posts) == (1, 0)
