"""What only the operator can mend at an image API: told once in their channel and in the log, with no key."""

import logging

import pytest

from bot.texts import text
from sandbox.apis.ruxa_errors import ApiError as RuxaError
from sandbox.apis.xhuo_errors import ApiError
from sandbox.faults import Fault
from tests.api_cases import RUXA_CALL, XHUO_CALL, given_up_at_once
from tests.local_world import LocalWorld


@pytest.fixture
def world(world: LocalWorld) -> LocalWorld:
    """The world, with a channel in which the bot speaks to its operator."""
    world.changes["operator_channel_id"] = world.places.lounge.id
    return world


async def told(world: LocalWorld, key: str, api: str, number: int = 1) -> None:
    """The operator has read exactly so many alerts, the last one with these words."""
    words = text(f"operator.{key}", api=api)
    await world.ada.until(world.places.lounge, lambda _: len(world.posted(world.places.lounge)) >= number)
    assert [each.content for each in world.posted(world.places.lounge)][number - 1 :] == [words]


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The errors in the log."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (ApiError(401, "token_expired", "The token has expired."), "key"),
        (ApiError(403, "disabled", "Your account is disabled."), "key"),
        (ApiError(403, "used_up", "Your balance is used up."), "balance"),
    ],
)
async def test_of_xhuoapi_the_operator_hears_once(
    world: LocalWorld, error: ApiError, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Three requests fail and one alert comes, with the reason in one line of the log."""
    world.api.faults.plan("POST", XHUO_CALL, error.fault(), times=3)
    async with world.bot():
        for _ in range(3):
            await world.reads(world.order(), f"failed.{key}")
        await told(world, key, "XHuoAPI")
        [line] = errors(caplog)
        assert error.code in line
        assert world.api.key not in caplog.text


@pytest.mark.parametrize("in_200", [False, True])
@pytest.mark.parametrize(
    ("error", "key"), [(RuxaError(401, "未授权"), "key"), (RuxaError(402, "积分不足"), "balance")]
)
@pytest.mark.settings(image_apis="ruxa")
async def test_of_ruxa_the_operator_hears_once(
    world: LocalWorld, error: RuxaError, key: str, in_200: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Four tasks that are refused together are one alert too."""
    world.ruxa.faults.plan("POST", RUXA_CALL, error.fault(in_200), times=8)
    async with world.bot():
        for _ in range(2):
            await world.reads(world.order(count=4), f"failed.{key}")
        await told(world, key, "Ruxa AI")
        [line] = errors(caplog)
        assert str(error.code) in line
        assert world.ruxa.key not in caplog.text


async def test_again_after_it_has_served_in_between(
    world: LocalWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """What was mended and breaks again is news."""
    world.api.balance = 0
    async with world.bot():
        await world.reads(world.order(), "failed.balance")
        await told(world, "balance", "XHuoAPI")
        world.api.balance = 1
        await world.answer(world.order(), "Done")
        await world.reads(world.order(), "failed.balance")
        await told(world, "balance", "XHuoAPI", number=2)
        await world.reads(world.order(), "failed.balance")
        assert len(world.posted(world.places.lounge)) == 2
        assert len(errors(caplog)) == 2


@pytest.mark.settings(image_apis="xhuo,ruxa")
async def test_the_member_has_a_picture_and_the_operator_hears_of_it(
    world: LocalWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """Fail-over hides the trouble from members; each API, and each kind of trouble, is told of once."""
    world.api.balance = 0
    async with world.bot():
        for _ in range(2):
            await world.answer(world.order(), "Done")
        await told(world, "balance", "XHuoAPI")
        world.ruxa.faults.plan("POST", RUXA_CALL, RuxaError(401, "Unauthorized").fault())
        await world.answer(world.order(), "Your credits are back.")
        await told(world, "key", "Ruxa AI", number=2)
        world.api.faults.plan("POST", XHUO_CALL, ApiError(401, "invalid_token", "No.").fault())
        await world.answer(world.order(), "Done")
        await told(world, "key", "XHuoAPI", number=3)
        assert len(errors(caplog)) == 3


@pytest.mark.settings(xhuo_mode="async")
async def test_an_account_that_is_empty_when_the_call_was_taken(world: LocalWorld) -> None:
    """The member reads that the operator was told, so the operator is told."""
    world.api.has_tasks_call = True
    world.api.fail_tasks = ApiError(403, "used_up", "Your balance is used up.")
    async with world.bot() as services:
        await world.refunded(services, world.order(), "balance", 1)
        await told(world, "balance", "XHuoAPI")


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (ApiError(400, "bad_request", "No.").fault(), "rejected"),
        (ApiError(403, "forbidden", "No.").fault(), "content"),
        (given_up_at_once(ApiError(429, "rate_limited", "No.").fault()), "too_many_requests"),
        (Fault(500), "lost"),
    ],
)
async def test_what_the_operator_need_not_mend(
    world: LocalWorld, fault: Fault, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A refused request or a bad moment is no alert."""
    world.api.faults.plan("POST", XHUO_CALL, fault)
    async with world.bot():
        await world.reads(world.order(), f"failed.{key}")
        assert world.posted(world.places.lounge) == []
        assert errors(caplog) == []


async def test_a_channel_that_is_closed_to_us(world: LocalWorld, caplog: pytest.LogCaptureFixture) -> None:
    """The log has the alert all the same, and the member's answer comes."""
    world.changes["operator_channel_id"] = world.places.announcements.id
    world.api.balance = 0
    async with world.bot() as services:
        await world.refunded(services, world.order(), "balance", 1)
        assert len(errors(caplog)) == 1


async def test_without_a_channel_the_log_has_it(world: LocalWorld, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is posted anywhere."""
    del world.changes["operator_channel_id"]
    world.api.balance = 0
    async with world.bot() as services:
        await world.refunded(services, world.order(), "balance", 1)
        assert len(errors(caplog)) == 1
        assert world.posted(world.places.lounge) == []


@pytest.mark.settings(image_apis="xhuo,ruxa")
async def test_a_key_that_an_api_repeats_stands_nowhere(world: LocalWorld) -> None:
    """Some put the key into their message: neither a member, nor the operator, nor the log shows it."""
    keys = (world.api.key, world.ruxa.key)
    faulty = ApiError(401, "invalid_token", f"Bearer {world.api.key} is no valid token.")
    world.api.faults.plan("POST", XHUO_CALL, faulty.fault())
    world.ruxa.faults.plan("POST", RUXA_CALL, RuxaError(401, f"Unauthorized: {world.ruxa.key}").fault())
    async with world.bot_process():
        await world.reads(world.order(), "failed.key")
        await world.ada.until(world.places.lounge, lambda _: len(world.posted(world.places.lounge)) == 2)
    log = (world.folder / "bot.log").read_text("utf-8")
    assert "[hidden] is no valid token" in log
    messages = [each for channel in world.discord.state.messages.values() for each in channel.values()]
    for words in (log, *(f"{each.content} {each.components}" for each in messages)):
        assert not any(key in words for key in keys)
