"""Troubles struck by hand: on the page alone, and with the real bot behind it."""

import asyncio
from fnmatch import fnmatchcase

import pytest
from playwright.async_api import Locator, Page, expect

from bot.texts import text
from sandbox.apis.troubles import XHUO
from sandbox.apis.xhuo import XHuoServer
from sandbox.discord.troubles import TROUBLES
from tests.browser.chat import Chat
from tests.browser.conftest import PHONE
from tests.browser.toy_service import Toy
from tests.local_world import LocalWorld

pytestmark = pytest.mark.browser

TITLE = "Break things"


@pytest.fixture
def toys() -> tuple[Toy, ...]:
    """Return two services."""
    return Toy("xhuo", "XHuoAPI"), Toy("ruxa", "Ruxa AI")


async def opened(page: Page, title: str) -> Locator:
    """Open the panel, and return the part of it that is about one service."""
    await page.get_by_role("button", name=TITLE).click()
    group = page.get_by_role("region", name=TITLE).get_by_role("group", name=title)
    await expect(trouble(group)).to_be_visible()
    return group


def trouble(group: Locator) -> Locator:
    """Return the list of troubles."""
    return group.get_by_role("combobox", name="Trouble")


def times(group: Locator) -> Locator:
    """Return the number of requests."""
    return group.get_by_role("spinbutton", name="Requests")


def strike(group: Locator) -> Locator:
    """Return the button that strikes."""
    return group.get_by_role("button", name="Strike")


def clear(group: Locator) -> Locator:
    """Return the button that undoes it."""
    return group.get_by_role("button", name="Clear")


def status(group: Locator) -> Locator:
    """Return what is said of the requests to come."""
    return group.get_by_role("status")


async def test_a_trouble_is_struck_and_cleared(toys: tuple[Toy, ...], chat: Chat) -> None:
    """The page says how many requests are to go, counts down with the server, and forgets with it."""
    group = await opened(chat.page, "Ruxa AI")
    await expect(clear(group)).to_be_hidden()
    await trouble(group).select_option("cuts the connection")
    await times(group).fill("3")
    await strike(group).click()
    await expect(status(group)).to_have_text("3 requests to go: cuts the connection")
    await strike(group).click()
    await expect(status(group)).to_have_text("6 requests to go: cuts the connection")
    toys[1].server.faults.clear()
    toys[1].service.troublemaker.strike("reset-after", 1)
    await expect(status(group)).to_have_text("1 request to go: cuts the connection")
    assert toys[0].server.faults.planned == []
    await clear(group).click()
    await expect(status(group)).to_have_text("")
    await expect(clear(group)).to_be_hidden()
    assert toys[1].server.faults.planned == []


async def test_troubles_stand_in_groups(chat: Chat) -> None:
    """By the requests that meet them, or by when they happen."""
    group = await opened(chat.page, "XHuoAPI")
    labels = await trouble(group).locator("optgroup").evaluate_all("nodes => nodes.map(node => node.label)")
    assert labels == ["POST /paid", "Any request", "From now on"]
    await expect(trouble(group).locator('optgroup[label="From now on"] option')).to_have_text(
        "makes half of the pictures"
    )


async def test_a_trouble_without_a_number(toys: tuple[Toy, ...], chat: Chat) -> None:
    """What is not counted asks for no number, and lasts until it is cleared."""
    group = await opened(chat.page, "XHuoAPI")
    await trouble(group).select_option("makes half of the pictures")
    await expect(times(group)).to_be_hidden()
    await strike(group).click()
    await expect(status(group)).to_have_text("Until cleared: makes half of the pictures")
    assert toys[0].server.share == 0.5
    await trouble(group).select_option("has no time")
    await expect(times(group)).to_be_visible()
    await clear(group).click()
    await expect(status(group)).to_have_text("")
    assert toys[0].server.share == 1


@pytest.mark.parametrize("number", ["0", "51", "1.5", ""])
async def test_a_wrong_number_is_not_sent(toys: tuple[Toy, ...], chat: Chat, number: str) -> None:
    """The browser itself asks for one from 1 to 50, and for a trouble before that."""
    group = await opened(chat.page, "XHuoAPI")
    await strike(group).click()
    assert not await trouble(group).evaluate("node => node.validity.valid")
    await trouble(group).select_option("has no time")
    await times(group).fill(number)
    await strike(group).click()
    assert not await times(group).evaluate("node => node.validity.valid")
    await times(group).fill("50")
    await strike(group).click()
    await expect(status(group)).to_have_text("50 requests to go: has no time")
    assert [plan.times for plan in toys[0].server.faults.planned] == [50]


async def test_a_trouble_by_keyboard_alone(toys: tuple[Toy, ...], chat: Chat) -> None:
    """Letters choose, Tab leads on, Enter strikes from the number; after Clear the focus is at the list."""
    keyboard = chat.page.keyboard
    group = await opened(chat.page, "XHuoAPI")
    await group.get_by_role("switch", name="Slow").focus()
    await keyboard.press("Tab")
    await expect(trouble(group)).to_be_focused()
    await keyboard.type("has")
    await keyboard.press("Tab")
    await expect(times(group)).to_be_focused()
    await keyboard.type("2")
    await keyboard.press("Enter")
    await expect(status(group)).to_have_text("2 requests to go: has no time")
    await keyboard.press("Tab")
    await expect(strike(group)).to_be_focused()
    await keyboard.press("Tab")
    await expect(clear(group)).to_be_focused()
    await keyboard.press("Enter")
    await expect(status(group)).to_have_text("")
    await expect(trouble(group)).to_be_focused()


@pytest.mark.parametrize("viewport", [PHONE])
async def test_troubles_on_a_phone(chat: Chat, page: Page) -> None:
    """Each part can be scrolled to, stays within the panel, and is large enough for a thumb."""
    group = await opened(page, "Discord")
    await trouble(group).select_option(next(each.words for each in TROUBLES.values() if each.fault))
    await strike(group).click()
    for part in (trouble(group), times(group), strike(group), clear(group)):
        await part.scroll_into_view_if_needed()
        await expect(part).to_be_in_viewport(ratio=1)
        box = await part.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    assert await page.locator("#services").evaluate("node => node.scrollWidth <= node.clientWidth")


async def test_a_lost_answer_struck_by_hand(world: LocalWorld, page: Page) -> None:
    """The next picture breaks off and its credits are back, the one after it is made."""
    cut_off = next(
        each
        for each in XHUO.values()
        if each.fault and each.fault.reset == "after" and fnmatchcase(XHuoServer.paid_path, each.path)
    )
    async with world.bot():
        chat = Chat(page, world.discord.url)
        await chat.open(world.places.ada, world.images)
        group = await opened(page, "XHuoAPI")
        await trouble(group).select_option(cut_off.words)
        await strike(group).click()
        await expect(status(group)).to_have_text(f"1 request to go: {cut_off.words}")
        await chat.command("generate", "a lighthouse in a storm")
        await chat.send()
        await expect(chat.message(text("failed.lost"))).to_be_visible()
        await expect(status(group)).to_have_text("")
        await trouble(group).select_option(cut_off.words)
        await times(group).fill("50")
        await strike(group).click()
        await expect(status(group)).to_have_text(f"50 requests to go: {cut_off.words}")
        await clear(group).click()
        await expect(status(group)).to_have_text("")
        await chat.command("generate", "a boat in the sun")
        await chat.send()
        await expect(chat.message("Done: your picture · 19 credits left")).to_be_visible()


async def test_the_gateway_struck_by_hand(world: LocalWorld, page: Page) -> None:
    """The bot is asked to reconnect, does so, and answers as before."""
    async with world.bot():
        chat = Chat(page, world.discord.url)
        await chat.open(world.places.ada, world.images)
        group = await opened(page, "Discord")
        await trouble(group).select_option("the gateway asks to reconnect")
        await strike(group).click()
        async with asyncio.timeout(15):
            while world.discord.connect_count < 2:  # noqa: ASYNC110  (a bot that comes back by itself)
                await asyncio.sleep(0.05)
        await world.discord.bot_ready()
        await chat.command("usage")
        await chat.send()
        await expect(chat.message("20 credits left of 20 a day")).to_be_visible()
