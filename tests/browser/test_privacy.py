"""Commands below a command, on the page: a member looks at what is kept of them and deletes it."""

import pytest
from playwright.async_api import Page, expect

from bot.texts import text
from tests.browser.chat import Chat
from tests.browser.conftest import PHONE
from tests.local_world import LocalWorld

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 800}])
async def test_shown_and_deleted(world: LocalWorld, page: Page) -> None:
    """Each stands in the list under both names, and can be typed whole."""
    async with world.bot():
        chat = Chat(page, world.discord.url)
        await chat.open(world.places.ada, world.images)
        await chat.text.press_sequentially("/privacy")
        for name in ("show", "export", "delete"):
            await expect(chat.suggestions.filter(has_text=f"/privacy {name}")).to_have_count(1)
        await chat.text.press_sequentially(" sh")
        await expect(chat.suggestions).to_have_count(1)
        await chat.text.press_sequentially("ow ")
        await chat.send()
        await expect(chat.message("What I keep about you")).to_contain_text("30 days")
        await expect(chat.message("What I keep about you")).to_contain_text("/privacy show")

        await chat.command("privacy export")
        await chat.send()
        await expect(chat.message(text("privacy.exported"))).to_contain_text("my-data.json")

        await chat.command("privacy delete")
        await chat.send()
        question = chat.message("Shall I delete what I keep about you?")
        await question.get_by_role("button", name=text("button.forget")).click()
        await expect(chat.message(text("privacy.deleted"))).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
