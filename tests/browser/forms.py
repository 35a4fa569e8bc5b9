"""Forms as bots of today show them, and what they answer."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands


class Wish(discord.ui.Modal, title="Edit this picture"):
    """Every kind of field but the last: a text, a menu, files, ticks, and a note."""

    note: discord.ui.TextDisplay[Any] = discord.ui.TextDisplay("The first picture is **changed**.")
    prompt: discord.ui.Label[Any] = discord.ui.Label(
        text="What should change?",
        description="In your own words",
        component=discord.ui.TextInput(
            custom_id="prompt", style=discord.TextStyle.paragraph, min_length=3, max_length=40
        ),
    )
    model: discord.ui.Label[Any] = discord.ui.Label(
        text="Model",
        component=discord.ui.Select(
            custom_id="model",
            options=[
                discord.SelectOption(label="nano-banana", default=True),
                discord.SelectOption(label="nano-banana-pro", description="4 credits"),
            ],
        ),
    )
    pictures: discord.ui.Label[Any] = discord.ui.Label(
        text="More pictures",
        component=discord.ui.FileUpload(custom_id="pictures", required=False, max_values=2),
    )
    extras: discord.ui.Label[Any] = discord.ui.Label(
        text="Extras",
        component=discord.ui.CheckboxGroup(
            custom_id="extras",
            options=[
                discord.CheckboxGroupOption(label=name, value=name) for name in ("frame", "snow", "sun")
            ],
            max_values=2,
            required=False,
        ),
    )

    def __init__(self, about: Sequence[discord.Attachment] = ()) -> None:
        super().__init__()
        self._about = about

    async def interaction_check(self, _: discord.Interaction) -> bool:
        """Leave the wish "nothing" without an answer; the form can be submitted again."""
        assert isinstance(self.prompt.component, discord.ui.TextInput)
        return self.prompt.component.value != "nothing"

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Say what came."""
        prompt, model, pictures, extras = (
            label.component for label in (self.prompt, self.model, self.pictures, self.extras)
        )
        assert isinstance(prompt, discord.ui.TextInput)
        assert isinstance(model, discord.ui.Select)
        assert isinstance(pictures, discord.ui.FileUpload)
        assert isinstance(extras, discord.ui.CheckboxGroup)
        files = [f"{file.filename} {len(await file.read())}" for file in (*self._about, *pictures.values)]
        await interaction.response.send_message(
            f"{prompt.value} · {', '.join(model.values)} · {', '.join(files)} · {', '.join(extras.values)}"
        )


class Report(discord.ui.Modal, title="Report this picture"):
    """The other kinds of fields: one of several, a tick, and a short text that may stay empty."""

    reason: discord.ui.Label[Any] = discord.ui.Label(
        text="Reason",
        component=discord.ui.RadioGroup(
            custom_id="reason",
            options=[
                discord.RadioGroupOption(label="Not what was asked for", value="wrong"),
                discord.RadioGroupOption(label="Harmful", value="harmful", description="Tells the operator"),
            ],
        ),
    )
    hide: discord.ui.Label[Any] = discord.ui.Label(
        text="Hide it",
        description="Until somebody has looked",
        component=discord.ui.Checkbox(custom_id="hide"),
    )
    words: discord.ui.Label[Any] = discord.ui.Label(
        text="Anything else?",
        component=discord.ui.TextInput(custom_id="words", required=False, max_length=20),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Change the message of the button."""
        reason, hide, words = (label.component for label in (self.reason, self.hide, self.words))
        assert isinstance(reason, discord.ui.RadioGroup)
        assert isinstance(hide, discord.ui.Checkbox)
        assert isinstance(words, discord.ui.TextInput)
        await interaction.response.edit_message(
            content=f"Reported: {reason.value} {hide.value} {words.value!r}"
        )


class Result(discord.ui.View):
    """Five buttons in a row, as under a picture; the last two open forms."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        for label in ("Make variations", "Again", "Larger"):
            self.add_item(discord.ui.Button(label=label, emoji="🎨", custom_id=label))

    @discord.ui.button(label="Edit", emoji="✏️", style=discord.ButtonStyle.primary)
    async def edit(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        """Ask what should change."""
        await interaction.response.send_modal(Wish())

    @discord.ui.button(label="Report", emoji="🚩")
    async def report(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        """Ask why."""
        await interaction.response.send_modal(Report())


@app_commands.context_menu(name="Edit image")
async def edit_image(interaction: discord.Interaction, message: discord.Message) -> None:
    """Open a form about the message's pictures."""
    await interaction.response.send_modal(Wish(message.attachments))


@app_commands.context_menu(name="Who wrote this?")
async def who(interaction: discord.Interaction, message: discord.Message) -> None:
    """Answer at once."""
    await interaction.response.send_message(f"It was {message.author.name}.", ephemeral=True)


@app_commands.context_menu(name="Say nothing")
async def nothing(interaction: discord.Interaction, _: discord.Message) -> None:
    """Never answer."""


@app_commands.command()
async def result(interaction: discord.Interaction, private: bool = False) -> None:
    """Show five buttons in a row."""
    await interaction.response.send_message("Your picture", view=Result(), ephemeral=private)
