"""Whose message is it? Neither another member's result nor a file of theirs is taken for a job's own."""

from bot.texts import text
from sandbox.faults import Fault
from storage.records import JobState
from tests.journeys.replying import ask, shows
from tests.journeys.restarts import HANG, SEND, change, look, until
from tests.journeys.result_row import RICH
from tests.local_world import LocalWorld, ended, in_state, refusal, upload


async def test_another_members_result_is_not_our_progress(world: LocalWorld) -> None:
    """It replies to the message that asked as well, and stays when the progress is taken away."""
    world.changes |= RICH
    photo = shows(world, "red")
    world.api.faults.plan("POST", world.api.paid_path, Fault(delay=1))
    async with world.bot() as services:
        world.discord.faults.plan("POST", SEND, refusal(403, 50013))  # Ada's progress never stands there
        asked = ask(world, photo, "put this on", uploads=[upload("blue")])
        await in_state(services.store, JobState.SUBMITTING)
        opened = world.linus.menu(asked, text("menu.edit"))
        await opened.answered()
        world.linus.submit(opened, words="let it snow")
        await ended(services.store, 2)
        await until(lambda: not services.jobs._tasks)
        results = [each.content.partition("\n")[0] for each in world.posted(world.images)]
        assert sorted(results) == sorted(
            [f"<@{world.places.linus.id}> let it snow", f"<@{world.places.ada.id}> put this on"]
        )


async def test_a_file_of_a_member_is_no_result(world: LocalWorld) -> None:
    """Named like the result of a job whose bot was killed before it was posted: it is posted all the same."""
    world.changes |= RICH
    photo = shows(world, "red")
    async with world.bot_process() as bot:
        world.discord.faults.plan("POST", SEND, HANG, times=10)
        ask(world, photo, "make it night")
        await until(lambda: bool(look(world, "SELECT 1 FROM jobs WHERE state = 'ready'")))
        bot.kill()
    world.discord.faults.clear()
    [[job_id]] = look(world, "SELECT id FROM jobs")
    world.linus.say(world.images, "hehe", uploads=[upload("lime", name=f"nano-banana-{job_id}-1.png")])
    change(world, "UPDATE jobs SET ready_at = ready_at - 600, accepted_at = accepted_at - 600")
    async with world.bot() as services:
        [job] = await ended(services.store)
        assert job.state is JobState.DELIVERED
        assert [each.id for each in world.posted(world.images)] == [job.result_message_id]
