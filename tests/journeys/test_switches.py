"""The demo's switches: a member sees what an operator fears."""

import pytest

from sandbox.switches import ApiSwitches
from tests.local_world import LocalWorld

BOTH = pytest.mark.settings(image_apis="xhuo,ruxa", public=True)


@BOTH
async def test_off_and_on_again(world: LocalWorld) -> None:
    """While one API is off the other makes the pictures; afterwards it is preferred again."""
    xhuo = ApiSwitches(world.api)
    async with world.bot():
        await xhuo.change(on=False)
        assert not xhuo.state().on
        await world.answer(world.order("while it is off"), "Done")
        await xhuo.change(on=True)
        await world.answer(world.order("on again"), "Done")
    assert [call.prompt for call in world.ruxa.calls] == ["while it is off"]
    assert [call.prompt for call in world.api.calls] == ["on again"]
    assert (xhuo.state().billed, xhuo.state().in_flight) == (1, 0)


@BOTH
async def test_emptied_and_filled(world: LocalWorld) -> None:
    """An empty account passes the request on; when both are empty the member reads it."""
    switches = [ApiSwitches(world.api), ApiSwitches(world.ruxa)]
    async with world.bot():
        await switches[0].change(empty=True)
        await world.answer(world.order("the other"), "Done")
        await switches[1].change(empty=True)
        await world.reads(world.order("nobody"), "failed.balance")
        assert all(each.state().empty for each in switches)
        await switches[0].change(empty=False)
        await world.answer(world.order("the first"), "Done")
    assert [call.prompt for call in world.api.calls] == ["the first"]


async def test_slow_and_quick(world: LocalWorld) -> None:
    """Slow is eight times the usual time, also where that changes from call to call."""
    world.api.seconds = lambda: 0.5
    xhuo = ApiSwitches(world.api)
    await xhuo.change(slow=True)
    await xhuo.change(slow=True)
    assert callable(world.api.seconds)
    assert (xhuo.state().slow, world.api.seconds()) == (True, 4.0)
    await xhuo.change(slow=False)
    assert world.api.seconds() == 0.5
