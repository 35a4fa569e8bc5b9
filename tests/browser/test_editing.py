"""Pictures edited where they stand, on the page, with the real bot behind it."""

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import PHONE
from tests.browser.test_journey import painted
from tests.browser.tiny_bot import picture
from tests.local_world import LocalWorld

pytestmark = pytest.mark.browser

HAT: FilePayload = {"name": "hat.png", "mimeType": "image/png", "buffer": picture("maroon", (200, 160))}


def result(chat: Chat, words: str) -> Locator:
    """The bot's message with the picture for these words, for everybody."""
    return (
        chat.message("AI-generated").filter(has_text=words).filter(has_not_text="Only you can see this").last
    )


async def reply(chat: Chat, message: Locator, words: str) -> None:
    """Reply to a message, with the usual ping."""
    await chat.menu(message, "Reply")
    await chat.say(words)


async def press(message: Locator, label: str) -> None:
    """Press one of the buttons below a message."""
    await message.get_by_role("button", name=label, exact=True).click()


async def test_from_reply_to_reply(world: LocalWorld, page: Page) -> None:
    """A picture, a reply to it, a reply with a file to that; each result quotes the reply that asked."""
    async with world.bot():
        chat = Chat(page, world.discord.url)
        await chat.open(world.places.ada, world.images)
        await chat.command("generate", "a lighthouse in a storm")
        await chat.send()
        await painted(result(chat, "a lighthouse in a storm"), 1)

        await reply(chat, result(chat, "a lighthouse in a storm"), "make it night")
        night = result(chat, "make it night")
        await painted(night, 1)
        await expect(night).to_contain_text("make it night")
        await expect(chat.message("Making your picture")).to_have_count(0)  # it went away with the result

        await chat.menu(night, "Reply")
        await chat.attach(HAT)
        await chat.say("put this hat on it --ar 3:4")
        await painted(result(chat, "put this hat on it"), 1)
        await expect(result(chat, "put this hat on it")).to_contain_text("3:4")
        assert [len(call.inputs) for call in world.api.calls] == [0, 1, 2]

        await reply(chat, result(chat, "put this hat on it"), "thanks, lovely 😍")
        await expect(chat.message("thanks, lovely")).to_be_visible()
        await expect(chat.messages.locator("img[alt^='AI-generated']")).to_have_count(3)


async def test_the_first_words_of_the_conversation_are_true(world: LocalWorld, page: Page) -> None:
    """Linus says how to edit Ada's photo; whoever does so gets their picture."""
    async with world.bot():
        chat = Chat(page, world.discord.url)
        await chat.open(world.places.grace, world.images)
        advice = await chat.message("mention the bot").locator("code").inner_text()
        await chat.menu(chat.message("My view from the train").first, "Reply")
        await chat.say(advice)
        await painted(result(chat, "let it snow"), 1)
        await expect(chat.message("let it snow").locator(".mention", has_text="@Nano Banana")).to_be_visible()


async def test_the_form_on_a_picture_of_somebody_else(world: LocalWorld, page: Page) -> None:
    """Apps → Edit image asks what to change in Ada's photo; Linus pays for it."""
    async with world.bot() as services:
        chat = Chat(page, world.discord.url)
        await chat.open(world.places.linus, world.images)
        await chat.menu(chat.message("My view from the train").first, "Apps", "Edit image")
        await expect(chat.form).to_be_visible()
        await chat.form.get_by_label("What to change").fill("let it snow")
        await chat.form.get_by_role("button", name="Submit").click()
        await painted(result(chat, "let it snow"), 1)
        [job] = await services.store.recent(world.places.linus.id, skip=0, limit=5)
        assert job.source_message_id is not None


async def test_the_buttons_below_a_result(world: LocalWorld, page: Page) -> None:
    """Edit, Again, Bigger, Compare and Delete do what stands on them, for whoever presses."""
    async with world.bot():
        chat = Chat(page, world.discord.url)
        await chat.open(world.places.ada, world.images)
        photo = chat.message("My view from the train").first
        await chat.menu(photo, "Apps", "Edit image")
        await chat.form.get_by_label("What to change").fill("let it snow")
        await chat.form.get_by_role("button", name="Submit").click()
        snow = chat.message("AI-generated").filter(has_text="let it snow").first
        await painted(snow, 1)

        await press(snow, "Compare")
        both = chat.message("Before, and after")
        await expect(both).to_contain_text("Only you can see this")
        await expect(both.get_by_alt_text("before the edit")).to_be_visible()

        await chat.become(world.places.linus)
        await press(snow, "Again · 1 credit")
        await expect(chat.message("AI-generated")).to_have_count(2)
        await press(snow, "Bigger · 3 credits")
        await expect(chat.message("details may have changed")).to_be_visible()
        await press(snow, "Edit")
        await chat.form.get_by_label("What to change").fill("add a red train")
        await chat.form.get_by_role("button", name="Submit").click()
        await painted(result(chat, "add a red train"), 1)
        await press(snow, "Delete")
        await expect(chat.message("Only the person who asked for this")).to_be_visible()

        await chat.become(world.places.ada)
        results = await chat.message("AI-generated").count()
        await press(snow, "Delete")
        await expect(chat.message("AI-generated")).to_have_count(results - 1)


@pytest.mark.parametrize("viewport", [PHONE])
async def test_on_a_phone(world: LocalWorld, page: Page) -> None:
    """The row of buttons wraps, and the form fits."""
    async with world.bot():
        chat = Chat(page, world.discord.url)
        await chat.open(world.places.ada, world.images)
        await chat.menu(chat.message("My view from the train").first, "Apps", "Edit image")
        await chat.form.get_by_label("What to change").fill("let it snow")
        await chat.form.get_by_role("button", name="Submit").click()
        delete = result(chat, "let it snow").get_by_role("button", name="Delete", exact=True)
        await expect(delete).to_be_visible()
        await press(result(chat, "let it snow"), "Edit")
        await expect(chat.form).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
