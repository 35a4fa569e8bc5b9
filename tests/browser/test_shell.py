"""Around the messages: places, people, the phone's drawer, and what happens when something is gone."""

from typing import Literal

import pytest
from playwright.async_api import Page, ViewportSize, WebSocketRoute, expect

from tests.browser.chat import Chat
from tests.browser.conftest import PHONE, Scene
from tests.browser.tiny_bot import TinyBot

pytestmark = pytest.mark.browser


async def test_places_and_people(scene: Scene, bot: TinyBot, chat: Chat) -> None:
    """Everybody sees their own servers, and says things under their own name."""
    await expect(chat.page.get_by_role("radio", name="Ada")).to_be_checked()
    await chat.page.get_by_role("button", name="Harbour").click()
    await expect(chat.page.locator("#place-note")).to_have_text("You bring Nano Banana along")
    await chat.become(scene.grace)
    await expect(chat.page.get_by_role("button", name="Harbour")).to_have_count(0)
    await expect(chat.page.locator("#people")).to_contain_text("Moderator")
    await chat.say("Hello from Grace")
    await expect(chat.message("Hello from Grace").locator(".name")).to_have_text("Grace")


async def test_the_direct_messages_with_the_bot(scene: Scene, bot: TinyBot, chat: Chat) -> None:
    """They are there from the start, with the commands, and nobody else reads them."""
    await chat.page.get_by_role("button", name="Direct messages").click()
    await chat.command("paint", "between us")
    await chat.send()
    await expect(chat.page.get_by_role("img", name="between us")).to_be_visible()
    await chat.become(scene.linus)
    await chat.page.get_by_role("button", name="Direct messages").click()
    await expect(chat.messages).to_have_count(0)


async def test_the_bot_goes_offline(bot: TinyBot, chat: Chat) -> None:
    """Then a line says that nobody will answer; before there is none."""
    await expect(chat.page.locator("#bot-state")).to_have_text("Nano Banana is online")
    await expect(chat.page.locator("#connection")).to_be_hidden()
    await bot.close()
    await expect(chat.page.locator("#bot-state")).to_have_text("Nano Banana is offline")
    await expect(chat.page.locator("#connection")).to_have_text(
        "Nano Banana is offline. Commands will not be answered until it is back."
    )


async def test_the_connection_comes_back_by_itself(scene: Scene, page: Page) -> None:
    """After a cut the page says that it is trying, returns, and has what it missed."""
    sockets: list[WebSocketRoute] = []
    reachable = True

    async def serve(socket: WebSocketRoute) -> None:
        if not reachable:
            await socket.close()
            return
        socket.connect_to_server()
        sockets.append(socket)

    await page.route_web_socket("**/page/live*", serve)
    chat = Chat(page, scene.world.url)
    await chat.open(scene.ada, scene.images)
    await expect(page.get_by_role("radio", name="Ada")).to_be_checked()
    reachable = False
    await sockets[-1].close()
    await expect(page.locator("#connection")).to_have_text("Connection lost. Trying again…")
    scene.world.person(scene.linus).say(scene.images, "while you were away")
    reachable = True
    await expect(chat.message("while you were away")).to_be_visible()
    await expect(page.locator("#connection")).not_to_have_text("Connection lost. Trying again…")


@pytest.mark.parametrize(
    "viewport", [PHONE, ViewportSize(width=360, height=640), ViewportSize(width=400, height=900)]
)
async def test_a_phone_has_a_drawer_and_no_horizontal_scrolling(
    scene: Scene, bot: TinyBot, chat: Chat, page: Page, viewport: ViewportSize
) -> None:
    """The sidebar opens over the messages, a channel closes it, everything stays within the screen."""
    channel = page.get_by_role("button", name="lounge")
    await expect(channel).to_be_hidden()
    await page.get_by_role("button", name="Servers and channels").click()
    await expect(channel).to_be_in_viewport(ratio=1)
    await channel.click()
    await expect(channel).to_be_hidden()
    await chat.say("a" * 300)
    await expect(chat.text).to_be_in_viewport(ratio=1)
    assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    await page.get_by_role("button", name="Servers and channels").click()
    await page.keyboard.press("Escape")
    await expect(channel).to_be_hidden()


async def test_everything_is_reached_with_the_tab_key(scene: Scene, bot: TinyBot, chat: Chat) -> None:
    """From the top of the page the key visits places, channels, people, messages and the message box."""
    scene.world.person(scene.linus).say(scene.images, "Hello")
    await expect(chat.message("Hello")).to_be_visible()
    await chat.page.evaluate("document.activeElement.blur()")
    visited = set()
    for _ in range(20):
        await chat.page.keyboard.press("Tab")
        visited.add(
            await chat.page.evaluate(
                "(node => node.getAttribute('aria-label') ?? node.textContent.trim())(document.activeElement)"
            )
        )
    assert {
        "Skip to the message box",
        "Studio",
        "lounge",
        "Messages",
        "Attach files",
        "Message",
        "Send",
    } <= visited
    assert "Reply" in visited


@pytest.mark.parametrize("viewport", [PHONE])
@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
async def test_the_drawer_takes_the_focus(
    chat: Chat, page: Page, motion: Literal["reduce", "no-preference"]
) -> None:
    """Each time it opens the next key is in it, however much moves, and Escape leads back."""
    await page.emulate_media(reduced_motion=motion)
    menu = page.get_by_role("button", name="Servers and channels")
    for _ in range(5):
        await menu.press("Enter")
        await expect(page.get_by_role("button", name="images")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(menu).to_be_focused()
