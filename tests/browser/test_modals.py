"""Forms that the bot shows: their fields, what the client checks, and what becomes of them."""

import pytest
from playwright.async_api import FilePayload, Locator, Page, ViewportSize, expect

from sandbox.discord.model import Upload
from tests.browser.chat import Chat
from tests.browser.conftest import DESKTOP, PHONE, Scene
from tests.browser.test_commands import HAND_OVER
from tests.browser.tiny_bot import TinyBot, picture

pytestmark = pytest.mark.browser

LOW = ViewportSize(width=640, height=600)


def png(name: str, size: int = 1) -> FilePayload:
    """Return a file of so many bytes that says it is a picture."""
    return {"name": name, "mimeType": "image/png", "buffer": b"x" * size}


@pytest.fixture
async def form(scene: Scene, bot: TinyBot, chat: Chat) -> Locator:
    """Let Ada open the form of "Edit image" on a picture of Linus."""
    sky = Upload("sky.png", picture())
    scene.world.person(scene.linus).say(scene.images, "My sky", uploads=[sky])
    await chat.menu(chat.message("My sky").first, "Apps", "Edit image")
    await expect(chat.form).to_be_visible()
    return chat.form


async def test_a_form_shows_its_fields(form: Locator, chat: Chat) -> None:
    """Title, text, labels with descriptions and marks, defaults; the first field has the focus."""
    await expect(form).to_have_accessible_name("Edit this picture")
    await expect(form.locator(".text strong")).to_have_text("changed")
    prompt = form.get_by_label("What should change?")
    await expect(prompt).to_be_focused()
    await expect(prompt).to_have_accessible_description("In your own words")
    await expect(form.get_by_label("Model")).to_have_value("nano-banana")
    await expect(form.locator("label").filter(has_text="*")).to_have_text(
        ["What should change? *", "Model *"]
    )
    await expect(chat.message("Sending command")).to_have_count(0)


async def test_a_form_is_filled_in_and_submitted(form: Locator, scene: Scene, chat: Chat) -> None:
    """Text, menu, files and ticks reach the bot, and its answer appears."""
    await form.get_by_label("What should change?").fill("snow")
    await form.get_by_label("Model").select_option(label="nano-banana-pro · 4 credits")
    await form.get_by_label("More pictures").set_input_files([png("one.png", 5), png("two.png", 7)])
    await form.get_by_label("snow").check()
    await form.get_by_label("frame").check()
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_have_count(0)
    await expect(chat.messages.last).to_contain_text(
        f"snow · nano-banana-pro · sky.png {len(picture())}, one.png 5, two.png 7 · frame, snow"
    )
    assert scene.world.problems == []


@pytest.mark.parametrize("viewport", [DESKTOP, LOW])
async def test_what_is_wrong_is_said_at_the_field(form: Locator, scene: Scene) -> None:
    """Nothing is sent until each field is right, and the first wrong one gets the focus."""
    prompt, submit = form.get_by_label("What should change?"), form.get_by_role("button", name="Submit")
    wrong = form.locator(".field .wrong:visible")
    await submit.click()
    await expect(wrong).to_have_text("This is required.")
    await expect(prompt).to_be_focused()
    await expect(prompt).to_have_attribute("aria-invalid", "true")
    await prompt.fill("ab")
    await expect(wrong).to_have_count(0)
    await submit.click()
    await expect(wrong).to_have_text("At least 3 characters.")
    await prompt.fill("🍌" * 41)
    await expect(form.locator(".counter")).to_have_text("41/40")
    for name in ("frame", "snow", "sun"):
        await form.get_by_label(name).check()
    await submit.click()
    await expect(wrong.filter(has_not_text="/")).to_have_text(["At most 40 characters.", "Choose at most 2."])
    await prompt.fill("snow")
    await submit.click()
    await expect(wrong).to_have_text("Choose at most 2.")
    await expect(wrong).to_be_in_viewport(ratio=1)
    assert len(scene.world.person(scene.ada).sees(scene.images)) == 1


async def test_files_are_dropped_pasted_and_taken_out(form: Locator, chat: Chat) -> None:
    """Anywhere in or beside the form; one too many or too large is left out, and no message gets them."""
    files = form.get_by_role("list", name="Chosen files").get_by_role("listitem")
    await form.evaluate(HAND_OVER, ["drop", "dropped.png"])
    await form.get_by_label("What should change?").evaluate(HAND_OVER, ["paste", "pasted.png"])
    await expect(files).to_have_text(["dropped.png", "pasted.png"])
    await form.get_by_label("More pictures").set_input_files(png("third.png"))
    await expect(form.locator(".type-19 .wrong")).to_have_text("Choose at most 2 files.")
    await form.get_by_role("button", name="Remove dropped.png").click()
    await form.get_by_label("More pictures").set_input_files(png("huge.png", 10 * 1024 * 1024 + 1))
    await expect(form.locator(".type-19 .wrong")).to_have_text("huge.png is larger than 10.0 MB.")
    await expect(files).to_have_text(["pasted.png"])
    await expect(chat.page.locator("#tray")).to_be_hidden()


@pytest.mark.parametrize("way", ["Cancel", "Close", "Escape"])
async def test_a_form_is_left(form: Locator, scene: Scene, chat: Chat, way: str) -> None:
    """Nothing is sent, and the focus returns to where it was."""
    await form.get_by_label("What should change?").fill("snow")
    if way == "Escape":
        await chat.page.keyboard.press("Escape")
    else:
        await form.get_by_role("button", name=way).click()
    await expect(form).to_have_count(0)
    await expect(chat.message("My sky").get_by_role("button", name="More")).to_be_focused()
    assert len(scene.world.person(scene.ada).sees(scene.images)) == 1


async def test_what_was_typed_stays_when_the_bot_does_not_answer(form: Locator, chat: Chat) -> None:
    """The form says so, and can be submitted again."""
    prompt, submit = form.get_by_label("What should change?"), form.get_by_role("button", name="Submit")
    await prompt.fill("nothing")
    await submit.click()
    await expect(submit).to_be_disabled()
    await expect(form.locator("footer .wrong")).to_have_text("This interaction failed. Try again.")
    await expect(prompt).to_have_value("nothing")
    await prompt.fill("something")
    await submit.click()
    await expect(chat.message("something · nano-banana")).to_be_visible()


async def test_a_form_of_a_button_changes_its_message(bot: TinyBot, chat: Chat) -> None:
    """One of several, a tick and a text that stays empty; a choice that is needed is asked for."""
    await chat.command("result")
    await chat.send()
    await chat.page.get_by_role("button", name="Report").click()
    await chat.form.get_by_label("Hide it").check()
    await chat.form.get_by_role("button", name="Submit").click()
    await expect(chat.form.locator(".type-21 .wrong")).to_have_text("This is required.")
    await chat.form.get_by_label("Harmful").check()
    await chat.form.get_by_label("Anything else?").press("Enter")
    await expect(chat.message("Reported: harmful True ''")).to_be_visible()
    await expect(chat.form).to_have_count(0)


@pytest.mark.parametrize("private", ["True", "False"])
@pytest.mark.parametrize("viewport", [PHONE])
async def test_five_buttons_on_a_phone(bot: TinyBot, chat: Chat, page: Page, private: str) -> None:
    """They stand in several lines, each whole and none above another, in private messages too."""
    await chat.command("result")
    await (await chat.add_option("private")).fill(private)
    await chat.send()
    buttons = page.locator(".row .button")
    await expect(buttons).to_have_count(5)
    boxes = [box for button in await buttons.all() if (box := await button.bounding_box())]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"] for box in boxes)
    assert len({box["y"] for box in boxes}) > 1
    for one in boxes:
        assert (
            sum(
                abs(one["y"] - other["y"]) < one["height"] and abs(one["x"] - other["x"]) < 1
                for other in boxes
            )
            == 1
        )


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE, LOW])
async def test_a_form_fits_the_screen(form: Locator, page: Page) -> None:
    """Its title and its buttons are always on it; what is between scrolls."""
    await form.get_by_label("More pictures").set_input_files([png("one.png"), png("two.png")])
    for name in ("Close", "Submit", "Cancel"):
        await expect(form.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert await form.locator(".fields").evaluate("node => node.scrollWidth <= node.clientWidth")
