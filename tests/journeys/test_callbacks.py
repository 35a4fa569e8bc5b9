"""What image APIs tell the bot by themselves: taken when it is true, and ignored when it is not."""

import asyncio
from collections import deque

import pytest

from sandbox.apis.ruxa_tasks import CallbackShape
from sandbox.faults import Fault
from tests.api_cases import RUXA_QUERY, Way, is_delivered
from tests.journeys.callers import BOTH, EVIL, RUXA, XHUO, news, send, silent, told_about
from tests.journeys.held_answers import held_answers
from tests.journeys.restarts import call_back, everything, until, until_told
from tests.local_world import LocalWorld, billed, booked


@pytest.mark.parametrize("shape", ["enveloped", "flat", "bare"])
async def test_each_shape_wakes_the_bot(world: LocalWorld, shape: CallbackShape) -> None:
    """Ruxa AI's callbacks were seen in several shapes; without them the bot would ask much later."""
    RUXA.arrange(world)
    world.ruxa.callback_shape = shape
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=2), images=2, credits_=2)
        assert [status for _, status in world.ruxa.callbacks.sent] == [200, 200]
        assert world.ruxa.faults.count("GET", RUXA_QUERY) == 2


@BOTH
async def test_told_twice_and_again_when_all_is_over(world: LocalWorld, way: Way) -> None:
    """A callback that comes three times brings one result, and the later ones change no row."""
    api = way.arrange(world)
    api.callbacks.times = 2
    async with world.bot() as services:
        await is_delivered(world, services, world.order(), images=1, credits_=1)
        await api.callbacks.until_sent(2)
        before = everything(world)
        await call_back(api, api.calls[0].task_id)
        assert [status for _, status in api.callbacks.sent] == [200, 200, 200]
        assert everything(world) == before
        assert len(world.posted(world.images)) == api.posts == 1


@BOTH
async def test_forged(world: LocalWorld, way: Way) -> None:
    """Whatever does not match is not found and changes no row; the true callback still brings the result."""
    api = silent(world, way)
    world.changes["image_apis"] = f"{way.api},{'ruxa' if way is XHUO else 'xhuo'}"
    world.api.seconds = 0.02
    async with world.bot() as services:
        interaction = world.order()
        url, task_id = await told_about(api)
        await world.answer(interaction, "Making")
        true, base = news(way, task_id), url.rsplit("/callbacks/", 1)[0]
        secret = url.rsplit("/", 1)[1]
        other = "ruxa" if way is XHUO else "xhuo"
        forged = {
            "wrong secret": send(f"{url[:-4]}AAAA", true),
            "no secret": send(url.removesuffix(secret), true),
            "half a secret": send(url[: -len(secret) // 2], true),
            "secret of another API": send(f"{base}/callbacks/{other}/{secret}", true),
            "unknown API": send(f"{base}/callbacks/acme/{secret}", true),
            "more path": send(f"{url}/more", true),
            "another task": send(url, news(way, "another-task")),
            "not JSON": send(url, b"success=true"),
            "nothing": send(url, b""),
            "not UTF-8": send(url, b'{"success": "\xff\xfe"}'),
            "list": send(url, [true]),
            "word": send(url, b'"success"'),
            "empty object": send(url, {}),
            "no callback": send(url, {"hello": "world"}),
            "too deep": send(url, b'{"data":' + 30_000 * b"[" + 30_000 * b"]" + b"}"),
            "too large": send(url, true | {"padding": 64 * 1024 * "x"}),
            "GET": send(url, b"", "GET"),
            "PUT": send(url, true, "PUT"),
        }
        before = everything(world)
        answers = await asyncio.gather(*forged.values())
        assert dict(zip(forged, answers, strict=True)) == dict.fromkeys(forged, 404)
        assert everything(world) == before
        assert world.posted(world.images) == []
        await call_back(api, task_id)
        await is_delivered(world, services, interaction, images=1, credits_=1)
        assert api.posts == 1


@BOTH
async def test_a_callback_that_stays_away(world: LocalWorld, way: Way) -> None:
    """Then the API is asked, where it can be asked."""
    api = silent(world, way)
    world.changes["poll_seconds"] = 0.05
    world.api.has_tasks_call = True
    async with world.bot() as services:
        await is_delivered(world, services, world.order(), images=1, credits_=1)
        assert api.callbacks.sent == deque()
        assert api.posts == 1


async def test_the_answer_holds_the_result_already(world: LocalWorld) -> None:
    """XHuoAPI may answer with the pictures and call back all the same: they are shown once."""
    api = XHUO.arrange(world)
    world.api.answers_data_with_callback = True
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=4), images=4, credits_=4)
        await api.callbacks.until_sent()
        assert [status for _, status in api.callbacks.sent] == [200]
        assert len(world.posted(world.images)) == 1
        assert await booked(services.store) == {"reserve": 4, "settle": 4}


async def test_ruxas_word_is_not_believed(world: LocalWorld) -> None:
    """A callback with the right secret and task is only a reason to ask; what counts is the query."""
    api = silent(world, RUXA)
    running = {"code": 200, "message": "success", "data": {"taskId": "task", "state": "generating"}}
    api.faults.plan("GET", RUXA_QUERY, Fault(200, json=running))
    async with world.bot() as services:
        interaction = world.order()
        url, task_id = await told_about(api)
        await until(lambda: everything(world)["calls"][0][4] == "submitted")
        before = everything(world)
        assert await send(url, news(RUXA, task_id)) == 200
        await api.faults.until_seen("GET", RUXA_QUERY)
        assert everything(world) == before
        await call_back(api, task_id)
        await is_delivered(world, services, interaction, images=1, credits_=1)
        assert EVIL not in str(everything(world))


@BOTH
@pytest.mark.parametrize("answer_lost", [False, True])
async def test_the_callback_is_faster_than_the_answer(world: LocalWorld, way: Way, answer_lost: bool) -> None:
    """The result counts, also when the answer to the call itself is lost afterwards."""
    api = way.arrange(world)
    async with held_answers(api) as held:
        world.changes["xhuo_base_url"], world.changes["ruxa_base_url"] = f"{held.url}/v1", held.url
        async with world.bot() as services:
            interaction = world.order()
            await api.callbacks.until_sent()
            assert api.callbacks.sent[0][1] == 200
            held.let_go(lost=answer_lost)
            await is_delivered(world, services, interaction, images=1, credits_=1)
            assert await booked(services.store) == {"reserve": 1, "settle": 1}
            assert len(world.posted(world.images)) == api.posts == 1
            assert await billed(services.store) == 1


async def test_success_after_failure_changes_nothing(world: LocalWorld) -> None:
    """What an API has refused for good, and not billed, it cannot bring later."""
    api = silent(world, XHUO)
    async with world.bot() as services:
        interaction = world.order()
        url, task_id = await told_about(api)
        failure = {"code": "forbidden", "message": "Rejected."}
        assert await send(url, {"success": False, "task_id": task_id, "error": failure}) == 200
        await world.refunded(services, interaction, "content", 1)
        await until_told(world)
        before = everything(world)
        await call_back(api, task_id)
        assert everything(world) == before
        assert await billed(services.store) == 0
