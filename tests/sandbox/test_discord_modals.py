"""Forms that the bot opens: built by discord.py and filled in by people."""

from typing import Any

import discord
import pytest

from sandbox.discord.forms import FieldValue
from sandbox.discord.model import Interaction as Sent
from sandbox.discord.model import Upload
from sandbox.discord.options import ClientRefused
from sandbox.discord.server import DiscordWorld
from tests.sandbox.conftest import Interaction, Place, ToyBot


class Form(discord.ui.Modal, title="Edit image"):
    """One field of each kind but the single checkbox, which would be the sixth."""

    words: discord.ui.Label[Any] = discord.ui.Label(
        text="What to change",
        description="In your own words",
        component=discord.ui.TextInput(custom_id="words", default="as it is", max_length=20),
    )
    size: discord.ui.Label[Any] = discord.ui.Label(
        text="Size",
        component=discord.ui.Select(
            custom_id="size",
            options=[discord.SelectOption(label="1K", default=True), discord.SelectOption(label="2K")],
        ),
    )
    ratio: discord.ui.Label[Any] = discord.ui.Label(
        text="Shape",
        component=discord.ui.RadioGroup(
            custom_id="ratio",
            options=[discord.RadioGroupOption(label="1:1"), discord.RadioGroupOption(label="16:9")],
            required=False,
        ),
    )
    sources: discord.ui.Label[Any] = discord.ui.Label(
        text="Pictures",
        component=discord.ui.CheckboxGroup(
            custom_id="sources",
            options=[
                discord.CheckboxGroupOption(label="one", default=True),
                discord.CheckboxGroupOption(label="two"),
            ],
        ),
    )
    files: discord.ui.Label[Any] = discord.ui.Label(
        text="More", component=discord.ui.FileUpload(custom_id="files", required=False, max_values=2)
    )

    def __init__(self) -> None:
        super().__init__(custom_id="edit")
        self.got: dict[str, object] = {}
        self.message: discord.Message | None = None

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        """Note what came, and say so."""
        words, size = self.words.component, self.size.component
        ratio, sources, files = self.ratio.component, self.sources.component, self.files.component
        assert isinstance(words, discord.ui.TextInput)
        assert isinstance(size, discord.ui.Select)
        assert isinstance(ratio, discord.ui.RadioGroup)
        assert isinstance(sources, discord.ui.CheckboxGroup)
        assert isinstance(files, discord.ui.FileUpload)
        self.got = {
            "words": words.value,
            "size": size.values,
            "ratio": ratio.value,
            "sources": sources.values,
            "files": [(file.filename, await file.read(), file.ephemeral) for file in files.values],
        }
        self.message = interaction.message
        await interaction.response.send_message("taken")


@pytest.fixture
async def opened(place: Place, bot: ToyBot) -> tuple[Form, Sent]:
    """Open the form with a command."""
    form = Form()

    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_modal(form)

    bot.answer = answer
    sent = place.ada.slash(place.channel, "make", prompt="x")
    assert await sent.answered() is None
    return form, sent


async def test_a_form_comes_back_filled_in(place: Place, opened: tuple[Form, Sent]) -> None:
    """Each kind of field reaches the bot as discord.py reads it; files are there to be fetched."""
    form, sent = opened
    assert sent.modal is not None
    assert sent.modal["title"] == "Edit image"
    taken = await place.ada.submit(
        sent,
        words="snow",
        size="2K",
        ratio="16:9",
        sources=["two", "one"],
        files=[Upload("a.png", b"1"), Upload("b.png", b"2")],
    ).answered()
    assert taken is not None
    assert taken.content == "taken"
    assert form.got == {
        "words": "snow",
        "size": ["2K"],
        "ratio": "16:9",
        "sources": ["two", "one"],
        "files": [("a.png", b"1", True), ("b.png", b"2", True)],
    }
    assert form.message is None


async def test_what_is_left_out_keeps_its_default(place: Place, opened: tuple[Form, Sent]) -> None:
    """Typed text, chosen options and ticks that the bot set come back untouched."""
    form, sent = opened
    await place.ada.submit(sent).answered()
    assert form.got == {"words": "as it is", "size": ["1K"], "ratio": None, "sources": ["one"], "files": []}


@pytest.mark.parametrize(
    "fields",
    [
        {"words": ""},
        {"words": "x" * 21},
        {"words": "two\nlines"},
        {"words": ["x"]},
        {"size": "4K"},
        {"size": []},
        {"size": ["1K", "2K"]},
        {"size": [Upload("a.png", b"x")]},
        {"ratio": "3:2"},
        {"ratio": True},
        {"sources": []},
        {"sources": ["one", "one"]},
        {"files": [Upload("a.png", b"x")] * 3},
        {"files": [Upload("a.png", bytes(10 * 1024 * 1024 + 1))]},
        {"files": ["a.png"]},
        {"files": "a.png"},
        {"colour": "red"},
    ],
)
async def test_the_client_checks_the_fields(
    world: DiscordWorld, place: Place, opened: tuple[Form, Sent], fields: dict[str, FieldValue]
) -> None:
    """What a field does not take never reaches the bot, and leaves no file."""
    _, sent = opened
    before = dict(world.state.files)
    with pytest.raises(ClientRefused):
        place.ada.submit(sent, **fields)
    assert world.state.files == before


async def test_a_form_is_its_reader_s(world: DiscordWorld, place: Place, opened: tuple[Form, Sent]) -> None:
    """Nobody else can submit it, and nothing can be submitted where no form is open."""
    _, sent = opened
    with pytest.raises(ClientRefused):
        place.linus.submit(sent)
    submitted = place.ada.submit(sent)
    await submitted.answered()
    with pytest.raises(ClientRefused):
        place.ada.submit(submitted)


async def test_who_left_cannot_submit(world: DiscordWorld, place: Place, opened: tuple[Form, Sent]) -> None:
    """The form stays open, but the server is closed to its reader."""
    _, sent = opened
    world.leave(place.ada_user, place.guild)
    with pytest.raises(ClientRefused):
        place.ada.submit(sent)


async def test_a_form_of_a_button_may_change_its_message(place: Place, bot: ToyBot) -> None:
    """The submitted form brings the button's message, even a private one, which it can then edit."""
    form = Form()

    async def on_submit(interaction: discord.Interaction[Any]) -> None:
        assert interaction.message is not None
        await interaction.response.edit_message(content=f"was {interaction.message.content}")

    class Buttons(discord.ui.View):
        @discord.ui.button(label="Edit", custom_id="edit")
        async def edit(self, interaction: discord.Interaction, _button: object) -> None:
            await interaction.response.send_modal(form)

    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message("private", view=Buttons(), ephemeral=True)

    form.on_submit = on_submit  # type: ignore[method-assign]
    bot.answer = answer
    message = await place.ada.slash(place.channel, "make", prompt="x").answered()
    assert message is not None
    shown = place.ada.press(message, "Edit")
    assert await shown.answered() is None
    assert await place.ada.submit(shown).answered() is message
    assert message.content == "was private"
