"""The menu of a message: replies, the apps' commands, its link, and taking it away."""

import pytest
from playwright.async_api import Page, expect

from sandbox.discord.model import Upload
from tests.browser.chat import Chat
from tests.browser.conftest import PHONE, Scene
from tests.browser.tiny_bot import TinyBot, picture

pytestmark = pytest.mark.browser


async def test_a_message_command_is_answered(scene: Scene, bot: TinyBot, chat: Chat) -> None:
    """Apps lists what the bot offers on messages, and the answer says who used what."""
    scene.world.person(scene.linus).say(scene.images, "Hello")
    await chat.menu(chat.message("Hello").first, "Apps")
    items = chat.page.get_by_role("menuitem")
    await expect(items).to_have_text(
        ["Reply", "Apps", "Edit image", "Who wrote this?", "Say nothing", "Copy link"]
    )
    await items.filter(has_text="Who wrote").click()
    await expect(items).to_have_count(0)
    answer = chat.message("It was linus.")
    await expect(answer).to_contain_text("Ada used Who wrote this?")
    await expect(answer.get_by_role("button", name="More")).to_have_count(0)
    assert scene.world.problems == []


async def test_a_message_command_without_an_answer(scene: Scene, bot: TinyBot, chat: Chat) -> None:
    """The client says so in the place of the answer."""
    scene.world.person(scene.linus).say(scene.images, "Hello")
    await chat.menu(chat.message("Hello").first, "Apps", "Say nothing")
    line = chat.message("Ada used Say nothing")
    await expect(line).to_contain_text("Sending command…")
    await expect(line).to_contain_text("The application did not respond")


async def test_apps_are_there_only_where_the_client_offers_them(scene: Scene, chat: Chat) -> None:
    """Without the bot there is no such line."""
    scene.world.person(scene.linus).say(scene.images, "Hello")
    await chat.menu(chat.message("Hello").first)
    await expect(chat.page.get_by_role("menuitem")).to_have_text(["Reply", "Copy link"])


async def test_the_menu_by_keyboard_alone(scene: Scene, bot: TinyBot, chat: Chat) -> None:
    """Arrows walk through it and unfold the apps; Escape leads back to its button."""
    scene.world.person(scene.linus).say(scene.images, "Hello")
    message, keyboard = chat.message("Hello").first, chat.page.keyboard
    button = message.get_by_role("button", name="More")
    await button.press("Enter")
    await expect(button).to_have_attribute("aria-expanded", "true")
    await keyboard.press("ArrowUp")
    await expect(chat.page.get_by_role("menuitem", name="Copy link")).to_be_focused()
    await keyboard.press("Home")
    await keyboard.press("ArrowDown")
    await keyboard.press("ArrowRight")
    await expect(chat.page.get_by_role("menuitem", name="Edit image")).to_be_focused()
    await keyboard.press("ArrowLeft")
    await expect(chat.page.get_by_role("menuitem", name="Apps")).to_be_focused()
    await keyboard.press("Escape")
    await expect(button).to_be_focused()
    await expect(button).to_have_attribute("aria-expanded", "false")
    await keyboard.press("Enter")
    await keyboard.press("Enter")
    await expect(chat.page.locator("#reply")).to_contain_text("Replying to Linus")
    await expect(chat.text).to_be_focused()


async def test_the_button_of_an_open_menu_closes_it(scene: Scene, chat: Chat) -> None:
    """So does a click elsewhere; another message's button opens that one's menu."""
    linus = scene.world.person(scene.linus)
    linus.say(scene.images, "one")
    linus.say(scene.images, "two")
    items = chat.page.get_by_role("menuitem")
    await chat.menu(chat.message("one"))
    await expect(items).to_have_count(2)
    await chat.menu(chat.message("one"))
    await expect(items).to_have_count(0)
    await chat.menu(chat.message("two"))
    await chat.menu(chat.message("one"))
    await expect(items).to_have_count(2)
    await chat.text.click()
    await expect(items).to_have_count(0)


async def test_a_right_click_opens_the_menu(scene: Scene, bot: TinyBot, chat: Chat) -> None:
    """Also on a picture, at the pointer; on a link the browser's own menu is left alone."""
    sky = Upload("sky.png", picture())
    scene.world.person(scene.linus).say(scene.images, "Look https://example.com", uploads=[sky])
    await chat.page.get_by_role("link", name="example.com").click(button="right")
    await expect(chat.page.get_by_role("menuitem")).to_have_count(0)
    await chat.page.keyboard.press("Escape")
    await chat.page.get_by_role("img", name="sky.png").click(button="right")
    await chat.page.get_by_role("menuitem", name="Reply").click()
    await expect(chat.page.locator("#reply")).to_contain_text("Replying to Linus")


async def test_the_link_of_a_message_leads_back_to_it(scene: Scene, chat: Chat) -> None:
    """It is Discord's own, and clicking it here jumps to the message; one to nothing says so."""
    await chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sent = scene.world.person(scene.linus).say(scene.images, "Hello")
    await chat.menu(chat.message("Hello").first, "Copy link")
    await expect(chat.page.locator("#announcer")).to_have_text("Link copied.")
    link = f"https://discord.com/channels/{scene.guild.id}/{scene.images.id}/{sent.id}"
    assert await chat.page.evaluate("navigator.clipboard.readText()") == link
    await chat.say(link)
    await chat.messages.last.get_by_role("link").click()
    await expect(chat.message("Hello").first).to_be_focused()
    await expect(chat.problem).to_be_hidden()
    scene.world.delete_message(sent)
    await expect(chat.message("Hello")).to_have_count(0)
    await chat.messages.last.get_by_role("link").click()
    await expect(chat.problem).to_have_text("You cannot see what this link leads to.")
    assert len(chat.page.context.pages) == 1


async def test_a_person_deletes_their_own_messages(scene: Scene, chat: Chat) -> None:
    """And only these."""
    await chat.say("Oops")
    await chat.menu(chat.message("Oops"), "Delete")
    await expect(chat.message("Oops")).to_have_count(0)
    assert scene.world.person(scene.linus).sees(scene.images) == []


@pytest.mark.parametrize("viewport", [PHONE])
async def test_the_menu_on_a_phone(scene: Scene, bot: TinyBot, chat: Chat, page: Page) -> None:
    """All of it is on the screen, unfolded too, and each line is large enough for a finger."""
    for number in range(12):
        scene.world.person(scene.linus).say(scene.images, f"line {number}")
    await chat.menu(chat.message("line 11"), "Apps")
    items = page.get_by_role("menuitem")
    await expect(items).to_have_count(6)
    for item in await items.all():
        await expect(item).to_be_in_viewport(ratio=1)
        box = await item.bounding_box()
        assert box is not None
        assert box["height"] >= 44
