"""Forms that were opened before a restart, or too long ago: nothing that was written is lost."""

import signal
from typing import Any

import pytest

from bot.client import Services
from bot.forms import OPEN_AT_ONCE, Form
from storage.records import JobState
from tests.journeys.restarts import until
from tests.journeys.result_row import RICH, Spot, press
from tests.journeys.test_edit_form import opened_on
from tests.journeys.test_privacy_deletion import delete
from tests.local_world import LocalWorld, booked, ended, upload


@pytest.mark.parametrize("words", ["let it *snow*", "[" * 4000, "a://" * 1000, "first\nsecond " * 200])
async def test_a_form_from_before_a_restart(world: LocalWorld, words: str) -> None:
    """Its words come back, whole in a file where they are long, and nothing is spent."""
    async with world.bot_process() as bot:
        opened = await opened_on(world, 1)
        bot.send_signal(signal.SIGKILL)
        await bot.wait()
    async with world.bot() as services:
        sent = world.ada.submit(opened, words=words)
        told = await world.answer(sent, "please open it again. Your words were")
        assert told.ephemeral_for is world.ada.user
        assert told.content.endswith("Nothing was spent.")
        if len(words) > 800:
            file = await world.ada.until(
                world.images, lambda each: [file.filename for file in each.attachments] == ["words.txt"]
            )
            assert file.ephemeral_for is world.ada.user
            assert file.attachments[0].data.decode() == words
        else:
            assert r"let it \*snow\*" in told.content
        assert await booked(services.store) == {}


async def test_a_form_without_words_from_before_a_restart(world: LocalWorld) -> None:
    """Which picture shall be bigger has to be asked anew."""
    spot = Spot(world, "images")
    async with world.bot_process() as bot:
        made = await spot.ask(count=2)
        opened = press(world.ada, made, "bigger")
        await opened.answered()
        bot.send_signal(signal.SIGKILL)
        await bot.wait()
    async with world.bot():
        await world.reads(world.ada.submit(opened), "refused.form_gone")


async def test_a_form_whose_words_were_deleted_meanwhile(world: LocalWorld) -> None:
    """Which picture shall be bigger was asked before the deletion, and nothing is published after it."""
    world.changes |= RICH
    async with world.bot() as services:
        made = await Spot(world, "images").ask(count=2, prompt="my secret wish")
        await ended(services.store)
        opened = press(world.linus, made, "bigger")
        await opened.answered()
        await delete(world)
        await world.reads(world.linus.submit(opened, which="2"), "refused.words_gone")
        assert len(await services.store.in_states(JobState)) == 1


def open_forms(services: Services) -> dict[str, Form]:
    """The forms that the bot knows."""
    messenger: Any = services.jobs._shop.messenger
    forms: dict[str, Form] = messenger._client.open_forms._forms
    return forms


async def test_a_form_that_was_open_for_too_long(world: LocalWorld) -> None:
    """It is forgotten after half an hour, which a private detail makes short, and its words come back."""
    async with world.bot() as services:
        opened = await opened_on(world, 1)
        await until(lambda: bool(open_forms(services)))
        known: Any
        [known] = open_forms(services).values()
        assert known.timeout == 30 * 60
        known._dispatch_timeout()
        await until(lambda: not open_forms(services))
        sent = world.ada.submit(opened, words="let it snow")
        await world.reads(sent, "refused.form_gone_with_words", words="let it snow")
        assert await services.store.in_states(JobState) == []


async def test_a_member_has_a_few_open_forms(world: LocalWorld) -> None:
    """The first makes room for one more, and loses no words; those of others stay; each is sent once."""
    async with world.bot() as services:
        posted = world.linus.say(world.images, uploads=[upload()])
        others = world.linus.menu(posted, "Edit image")
        await others.answered()
        opened = []
        for _ in range(OPEN_AT_ONCE + 1):
            opened.append(world.ada.menu(posted, "Edit image"))
            await opened[-1].answered()
        last: Any = opened[-1].modal
        await until(lambda: last["custom_id"] in open_forms(services))
        assert len(open_forms(services)) == OPEN_AT_ONCE + 1  # with that of the other
        first = world.ada.submit(opened[0], words="let it snow")
        await world.reads(first, "refused.form_gone_with_words", words="let it snow")
        await world.answer(world.ada.submit(opened[1], words="snow"), "19 credits left")
        await world.answer(world.linus.submit(others, words="rain"), "19 credits left", world.linus)
        await until(lambda: len(open_forms(services)) == OPEN_AT_ONCE - 1)
        again = world.ada.submit(opened[1], words="snow")
        await world.reads(again, "refused.form_gone_with_words", words="snow")
        assert len(await ended(services.store, 2)) == 2
