"""When one image API cannot serve, the other makes the picture; never when the first may have been paid."""

import pytest

from sandbox.apis import ruxa_errors, xhuo_errors
from sandbox.apis.xhuo_errors import gateway_page
from sandbox.faults import Fault
from tests.api_cases import (
    CALLED_BACK,
    RUXA_CALL,
    XHUO_CALL,
    Trouble,
    comes_to_nothing,
    given_up_at_once,
    is_delivered,
)
from tests.local_world import LocalWorld, billed, booked

XHUO_FIRST = pytest.mark.settings(image_apis="xhuo,ruxa")
RUXA_FIRST = pytest.mark.settings(image_apis="ruxa,xhuo", ruxa_max_in_flight=1)
BALANCED = "Invalid input: prompt 'work-life balance in pastel' has an unsupported field"


def xhuo(status: int, code: str, message: str = "No.") -> Fault:
    """A refusal of XHuoAPI."""
    return given_up_at_once(xhuo_errors.ApiError(status, code, message).fault())


def ruxa(code: int, message: str = "No.", *, in_200: bool = False) -> Fault:
    """A refusal of Ruxa AI."""
    return given_up_at_once(ruxa_errors.ApiError(code, message).fault(in_200))


# Nothing was billed.
XHUO_TURNS_AWAY = [
    pytest.param(xhuo(401, "invalid_token"), id="401"),
    pytest.param(xhuo(401, "token_mismatched"), id="401-token_mismatched"),
    pytest.param(xhuo(403, "used_up"), id="used_up"),
    pytest.param(xhuo(403, "disabled"), id="disabled"),
    pytest.param(xhuo(429, "rate_limited"), id="429"),
]
RUXA_TURNS_AWAY = [
    pytest.param(ruxa(401), id="401"),
    pytest.param(ruxa(402, in_200=True), id="402"),
    pytest.param(ruxa(429), id="429"),
]

# Nobody else would do better, or it may have been billed.
XHUO_ENDS_IT = [
    pytest.param(Trouble("rejected", xhuo(400, "bad_request")), id="400"),
    pytest.param(Trouble("rejected", xhuo(400, "disabled")), id="400-disabled"),
    pytest.param(Trouble("rejected", xhuo(404, "no_api")), id="404"),
    pytest.param(Trouble("rejected", xhuo(422, "invalid")), id="422"),
    pytest.param(Trouble("rejected", xhuo(422, "invalid", BALANCED)), id="422-balance"),
    pytest.param(Trouble("content", xhuo(403, "forbidden")), id="content"),
    pytest.param(Trouble("content", changes={"partial": 0}), id="no-picture"),
    pytest.param(Trouble("lost", xhuo(500, "api_error")), id="500"),
    pytest.param(Trouble("lost", gateway_page(504)), id="504"),
    pytest.param(Trouble("lost", Fault(reset="before")), id="reset"),
    pytest.param(Trouble("lost", Fault(200, body=b"<html>")), id="garbage"),
]
RUXA_ENDS_IT = [
    pytest.param(Trouble("rejected", ruxa(404)), id="404"),
    pytest.param(Trouble("rejected", ruxa(422, in_200=True)), id="422"),
    pytest.param(Trouble("rejected", ruxa(422, BALANCED)), id="422-balance"),
    pytest.param(Trouble("content", ruxa(422, "提示词包含敏感内容")), id="content"),
    pytest.param(Trouble("lost", ruxa(500, in_200=True)), id="500"),
    pytest.param(Trouble("lost", Fault(reset="after")), id="reset"),
    pytest.param(Trouble("content", changes={"refuse_words": {"boat"}}), id="content-of-a-task"),
    pytest.param(Trouble("not_made", task=ruxa_errors.ApiError(500, "Internal")), id="task"),
    pytest.param(Trouble("balance", task=ruxa_errors.ApiError(402, "Insufficient credits")), id="task-402"),
]


@pytest.mark.parametrize("fault", XHUO_TURNS_AWAY)
@XHUO_FIRST
async def test_turned_away_by_xhuoapi(world: LocalWorld, fault: Fault) -> None:
    """One call there, as many as there are pictures at Ruxa AI, and not a word of it to the member."""
    world.api.faults.plan("POST", XHUO_CALL, fault)
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=4), images=4, credits_=4)
        assert await booked(services.store) == {"reserve": 4, "settle": 4}
        assert await billed(services.store) == 4
        assert (world.api.posts, world.ruxa.posts) == (1, 4)
        assert (world.api.billed, world.ruxa.billed) == (0, 4)


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("fault", RUXA_TURNS_AWAY)
@RUXA_FIRST
async def test_turned_away_by_ruxa(world: LocalWorld, fault: Fault, count: int) -> None:
    """The first task is refused, and one call to XHuoAPI brings all the pictures."""
    world.ruxa.faults.plan("POST", RUXA_CALL, fault)
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=count), images=count, credits_=count)
        assert await booked(services.store) == {"reserve": count, "settle": count}
        assert (world.ruxa.posts, world.api.posts) == (1, 1)
        assert [call.count for call in world.api.calls] == [count]


@pytest.mark.settings(image_apis="xhuo,ruxa", **CALLED_BACK)
async def test_the_other_api_calls_back_under_its_own_address(world: LocalWorld) -> None:
    """An edit too: the picture is fetched from us, and each task tells us of its end."""
    world.api.balance = 0
    async with world.bot() as services:
        interaction = world.order(command="edit", model="nano-banana-pro", count=2)
        await is_delivered(world, services, interaction, images=2, credits_=8)
        assert [status for _, status in world.ruxa.callbacks.sent] == [200, 200]
        assert len({call.callback_url for call in world.ruxa.calls}) == 2
        assert (world.api.posts, world.ruxa.posts) == (1, 2)


@RUXA_FIRST
async def test_an_edit_goes_to_who_can_make_it_as_asked(world: LocalWorld) -> None:
    """Better the second API with the model that was named than the first one with a dearer model."""
    async with world.bot() as services:
        await is_delivered(world, services, world.order(command="edit"), images=1, credits_=1)
        assert (world.ruxa.posts, world.api.posts) == (0, 1)


@RUXA_FIRST
async def test_what_is_missing_is_asked_for_elsewhere(world: LocalWorld) -> None:
    """Two pictures are made before the account is empty; the other two come from XHuoAPI, in one call."""
    world.ruxa.balance = 2
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=4), images=4, credits_=4)
        assert await booked(services.store) == {"reserve": 4, "settle": 4}
        assert await billed(services.store) == 4
        assert (world.ruxa.posts, world.ruxa.billed) == (3, 2)
        assert [call.count for call in world.api.calls] == [2]


@pytest.mark.settings(image_apis="ruxa,xhuo")
async def test_what_is_missing_of_four_tasks_at_once(world: LocalWorld) -> None:
    """However they cross, each picture is made once."""
    world.ruxa.balance = 2
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=4), images=4, credits_=4)
        assert world.ruxa.billed == 2
        assert sum(call.count for call in world.api.calls) == 2
        assert await billed(services.store) == 4


@RUXA_FIRST
async def test_a_lost_picture_is_not_missing(world: LocalWorld) -> None:
    """It may have been billed: only the pictures behind it are asked for elsewhere."""
    world.ruxa.faults.plan("POST", RUXA_CALL, Fault(500))
    world.ruxa.faults.plan("POST", RUXA_CALL, ruxa(402))
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=4), images=3, credits_=3)
        assert await booked(services.store) == {"reserve": 4, "settle": 3, "refund": 1}
        assert await billed(services.store) == 4
        assert world.ruxa.posts == 2
        assert [call.count for call in world.api.calls] == [3]


@XHUO_FIRST
async def test_an_api_that_is_down(world: LocalWorld) -> None:
    """No connection, so nothing was sent: after three tries the other one makes it."""
    await world.api.switch(on=False)
    async with world.bot() as services:
        await is_delivered(world, services, world.order(), images=1, credits_=1)
        assert (world.api.posts, world.ruxa.posts) == (0, 1)


@RUXA_FIRST
async def test_both_turn_us_away(world: LocalWorld) -> None:
    """The member reads one sentence and has everything back; each API was asked once."""
    world.api.balance = world.ruxa.balance = 0
    async with world.bot() as services:
        interaction = world.order(count=4)
        await world.refunded(services, interaction, "balance", 4)
        assert await billed(services.store) == 0
        assert (world.ruxa.posts, world.api.posts) == (1, 1)


@pytest.mark.parametrize("trouble", XHUO_ENDS_IT)
@XHUO_FIRST
async def test_never_after_xhuoapi_may_have_been_paid(world: LocalWorld, trouble: Trouble) -> None:
    """One call, and Ruxa AI never hears of it."""
    trouble.strikes(world.api)
    async with world.bot() as services:
        interaction = world.order(count=4)
        lost = trouble.key == "lost"
        await comes_to_nothing(world, services, interaction, trouble.key, spent=4, lost=lost)
        assert (world.api.posts, world.ruxa.posts) == (1, 0)


@pytest.mark.parametrize("trouble", RUXA_ENDS_IT)
@RUXA_FIRST
async def test_never_after_ruxa_may_have_been_paid(world: LocalWorld, trouble: Trouble) -> None:
    """One task, and XHuoAPI never hears of it."""
    trouble.strikes(world.ruxa)
    async with world.bot() as services:
        lost = trouble.key == "lost"
        await comes_to_nothing(world, services, world.order(), trouble.key, spent=1, lost=lost)
        assert (world.ruxa.posts, world.api.posts) == (1, 0)


@pytest.mark.parametrize(
    ("code", "key"),
    [("used_up", "balance"), ("too_many_requests", "too_many_requests"), ("invalid_token", "key")],
)
@pytest.mark.settings(image_apis="xhuo,ruxa", xhuo_mode="async")
async def test_never_after_a_call_was_taken(world: LocalWorld, code: str, key: str) -> None:
    """Words that turn a call away may come later too: then the call has failed, and is made nowhere else."""
    world.api.has_tasks_call = True
    world.api.fail_tasks = xhuo_errors.ApiError(403, code, "No.")
    async with world.bot() as services:
        await comes_to_nothing(world, services, world.order(count=4), key, spent=4, lost=False)
        assert (world.api.posts, world.ruxa.posts) == (1, 0)


@pytest.mark.parametrize(
    ("model", "price"), [("nano-banana-2", 2), ("nano-banana", 1)], ids=["not-offered", "another-model"]
)
@XHUO_FIRST
async def test_nobody_else_edits_with_this_model(world: LocalWorld, model: str, price: int) -> None:
    """What was accepted is never made by another model, nor at another price."""
    world.api.faults.plan("POST", XHUO_CALL, xhuo(401, "invalid_token"))
    async with world.bot() as services:
        interaction = world.order(command="edit", model=model, count=2)
        await world.refunded(services, interaction, "key", 2 * price)
        assert (world.api.posts, world.ruxa.posts) == (1, 0)


@pytest.mark.parametrize(
    ("model", "edit_model", "price"),
    [("nano-banana-pro", "", 4), ("nano-banana", "google/nano-banana-edit", 1)],
)
@XHUO_FIRST
async def test_an_edit_that_both_can_make(world: LocalWorld, model: str, edit_model: str, price: int) -> None:
    """The other API gets the same picture to work on."""
    if edit_model:
        world.changes["ruxa_edit_model"] = edit_model
    world.api.faults.plan("POST", XHUO_CALL, xhuo(403, "used_up"))
    async with world.bot() as services:
        interaction = world.order(command="edit", model=model, count=2)
        await is_delivered(world, services, interaction, images=2, credits_=2 * price)
        assert [call.model for call in world.ruxa.calls] == 2 * [edit_model or f"google/{model}"]
        assert all(call.inputs for call in world.ruxa.calls)
        assert (world.api.posts, world.ruxa.posts) == (1, 2)
