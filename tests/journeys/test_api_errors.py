"""Words without a code, lost answers, an API that is busy: what is asked again, and how often."""

import time
from email.utils import formatdate

import pytest

from bot.texts import text
from sandbox.apis.xhuo_errors import ApiError
from sandbox.faults import Fault
from tests.api_cases import XHUO_CALL
from tests.local_world import LocalWorld, booked


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (ApiError(401, "", "The token is invalid."), "key"),
        (ApiError(403, "", "Your balance is used up."), "balance"),
        (ApiError(403, "", "Your account is disabled."), "rejected"),
        (ApiError(500, "", "Internal server error."), "lost"),
    ],
)
async def test_an_error_as_a_bare_string(world: LocalWorld, error: ApiError, key: str) -> None:
    """Without a code, status and words must do."""
    world.api.faults.plan("POST", XHUO_CALL, error.fault("bare_string"))
    async with world.bot() as services:
        await world.refunded(services, world.order(), key, 1)


@pytest.mark.parametrize(
    ("code", "key"), [("used_up", "balance"), ("disabled", "key"), ("api_error", "lost")]
)
async def test_an_error_under_200(world: LocalWorld, code: str, key: str) -> None:
    """`success: false` counts, whatever the status says."""
    body = ApiError(200, code, "No.").body("r")
    world.api.faults.plan("POST", XHUO_CALL, Fault(200, json=body))
    async with world.bot() as services:
        await world.refunded(services, world.order(), key, 1)


@pytest.mark.parametrize("count", [1, 4])
async def test_a_lost_picture_can_be_asked_for_again(world: LocalWorld, count: int) -> None:
    """Only its member decides to pay for a second call, with the button below the bad news."""
    world.api.faults.plan("POST", XHUO_CALL, Fault(500))
    async with world.bot() as services:
        answer = await world.refunded(services, world.order(count=count), "lost", count)
        assert world.api.posts == 1
        await world.answer(world.ada.press(answer, text("button.try_again", n=count)), "Done")
        assert world.api.posts == 2
        assert await booked(services.store) == {"reserve": 2 * count, "refund": count, "settle": count}


@pytest.mark.parametrize(("code", "form"), [("too_many_requests", "seconds"), ("rate_limited", "date")])
async def test_a_busy_api_is_asked_again_after_its_pause(world: LocalWorld, code: str, form: str) -> None:
    """Retry-After is obeyed, as seconds and as a date."""
    body = ApiError(429, code, "Slow down.").body("r")
    async with world.bot() as services:
        pause = "1" if form == "seconds" else formatdate(time.time() + 3, usegmt=True)
        world.api.faults.plan("POST", XHUO_CALL, Fault(429, json=body, headers={"Retry-After": pause}))
        await world.answer(world.order(count=4), "Done")
        first, second = (seen.at for seen in world.api.faults.seen if seen.method == "POST")
        assert second - first >= 1
        assert await booked(services.store) == {"reserve": 4, "settle": 4}


async def test_a_busy_api_that_names_no_pause(world: LocalWorld) -> None:
    """Then a pause of our own comes before the next try."""
    busy = ApiError(429, "rate_limited", "Slow down.").fault("without_success")
    world.api.faults.plan("POST", XHUO_CALL, busy)
    async with world.bot():
        await world.answer(world.order(command="edit"), "Done")
        assert world.api.posts == 2


@pytest.mark.parametrize(("pause", "posts"), [("0", 6), ("121", 1)])
async def test_an_api_that_stays_busy(world: LocalWorld, pause: str, posts: int) -> None:
    """After six tries, or when it asks for too long a pause, the credits go back."""
    body = ApiError(429, "rate_limited", "Slow down.").body("r")
    world.api.faults.plan("POST", XHUO_CALL, Fault(429, json=body, headers={"Retry-After": pause}), times=6)
    async with world.bot() as services:
        await world.refunded(services, world.order(), "too_many_requests", 1)
        assert world.api.posts == posts
