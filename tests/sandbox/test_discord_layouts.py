"""Panels of version 2 over the wire: sent whole, changed by their own buttons, and by nothing else."""

import io
import re
from typing import Any, Self

import discord
import pytest

from sandbox.discord.model import Message, MessageFlag
from sandbox.discord.server import DiscordWorld
from tests.sandbox.conftest import Api, Interaction, Place, StartBot, ToyBot

V2 = 1 << 15
EPHEMERAL = 1 << 6
TEXT = {"type": 10, "content": "hello"}
BUTTON = {"type": 2, "style": 2, "label": "Go", "custom_id": "go"}
SECTION = {"type": 9, "components": [TEXT], "accessory": BUTTON}


class Row(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"job:(?P<job>\d+):cancel"):
    """A section's button that a bot knows by its custom_id alone."""

    def __init__(self, job: int) -> None:
        super().__init__(discord.ui.Button(label="Cancel", custom_id=f"job:{job}:cancel"))
        self.job = job

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Read the job's number."""
        return cls(int(match["job"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        """Draw the panel without this job."""
        await interaction.response.edit_message(view=panel(f"cancelled {self.job}"))


def panel(words: str, *items: discord.ui.Item[Any]) -> discord.ui.LayoutView:
    """Return a panel with a heading and what else belongs to it."""
    view = discord.ui.LayoutView(timeout=None)
    return view.add_item(discord.ui.Container(discord.ui.TextDisplay(words), *items))


def words(message: Message) -> list[str]:
    """Return the texts directly in the panel's box."""
    (container,) = message.components
    return [part["content"] for part in container["components"] if part["type"] == 10]


async def shown(place: Place, bot: ToyBot, *items: discord.ui.Item[Any]) -> Message:
    """Let the bot send a panel to Ada alone, and return it."""

    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message(view=panel("first", *items), ephemeral=True)

    bot.answer = answer
    message = await place.ada.slash(place.channel, "make", prompt="x").answered()
    assert message is not None
    assert message.flags == MessageFlag.COMPONENTS_V2 | MessageFlag.EPHEMERAL
    return message


def on_press(callback: Any) -> discord.ui.ActionRow[Any]:
    """Return a row with a button that does this."""
    button: discord.ui.Button[Any] = discord.ui.Button(label="Go", custom_id="go")
    button.callback = callback  # type: ignore[method-assign]  # as the library's own examples do
    return discord.ui.ActionRow(button)


async def test_a_button_changes_its_panel_at_once(place: Place, bot: ToyBot) -> None:
    """An update (type 7) keeps the message, its flags and its one reader."""

    async def press(interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(view=panel("second"))

    message = await shown(place, bot, on_press(press))
    assert await place.ada.press(message, "go").answered() is message
    assert words(message) == ["second"]
    assert message.flags == MessageFlag.COMPONENTS_V2 | MessageFlag.EPHEMERAL
    assert place.ada.sees(place.channel) == [message]
    assert place.linus.sees(place.channel) == []


async def test_a_button_changes_its_panel_later(place: Place, bot: ToyBot) -> None:
    """A deferred update (type 6) shows nothing until the original answer, which is the panel, is edited."""

    async def press(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        assert words(message) == ["first"]
        await interaction.edit_original_response(view=panel("second"))

    message = await shown(place, bot, on_press(press))
    assert await place.ada.press(message, "go").answered() is message
    assert words(message) == ["second"]
    assert place.ada.sees(place.channel) == [message]


async def test_a_button_is_answered_with_files(place: Place, bot: ToyBot) -> None:
    """A loading answer (type 5) of its own becomes a plain message with files; the panel stays as it is."""

    async def press(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        files = [discord.File(io.BytesIO(b"x"), name) for name in ("1.png", "2.png")]
        await interaction.followup.send("here", files=files)

    message = await shown(place, bot, on_press(press))
    answer = await place.ada.press(message, "go").answered()
    assert answer is not None
    assert (answer.content, answer.flags) == ("here", MessageFlag.EPHEMERAL)
    assert [file.filename for file in answer.attachments] == ["1.png", "2.png"]
    assert place.ada.sees(place.channel) == [message, answer]
    assert place.linus.sees(place.channel) == []
    assert words(message) == ["first"]


async def test_a_panels_button_outlives_the_bot(place: Place, start_bot: StartBot) -> None:
    """A second bot knows the button in a section by its custom_id, and changes the panel of the first."""
    first = await start_bot()
    message = await shown(place, first, discord.ui.Section("a job", accessory=Row(17)))
    await first.close()
    second = await start_bot()
    second.add_dynamic_items(Row)
    assert await place.ada.press(message, "Cancel").answered() is message
    assert words(message) == ["cancelled 17"]


async def test_every_component_has_a_number(place: Place, api: Api) -> None:
    """Those without one are counted from 1, around those that were given; a press tells its button's."""
    messages = f"/channels/{place.channel.id}/messages"
    row = {"type": 1, "components": [BUTTON | {"custom_id": "other", "id": 2}]}
    container = {"type": 17, "components": [SECTION, row]}
    _, posted = await api("POST", messages, {"components": [container], "flags": V2})
    (box,) = posted["components"]
    section, row = box["components"]
    assert [box["id"], section["id"], section["components"][0]["id"], section["accessory"]["id"]] == [
        1,
        3,
        4,
        5,
    ]
    (message,) = place.ada.sees(place.channel)
    assert place.ada.press(message, "go").data["id"] == 5
    assert place.ada.press(message, "other").data["id"] == 2


async def test_a_plain_message_becomes_a_layout_without_its_words(place: Place, api: Api) -> None:
    """The flag may be added by an edit that takes the content away, and never leaves again."""
    messages = f"/channels/{place.channel.id}/messages"
    _, posted = await api("POST", messages, {"content": "words"})
    path = f"{messages}/{posted['id']}"
    status, body = await api("PATCH", path, {"components": [TEXT], "flags": V2})
    assert (status, body["code"]) == (400, 50035)
    status, body = await api("PATCH", path, {"components": [TEXT], "flags": V2, "content": None})
    assert (status, body["flags"]) == (200, V2)
    status, body = await api("PATCH", path, {"components": [TEXT], "flags": 0})
    assert (status, body["flags"]) == (200, V2)


async def test_a_loading_answer_is_no_layout_yet(
    world: DiscordWorld, place: Place, bot: ToyBot, api: Api
) -> None:
    """The flag of a deferred answer is lost: it belongs to the edit that brings the layout."""
    interaction = place.ada.slash(place.channel, "make", prompt="x")
    callback = f"/interactions/{interaction.id}/{interaction.token}/callback"
    await api("POST", callback, {"type": 5, "data": {"flags": V2 | EPHEMERAL}})
    original = f"/webhooks/{world.application.id}/{interaction.token}/messages/@original"
    assert (await api("PATCH", original, {"components": [SECTION]}))[1]["code"] == 50035
    status, body = await api("PATCH", original, {"components": [SECTION], "flags": V2})
    assert (status, body["flags"]) == (200, V2 | EPHEMERAL)


async def test_a_private_panel_is_changed_through_its_interaction_alone(
    place: Place, bot: ToyBot, api: Api
) -> None:
    """For the channel's routes it does not exist."""
    message = await shown(place, bot)
    path = f"/channels/{place.channel.id}/messages/{message.id}"
    for method, payload in (("PATCH", {"components": [TEXT]}), ("DELETE", None)):
        status, body = await api(method, path, payload)
        assert (status, body["code"]) == (404, 10008)
    assert words(message) == ["first"]


@pytest.mark.parametrize(
    "components",
    [
        [{"type": 9, "components": [TEXT]}],
        [SECTION | {"components": []}],
        [SECTION | {"components": [TEXT] * 4}],
        [SECTION | {"components": [BUTTON]}],
        [SECTION | {"accessory": TEXT}],
        [{"type": 17, "components": []}],
        [{"type": 17, "components": [TEXT] * 40}],
        [SECTION, *[TEXT] * 38],
        [SECTION, {"type": 1, "components": [BUTTON]}],
        [{"type": 17, "components": [TEXT | {"content": "x" * 3996}, SECTION]}],
        [TEXT | {"id": 7}, TEXT | {"id": 7}],
    ],
    ids=[
        "a section without accessory",
        "a section without text",
        "a section of four texts",
        "a button as text",
        "a text as accessory",
        "an empty box",
        "41 in a box",
        "41 with a section's parts",
        "an accessory's custom_id twice",
        "4001 characters in all",
        "the same number twice",
    ],
)
async def test_a_wrong_panel_is_refused_whichever_way_it_comes(
    place: Place, bot: ToyBot, api: Api, components: list[dict[str, Any]]
) -> None:
    """50035 for a new message, and for the update of a panel, which stays as it was."""
    wrong = {"components": components, "flags": V2}
    status, body = await api("POST", f"/channels/{place.channel.id}/messages", wrong)
    assert (status, body["code"]) == (400, 50035)

    async def nothing(_: discord.Interaction) -> None:
        """Leave the answer to the test."""

    message = await shown(place, bot, on_press(nothing))
    pressed = place.ada.press(message, "go")
    callback = f"/interactions/{pressed.id}/{pressed.token}/callback"
    status, body = await api("POST", callback, {"type": 7, "data": wrong})
    assert (status, body["code"]) == (400, 50035)
    assert (words(message), pressed.state) == (["first"], "waiting")


async def test_the_largest_panel_is_taken(place: Place, api: Api) -> None:
    """40 components with 4000 characters, a section's parts counted with it."""
    texts = [TEXT | {"content": "x" * 105}] * 37
    components = [SECTION | {"components": [TEXT | {"content": "x" * 115}]}, *texts]
    status, body = await api(
        "POST", f"/channels/{place.channel.id}/messages", {"components": components, "flags": V2}
    )
    assert (status, len(body["components"])) == (200, 38)
