"""Commands: the list, the options with what the client checks, suggestions, files, and the answers."""

import asyncio

import pytest
from playwright.async_api import FilePayload, Page, expect

from sandbox.discord.events import Event, InteractionCreated
from tests.browser.chat import Chat
from tests.browser.conftest import PHONE, Scene
from tests.browser.tiny_bot import TinyBot, picture

pytestmark = pytest.mark.browser

PNG: FilePayload = {"name": "cat.png", "mimeType": "image/png", "buffer": picture("crimson", (64, 48))}

HAND_OVER = """(node, [kind, name]) => {
  const data = new DataTransfer();
  data.items.add(new File(["x"], name, { type: "image/png" }));
  const event = kind === "drop"
    ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
    : new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  node.dispatchEvent(event);
}"""
"""What the browser does when a person drops or pastes a file."""


async def test_a_slash_offers_the_commands_with_their_descriptions(bot: TinyBot, chat: Chat) -> None:
    """Typing "/" shows what the bot registered here; more letters leave what fits."""
    await chat.text.press_sequentially("/")
    await expect(chat.suggestions).to_have_count(6)
    await expect(chat.suggestions.first).to_contain_text("Paint a picture")
    await chat.text.press_sequentially("pan")
    await expect(chat.suggestions).to_have_count(1)
    await chat.text.press("Escape")
    await expect(chat.suggestions).to_have_count(0)


async def test_only_what_the_client_would_offer_is_offered(scene: Scene, bot: TinyBot, chat: Chat) -> None:
    """In a server without the bot there are the commands a person carries along, and for others none."""
    await chat.open(scene.ada, scene.abroad)
    await chat.text.press_sequentially("/")
    await expect(chat.suggestions).to_have_count(1)
    await expect(chat.suggestions).to_contain_text("/paint")
    await chat.become(scene.linus)
    await chat.text.fill("/")
    await expect(chat.page.locator("#popup")).to_contain_text("There are none here")


async def test_a_command_by_keyboard_alone(scene: Scene, bot: TinyBot, chat: Chat) -> None:
    """Arrows, Enter and Tab are enough to fill in options with suggestions and to send them."""
    keyboard = chat.page.keyboard
    await chat.text.press_sequentially("/pa")
    await expect(chat.suggestions).to_have_count(2)
    await keyboard.press("ArrowDown")
    await keyboard.press("ArrowUp")
    await keyboard.press("Enter")
    await keyboard.type("a red boat")
    await keyboard.press("Tab")
    await keyboard.type("model:")
    await expect(chat.suggestions).to_have_count(3)
    await keyboard.type("pro")
    await expect(chat.suggestions).to_have_count(1)
    await keyboard.press("Enter")
    await expect(chat.option("model")).to_have_value("nano-banana-pro · 1 credit")
    await keyboard.type("shape:")
    await expect(chat.suggestions).to_have_text(["square", "wide"])
    await keyboard.press("ArrowDown")
    await keyboard.press("Enter")
    await keyboard.press("Enter")
    result = chat.message("nano-banana-pro")
    await expect(result.get_by_role("img", name="a red boat")).to_have_js_property("naturalWidth", 320)
    assert await chat.page.get_by_role("combobox", name="Message", exact=True).is_visible()


async def test_suggestions_follow_the_last_text(bot: TinyBot, chat: Chat) -> None:
    """The bot is asked when typing pauses, not for each letter, and late answers change nothing."""
    await chat.command("paint", "x")
    model = await chat.add_option("model")
    async with chat.page.expect_request(lambda request: "slow" in (request.post_data or "")):
        await model.press_sequentially("slow", delay=5)
    await model.fill("")
    await model.press_sequentially("nano-banana-2", delay=5)
    await expect(chat.suggestions).to_have_text(["nano-banana-2 · 1 credit"])
    async with chat.page.expect_response("**/page/autocomplete*") as late:
        bot.patience.set()
    assert "too late" in await (await late.value).text()
    await expect(chat.suggestions).to_have_text(["nano-banana-2 · 1 credit"])
    assert bot.asked[-2:] == ["slow", "nano-banana-2"]
    assert len(bot.asked) <= 3


async def test_options_are_checked_before_anything_is_sent(bot: TinyBot, chat: Chat) -> None:
    """A missing, over-long or wrong value is named, and the field is where the cursor goes."""
    await chat.command("paint")
    await chat.send()
    await expect(chat.problem).to_have_text("prompt is required.")
    await expect(chat.option("prompt")).to_be_focused()
    await expect(chat.option("prompt")).to_have_attribute("aria-invalid", "true")
    await chat.option("prompt").fill("x" * 101)
    await chat.send()
    await expect(chat.problem).to_have_text("prompt must be 1 to 100 characters long.")
    await chat.option("prompt").fill("x")
    await (await chat.add_option("count")).fill("5")
    await chat.send()
    await expect(chat.problem).to_have_text("count must be 1 to 4.")
    await chat.option("count").fill("2.5")
    await chat.send()
    await expect(chat.problem).to_have_text("count must be a whole number.")
    await chat.option("count").fill("4")
    await chat.send()
    await expect(chat.page.locator(".grid")).to_have_attribute("data-count", "4")


async def test_a_picture_chosen_dropped_or_pasted_fills_a_file_option(bot: TinyBot, chat: Chat) -> None:
    """Files go to the next file option, which is added if need be; the bot gets the bytes."""
    await chat.command("paint", "with a cat")
    await chat.attach(PNG)
    await expect(chat.option("image1")).to_contain_text("cat.png")
    await chat.attach(PNG)
    await expect(chat.problem).to_have_text("/paint takes no more files.")
    await chat.option("image1").press("Backspace")
    await chat.option("image1").evaluate(HAND_OVER, ["drop", "dropped.png"])
    await expect(chat.option("image1")).to_contain_text("dropped.png")
    await chat.option("image1").press("Backspace")
    await chat.option("image1").evaluate(HAND_OVER, ["paste", "pasted.png"])
    await expect(chat.option("image1")).to_contain_text("pasted.png")
    await chat.option("image1").press("Backspace")
    await chat.attach(PNG)
    await chat.send()
    shown = chat.message("with a cat").get_by_role("img", name="with a cat")
    await expect(shown).to_have_js_property("naturalWidth", 64)


async def test_a_file_over_ten_mebibytes_is_refused(bot: TinyBot, chat: Chat) -> None:
    """The client says so at once."""
    await chat.command("paint", "big")
    await chat.attach({"name": "big.png", "mimeType": "image/png", "buffer": bytes(10 * 1024 * 1024 + 1)})
    await chat.send()
    await expect(chat.problem).to_have_text("big.png is larger than 10.0 MB.")


async def test_escape_and_backspace_leave_a_command(bot: TinyBot, chat: Chat) -> None:
    """Optional chips go one by one, Escape ends the whole command, the text box is back."""
    await chat.command("paint", "x")
    field = await chat.add_option("spoiler")
    await expect(chat.suggestions).to_have_text(["True", "False"])
    await field.press("Backspace")
    await expect(chat.option("spoiler")).to_have_count(0)
    await chat.page.keyboard.press("Escape")
    await expect(chat.text).to_be_focused()


async def test_a_private_answer_is_seen_by_one_person(scene: Scene, bot: TinyBot, chat: Chat) -> None:
    """The progress is marked, can be dismissed, and is not there for others; its link leads to the result."""
    await chat.command("paint", "a kite")
    await chat.send()
    progress = chat.message("Done:")
    await expect(progress).to_contain_text("Only you can see this")
    await expect(progress).to_contain_text("Ada used /paint")
    await expect(chat.messages.filter(has_text="@Ada")).to_have_class("message pinged")
    await progress.get_by_role("link").click()
    await expect(chat.message("@Ada")).to_be_focused()
    await progress.get_by_role("button", name="Dismiss message").click()
    await expect(progress).to_have_count(0)
    await chat.become(scene.linus)
    await expect(chat.message("@Ada")).to_be_visible()
    await expect(chat.message("Done:")).to_have_count(0)


async def test_a_silent_bot_is_told_after_three_seconds(scene: Scene, bot: TinyBot, chat: Chat) -> None:
    """First it is being sent, then the application did not respond."""
    sent = asyncio.Event()

    def hear(event: Event) -> None:
        if isinstance(event, InteractionCreated):
            sent.set()

    scene.world.state.events.subscribe(hear)
    await chat.command("silent")
    await chat.send()
    await expect(chat.message("Sending command…")).to_be_visible()
    await asyncio.wait_for(sent.wait(), 10)
    scene.world.advance(3)
    failed = chat.message("The application did not respond")
    await expect(failed).to_be_visible()
    await failed.get_by_role("button", name="Dismiss message").click()
    await expect(failed).to_have_count(0)


async def test_buttons_links_and_menus(bot: TinyBot, chat: Chat) -> None:
    """They look like what they are, answer when pressed, and change their message in place."""
    await chat.command("ask")
    await chat.send()
    question = chat.message("Shall we?")
    await expect(question.get_by_role("link", name="More")).to_have_attribute(
        "href", "https://example.com/more"
    )
    await expect(question.get_by_role("button", name="Never")).to_be_disabled()
    await question.get_by_role("button", name="Whisper").press("Enter")
    await expect(chat.message("Just between us.")).to_contain_text("Only you can see this")
    await question.get_by_role("combobox").select_option("2K")
    await expect(chat.message("You chose 2K.")).to_be_visible()
    await question.get_by_role("button", name="Yes").click()
    await expect(chat.message("You said yes.")).to_contain_text("(edited)")
    await expect(question).to_have_count(0)


async def test_layout_blocks(bot: TinyBot, chat: Chat) -> None:
    """A panel shows its text, pictures and buttons inside one box with its colour."""
    await chat.command("panel")
    await chat.send()
    box = chat.page.locator(".container")
    await expect(box.get_by_role("heading", name="Your credits")).to_be_visible()
    await expect(box.get_by_role("button", name="Refresh")).to_be_enabled()
    await expect(box.get_by_role("img", name="a small one")).to_have_js_property("naturalWidth", 64)
    await expect(box.get_by_role("img", name="a large one")).to_have_js_property("naturalWidth", 320)
    assert await box.evaluate("node => getComputedStyle(node).getPropertyValue('--accent-line')") == "#ffcf4a"


@pytest.mark.parametrize("viewport", [PHONE])
async def test_a_command_on_a_phone(bot: TinyBot, chat: Chat, page: Page) -> None:
    """By touch-sized controls alone, with nothing wider than the screen."""
    await chat.command("paint", "a long, long prompt about a lighthouse above a sea of clouds")
    await chat.add_option("count")
    await chat.option("count").fill("3")
    await chat.attach(PNG)
    width = "Math.max(document.documentElement.scrollWidth, document.querySelector('#scroller').scrollWidth)"
    assert await page.evaluate(width) <= PHONE["width"]
    await chat.send()
    await expect(chat.page.locator(".grid")).to_have_attribute("data-count", "3")
    assert await page.evaluate(width) <= PHONE["width"]
