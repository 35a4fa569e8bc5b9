"""Buttons, menus and whole layouts, as discord.py builds them and as Discord refuses them."""

import io
from typing import Any

import discord
import pytest

from sandbox.discord.model import MessageFlag
from sandbox.discord.options import ClientRefused
from tests.sandbox.conftest import Api, Interaction, Place, ToyBot

BUTTON = {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}
TEXT = {"type": 10, "content": "hello"}
V2 = 1 << 15


def row(*components: dict[str, Any]) -> dict[str, Any]:
    """Return a row."""
    return {"type": 1, "components": list(components)}


async def test_a_view_of_discord_py_arrives_whole(place: Place, bot: ToyBot) -> None:
    """Buttons of each style, a link, an emoji and a menu are taken as discord.py sends them."""
    view = discord.ui.View(timeout=None)
    for style in (1, 2, 3, 4):
        view.add_item(
            discord.ui.Button(style=discord.ButtonStyle(style), label=str(style), custom_id=f"b{style}")
        )
    view.add_item(discord.ui.Button(url="https://example.org", emoji="🔗"))
    options = [
        discord.SelectOption(label="A", value="a", description="first"),
        discord.SelectOption(label="B"),
    ]
    view.add_item(discord.ui.Select(custom_id="menu", options=options, placeholder="pick"))
    channel = bot.get_channel(place.channel.id)
    assert isinstance(channel, discord.TextChannel)
    sent = await channel.send("choose", view=view)
    assert len(sent.components) == 2
    message = place.ada.sees(place.channel)[0]
    place.ada.press(message, "b1")
    place.ada.choose(message, "menu", "B")
    with pytest.raises(ClientRefused):
        place.ada.choose(message, "menu", "C")
    with pytest.raises(ClientRefused):
        place.ada.press(message, "missing")


async def test_a_layout_hides_its_files(place: Place, bot: ToyBot) -> None:
    """A layout of version 2 shows uploaded files, which then are no attachments of the message."""
    view = discord.ui.LayoutView()
    gallery: discord.ui.MediaGallery[Any] = discord.ui.MediaGallery()
    gallery.add_item(media="attachment://a.png", description="A cat")
    section: discord.ui.Section[Any] = discord.ui.Section(
        discord.ui.TextDisplay("text"), accessory=discord.ui.Thumbnail("attachment://a.png")
    )
    view.add_item(
        discord.ui.Container(
            section,
            gallery,
            discord.ui.Separator(),
            discord.ui.ActionRow(discord.ui.Button(label="Go", custom_id="go")),
            accent_colour=0xFF8800,
        )
    )

    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message(view=view, file=discord.File(io.BytesIO(b"x"), "a.png"))

    bot.answer = answer
    message = await place.ada.slash(place.channel, "make", prompt="x").answered()
    assert message is not None
    assert message.attachments == []
    assert [file.filename for file in message.component_files] == ["a.png"]
    channel = bot.get_channel(place.channel.id)
    assert isinstance(channel, discord.TextChannel)
    fetched = await channel.fetch_message(message.id)
    (container,) = fetched.components
    assert isinstance(container, discord.Container)
    shown = container.children[1]
    assert isinstance(shown, discord.MediaGalleryComponent)
    assert "/attachments/" in shown.items[0].media.url


async def test_a_layout_takes_the_place_of_a_loading_message(place: Place, bot: ToyBot) -> None:
    """A deferred answer may become a layout, and stays one when it is edited again."""

    async def answer(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        view = discord.ui.LayoutView().add_item(discord.ui.TextDisplay("panel"))
        await interaction.edit_original_response(view=view)

    bot.answer = answer
    interaction = place.ada.slash(place.channel, "make", prompt="x")
    message = await interaction.answered()
    assert message is not None
    assert [component["content"] for component in message.components] == ["panel"]
    assert message.flags == MessageFlag.COMPONENTS_V2 | MessageFlag.EPHEMERAL


async def test_a_layout_stays_a_layout(place: Place, api: Api) -> None:
    """An edit need not repeat the flag, and cannot bring content back."""
    messages = f"/channels/{place.channel.id}/messages"
    _, posted = await api("POST", messages, {"components": [TEXT], "flags": V2})
    changed = {"components": [TEXT | {"content": "changed"}]}
    status, edited = await api("PATCH", f"{messages}/{posted['id']}", changed)
    assert (status, edited["components"][0]["content"]) == (200, "changed")
    status, body = await api("PATCH", f"{messages}/{posted['id']}", {"content": "text"})
    assert (status, body["code"]) == (400, 50035)


@pytest.mark.parametrize(
    "payload",
    [
        {"components": [BUTTON]},
        {"components": [row()]},
        {"components": [row(*[BUTTON | {"custom_id": str(number)} for number in range(6)])]},
        {"components": [row(BUTTON), row(BUTTON)]},
        {"components": [row(BUTTON | {"label": "x" * 81})]},
        {"components": [row(BUTTON | {"custom_id": "x" * 101})]},
        {"components": [row(BUTTON | {"url": "https://example.org"})]},
        {"components": [row({"type": 2, "style": 5, "label": "x"})]},
        {"components": [row({"type": 2, "style": 1, "custom_id": "x"})]},
        {"components": [row(BUTTON | {"color": 1})]},
        {"components": [row(BUTTON | {"custom_id": str(number)}) for number in range(6)]},
        {"components": [TEXT]},
        {"components": [TEXT], "content": "both", "flags": V2},
        {"components": [{"type": 17, "components": [{"type": 17, "components": [TEXT]}]}], "flags": V2},
        {"components": [{"type": 12, "items": [{"media": {"url": "attachment://no.png"}}]}], "flags": V2},
        {"components": [TEXT] * 41, "flags": V2},
        {"components": [{"type": 10, "content": "x" * 2001}] * 2, "flags": V2},
    ],
)
async def test_wrong_components_are_refused(place: Place, api: Api, payload: dict[str, Any]) -> None:
    """Each is 50035, as in the documentation of components."""
    status, body = await api("POST", f"/channels/{place.channel.id}/messages", {"content": ""} | payload)
    assert (status, body["code"]) == (400, 50035)
    assert place.ada.sees(place.channel) == []


async def test_a_disabled_button_cannot_be_pressed(place: Place, api: Api) -> None:
    """The client refuses; so it does for a link."""
    link = {"type": 2, "style": 5, "label": "Link", "url": "https://example.org"}
    components = [row(BUTTON | {"disabled": True}, link)]
    await api("POST", f"/channels/{place.channel.id}/messages", {"content": "x", "components": components})
    (message,) = place.ada.sees(place.channel)
    for label in ("Go", "Link"):
        with pytest.raises(ClientRefused):
            place.ada.press(message, label)
