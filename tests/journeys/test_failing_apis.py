"""An image API that keeps failing: it is left alone for a while, and what that means for members."""

import asyncio

import pytest

from bot.client import Services
from bot.texts import text
from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.xhuo import XHuoServer
from sandbox.faults import Fault
from tests.api_cases import XHUO_CALL
from tests.local_world import LocalWorld, billed, booked

FAILURES = 5  # within a minute
XHUO_FIRST = pytest.mark.settings(image_apis="xhuo,ruxa")


async def trip(world: LocalWorld, server: XHuoServer | RuxaServer, services: Services) -> None:
    """Let an API fail so often that it is left alone."""
    server.faults.plan("POST", server.paid_path, Fault(500), times=FAILURES)
    for number in range(FAILURES):
        await world.reads(world.order(f"lost {number}"), "failed.lost")
    assert server.posts == FAILURES


@XHUO_FIRST
async def test_an_api_that_keeps_failing_is_left_alone(world: LocalWorld) -> None:
    """After five failures the other makes everything; edits with its model, at its price, which is said."""
    async with world.bot() as services:
        await trip(world, world.api, services)
        assert world.ruxa.posts == 0
        await world.answer(world.order("well", count=4), "Done")
        assert (world.api.posts, world.ruxa.posts) == (FAILURES, 4)
        world.ruxa.seconds = 0.5
        edit = world.order("change it", command="edit", count=2)
        words = {"asked": "nano-banana", "model": "nano-banana-pro", "n": 8}
        await world.answer(edit, text("progress.instead", **words))
        await world.answer(edit, "8 credits left")
        assert {call.model for call in world.ruxa.calls if call.inputs} == {"google/nano-banana-pro"}
        assert (world.api.posts, world.ruxa.posts) == (FAILURES, 6)
        assert await booked(services.store) == {"reserve": 17, "settle": 12, "refund": 5}
        assert await billed(services.store) == 17


@XHUO_FIRST
async def test_only_the_api_that_fails_is_left_alone(world: LocalWorld) -> None:
    """What nobody else offers is refused without a call, and everything is back."""
    async with world.bot() as services:
        await trip(world, world.api, services)
        await world.reads(world.order("well", model="nano-banana-2"), "failed.unreachable")
        assert (world.api.posts, world.ruxa.posts) == (FAILURES, 0)
        assert await booked(services.store) == {"reserve": 7, "refund": 7}


@pytest.mark.parametrize("api", ["xhuo", "ruxa"])
async def test_a_single_api_that_keeps_failing(world: LocalWorld, api: str) -> None:
    """Members read at once that it cannot be reached, and no call is made."""
    world.changes["image_apis"] = api
    server: XHuoServer | RuxaServer = world.api if api == "xhuo" else world.ruxa
    async with world.bot() as services:
        await trip(world, server, services)
        for count in (1, 4):
            await world.reads(world.order("well", count=count), "failed.unreachable")
        assert server.posts == FAILURES
        assert await billed(services.store) == FAILURES


@pytest.mark.settings(image_apis="ruxa")
async def test_four_tasks_for_an_api_that_is_down(world: LocalWorld) -> None:
    """After some tries the member has everything back, and nothing is billed."""
    await world.ruxa.switch(on=False)
    async with world.bot() as services:
        await world.refunded(services, world.order(count=4), "unreachable", 4)
        assert await billed(services.store) == 0


@pytest.mark.long
async def test_an_api_that_is_well_again(world: LocalWorld) -> None:
    """After its rest one request finds out, and from then on everything is as before."""
    async with world.bot() as services:
        await trip(world, world.api, services)
        await world.reads(world.order("too early"), "failed.unreachable")
        async with asyncio.timeout(45):
            while world.api.posts == FAILURES:
                probe = world.order("is it well?")
                await world.answer(probe, "credits")
                await asyncio.sleep(1)
        await world.answer(probe, "Done")
        await world.answer(world.order("well", count=4), "Done")
        assert world.api.posts == FAILURES + 2


async def test_an_answer_in_between_hides_no_failure(world: LocalWorld) -> None:
    """Four failures, a refusal, a picture, one more failure: five within a minute are enough."""
    async with world.bot() as services:
        world.api.faults.plan("POST", XHUO_CALL, Fault(500), times=FAILURES - 1)
        for _ in range(FAILURES - 1):
            await world.reads(world.order(), "failed.lost")
        await world.reads(world.order("something forbidden"), "failed.content")
        await world.answer(world.order(), "Done")
        world.api.faults.plan("POST", XHUO_CALL, Fault(500))
        await world.reads(world.order(), "failed.lost")
        await world.reads(world.order(), "failed.unreachable")
        assert world.api.posts == FAILURES + 2
        assert await billed(services.store) == FAILURES + 1
