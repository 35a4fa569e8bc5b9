"""The switches of the panel that breaks things."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import PHONE, Scene
from tests.browser.toy_service import NORMAL, Toy

pytestmark = pytest.mark.browser

COUNT_FETCHES = """
window.fetches = 0;
const { fetch } = window;
window.fetch = (...given) => { window.fetches += 1; return fetch(...given); };
"""


@pytest.fixture
def toys() -> tuple[Toy, ...]:
    """Return two services."""
    return Toy("xhuo", "XHuoAPI"), Toy("ruxa", "Ruxa AI")


def panel(page: Page) -> Locator:
    """Return the panel."""
    return page.get_by_role("region", name="Break things")


def switch(page: Page, service: str, name: str) -> Locator:
    """Return one switch of a service."""
    return panel(page).get_by_role("group", name=service).get_by_role("switch", name=name)


def button(page: Page) -> Locator:
    """Return what opens and closes the panel."""
    return page.get_by_role("button", name="Break things")


@pytest.mark.parametrize("toys", [()])
async def test_without_services_there_is_discord(chat: Chat) -> None:
    """A world that is nothing but Discord has nothing to switch, but Discord itself can be broken."""
    await button(chat.page).click()
    await expect(panel(chat.page).get_by_role("group")).to_have_accessible_name("Discord")
    await expect(panel(chat.page).get_by_role("switch")).to_have_count(0)


async def test_a_switch_reaches_its_service_and_survives_a_reload(toys: tuple[Toy, ...], chat: Chat) -> None:
    """Each switch does one thing to one service, and the page shows what is so, not what was clicked."""
    await expect(panel(chat.page)).to_have_count(0)
    await button(chat.page).click()
    for name, label in (("On", "on"), ("Out of credit", "empty"), ("Slow", "slow")):
        before = getattr(toys[1].state, label)
        async with chat.page.expect_response("**/page/services/ruxa"):
            await switch(chat.page, "Ruxa AI", name).click()
        assert getattr(toys[1].state, label) is not before
        await expect(switch(chat.page, "Ruxa AI", name)).to_be_checked(checked=not before)
    assert toys[0].state == NORMAL
    await chat.page.reload()
    await button(chat.page).click()
    await expect(switch(chat.page, "Ruxa AI", "On")).not_to_be_checked()
    await expect(switch(chat.page, "Ruxa AI", "Slow")).to_be_checked()
    await expect(switch(chat.page, "XHuoAPI", "On")).to_be_checked()


async def test_every_open_page_shows_a_change(scene: Scene, chat: Chat, browser: Browser) -> None:
    """What one tab switches, another one shows without being touched."""
    other = await browser.new_page()
    try:
        await Chat(other, scene.world.url).open(scene.linus, scene.lounge)
        await button(other).click()
        await expect(switch(other, "XHuoAPI", "On")).to_be_checked()
        await button(chat.page).click()
        await switch(chat.page, "XHuoAPI", "On").click()
        await expect(switch(other, "XHuoAPI", "On")).not_to_be_checked()
    finally:
        await other.close()


async def test_figures_run_while_the_panel_is_open(toys: tuple[Toy, ...], chat: Chat) -> None:
    """They are asked for every two seconds, and not at all once the panel is closed."""
    await chat.page.add_init_script(COUNT_FETCHES)
    await chat.page.clock.install()
    await chat.page.reload()
    async with chat.page.expect_response("**/page/services"):
        await button(chat.page).click()
    await expect(panel(chat.page)).to_contain_text("0 pictures billed · 0 calls in flight")
    toys[0].switches.count(billed=1, in_flight=3)
    async with chat.page.expect_response("**/page/services"):
        await chat.page.clock.run_for(2_000)
    await expect(panel(chat.page)).to_contain_text("1 picture billed · 3 calls in flight")
    await button(chat.page).click()
    await expect(panel(chat.page)).to_have_count(0)
    fetches = await chat.page.evaluate("window.fetches")
    await chat.page.clock.run_for(20_000)
    assert await chat.page.evaluate("window.fetches") == fetches


async def test_the_panel_by_keyboard_alone(toys: tuple[Toy, ...], chat: Chat) -> None:
    """Enter opens it, the next key is in it, Space switches and keeps its place, Escape leads back."""
    keyboard = chat.page.keyboard
    await button(chat.page).focus()
    await keyboard.press("Enter")
    await expect(button(chat.page)).to_have_attribute("aria-expanded", "true")
    await expect(switch(chat.page, "XHuoAPI", "On")).to_be_visible()
    await keyboard.press("Tab")
    await expect(switch(chat.page, "XHuoAPI", "On")).to_be_focused()
    await keyboard.press("Tab")
    async with chat.page.expect_response("**/page/services"):
        await keyboard.press("Space")
    assert toys[0].state.empty
    await expect(switch(chat.page, "XHuoAPI", "Out of credit")).to_be_focused()
    await keyboard.press("Escape")
    await expect(panel(chat.page)).to_have_count(0)
    await expect(button(chat.page)).to_be_focused()


async def test_a_switch_that_fails_goes_back(chat: Chat) -> None:
    """The page says why, and shows how things still are."""
    await button(chat.page).click()
    await chat.page.route("**/page/services/xhuo", lambda route: route.abort())
    await switch(chat.page, "XHuoAPI", "On").click()
    await expect(panel(chat.page).get_by_role("alert")).to_contain_text("The server cannot be reached.")
    await expect(switch(chat.page, "XHuoAPI", "On")).to_be_checked()


@pytest.mark.parametrize("viewport", [PHONE])
async def test_the_panel_on_a_phone(toys: tuple[Toy, ...], chat: Chat, page: Page) -> None:
    """It folds away, lies within the screen when open, and is large enough for a thumb."""
    await expect(panel(page)).to_have_count(0)
    await button(page).click()
    for service in ("XHuoAPI", "Ruxa AI"):
        for name in ("On", "Out of credit", "Slow"):
            await expect(switch(page, service, name)).to_be_in_viewport(ratio=1)
    line = panel(page).get_by_role("group", name="Ruxa AI").locator("label").first
    box = await line.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    await line.click()
    await expect(switch(page, "Ruxa AI", "On")).not_to_be_checked()
    assert not toys[1].state.on
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await button(page).click()
    await expect(panel(page)).to_have_count(0)
    await expect(chat.text).to_be_in_viewport(ratio=1)
