"""A bot's panels: sections with buttons at their right, and what pressing them does."""

import re

import pytest
from playwright.async_api import Locator, Page, ViewportSize, expect

from tests.browser.chat import Chat
from tests.browser.conftest import DESKTOP, PHONE, Scene
from tests.browser.tiny_bot import TinyBot

pytestmark = pytest.mark.browser


@pytest.fixture
async def panel(scene: Scene, bot: TinyBot, chat: Chat) -> Locator:
    """Show the panel below more messages than the window holds."""
    for number in range(40):
        scene.world.person(scene.linus).say(scene.images, f"line {number}")
    await chat.command("jobs")
    await chat.send()
    return chat.page.locator(".container")


async def test_the_text_of_a_panel(panel: Locator, chat: Chat) -> None:
    """Headings of two sizes, lists, small print, code, links and times look as the bot means them."""
    for level, name in ((4, "Your jobs"), (5, "Running"), (5, "Last day")):
        await expect(panel.get_by_role("heading", name=name, level=level)).to_be_visible()
    await expect(panel.get_by_role("listitem")).to_have_text(["one with code", "another"])
    await expect(panel.locator("li code")).to_have_text("code")
    await expect(panel.locator("small")).to_have_text(
        [re.compile(r"^nano-banana-pro · 2K · in (1 minute|\d+ seconds)$"), "Small print"]
    )
    await expect(panel.get_by_role("link", name="to the picture")).to_be_visible()
    await expect(chat.message("Your jobs")).to_contain_text("Only you can see this")
    await expect(chat.page.locator("#announcer")).to_have_text("Nano Banana, only to you: Your jobs Running")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE, ViewportSize(width=320, height=640)])
async def test_a_section_has_its_button_at_the_right(
    panel: Locator, page: Page, viewport: ViewportSize
) -> None:
    """Beside its text, whole, at the panel's edge; on a narrow screen the text wraps instead."""
    box = await panel.bounding_box()
    assert box is not None
    for name in ("Cancel", "Deliver again"):
        section = panel.locator(".section").filter(has_text=name)
        words = await section.locator(".text").first.bounding_box()
        button = await section.get_by_role("button", name=name).bounding_box()
        assert words is not None
        assert button is not None
        assert words["x"] + words["width"] <= button["x"]
        assert 8 <= box["x"] + box["width"] - button["x"] - button["width"] <= 24
        assert words["width"] >= 80
    scroller = "document.querySelector('#scroller').scrollWidth"
    assert (
        await page.evaluate(f"Math.max(document.documentElement.scrollWidth, {scroller})")
        <= viewport["width"]
    )


async def test_a_button_changes_the_panel_at_once(panel: Locator, scene: Scene) -> None:
    """Also by keyboard; nothing else of the panel moves, and no message is added."""
    await panel.get_by_role("button", name="Cancel").focus()
    await panel.page.keyboard.press("Enter")
    await expect(panel.get_by_role("button", name="Cancelled")).to_be_disabled()
    await expect(panel.get_by_role("heading", name="Your jobs")).to_be_visible()
    await expect(panel).to_have_count(1)
    assert scene.world.problems == []


async def test_a_button_keeps_the_focus_while_it_is_answered(panel: Locator, chat: Chat) -> None:
    """A person at the keyboard goes on from where they pressed, and can press again."""
    refresh = panel.get_by_role("button", name="Refresh")
    for _ in range(2):
        await refresh.press("Enter")
        await expect(chat.message("nothing else")).to_contain_text("(edited)")
        await expect(refresh).to_be_enabled()
        await expect(refresh).to_be_focused()


async def test_a_button_is_answered_later_with_files(panel: Locator, chat: Chat, scene: Scene) -> None:
    """First the bot is thinking, then there is a message of its own for the same person; the panel stays."""
    await panel.get_by_role("button", name="Deliver again").click()
    answer = chat.message("Here it is again.")
    await expect(answer.get_by_role("img", name="a kite")).to_have_js_property("naturalWidth", 320)
    await expect(answer).to_contain_text("Only you can see this")
    await expect(panel.get_by_role("button", name="Deliver again")).to_be_enabled()
    await chat.become(scene.linus)
    await expect(chat.message("line 39")).to_be_visible()
    await expect(panel).to_have_count(0)
    await expect(answer).to_have_count(0)


async def test_a_jump_link_leads_to_its_message_and_marks_it(panel: Locator, chat: Chat) -> None:
    """Without leaving the page, however far away the message is, and with no need of animations."""
    target = chat.messages.filter(has_text=re.compile(r"line 0$"))
    await expect(target).not_to_be_in_viewport()
    await panel.get_by_role("link", name="to the picture").press("Enter")
    await expect(target).to_have_class(re.compile(r"\bfound\b"))
    await expect(target).to_have_css("background-color", "rgba(255, 207, 74, 0.2)")
    await expect(target).to_be_in_viewport(ratio=1)
    await expect(target).to_be_focused()
    await expect(target).not_to_have_class(re.compile(r"\bfound\b"))
    assert len(chat.page.context.pages) == 1


async def test_a_jump_link_leads_to_another_channel(scene: Scene, chat: Chat) -> None:
    """The channel is opened and the message found in it."""
    linus = scene.world.person(scene.linus)
    far = linus.say(scene.lounge, "over here")
    for number in range(40):
        linus.say(scene.lounge, f"line {number}")
    await chat.say(f"https://discord.com/channels/{scene.guild.id}/{scene.lounge.id}/{far.id}")
    await chat.messages.last.get_by_role("link").click()
    await expect(chat.page.locator("#channel-name")).to_have_text("lounge")
    await expect(chat.message("over here")).to_be_focused()
    await expect(chat.message("over here")).to_be_in_viewport(ratio=1)
