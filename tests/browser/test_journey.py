"""A member's way through the page with the real bot behind it."""

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import PHONE
from tests.browser.tiny_bot import picture
from tests.local_world import LocalWorld

pytestmark = pytest.mark.browser

PHOTO: FilePayload = {"name": "photo.png", "mimeType": "image/png", "buffer": picture("teal", (320, 200))}
PAINTED = "image => image.complete && image.naturalWidth > 0"


async def painted(message: Locator, count: int) -> None:
    """The message shows so many pictures, really decoded, each with words for those who cannot see it."""
    images = message.locator("img[alt^='AI-generated']")
    await expect(images).to_have_count(count)
    for image in await images.all():
        await image.scroll_into_view_if_needed()
        await expect(image).to_have_js_property("complete", value=True)
        assert await image.evaluate(PAINTED)


async def test_generate_edit_and_look_at_the_credits(world: LocalWorld, page: Page) -> None:
    """From a word to a picture, from a picture to another, and what is left after both."""
    async with world.bot():
        chat = Chat(page, world.discord.url)
        await chat.open(world.places.ada, world.images)
        await chat.command("generate", "a lighthouse in a storm")
        await chat.send()
        await expect(chat.message("Done: your picture · 19 credits left")).to_be_visible()
        await painted(chat.message("AI-generated").filter(has_text="a lighthouse in a storm"), 1)

        await chat.command("edit", "make it night")
        await chat.attach(PHOTO)
        count = await chat.add_option("count")
        await count.fill("4")
        await chat.send()
        await expect(chat.message("Done: your pictures · 15 credits left")).to_be_visible()
        await painted(chat.message("AI-generated").filter(has_text="make it night"), 4)

        await chat.command("usage")
        await chat.send()
        await expect(chat.message("15 credits left of 20 a day")).to_be_visible()

        await chat.become(world.places.linus)
        await expect(chat.message("AI-generated")).to_have_count(2)
        await expect(chat.message("credits left")).to_have_count(0)


@pytest.mark.parametrize("viewport", [PHONE])
async def test_a_refusal_on_a_phone(world: LocalWorld, page: Page) -> None:
    """A wish that cannot be made is answered in one sentence, to its member alone, on a narrow screen too."""
    async with world.bot():
        chat = Chat(page, world.discord.url)
        await chat.open(world.places.ada, world.images)
        await chat.command("generate", "a large fox")
        resolution = await chat.add_option("resolution")
        await resolution.fill("2K")
        await chat.send()
        refusal = chat.message("nano-banana has no 2K: for that choose nano-banana-2 or nano-banana-pro.")
        await expect(refusal).to_be_visible()
        await expect(refusal).to_contain_text("Only you can see this")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
