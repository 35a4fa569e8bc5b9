"""The log channel: nothing is lost where it moves, nor while Discord is in trouble."""

import pytest

from bot import server_log
from bot.texts import text
from sandbox.discord.troubles import BAD_DAYS, REFUSED
from tests.journeys.moderating import changed, in_log, logged, menu_id, quota, set_log_channel, shown
from tests.journeys.restarts import change, look, until
from tests.local_world import LocalWorld, refusal


def told(world: LocalWorld) -> list[object]:
    """Which of the steps to the ceiling count as told, the lowest first."""
    return [value for (value,) in look(world, "SELECT told FROM ceiling_notices ORDER BY percent")]


async def test_who_takes_the_log_elsewhere_is_seen_where_it_was(world: LocalWorld) -> None:
    """The last line in the former channel says who and where to; where nothing moves it is said once."""
    lounge, images = world.places.lounge, world.images
    async with world.bot():
        await set_log_channel(world, lounge)
        first = f"log channel <#{lounge.id}>"
        await in_log(world, lounge, first)
        await set_log_channel(world, images)
        moved = f"<@{world.places.grace.id}> changed the settings: log channel <#{images.id}>"
        for channel in (lounge, images):
            await in_log(world, channel, moved)
        panel = await shown(world, "settings")
        await changed(world.grace, panel, menu_id(panel, "except"))
        await in_log(world, images, "except in some channels")
        panel = await shown(world, "settings")
        await changed(world.grace, panel, menu_id(panel, "log"))
        await in_log(world, images, "log channel none")
        assert [first in line for line in logged(world, lounge)] == [True, False]
        assert len(logged(world, images)) == 3


async def test_a_change_whose_answer_is_put_away(world: LocalWorld) -> None:
    """It is done, and said so beside it and in the log channel, whichever way it was changed."""
    edit = "/api/v10/webhooks/*/*/messages/@original"
    async with world.bot():
        log = await set_log_channel(world)
        gone, faults = refusal(404, 10008), world.discord.faults
        faults.plan("PATCH", edit, gone)
        await world.answer(quota(world, "default", amount=3), "✅", world.grace)
        await in_log(world, log, "what everybody else may spend: 3 credits a day")
        question = await shown(world, "reset")
        faults.plan("PATCH", edit, gone)
        await world.answer(world.grace.press(question, text("button.reset_all")), "✅", world.grace)
        await in_log(world, log, "started everybody's period anew")
        panel = await shown(world, "settings")
        faults.plan("PATCH", edit, gone)
        await world.answer(world.grace.press(panel, menu_id(panel, "except")), "✅", world.grace)
        await in_log(world, log, "except in some channels")


@pytest.mark.settings(server_ceiling="10/day")
async def test_a_notice_counts_as_told_once_nothing_more_can_come_of_it(
    world: LocalWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where Discord is in trouble it comes later, once; where nobody can read it, it never comes late."""
    monkeypatch.setattr(server_log, "PATIENCE", 0.001)
    async with world.bot():
        log = await set_log_channel(world)
        await in_log(world, log, "changed the settings")
        posts, faults = f"/api/v10/channels/{log.id}/messages", world.discord.faults
        faults.plan("POST", posts, BAD_DAYS["429-without-via"], times=100)
        await world.answer(world.order(count=4), "Done")
        await world.answer(world.order(), "Done")
        await until(lambda: "takes nothing" in caplog.text)
        assert told(world) == [0]
        faults.clear()
        await world.answer(world.order(), "Done")
        await in_log(world, log, "50 % of this server's 10 credits")
        await until(lambda: told(world) == [1])

        faults.plan("POST", posts, REFUSED["50013"])
        await world.answer(world.order(count=2), "Done")
        await until(lambda: told(world) == [1, 1])
        panel = await shown(world, "settings")
        await changed(world.grace, panel, menu_id(panel, "log"))
        await in_log(world, log, "log channel none")
        await world.answer(world.order(), "Done")
        await world.answer(world.order(), "Done")
        await until(lambda: told(world) == [1, 1, 1])
        await set_log_channel(world, log)
        await until(lambda: len(logged(world, log)) == 4)
        assert ["credits" in line for line in logged(world, log)] == [False, True, False, False]


@pytest.mark.settings(server_ceiling="10/day")
async def test_a_database_that_fails_ends_no_notices(
    world: LocalWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be noted as told is tried again with the next request, and stands there once."""
    refuse = "BEFORE UPDATE ON ceiling_notices BEGIN SELECT RAISE(ABORT, 'no'); END"
    async with world.bot():
        log = await set_log_channel(world)
        change(world, f"CREATE TRIGGER no {refuse}")
        await world.answer(world.order(count=4), "Done")
        await world.answer(world.order(), "Done")
        await in_log(world, log, "50 % of this server's 10 credits")
        await until(lambda: "cannot be looked at" in caplog.text)
        assert told(world) == [0]
        change(world, "DROP TRIGGER no")
        await world.answer(world.order(), "Done")
        await until(lambda: told(world) == [1])
        assert ["50 %" in line for line in logged(world, log)].count(True) == 1
