"""`/jobs`: what became of a member's requests, for that member alone."""

import pytest

from bot.buttons import CANCEL_LISTED, DELIVER
from bot.texts import text
from sandbox.faults import Fault
from storage.records import JobState
from tests.api_cases import XHUO_CALL
from tests.journeys.panels import entries, forge, jobs_of, labels, reads, shown, words
from tests.journeys.restarts import change, everything
from tests.local_world import LocalWorld, booked, ended

AGAIN, CANCEL = text("button.deliver_again"), text("button.cancel")


async def test_nothing_yet(world: LocalWorld) -> None:
    """Who has asked for nothing reads how to begin."""
    async with world.bot():
        message = await jobs_of(world, world.ada)
        assert text("jobs.none") in words(message)
        assert labels(message) == []


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_each_state_has_its_line(world: LocalWorld) -> None:
    """State, model, size, price, time, prompt and reason; the newest first, and nobody else's."""
    lost = Fault(500, json={"error": {"code": "api_error", "message": "Oh."}})
    world.api.faults.plan("POST", XHUO_CALL, lost)
    async with world.bot():
        await world.reads(world.order("a lost boat"), "failed.lost")
        await world.reads(world.order("a forbidden boat"), "failed.content")
        await world.answer(world.order("a secret", private=True), "AI-generated")
        await world.answer(world.order("a pair", count=2, model="nano-banana-2"), "Done")
        world.api.seconds = 2
        making = world.order("a castle", aspect_ratio="16:9")
        await world.api.faults.until_seen("POST", XHUO_CALL, count=5)
        await world.answer(world.order("a queue", count=3), "In line")
        message = await jobs_of(world, world.ada)
        listed = entries(message)
        beginnings = [line.split(" · <t:")[0] for line in listed]
        link = f"https://discord.com/channels/{world.places.hq.id}/{world.images.id}/"
        link += str(world.posted(world.images)[0].id)
        assert beginnings == [
            "**⏳ Waiting** · nano-banana · 1K · 1:1 · 3 credits",
            "**🎨 Being made** · nano-banana · 1K · 16:9 · 1 credit",
            f"**✅ [Done]({link})** · nano-banana-2 · 1K · 1:1 · 4 credits",
            "**✅ Done** · nano-banana · 1K · 1:1 · 1 credit",
            "**❌ Not made** · nano-banana · 1K · 1:1 · 0 credits",
            "**❌ Lost** · nano-banana · 1K · 1:1 · 0 credits",
        ]
        assert [line.split("\n")[1] for line in listed] == [
            "> a queue", "> a castle", "> a pair", "> a secret", "> a forbidden boat", "> a lost boat"
        ]  # fmt: skip
        assert listed[4].endswith(f"\n-# {text('failed.content')}")
        assert listed[5].endswith(f"\n-# {text('failed.lost')}")
        assert labels(message) == [CANCEL, AGAIN, AGAIN, text("button.refresh")]
        assert text("jobs.none") in words(await jobs_of(world, world.linus))
        await world.answer(making, "Done")


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_cancelled_in_the_list(world: LocalWorld) -> None:
    """The line says so at once, the credits are back, the API never hears of it."""
    world.api.seconds = 1.5
    async with world.bot() as services:
        first = world.order("first")
        await world.api.faults.until_seen("POST", XHUO_CALL)
        second = world.order("second", count=4)
        await world.answer(second, "In line")
        message = await jobs_of(world, world.ada)
        world.ada.press(message, CANCEL)
        await reads(world.ada, message, "🚫 Cancelled** · nano-banana · 1K · 1:1 · 0 credits")
        assert CANCEL not in labels(message)
        await world.answer(first, "Done")
        assert await booked(services.store) == {"reserve": 5, "settle": 1, "refund": 4}
        assert world.api.posts == 1


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_what_is_cancelled_in_the_list_no_longer_waits_in_its_own_message(world: LocalWorld) -> None:
    """The member's other answer does not go on saying that the job is in line."""
    world.api.seconds = 1.5
    async with world.bot():
        first = world.order("first")
        await world.api.faults.until_seen("POST", XHUO_CALL)
        second = world.order("second")
        await world.answer(second, "In line")
        world.ada.press(await jobs_of(world, world.ada), CANCEL)
        assert (await world.answer(second, text("progress.cancelled"))).components == []
        await world.answer(first, "Done")


async def test_too_late_to_cancel_in_an_old_list(world: LocalWorld) -> None:
    """The job goes on, and the list stays as it was."""
    world.api.faults.plan("POST", XHUO_CALL, Fault(429, headers={"Retry-After": "0"}))
    world.api.seconds = 0.5
    async with world.bot() as services:
        interaction = world.order()
        await world.answer(interaction, "Making")
        message = await jobs_of(world, world.ada)
        [job] = await services.store.in_states(JobState)
        world.ada.press(message, forge(message, CANCEL_LISTED, job.id))
        told = await world.ada.until(
            world.images, lambda each: each.content == text("refused.too_late_to_cancel")
        )
        assert told.ephemeral_for is world.places.ada
        await world.answer(interaction, "19 credits left")


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_the_jobs_of_others_are_out_of_reach(world: LocalWorld) -> None:
    """A forged button neither cancels what waits nor shows what is done."""
    async with world.bot() as services:
        await world.answer(world.order("a secret", private=True), "AI-generated")
        [done] = await ended(services.store)
        world.api.seconds = 1
        first = world.order("first")
        await world.api.faults.until_seen("POST", XHUO_CALL, count=2)
        second = world.order("second")
        await world.answer(second, "In line")
        [waiting] = await services.store.in_states([JobState.ACCEPTED])
        await world.answer(world.linus.slash(world.images, "generate", prompt="mine"), "In line", world.linus)
        message = await jobs_of(world, world.linus)
        before = everything(world)
        world.linus.press(message, forge(message, CANCEL_LISTED, waiting.id))
        await world.linus.until(
            world.images, lambda each: each.content == text("refused.not_yours_to_cancel")
        )
        for job_id in (done.id, "0123456789abcdef"):
            pressed = world.linus.press(message, forge(message, DELIVER, job_id))
            refused = await world.answer(pressed, "Nothing was spent.", world.linus)
            assert refused.content in {text("refused.request_gone"), text("refused.result_gone")}
            assert refused.attachments == []
        assert everything(world)["ledger"] == before["ledger"]
        assert not [each for each in world.linus.sees(world.images) if "a secret" in each.content]
        await world.answer(first, "Done")
        await world.answer(second, "Done")


async def test_pages(world: LocalWorld) -> None:
    """Six at a time, the newest first, there and back."""
    newer, older = text("button.newer"), text("button.older")
    async with world.bot() as services:
        for number in range(13):
            await world.answer(world.order(f"boat {number}"), "Done")
        await ended(services.store, 13)
        message = await jobs_of(world, world.ada)

        def prompts() -> list[str]:
            return [line.split("> ")[1] for line in entries(message)]

        assert prompts() == [f"boat {number}" for number in range(12, 6, -1)]
        assert labels(message)[6:] == [text("button.refresh"), older]
        world.ada.press(message, older)
        await reads(world.ada, message, "> boat 6")
        assert prompts() == [f"boat {number}" for number in range(6, 0, -1)]
        assert labels(message)[6:] == [newer, text("button.refresh"), older]
        world.ada.press(message, older)
        await reads(world.ada, message, "> boat 0")
        assert prompts() == ["boat 0"]
        assert labels(message)[1:] == [newer, text("button.refresh")]
        world.ada.press(message, newer)
        await reads(world.ada, message, "> boat 6")


async def test_what_a_restart_cut_off(world: LocalWorld) -> None:
    """The list of the next bot says what became of it, and why."""
    world.api.faults.plan("POST", XHUO_CALL, Fault(hang=True))
    async with world.bot_process() as bot:
        interaction = world.order("a castle", count=2)
        await world.api.faults.until_seen("POST", XHUO_CALL)
        bot.kill()
    async with world.bot():
        await world.reads(interaction, "failed.restart")
        [line] = entries(await jobs_of(world, world.ada))
        assert line.startswith("**❌ Lost** · nano-banana · 1K · 1:1 · 0 credits")
        assert line.endswith(f"> a castle\n-# {text('failed.restart')}")


@pytest.mark.parametrize(
    "prompt",
    [
        "[" * 4000,
        "a://" * 1000,
        pytest.param("@everyone " * 400, marks=pytest.mark.long),
        pytest.param("👩‍👩‍👧‍👦" * 500, marks=pytest.mark.long),
    ],
)
@pytest.mark.settings(default_allowance="100/day")
async def test_the_longest_words_fit(world: LocalWorld, prompt: str) -> None:
    """Whatever six prompts are, and however long the reasons, Discord takes the panel."""
    async with world.bot() as services:
        lost = Fault(500, json={"error": {"code": "api_error", "message": "Oh."}})
        world.api.faults.plan("POST", XHUO_CALL, lost, times=3)
        for number in range(6):
            interaction = world.order(prompt, model="nano-banana-pro", resolution="4K")
            await world.answer(interaction, "Your credits are back." if number < 3 else "Done")
        change(world, "UPDATE jobs SET outcome = 'failed.restart' WHERE state = 'unknown'")
        await ended(services.store, 6)
        message = await jobs_of(world, world.ada)
        assert len(entries(message)) == 6
        assert len(words(message)) <= 4000


@pytest.mark.parametrize("place", ["dm", "sketches"])
async def test_everywhere_for_its_member_alone(world: LocalWorld, place: str) -> None:
    """In direct messages and in a server without the bot, too; all of a member's jobs are in one list."""
    channel = world.ada.dm() if place == "dm" else world.places.sketches
    async with world.bot():
        await world.answer(world.order("at home"), "Done")
        await world.answer(world.ada.slash(channel, "generate", prompt="elsewhere"), "credits left")
        message = await jobs_of(world, world.ada, channel)
        assert [line.split("> ")[1] for line in entries(message)] == ["elsewhere", "at home"]
        assert message not in world.linus.sees(channel)
        await shown(world.ada, world.ada.press(message, AGAIN))
