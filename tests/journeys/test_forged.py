"""What no client sends: ids that somebody has made up, and forms that were never opened."""

import pytest

from bot.report_panel import BLOCK, LABELS
from bot.texts import text
from sandbox.discord.model import Interaction
from tests.journeys.forging import (
    forged_form,
    forged_id,
    forged_press,
    forged_submit,
    said,
    with_button,
)
from tests.journeys.moderating import answered, quota, shown
from tests.journeys.panels import words
from tests.journeys.restarts import until_told
from tests.journeys.result_row import RICH, Spot, job_id, press
from tests.journeys.rights import REFUSED, Cast, cast_in, kept
from tests.journeys.scenes import Scene
from tests.journeys.test_who_may_make import FILLED_IN
from tests.local_world import LocalWorld, ended

HUGE = str(2**63)
MODERATED = {  # what a moderator reads who presses it
    f"q-log:9999:{2**62}:all:log": "log.none",
    "q-log:0:1:set:log": "log.none",
    "q-report:0": "refused.report_days",
    "q-report:99": "refused.report_days",
    f"q-reset:{'9' * 18}:": "quota.outdated",
    f"q-set:only:{'9' * 18}": "quota.outdated",
    f"rep-refund:{'0' * 16}:{HUGE}:{HUGE}": "refused.not_reported",
    f"rep-delete:{'f' * 16}:{'9' * 20}:{'9' * 20}": "refused.not_reported",
}
MEANINGLESS = (
    "q-log:-1:0:all:log",
    "q-log:0:0:everything:log",
    "q-reset::",
    "q-set:nowhere:1",
    f"q-log:0:{HUGE}:all:log",
    "q-report:1000",
    "rep-delete:0123456789ABCDEF:1:1",
    "rep-refund:1:1:1",
    "forget:",
    "edit:../../etc/passwd",
    "cancel:' OR 1=1 --",
    "jobs:-1:refresh",
)


@pytest.fixture
def cast(world: LocalWorld) -> Cast:
    """One of each kind."""
    return cast_in(world)


async def unanswered(cast: Cast, tried: list[Interaction]) -> None:
    """Hold that nobody has answered to these, and that the bot goes on."""
    await answered(quota(cast.world, "overview"))
    assert [each.data for each in tried if each.acknowledged_at is not None] == []


@pytest.mark.parametrize("custom_id", MODERATED)
async def test_ids_of_moderators(cast: Cast, custom_id: str) -> None:
    """Whatever they name, moderators read a sentence and everybody else is refused; nothing is changed."""
    world = cast.world
    async with world.bot() as services:
        scene = Scene(cast, services)
        await scene.begin()
        for kind in REFUSED:
            person, channel = cast.people[kind]
            message = with_button(world, channel, custom_id)
            await scene.refuse(kind, forged_press(world, person, message, custom_id))
        before = kept(world)
        message = with_button(world, world.images, custom_id)
        told = await said(world, forged_press(world, world.grace, message, custom_id))
        assert text(MODERATED[custom_id], most=90) in f"{told}\n{words(message)}"
        assert kept(world) == before


async def test_ids_that_mean_nothing(cast: Cast) -> None:
    """Nothing comes of them, whoever sends them."""
    world = cast.world
    async with world.bot():
        before = kept(world)
        tried = [
            forged_press(world, person, with_button(world, channel, custom_id), custom_id)
            for custom_id in MEANINGLESS
            for person, channel in cast.people.values()
        ]
        await unanswered(cast, tried)
        assert kept(world) == before


async def test_ids_that_a_message_does_not_have(cast: Cast) -> None:
    """What stands on a message is what counts, also where a moderator says otherwise."""
    world = cast.world
    async with world.bot() as services:
        report = await Scene(cast, services).panel("reported")
        panel = await shown(world, "reset")
        named = [each["custom_id"] for each in report.components[0]["components"][-1]["components"]]
        named += ["q-set:everywhere:0", "q-reset:0:", f"forget:{world.places.linus.id}"]
        before = kept(world)
        tried = [
            forged_id(world, person, world.discord.post(channel, world.discord.state.bot, "hello"), custom_id)
            for custom_id in named
            for person, channel in cast.people.values()
        ]
        tried += [forged_id(world, world.grace, panel, custom_id) for custom_id in named]
        await unanswered(cast, tried)
        assert kept(world) == before


@pytest.mark.parametrize("action", LABELS)
async def test_a_report_about_an_image_from_elsewhere(world: LocalWorld, action: str) -> None:
    """Who moderates one server has no power over what was made in another one, or in direct messages."""
    owls = world.discord.add_guild("Night Owls", owner=world.places.linus)
    channel = world.discord.add_channel(owls, "owls")
    world.discord.install_bot(owls)
    async with world.bot() as services:
        tries = [(world.images, world.linus, channel), (world.ada.dm(), world.grace, world.images)]
        for number, (place, person, there) in enumerate(tries, start=1):
            world.ada.slash(place, "generate", prompt="a boat")
            result = await world.result(place)
            await ended(services.store, number)
            await until_told(world)
            before = kept(world)
            custom_id = f"{action}:{job_id(result)}:{place.id}:{result.id}"
            message = with_button(world, there, custom_id)
            tried = forged_press(world, person, message, custom_id)
            if action == BLOCK:
                await tried.answered()
                tried = person.submit(tried, duration="1d")
            assert await said(world, tried) == text("refused.not_reported")
            assert result in world.ada.sees(place)
            assert kept(world) == before


@pytest.mark.parametrize("rest", ["", "0", "0" * 32, "an earlier: one"])
async def test_forms_that_are_forgotten(cast: Cast, rest: str) -> None:
    """Their words come back, as those of any that never were, and nothing else comes of them."""
    world, custom_id = cast.world, f"form:{rest}"
    async with world.bot():
        before = kept(world)
        for person, channel in cast.people.values():
            told = await said(world, forged_form(world, person, channel, custom_id))
            assert told == text("refused.form_gone_with_words", words="let it snow")
        assert kept(world) == before


async def test_what_is_no_form_of_ours(cast: Cast) -> None:
    """Nothing comes of it."""
    world = cast.world
    async with world.bot():
        before = kept(world)
        tried = [
            forged_form(world, person, channel, custom_id)
            for custom_id in ("rep-block", "forms")
            for person, channel in cast.people.values()
        ]
        await unanswered(cast, tried)
        assert kept(world) == before


@pytest.mark.parametrize(("action", "fields"), FILLED_IN.items())
async def test_the_form_of_somebody_else(cast: Cast, action: str, fields: dict[str, str]) -> None:
    """Who has learned its id gets nothing of what its owner alone sees; the owner can still send it."""
    world = cast.world
    world.changes |= RICH
    async with world.bot() as services:
        result = await Spot(world, "private").ask(count=2)
        await ended(services.store)
        await until_told(world)
        opened = press(world.ada, result, action)
        await opened.answered()
        scene = Scene(cast, services)
        for kind, (person, channel) in cast.people.items():
            if person.user is not world.places.ada:
                sent = forged_submit(world, person, channel, opened, **fields)
                await scene.refuse(kind, sent, "refused.not_your_form")
        world.ada.submit(opened, **fields)
        await ended(services.store, 2)
