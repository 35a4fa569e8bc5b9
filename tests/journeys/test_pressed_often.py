"""One press is one job, however often and by whom it is made, also when the bot is killed meanwhile."""

import signal

import pytest

from bot.texts import text
from storage.records import JobState
from tests.api_cases import XHUO_CALL
from tests.journeys.restarts import HANG, SEND, change, until_told
from tests.journeys.result_row import RICH, Spot, press
from tests.journeys.test_shutdown import says
from tests.local_world import LocalWorld, booked, ended, in_state
from tests.reliability.crowd import crowd

LATER = "UPDATE jobs SET accepted_at = accepted_at - 11"  # more than the ten seconds of a press


@pytest.mark.parametrize(
    ("command", "action"), [("generate", "again"), ("edit", "again"), ("edit", "bigger")]
)
async def test_twenty_presses_by_one_person(world: LocalWorld, command: str, action: str) -> None:
    """They do one job: the others read that it is being done, or that too much waits."""
    spot = Spot(world, "images")
    async with world.bot() as services:
        message = await spot.ask(command)
        world.api.seconds = 0.5
        pressed = [press(world.linus, message, action) for _ in range(20)]
        await spot.next()
        for each in pressed:
            await each.answered()
        told = [each.answer.content for each in pressed if each.answer]
        assert sum(words == text("refused.pressed_twice") for words in told) == 19
        jobs = await ended(services.store, 2)
        assert [job.user_id for job in jobs] == [world.ada.user.id, world.linus.user.id]
        assert world.api.posts == 2


async def test_twenty_presses_by_twenty_people(world: LocalWorld) -> None:
    """They do twenty jobs, each for the one who presses and at their cost."""
    spot = Spot(world, "images")
    async with world.bot() as services:
        message = await spot.ask()
        people = crowd(world, 20)
        for person in people:
            press(person, message, "again")
        jobs = await ended(services.store, 21)
        assert {job.user_id for job in jobs[1:]} == {person.user.id for person in people}
        assert await booked(services.store) == {"reserve": 21, "settle": 21}
        for person in people:
            await person.until(
                world.images,
                lambda each, person=person: each.pinged == {person.user.id},  # type: ignore[misc]
            )


async def test_a_press_counts_anew_when_its_job_is_done(world: LocalWorld) -> None:
    """Within ten seconds it is the same press, and while its job runs; then it is another one."""
    world.changes |= RICH
    spot = Spot(world, "images")
    async with world.bot() as services:
        message = await spot.ask()
        press(world.linus, message, "again")
        await spot.next()
        await ended(services.store, 2)
        await world.reads(press(world.linus, message, "again"), "refused.pressed_twice")
        change(world, LATER)
        world.api.faults.plan("POST", XHUO_CALL, HANG)
        press(world.linus, message, "again")
        await world.api.faults.until_seen("POST", XHUO_CALL, count=3)
        change(world, LATER)
        await world.reads(press(world.linus, message, "again"), "refused.pressed_twice")
        press(world.ada, message, "again")
        await spot.next()
        assert len(await services.store.in_states(JobState)) == 4


async def test_different_pictures_are_different_presses(world: LocalWorld) -> None:
    """Of a result with two pictures both can be made bigger at once, by a form that asks which."""
    spot = Spot(world, "images")
    async with world.bot() as services:
        message = await spot.ask(count=2)
        opened = [press(world.linus, message, "bigger") for _ in range(3)]
        for each, which in zip(opened, "122", strict=True):
            await each.answered()
            world.linus.submit(each, which=which)
        jobs = await ended(services.store, 3)
        await world.linus.until(world.images, lambda each: each.content == text("refused.pressed_twice"))
        assert {(job.chosen, job.count, job.inputs) for job in jobs[1:]} == {("1/2", 1, 1), ("2/2", 1, 1)}
        for _ in jobs[1:]:
            assert "from picture" in (await spot.next()).content


@pytest.mark.parametrize("action", ["again", "bigger"])
@pytest.mark.parametrize("moment", [JobState.SUBMITTING, JobState.READY])
async def test_killed_during_a_pressed_job(world: LocalWorld, action: str, moment: JobState) -> None:
    """What was made is delivered once; what is lost is given back; then the button works again."""
    spot = Spot(world, "images")
    async with world.bot_process() as bot:
        message = await spot.ask("edit")
        await until_told(world)
        if moment is JobState.READY:
            world.discord.faults.plan("POST", SEND, HANG, times=10)
        else:
            world.api.faults.plan("POST", XHUO_CALL, HANG, times=10)
        pressed = press(world.linus, message, action)
        await world.answer(pressed, "Making")
        if moment is JobState.READY:
            await world.discord.faults.until_seen("POST", SEND, count=2)
        else:
            await world.api.faults.until_seen("POST", XHUO_CALL, count=2)
        bot.send_signal(signal.SIGKILL)
        await bot.wait()
    world.discord.faults.clear()
    world.api.faults.clear()
    async with world.bot() as services:
        if moment is JobState.READY:
            await world.answer(pressed, "Done")
            assert len(world.posted(world.images)) == 2
        else:
            await world.reads(pressed, "failed.restart")
        [_, job] = await ended(services.store, 2)
        assert job.user_id == world.linus.user.id
        assert world.api.posts == 2
        change(world, LATER)
        press(world.linus, message, action)
        await ended(services.store, 3)
        assert len(await in_state(services.store, JobState.DELIVERED)) == (
            3 if moment is JobState.READY else 2
        )


@pytest.mark.settings(shutdown_grace=20)
async def test_pressed_while_the_bot_stops(world: LocalWorld) -> None:
    """Nothing new is taken, and a form that is submitted then is refused as well."""
    spot = Spot(world, "images")
    async with world.bot_process() as bot:
        message = await spot.ask("edit")
        await until_told(world)
        opened = press(world.linus, message, "edit")
        await opened.answered()
        world.api.seconds = 2
        running = world.order("the last boat")
        await world.api.faults.until_seen("POST", XHUO_CALL, count=2)
        bot.send_signal(signal.SIGTERM)
        await says(world, b"stopping")
        await world.reads(press(world.linus, message, "again"), "refused.restarting")
        await world.reads(press(world.linus, message, "bigger"), "refused.restarting")
        await world.reads(world.linus.submit(opened, words="night"), "refused.restarting")
        await world.answer(running, "Done")
        await bot.wait()
    async with world.store() as store:
        assert await booked(store) == {"reserve": 2, "settle": 2}
