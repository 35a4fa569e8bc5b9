"""A callback crosses the answer to its call, or other calls: nothing is paid twice, lost or left over."""

import pytest

from sandbox.faults import Fault
from tests.api_cases import RUXA_QUERY, XHUO_CALL, is_delivered
from tests.journeys.callers import RUXA, XHUO, send, silent, told_about
from tests.journeys.held_answers import held_answers
from tests.journeys.restarts import (
    call_back,
    change,
    everything,
    look,
    task_ids,
    until,
    until_stands,
    until_told,
)
from tests.journeys.test_jobs_results import REFUSE
from tests.local_world import LocalWorld, billed, booked, ended

BUSY = {"code": "rate_limited", "message": "Too many tasks at once."}
EMPTY = {"code": "used_up", "message": "Your balance is used up."}
REFUSED = {"code": "forbidden", "message": "The content was rejected by moderation."}


def failure(error: dict[str, str]) -> dict[str, object]:
    """A callback that says why there is no picture."""
    return {"success": False, "trace_id": "trace", "error": error}


async def test_a_callback_brings_the_pictures_while_the_answer_hangs(world: LocalWorld) -> None:
    """They are delivered at once, and nobody waits for the answer any more."""
    api = silent(world, XHUO)
    async with held_answers(api) as held:
        world.changes["xhuo_base_url"] = f"{held.url}/v1"
        async with world.bot() as services:
            interaction = world.order(count=4)
            await until(lambda: bool(api.calls))
            await call_back(api, api.calls[0].task_id)
            await is_delivered(world, services, interaction, images=4, credits_=4)
            assert await booked(services.store) == {"reserve": 4, "settle": 4}
            assert await billed(services.store) == api.billed == 4
            assert api.posts == 1


async def test_a_failure_is_told_between_two_tries(world: LocalWorld) -> None:
    """It speaks of the try that was turned away: the next one is the call, and its picture is delivered."""
    api = silent(world, XHUO)
    async with held_answers(api) as held:
        world.changes["xhuo_base_url"] = f"{held.url}/v1"
        api.faults.plan("POST", XHUO_CALL, Fault(429, json={"error": BUSY}))
        held.let_go()
        async with world.bot() as services:
            interaction = world.order()
            await until(lambda: bool(held.orders))
            assert await send(held.orders[0]["callback_url"], failure(BUSY)) == 200
            await until(lambda: bool(api.calls))
            await call_back(api, api.calls[0].task_id)
            await is_delivered(world, services, interaction, images=1, credits_=1)
            assert await billed(services.store) == api.billed == 1
            assert api.posts == 2


@pytest.mark.parametrize("others", [True, False])
async def test_a_failure_is_told_before_the_answer_turns_the_call_away(
    world: LocalWorld, others: bool
) -> None:
    """The answer decides: the other API makes it, or the credits are back; nothing is left running."""
    api = silent(world, XHUO)
    if others:
        world.changes["image_apis"] = "xhuo,ruxa"
    async with held_answers(api) as held:
        world.changes["xhuo_base_url"] = f"{held.url}/v1"
        api.balance = 0
        async with world.bot() as services:
            interaction = world.order()
            await until(lambda: bool(held.orders))
            assert await send(held.orders[0]["callback_url"], failure(EMPTY)) == 200
            held.let_go()
            if others:
                await is_delivered(world, services, interaction, images=1, credits_=1)
            else:
                await world.refunded(services, interaction, "balance", 1)
            [job] = await ended(services.store)
            assert job.perhaps_billed == (1 if others else 0)
            assert (api.posts, world.ruxa.posts) == (1, 1 if others else 0)


@pytest.mark.settings(image_apis="xhuo,ruxa")
async def test_content_is_refused_by_a_callback_before_the_answer(world: LocalWorld) -> None:
    """Whatever the answer says afterwards, the other API is never asked for it."""
    api = silent(world, XHUO)
    world.changes["image_apis"] = "xhuo,ruxa"
    async with held_answers(api) as held:
        world.changes["xhuo_base_url"] = f"{held.url}/v1"
        api.balance = 0
        async with world.bot() as services:
            interaction = world.order(count=2)
            await until(lambda: bool(held.orders))
            assert await send(held.orders[0]["callback_url"], failure(REFUSED)) == 200
            held.let_go()
            await world.refunded(services, interaction, "content", 2)
            assert await billed(services.store) == 0
            assert (api.posts, world.ruxa.posts) == (1, 0)


async def test_a_wake_up_tells_the_task_of_a_lost_call(world: LocalWorld) -> None:
    """The API does not say how far that is, so it is to call again; another task is not found any more."""
    api = silent(world, XHUO)
    async with world.bot() as services:
        api.faults.plan("POST", XHUO_CALL, Fault(reset="after"))
        await world.reads(world.order(), "failed.lost")
        await until_told(world)
        await until(lambda: bool(api.calls))
        url, task_id = str(api.calls[0].callback_url), api.calls[0].task_id
        assert await send(url, {"success": True, "task_id": task_id}) == 503
        assert look(world, "SELECT task_id, state FROM calls") == [(task_id, "unknown")]
        before = everything(world)
        assert await send(url, {"success": True, "task_id": "another"}) == 404
        assert everything(world) == before
        assert await billed(services.store) == 1


async def test_a_lost_picture_comes_while_the_others_are_made(world: LocalWorld) -> None:
    """Its job goes on: it is delivered and charged with the others, and was counted as billed once."""
    api = silent(world, RUXA)
    async with world.bot() as services:
        api.faults.plan("POST", api.paid_path, Fault(reset="after"))
        interaction = world.order(count=4)
        await until(lambda: len(api.calls) == 4)
        states = "SELECT state FROM calls ORDER BY state"
        await until(lambda: look(world, states) == [*3 * [("submitted",)], ("unknown",)])
        known = set(task_ids(world))
        [lost_one] = [call.task_id for call in api.calls if call.task_id not in known]
        await call_back(api, lost_one)
        assert look(world, states) == [("done",), *3 * [("submitted",)]]
        for task_id in known - {"None"}:
            await call_back(api, task_id)
        await is_delivered(world, services, interaction, images=4, credits_=4)
        assert [status for _, status in api.callbacks.sent] == 4 * [200]
        assert await booked(services.store) == {"reserve": 4, "settle": 4}
        assert await billed(services.store) == api.posts == 4


async def test_a_lost_picture_comes_while_another_is_fetched(world: LocalWorld) -> None:
    """It is fetched too, and both are delivered and charged."""
    api = silent(world, RUXA)
    async with world.bot() as services:
        api.faults.plan("POST", api.paid_path, Fault(reset="after"))
        interaction = world.order(count=2)
        states = "SELECT state FROM calls ORDER BY state"
        await until(lambda: len(api.calls) == 2 and look(world, states) == [("submitted",), ("unknown",)])
        [known] = set(task_ids(world)) - {"None"}
        [lost_one] = [call.task_id for call in api.calls if call.task_id != known]
        api.faults.plan("GET", f"{api.pictures_path}/*", Fault(delay=1))
        await call_back(api, known)
        await api.faults.until_seen("GET", f"{api.pictures_path}/*")
        await call_back(api, lost_one)
        assert look(world, states) == [("done",), ("done",)]
        await is_delivered(world, services, interaction, images=2, credits_=2)
        assert await booked(services.store) == {"reserve": 2, "settle": 2}
        assert await billed(services.store) == api.posts == 2


@pytest.mark.parametrize("is_one", [True, False])
async def test_a_lost_picture_comes_before_its_job_can_end(world: LocalWorld, is_one: bool) -> None:
    """The database would not take the end: the picture is delivered instead, if it is one."""
    api = silent(world, RUXA)
    async with world.bot() as services:
        api.faults.plan("POST", api.paid_path, Fault(reset="after"))
        change(world, REFUSE.format("unknown"))
        interaction = world.order()
        await until_stands(world, "submitted", "unknown")
        await call_back(api, (await told_about(api))[1])
        await until_stands(world, "submitted", "done")
        if not is_one:
            api.faults.plan("GET", f"{api.pictures_path}/*", Fault(200, body=b"<html>not here</html>"))
        change(world, "DROP TRIGGER no")
        if is_one:
            await is_delivered(world, services, interaction, images=1, credits_=1)
            assert await booked(services.store) == {"reserve": 1, "settle": 1}
        else:
            await world.refunded(services, interaction, "result_type", 1)
        assert await billed(services.store) == api.posts == 1


async def test_a_wake_up_brings_the_picture_while_the_answer_hangs(world: LocalWorld) -> None:
    """The task is asked for at once, and nobody waits for the answer any more."""
    api = silent(world, RUXA)
    async with held_answers(api) as held:
        world.changes["ruxa_base_url"] = held.url
        async with world.bot() as services:
            interaction = world.order()
            await until(lambda: bool(api.calls))
            await call_back(api, api.calls[0].task_id)
            await is_delivered(world, services, interaction, images=1, credits_=1)
            assert await billed(services.store) == api.posts == 1


async def test_a_wake_up_tells_the_task_before_the_bot_is_killed(world: LocalWorld) -> None:
    """The next bot asks for the task, and its picture is delivered and charged."""
    api = silent(world, RUXA)
    async with held_answers(api) as held:
        world.changes["ruxa_base_url"] = held.url
        async with world.bot_process() as bot:
            interaction = world.order()
            await until(lambda: bool(api.calls))
            api.faults.plan("GET", RUXA_QUERY, Fault(502))
            await call_back(api, api.calls[0].task_id)
            assert look(world, "SELECT task_id, state FROM calls") == [(api.calls[0].task_id, "submitting")]
            bot.kill()
        async with world.bot() as services:
            await is_delivered(world, services, interaction, images=1, credits_=1)
        assert api.posts == 1
