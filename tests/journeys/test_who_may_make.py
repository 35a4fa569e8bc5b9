"""What everybody may: the other commands, buttons and forms, wherever they are, and with their own alone."""

import asyncio

import pytest

from bot.buttons import CANCEL, CANCEL_LISTED, DELETE, DELIVER, FORGET
from bot.client import Services
from bot.texts import text
from sandbox.discord.components import flat
from sandbox.discord.model import Channel, Message
from sandbox.discord.options import OptionValue
from sandbox.discord.people import Person
from sandbox.faults import Fault
from storage.records import JobRecord, JobState
from tests.journeys.forging import forged_press, said, with_button
from tests.journeys.panels import words
from tests.journeys.restarts import until, until_told
from tests.journeys.result_row import RICH, press, row
from tests.journeys.rights import Cast, cast_in, kept
from tests.local_world import LocalWorld, ended, in_state, upload

CALL = "/v1/nano-banana/*"
PLACES = ("member", "moderator", "administrator", "outsider", "direct")
MAKING = ("generate", "edit")
EVERYBODYS_COMMANDS = {  # what the answer says, or for pictures nothing: they come
    **dict.fromkeys(MAKING, ""),
    "jobs": "jobs.title",
    "usage": "usage.title",
    "defaults": "defaults.title",
    "privacy show": "privacy.title",
    "privacy export": "privacy.exported",
    "privacy delete": "privacy.ask",
    "help": "help.title",
    text("menu.edit"): "form.title",
    text("menu.details"): "details.title",
}
ON_A_MESSAGE = (text("menu.edit"), text("menu.details"))
BELOW_A_RESULT = {  # by what stands in the id
    "EditButton": "edit",
    "AgainButton": "again",
    "BiggerButton": "bigger",
    "CompareButton": "compare",
    "DeleteButton": "delete",
}
FILLED_IN = {"edit": {"words": "let it snow"}, "bigger": {"which": "2"}}
OF_ONE_MEMBER = {  # what others read who press it
    "CancelButton": (CANCEL, "refused.not_yours_to_cancel"),
    "CancelListedButton": (CANCEL_LISTED, "refused.not_yours_to_cancel"),
    "DeliverButton": (DELIVER, "refused.request_gone"),
    "ForgetButton": (FORGET, "refused.not_yours_to_delete"),
}
EVERYBODYS_PARTS = {*BELOW_A_RESULT, *OF_ONE_MEMBER, "PageButton"}


@pytest.fixture
def cast(world: LocalWorld) -> Cast:
    """One of each kind, who may ask for as much as they like."""
    world.changes |= RICH
    return cast_in(world)


async def made(services: Services, person: Person, number: int) -> JobRecord:
    """The newest job of a member, once they have got so many."""
    async with asyncio.timeout(20):
        while True:
            jobs = await services.store.recent(person.user.id, skip=0, limit=99)
            if [job.state for job in jobs].count(JobState.DELIVERED) == number:
                return jobs[0]
            await asyncio.sleep(0.02)


async def result_of(
    services: Services, person: Person, channel: Channel, command: str, **options: OptionValue
) -> Message:
    """What somebody gets who asks for a picture here."""
    number = len(await services.store.recent(person.user.id, skip=0, limit=99))
    picture: dict[str, OptionValue] = {"image1": upload()} if command == "edit" else {}
    person.slash(channel, command, prompt="a boat", **picture, **options)
    job = await made(services, person, number + 1)
    return await person.until(channel, lambda each: job.id in row(each).get("edit", ""))


async def gone(world: LocalWorld, message: Message) -> None:
    """Wait until a message is deleted."""
    there = world.discord.state.messages[message.channel.id]
    await until(lambda: message.id not in there)


@pytest.mark.parametrize("command", EVERYBODYS_COMMANDS)
async def test_commands(cast: Cast, command: str) -> None:
    """They are offered everywhere, and do what they say."""
    async with cast.world.bot() as services:
        for person, channel in map(cast.people.__getitem__, PLACES):
            if command in MAKING:
                await result_of(services, person, channel, command)
            elif command in ON_A_MESSAGE:
                result = await result_of(services, person, channel, "generate")
                tried = person.menu(result, command)
                told = await said(cast.world, tried)
                assert text(EVERYBODYS_COMMANDS[command]) in (tried.modal["title"] if tried.modal else told)
            else:
                told = await said(cast.world, person.slash(channel, command))
                assert text(EVERYBODYS_COMMANDS[command]) in told


@pytest.mark.parametrize("name", BELOW_A_RESULT)
async def test_buttons_below_a_result(cast: Cast, name: str) -> None:
    """Whoever asked for it can go on with it, wherever that was; a form is theirs to send too."""
    action = BELOW_A_RESULT[name]
    command, count = "edit" if action == "compare" else "generate", 2 if action == "bigger" else 1
    world = cast.world
    async with world.bot() as services:
        for person, channel in map(cast.people.__getitem__, PLACES):
            result = await result_of(services, person, channel, command, count=count)
            before = len(await services.store.recent(person.user.id, skip=0, limit=99))
            tried = press(person, result, action)
            if action == "delete":
                await gone(world, result)
                continue
            told = await said(world, tried)
            if action == "compare":
                assert text("compare.words") in told
                continue
            if action in FILLED_IN:
                person.submit(tried, **FILLED_IN[action])
            await made(services, person, before + 1)


async def test_the_pages_of_ones_jobs(cast: Cast) -> None:
    """Whoever presses reads their own, also in the panel of somebody else."""
    world = cast.world
    async with world.bot() as services:
        await result_of(services, world.linus, world.images, "generate")
        panel = await world.linus.slash(world.images, "jobs").answered()
        assert panel is not None
        assert "a boat" in words(panel)
        [page] = [
            each["custom_id"] for each in flat(panel.components) if "jobs:" in each.get("custom_id", "")
        ]
        for kind in PLACES:
            copy = cast.copy(panel, kind)
            await forged_press(world, cast.people[kind][0], copy, page).answered()
            assert text("jobs.none") in words(copy)
        await world.linus.press(panel, page).answered()
        assert "a boat" in words(panel)


@pytest.mark.parametrize("name", OF_ONE_MEMBER)
async def test_buttons_of_one_member(cast: Cast, name: str) -> None:
    """Nobody else can use them, not even moderators; nothing is changed or shown."""
    action, refusal = OF_ONE_MEMBER[name]
    world, linus = cast.world, cast.world.linus
    world.changes["xhuo_max_in_flight"] = 1
    async with world.bot() as services:
        if action == FORGET:
            custom_id = f"{FORGET}:{linus.user.id}"
        else:
            custom_id = f"{action}:{await _job_of_linus(world, services, waits=action != DELIVER)}"
        for kind in cast.people:
            person, channel = cast.people[kind]
            before = kept(world)
            tried = forged_press(world, person, with_button(world, channel, custom_id), custom_id)
            assert await said(world, tried) == text(refusal)
            assert kept(world) == before
        own = with_button(world, world.images, custom_id)
        tried = forged_press(world, linus, own, custom_id)
        if action in {CANCEL, CANCEL_LISTED}:
            await in_state(services.store, JobState.CANCELLED)
        elif action == DELIVER:
            await linus.until(world.images, lambda each: each.interaction is tried and bool(each.attachments))
        else:
            await until(lambda: text("privacy.deleted") in words(own))


async def test_who_may_delete_a_result(cast: Cast) -> None:
    """Its member, and whoever manages messages there; the button of a forger takes away what has it alone."""
    world, linus = cast.world, cast.world.linus
    async with world.bot() as services:
        result = await result_of(services, linus, world.images, "generate")
        await until_told(world)
        custom_id = row(result)[DELETE]
        for kind, (person, channel) in cast.people.items():
            before = kept(world)
            copy = with_button(world, channel, custom_id)
            tried = forged_press(world, person, copy, custom_id)
            if kind in {"moderator", "chief", "administrator"}:
                await gone(world, copy)
            else:
                assert await said(world, tried) == text("refused.not_yours_to_remove")
                assert copy in world.posted(channel)
            assert kept(world) == before
        assert result in linus.sees(world.images)
        press(linus, result, DELETE)
        await gone(world, result)


async def _job_of_linus(world: LocalWorld, services: Services, *, waits: bool) -> str:
    """A job that waits in line, or one whose pictures are there."""
    if not waits:
        await result_of(services, world.linus, world.images, "generate", private=True)
        await until_told(world)
        return (await ended(services.store))[0].id
    world.api.faults.plan("POST", CALL, Fault(429, headers={"Retry-After": "30"}))
    world.order()
    await world.api.faults.until_seen("POST", CALL)
    await world.answer(world.linus.slash(world.images, "generate", prompt="x"), "In line", world.linus)
    return (await services.store.recent(world.linus.user.id, skip=0, limit=1))[0].id
