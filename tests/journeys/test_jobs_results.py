"""Results that are fetched with `/jobs`: once more, or because they could not be posted."""

import logging
import time

import pytest

from bot.client import Services
from bot.services.housekeeping import COMING
from bot.services.spool import KEPT_FOR, Spool
from bot.texts import text
from sandbox.faults import Fault
from tests.api_cases import XHUO_CALL
from tests.housekeepers import housekeeper
from tests.journeys.panels import entries, jobs_of, labels, reads, shown
from tests.journeys.restarts import SEND, call_back, change, until
from tests.local_world import LocalWorld, billed, booked, ended, refusal

ANSWER = "/api/v10/webhooks/*"
REFUSE = "CREATE TRIGGER no BEFORE UPDATE ON jobs WHEN NEW.state = '{}' BEGIN SELECT RAISE(ABORT, 'no'); END"
TRIED_AGAIN = "after StorageError('no')"
GET_IT, AGAIN = text("button.deliver"), text("button.deliver_again")


async def held(world: LocalWorld, *, count: int = 1, private: bool = False) -> None:
    """A result that has no place: neither the channel nor the answer takes it, only its words."""
    world.api.seconds = 0.5
    interaction = world.order("a kite", count=count, private=private)
    await world.answer(interaction, "Making")
    if not private:
        world.discord.faults.plan("POST", SEND, refusal(403, 50013))
    no_pictures_in_the_answer(world)
    await world.reads(interaction, "held.undeliverable")


def no_pictures_in_the_answer(world: LocalWorld) -> None:
    """Neither the answer itself nor a message beside it takes the next result."""
    for method in ("PATCH", "POST"):
        world.discord.faults.plan(method, ANSWER, refusal(403, 50013))


async def tidied_a_day_later(world: LocalWorld, services: Services) -> None:
    """What the bot does by itself, as if it were tomorrow."""
    change(world, f"UPDATE jobs SET ready_at = ready_at - {KEPT_FOR + COMING + 60}")
    spool = Spool(world.folder / "spool")
    await housekeeper(services.store, spool, lambda: time.time() + KEPT_FOR + 60).purge_pictures()
    await housekeeper(services.store, spool, time.time).give_back_held()


@pytest.mark.parametrize("private", [False, True])
async def test_shown_again(world: LocalWorld, private: bool) -> None:
    """A result comes once more, to its member alone, as often as they like, and costs nothing more."""
    async with world.bot() as services:
        await world.answer(world.order("a *red* fox", count=2, private=private), "18 credits left")
        posted = len(world.posted(world.images))
        message = await jobs_of(world, world.ada, world.places.lounge)
        for _ in range(2):
            again = await shown(world.ada, world.ada.press(message, AGAIN), 2)
            assert "AI-generated" in again.content
            assert text("result.only_you") not in again.content
        assert len(world.posted(world.images)) == posted == (0 if private else 1)
        assert world.posted(world.places.lounge) == []
        assert await booked(services.store) == {"reserve": 2, "settle": 2}
        assert world.api.posts == 1


@pytest.mark.parametrize("private", [False, True])
async def test_what_could_not_be_posted_is_paid_when_it_is_fetched(world: LocalWorld, private: bool) -> None:
    """Until then it is only reserved; then it is settled, and may be seen again."""
    async with world.bot() as services:
        await held(world, count=2, private=private)
        assert await booked(services.store) == {"reserve": 2}
        message = await jobs_of(world, world.ada)
        [line] = entries(message)
        assert line.startswith("**📥 Waits for you until <t:")
        assert " · 2 credits · " in line
        assert line.endswith(text("held.undeliverable"))
        pressed = world.ada.press(message, GET_IT)
        await shown(world.ada, pressed, 2)
        await world.answer(pressed, "18 credits left")
        assert await booked(services.store) == {"reserve": 2, "settle": 2}
        world.ada.press(message, text("button.refresh"))
        await reads(world.ada, message, "**✅ Done** · nano-banana · 1K · 1:1 · 2 credits")
        assert AGAIN in labels(message)
        await shown(world.ada, world.ada.press(message, AGAIN), 2)
        assert await booked(services.store) == {"reserve": 2, "settle": 2}
        assert [each for each in world.posted(world.images) if each.attachments] == []


async def test_pressed_twice_before_the_first_is_answered(world: LocalWorld) -> None:
    """Both presses show the picture, and it is paid once."""
    async with world.bot() as services:
        await held(world)
        message = await jobs_of(world, world.ada)
        world.discord.faults.plan("PATCH", ANSWER, Fault(delay=0.3), times=2)
        first, second = world.ada.press(message, GET_IT), world.ada.press(message, GET_IT)
        await ended(services.store)
        for pressed in (first, second):
            answer = await shown(world.ada, pressed)
            await world.answer(pressed, "AI-generated")
            assert "went wrong" not in answer.content
        await until(lambda: world.discord.faults.count("PATCH", ANSWER) >= 4)
        assert all(
            "AI-generated" in each.content
            for each in world.ada.sees(world.images)
            if each.interaction in {first, second}
        )
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


async def test_a_database_that_fails_after_it_was_shown(
    world: LocalWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """What the member sees is paid as soon as that can be written, and they read no error."""
    caplog.set_level(logging.INFO, "bot.logs")
    async with world.bot() as services:
        await held(world)
        message = await jobs_of(world, world.ada)
        change(world, REFUSE.format("delivered"))
        pressed = world.ada.press(message, GET_IT)
        await shown(world.ada, pressed)
        await until(lambda: TRIED_AGAIN in caplog.text)
        change(world, "DROP TRIGGER no")
        answer = await world.answer(pressed, "19 credits left")
        assert "AI-generated" in answer.content
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


async def test_what_discord_finds_explicit_when_it_is_fetched(
    world: LocalWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """It is charged once, however often it was asked for, and although the database fails at first."""
    caplog.set_level(logging.INFO, "bot.logs")
    async with world.bot() as services:
        await held(world)
        message = await jobs_of(world, world.ada)
        explicit = Fault(400, delay=0.3, json={"code": 20009, "message": "planned by a test"})
        world.discord.faults.plan("PATCH", ANSWER, explicit, times=2)
        change(world, REFUSE.format("failed"))
        presses = [world.ada.press(message, GET_IT) for _ in range(2)]
        await until(lambda: caplog.text.count(TRIED_AGAIN) >= 2)
        change(world, "DROP TRIGGER no")
        for pressed in presses:
            await world.reads(pressed, "failed.explicit")
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


async def test_what_was_held_survives_a_restart(world: LocalWorld) -> None:
    """The next bot keeps it for its member."""
    async with world.bot():
        await held(world, private=True)
    async with world.bot() as services:
        message = await jobs_of(world, world.ada)
        await shown(world.ada, world.ada.press(message, GET_IT))
        await ended(services.store)
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


async def test_a_day_later_the_pictures_are_gone(world: LocalWorld) -> None:
    """The button is no longer offered; whoever still has it reads why, and nothing is spent."""
    async with world.bot() as services:
        await world.answer(world.order(), "Done")
        old = await jobs_of(world, world.ada)
        await tidied_a_day_later(world, services)
        assert AGAIN not in labels(await jobs_of(world, world.ada))
        await world.reads(world.ada.press(old, AGAIN), "refused.result_gone")
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


async def test_a_day_later_what_nobody_came_for_is_refunded(world: LocalWorld) -> None:
    """The credits are back, and the list says why; an old button cannot spend them again."""
    async with world.bot() as services:
        await held(world, count=2)
        old = await jobs_of(world, world.ada)
        await tidied_a_day_later(world, services)
        assert await booked(services.store) == {"reserve": 2, "refund": 2}
        assert await billed(services.store) == 2
        [line] = entries(await jobs_of(world, world.ada))
        assert line.startswith("**❌ Not made** · nano-banana · 1K · 1:1 · 0 credits")
        assert line.endswith(text("failed.not_collected"))
        await world.reads(world.ada.press(old, GET_IT), "refused.result_gone")
        assert await booked(services.store) == {"reserve": 2, "refund": 2}


async def test_the_minutes_after_its_day(world: LocalWorld) -> None:
    """Before the credits are back nobody can get it any more, and no moment is named that is over."""
    async with world.bot() as services:
        await held(world)
        old = await jobs_of(world, world.ada)
        change(world, f"UPDATE jobs SET ready_at = ready_at - {KEPT_FOR + 60}")
        await world.reads(world.ada.press(old, GET_IT), "refused.result_gone")
        assert await booked(services.store) == {"reserve": 1}
        message = await jobs_of(world, world.ada)
        [line] = entries(message)
        assert line.startswith(f"**{text('jobs.not_collected')}** · nano-banana")
        assert line.endswith("\n> a kite")
        assert GET_IT not in labels(message)


async def test_a_day_later_what_its_member_is_just_being_shown_is_theirs(world: LocalWorld) -> None:
    """Who has pressed at the last moment gets it and pays for it, however long it takes to show."""
    async with world.bot() as services:
        await held(world)
        message = await jobs_of(world, world.ada)
        before = world.discord.faults.count("PATCH", ANSWER)
        world.discord.faults.plan("PATCH", ANSWER, Fault(delay=0.3))
        pressed = world.ada.press(message, GET_IT)
        await world.discord.faults.until_seen("PATCH", ANSWER, before + 1)
        change(world, f"UPDATE jobs SET ready_at = ready_at - {KEPT_FOR + 60}")
        await housekeeper(services.store, Spool(world.folder / "spool"), time.time).give_back_held()
        await world.answer(pressed, "19 credits left")
        await shown(world.ada, pressed)
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


async def test_a_late_result_that_is_held_is_free(world: LocalWorld) -> None:
    """Its credits are back already: the list does not name a price, and fetching it costs nothing."""
    world.changes |= {"public": True, "xhuo_mode": "callback", "poll_seconds": 30}
    world.api.callbacks.times = 0
    world.api.faults.plan("POST", XHUO_CALL, Fault(reset="after"))
    async with world.bot() as services:
        interaction = world.order(private=True)
        await world.reads(interaction, "failed.lost")
        await until(lambda: bool(world.api.calls))
        no_pictures_in_the_answer(world)
        await call_back(world.api, world.api.calls[0].task_id)
        await world.reads(interaction, "held.late")
        message = await jobs_of(world, world.ada)
        [line] = entries(message)
        assert " · free · " in line
        await shown(world.ada, world.ada.press(message, GET_IT))
        await ended(services.store)
        assert await booked(services.store) == {"reserve": 1, "refund": 1}
        world.ada.press(message, text("button.refresh"))
        await reads(world.ada, message, "**✅ Done** · nano-banana · 1K · 1:1 · free")
