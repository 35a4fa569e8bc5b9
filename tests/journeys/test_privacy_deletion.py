"""`/privacy delete`: asked first, done by a button, and no way to fresh credits."""

import asyncio
from pathlib import Path

import pytest

from bot.buttons import FORGET
from bot.services.accounts import BOT
from bot.texts import text
from sandbox.discord.components import flat
from sandbox.discord.model import Channel, Interaction, Message
from sandbox.discord.people import Person
from sandbox.faults import Fault
from storage.records import JobState
from tests.api_cases import XHUO_CALL
from tests.journeys.callers import XHUO, silent
from tests.journeys.exports import exported
from tests.journeys.panels import entries, jobs_of, labels, panel, reads, words
from tests.journeys.restarts import SEND, call_back, change, look, until
from tests.local_world import LocalWorld, booked, ended, in_state, refusal, upload

INPUTS = "/ephemeral-attachments/*"
YES = text("button.forget")
DELETED = text("privacy.deleted")


async def asked(person: Person, channel: Channel) -> Message:
    """The question, with its button."""
    message = await panel(person.slash(channel, "privacy delete"))
    assert text("privacy.consequences") in words(message)
    assert labels(message) == [YES]
    return message


async def delete(world: LocalWorld, person: Person | None = None, channel: Channel | None = None) -> None:
    """Ask, press, and read that it is done."""
    person = person or world.ada
    message = await asked(person, channel or world.images)
    person.press(message, YES)
    await reads(person, message, DELETED)
    assert labels(message) == []


async def said(person: Person, interaction: Interaction, key: str) -> None:
    """The press is refused in these words, and the question stays as it was."""
    told = await person.until(interaction.channel, lambda each: each.content == text(f"refused.{key}"))
    assert told.ephemeral_for is person.user


def files(world: LocalWorld) -> list[Path]:
    """All pictures on disk."""
    return [path for path in (world.folder / "spool").glob("*/*") if path.is_file()]


@pytest.mark.parametrize("place", ["images", "dm", "sketches"])
async def test_everything_goes_but_the_amounts(world: LocalWorld, place: str) -> None:
    """In a server, in direct messages, and where the app is carried to."""
    channel = world.ada.dm() if place == "dm" else getattr(world.places, place)
    async with world.bot() as services:
        await world.ada.slash(channel, "defaults", private=True, model="nano-banana").answered()
        order = world.ada.slash(channel, "edit", prompt="my secret wish", image1=upload())
        await world.answer(order, "AI-generated")
        assert await asyncio.to_thread(files, world)
        await delete(world, channel=channel)
        assert await asyncio.to_thread(files, world) == []
        found = await exported(world, channel=channel)
        assert found["requests"] == []
        assert found["defaults"]["private"] is False
        assert entries(await jobs_of(world, world.ada, channel)) == [text("jobs.none")]
        assert await booked(services.store) == {"reserve": 1, "settle": 1}
    traces = ("my secret wish", str(world.ada.user.id), str(order.id), order.token)
    data = b"".join(path.read_bytes() for path in world.folder.glob("bot.sqlite3*"))
    assert [trace for trace in traces if trace.encode() in data] == []


async def test_asking_alone_deletes_nothing(world: LocalWorld) -> None:
    """Who does not press keeps everything."""
    async with world.bot():
        await world.answer(world.order("my boat"), "Done")
        await asked(world.ada, world.images)
        assert (await exported(world))["requests"][0]["prompt"] == "my boat"


async def test_the_button_lasts(world: LocalWorld) -> None:
    """It works after a restart, and again."""
    async with world.bot():
        await world.answer(world.order("my boat"), "Done")
        question = await asked(world.ada, world.images)
    async with world.bot():
        world.ada.press(question, YES)
        await reads(world.ada, question, DELETED)
        await delete(world)


async def test_nobody_deletes_somebody_else(world: LocalWorld) -> None:
    """A forged button names Linus, and Ada presses it."""
    async with world.bot():
        theirs = world.linus.slash(world.images, "generate", prompt="their boat")
        await world.answer(theirs, "Done")
        await world.answer(world.order("my boat"), "Done")
        question = await asked(world.ada, world.images)
        [button] = [each for each in flat(question.components) if each["type"] == 2]
        button["custom_id"] = f"{FORGET}:{world.linus.user.id}"
        await said(world.ada, world.ada.press(question, YES), "not_yours_to_delete")
        assert len((await exported(world))["requests"]) == 1
        await delete(world)
        assert (await exported(world, world.linus))["requests"][0]["prompt"] == "their boat"


async def test_spent_credits_do_not_come_back(world: LocalWorld) -> None:
    """In the same period what was spent still counts, also after a restart; each account for itself."""
    async with world.bot():
        await world.answer(world.order(count=4, model="nano-banana-2"), "12 credits left")
        await delete(world)
        assert "12 credits left" in words(await panel(world.ada.slash(world.images, "usage")))
        await world.answer(world.order(count=2, model="nano-banana-2"), "8 credits left")
    async with world.bot() as services:
        await delete(world)
        too_much = world.order(count=3, model="nano-banana-pro")
        await world.answer(too_much, "This costs 12 credits and you have 8 left")
        await world.answer(world.order(count=2, model="nano-banana-pro"), "0 credits left")
        await delete(world)
        await world.answer(world.order(), "you have 0 left")
        there = world.ada.slash(world.ada.dm(), "generate", prompt="a boat")
        await world.answer(there, "4 credits left")
        theirs = world.linus.slash(world.images, "generate", prompt="a boat")
        await world.answer(theirs, "19 credits left")
        bot = sum(line.credits for line in await services.store.ledger() if line.holder == BOT)
        assert bot == 2 * (8 + 4 + 8 + 1 + 1)
        await booked(services.store)


async def test_when_the_period_is_over_nothing_links_to_it(world: LocalWorld) -> None:
    """The next allowance is the member's own again, and housekeeping forgets who stood behind the last."""
    async with world.bot():
        await world.answer(world.order(count=4), "16 credits left")
        await delete(world)
        assert len(look(world, "SELECT tag FROM stand_ins")) == 1
    yesterday = "period_start = period_start - 86400, period_end = period_end - 86400"
    change(world, f"UPDATE budgets SET {yesterday}")
    change(world, "UPDATE stand_ins SET until = until - 400 * 86400")  # until all periods begin at once
    async with world.bot():
        await until(lambda: look(world, "SELECT tag FROM stand_ins") == [])
        await world.answer(world.order(), "19 credits left")
        own = f"SELECT id FROM budgets WHERE holder LIKE '%:{world.ada.user.id}'"
        assert len(look(world, own)) == 1


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_refused_while_something_runs_or_waits(world: LocalWorld) -> None:
    """And once it has been cancelled or has come, the same button does it."""
    world.api.seconds = 1.5
    async with world.bot() as services:
        question = await asked(world.ada, world.images)
        first = world.order("first")
        await world.api.faults.until_seen("POST", XHUO_CALL)
        second = world.order("second")
        await world.answer(second, "In line")
        await said(world.ada, world.ada.press(question, YES), "delete_running")
        assert len((await exported(world))["requests"]) == 2
        await world.answer(first, "Done")
        await world.answer(second, "Done")
        world.ada.press(question, YES)
        await reads(world.ada, question, DELETED)
        assert await services.store.recent(world.ada.user.id, skip=0, limit=9) == []


async def test_refused_while_a_request_is_being_taken_in(world: LocalWorld) -> None:
    """Its picture is still being fetched, and no job is written yet: it would come after the deletion."""
    world.discord.faults.plan("GET", INPUTS, Fault(delay=1))
    async with world.bot() as services:
        question = await asked(world.ada, world.images)
        order = world.order(command="edit")
        await world.discord.faults.until_seen("GET", INPUTS)
        await said(world.ada, world.ada.press(question, YES), "delete_running")
        await world.answer(order, "19 credits left")
        [job] = await ended(services.store)
        assert job.user_id == world.ada.user.id


async def test_refused_while_a_result_waits_for_its_member(world: LocalWorld) -> None:
    """It is paid when they come for it, and given back if they do not: so it comes first."""
    world.api.seconds = 0.5
    async with world.bot() as services:
        await world.answer(world.order(), "Making")
        world.discord.faults.plan("POST", SEND, refusal(403, 50013))
        for method in ("PATCH", "POST"):
            world.discord.faults.plan(method, "/api/v10/webhooks/*", refusal(403, 50013))
        await in_state(services.store, JobState.HELD)
        question = await asked(world.ada, world.images)
        await said(world.ada, world.ada.press(question, YES), "delete_running")
        listed = await jobs_of(world, world.ada)
        world.ada.press(listed, text("button.deliver"))
        await ended(services.store)
        world.ada.press(question, YES)
        await reads(world.ada, question, DELETED)


async def test_a_late_picture_finds_nobody(world: LocalWorld) -> None:
    """What was lost before comes after the deletion: it is posted nowhere, and stays counted as billed."""
    api = silent(world, XHUO)
    api.faults.plan("POST", api.paid_path, Fault(reset="after"))
    async with world.bot() as services:
        lost = world.order("a lost boat")
        await world.reads(lost, "failed.lost")
        await until(lambda: api.billed == 1)
        await delete(world)
        for call in api.calls:
            await call_back(api, call.task_id)
        assert world.posted(world.images) == []
        [job] = await ended(services.store)
        assert (job.state, job.perhaps_billed, job.user_id < 0) == (JobState.FAILED, 1, True)


async def test_an_old_button_of_a_deleted_request_does_nothing(world: LocalWorld) -> None:
    """The one below a failure, to try again: nobody knows the words any more."""
    world.api.faults.plan("POST", XHUO_CALL, Fault(500, json={}))
    async with world.bot() as services:
        failed = world.order("a lost boat")
        answer = await world.reads(failed, "failed.lost")
        await delete(world)
        pressed = world.ada.press(answer, text("button.try_again", n=1))
        await said(world.ada, pressed, "words_gone")
        assert len(await services.store.in_states(JobState)) == 1


async def test_pressed_twice_and_asked_meanwhile(world: LocalWorld) -> None:
    """Whatever comes first: each press is answered, and no request gets more than the allowance."""
    async with world.bot() as services:
        await world.answer(world.order(count=4, model="nano-banana-pro"), "4 credits left")
        questions = [await asked(world.ada, world.images) for _ in range(3)]
        for question in questions:
            world.ada.press(question, YES)
            world.order(count=1, model="nano-banana-pro")
        await until(lambda: len(look(world, "SELECT id FROM jobs WHERE ended_at IS NOT NULL")) >= 1)
        await until(lambda: not look(world, "SELECT id FROM jobs WHERE ended_at IS NULL"))
        spent = look(world, "SELECT sum(spent) FROM budgets WHERE NOT of_operator")
        assert spent in ([(16,)], [(20,)])
        await booked(services.store)
