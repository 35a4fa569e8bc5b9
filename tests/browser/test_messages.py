"""Messages: their text, files, replies and pings, and who sees them."""

import re
import time

import pytest
from playwright.async_api import FilePayload, expect

from sandbox.discord.model import Upload
from tests.browser.chat import Chat
from tests.browser.conftest import Scene
from tests.browser.tiny_bot import TinyBot, picture

pytestmark = pytest.mark.browser


async def test_what_others_write_appears_at_once(scene: Scene, chat: Chat) -> None:
    """A message needs no reload, and is said to people who cannot see the page."""
    scene.world.person(scene.linus).say(scene.images, "Good morning")
    await expect(chat.message("Good morning")).to_contain_text("Linus")
    await expect(chat.page.locator("#announcer")).to_have_text("Linus: Good morning")


async def test_markup_in_a_message_is_text(scene: Scene, chat: Chat) -> None:
    """HTML, script links and half-finished markdown stay what was written."""
    nasty = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) **open <b>bold</b>"
    await chat.say(nasty)
    message = chat.messages.last
    await expect(message.locator(".text")).to_have_text(nasty)
    await expect(message.locator(".text").locator("img, a, b, strong")).to_have_count(0)


async def test_markdown(scene: Scene, chat: Chat) -> None:
    """The markdown that people and bots use looks as they mean it."""
    soon = int(time.time()) + 3600
    await chat.page.get_by_role("combobox", name="Message", exact=True).fill(
        f"# Big\n**bold** *leaning* `code` [label](https://example.com/a) ||hidden|| snake_case_word"
        f" \\*plain\\*\n- one\n- two\n> said <@{scene.linus.id}>\n"
        f"-# quiet, <t:{soon}:R>\n```py\nx = '<b>'\n```"
    )
    await chat.text.press("Enter")
    text = chat.messages.last.locator(".text")
    await expect(text.get_by_role("heading", name="Big")).to_be_visible()
    await expect(text.locator("strong")).to_have_text("bold")
    await expect(text.locator("em")).to_have_text("leaning")
    await expect(text.get_by_role("link", name="label")).to_have_attribute("href", "https://example.com/a")
    await expect(text.get_by_role("listitem")).to_have_text(["one", "two"])
    await expect(text.locator("blockquote .mention")).to_have_text("@Linus")
    await expect(text.locator("small time")).to_have_text(re.compile(r"in (1 hour|\d+ minutes)"))
    await expect(text.locator("pre")).to_have_text("x = '<b>'")
    await expect(text).to_contain_text("snake_case_word *plain*")
    await text.get_by_role("button", name="Spoiler: show").press("Enter")
    await expect(text.locator(".spoiler.revealed")).to_have_text("hidden")


async def test_a_relative_time_counts_on(scene: Scene, chat: Chat) -> None:
    """Nobody edits the message, yet the seconds run."""
    await chat.say(f"<t:{int(time.time()) + 120}:R>")
    shown = chat.messages.last.locator("time.stamp")
    await expect(shown).to_have_text(re.compile("in (2|1) minutes?"))
    await chat.say(f"<t:{int(time.time()) + 50}:R>")
    first = await chat.messages.last.locator("time.stamp").inner_text()
    await expect(chat.messages.last.locator("time.stamp")).not_to_have_text(first)


async def test_a_file_with_a_message(scene: Scene, chat: Chat) -> None:
    """A picture is shown, any other file is a link; one can be taken out before sending."""
    notes: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"}
    await chat.attach({"name": "sky.png", "mimeType": "image/png", "buffer": picture()}, notes, notes)
    await chat.page.get_by_role("button", name="Remove notes.txt").first.click()
    await chat.say("Two files")
    message = chat.message("Two files")
    await expect(message.get_by_role("img", name="sky.png")).to_have_js_property("naturalWidth", 320)
    await expect(message.get_by_role("link", name="notes.txt")).to_contain_text("5 B")
    [seen] = scene.world.person(scene.linus).sees(scene.images)
    assert [attachment.filename for attachment in seen.attachments] == ["sky.png", "notes.txt"]


async def test_a_picture_opens_large_and_closes_with_escape(scene: Scene, chat: Chat) -> None:
    """The dialog has the picture, its alt text and the original; the focus returns to where it was."""
    sky = Upload("sky.png", picture(), description="an orange sky")
    scene.world.person(scene.linus).say(scene.images, "Look", uploads=[sky])
    small = chat.message("Look").get_by_role("button", name="an orange sky")
    await expect(chat.message("Look").locator(".alt")).to_have_attribute(
        "aria-label", "Alt text: an orange sky"
    )
    await small.press("Enter")
    dialog = chat.page.get_by_role("dialog")
    await expect(dialog.get_by_role("img", name="an orange sky")).to_be_visible()
    await expect(dialog.get_by_role("link", name="Open original")).to_have_attribute(
        "href", re.compile("^/attachments/")
    )
    await chat.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(small).to_be_focused()


async def test_a_hidden_picture_is_shown_on_demand(scene: Scene, chat: Chat) -> None:
    """The first click only uncovers it, and it stays uncovered when the message is drawn again."""
    scene.world.person(scene.linus).say(scene.images, "Guess", uploads=[Upload("SPOILER_x.png", picture())])
    await chat.message("Guess").get_by_role("button", name="Spoiler picture: show").click()
    await expect(chat.page.get_by_role("dialog")).to_have_count(0)
    await chat.page.get_by_role("button", name="lounge").click()
    await chat.page.get_by_role("button", name="images").click()
    await expect(chat.message("Guess").locator(".picture.hidden")).to_have_count(0)
    await expect(chat.message("Guess").locator(".picture")).to_be_visible()


async def test_a_reply_pings_or_not_as_chosen(scene: Scene, chat: Chat) -> None:
    """A reply shows the quoted line, leads back to it, and pings its author unless that is switched off."""
    linus = scene.world.person(scene.linus)
    linus.say(scene.images, "Who paints?")
    question = chat.message("Who paints?").first
    await question.hover()
    await question.get_by_role("button", name="Reply").click()
    await expect(chat.page.locator("#reply")).to_contain_text("Replying to Linus")
    await chat.say("I do")
    await expect(chat.message("I do")).to_contain_text("Who paints?")
    await question.hover()
    await question.get_by_role("button", name="Reply").click()
    await chat.page.get_by_role("button", name="Ping on").click()
    await chat.say("Quietly: me")
    await expect(chat.message("Quietly: me")).to_be_visible()
    loud, quiet = linus.sees(scene.images)[1:]
    assert (loud.pinged, quiet.pinged) == ({scene.linus.id}, set())
    await chat.message("I do").locator(".above").click()
    await expect(question).to_be_focused()


@pytest.mark.parametrize("place", ["a thread", "the direct messages"])
async def test_a_reply_with_a_file(scene: Scene, bot: TinyBot, chat: Chat, place: str) -> None:
    """In a thread and in the direct messages it holds its picture and the quoted line, and pings as well."""
    channel = scene.world.person(scene.ada).dm()
    if place == "a thread":
        channel = scene.world.add_thread(scene.images, "old")
    posted = scene.world.post(channel, scene.world.state.bot, "Your picture")
    await chat.open(scene.ada, channel)
    await chat.menu(chat.message("Your picture").first, "Reply")
    await chat.attach({"name": "sky.png", "mimeType": "image/png", "buffer": picture()})
    await expect(chat.page.get_by_role("button", name="Ping on")).to_be_visible()
    await chat.say("like this one")
    reply = chat.message("like this one")
    await expect(reply.locator(".quoted")).to_have_text("Your picture")
    await expect(reply.get_by_role("img", name="sky.png")).to_have_js_property("naturalWidth", 320)
    [_, seen] = scene.world.person(scene.ada).sees(channel)
    assert seen.reference is not None
    assert seen.reference.message is posted
    assert seen.pinged == {scene.world.state.bot.id}


async def test_unread_channels_and_pings_are_counted(scene: Scene, chat: Chat) -> None:
    """A message elsewhere marks its channel, a ping shows a number, a visit clears both."""
    scene.world.person(scene.linus).say(scene.lounge, f"<@{scene.ada.id}> come over")
    lounge = chat.page.get_by_role("button", name="lounge, unread")
    await expect(lounge.locator(".pings")).to_have_text("1")
    await lounge.click()
    await expect(chat.message("come over")).to_have_class("message pinged")
    await expect(lounge).to_have_count(0)


async def test_the_view_stays_where_it_is_while_reading(scene: Scene, chat: Chat) -> None:
    """New messages follow at the end, but do not pull away a person who scrolled up; a button leads down."""
    linus = scene.world.person(scene.linus)
    for number in range(40):
        linus.say(scene.images, f"line {number}")
    await expect(chat.message("line 39")).to_be_in_viewport()
    linus.say(scene.images, "a picture", uploads=[Upload("tall.png", picture(size=(300, 900)))])
    await expect(chat.message("a picture").get_by_role("img")).to_be_in_viewport(ratio=1)
    await chat.page.locator("#scroller").evaluate("node => { node.scrollTop = 0; }")
    await expect(chat.message("line 0")).to_be_in_viewport()
    linus.say(scene.images, "the newest")
    await chat.page.get_by_role("button", name="New messages").click()
    await expect(chat.message("the newest")).to_be_in_viewport()
    await expect(chat.page.get_by_role("button", name="New messages")).to_be_hidden()


async def test_what_the_client_refuses_stays_in_the_box(scene: Scene, chat: Chat) -> None:
    """A message that cannot be sent is not lost, and the reason stands below it."""
    thread = scene.world.add_thread(scene.images, "old")
    await chat.page.get_by_role("button", name="old").click()
    scene.world.archive(thread)
    await chat.say("too late")
    await expect(chat.problem).to_have_text("You may not write here.")
    await expect(chat.text).to_have_value("too late")
