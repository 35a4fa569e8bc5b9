"""A panel as bots of today make them: sections with buttons, and what the buttons do."""

import io
import time
from collections.abc import Awaitable, Callable
from typing import Any

import discord


class _Button(discord.ui.Button[Any]):
    def __init__(
        self,
        label: str,
        pressed: Callable[[discord.Interaction], Awaitable[None]] | None = None,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        *,
        disabled: bool = False,
    ) -> None:
        super().__init__(label=label, style=style, custom_id=label, disabled=disabled)
        self._pressed = pressed

    async def callback(self, interaction: discord.Interaction) -> None:
        """Do what the button is for."""
        if self._pressed:
            await self._pressed(interaction)


class Jobs(discord.ui.LayoutView):
    """What is running, each with a button at its right, and a row of buttons below."""

    def __init__(self, link: str, kite: bytes) -> None:
        super().__init__(timeout=None)
        self._kite = kite
        self.running: discord.ui.Section[Any] = discord.ui.Section(
            "**a lighthouse in a storm, with every wave painted one by one**",
            f"-# nano-banana-pro · 2K · <t:{int(time.time()) + 90}:R>",
            accessory=_Button("Cancel", self.cancel, discord.ButtonStyle.danger),
        )
        self.done: discord.ui.Section[Any] = discord.ui.Section(
            f"a kite · [to the picture]({link})", accessory=_Button("Deliver again", self.deliver)
        )
        self.add_item(
            discord.ui.Container(
                discord.ui.TextDisplay("## Your jobs\n### Running"),
                self.running,
                discord.ui.Separator(),
                discord.ui.TextDisplay("### Last day\n- one with `code`\n- another\n-# Small print"),
                self.done,
                discord.ui.ActionRow(_Button("Refresh", self.refresh)),
                accent_colour=0xFFCF4A,
            )
        )

    async def cancel(self, interaction: discord.Interaction) -> None:
        """Change the panel at once."""
        self.running.accessory = _Button("Cancelled", disabled=True)
        await interaction.response.edit_message(view=self)

    async def deliver(self, interaction: discord.Interaction) -> None:
        """Answer later, with a message of its own."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        file = discord.File(io.BytesIO(self._kite), "kite.png", description="a kite")
        await interaction.followup.send("Here it is again.", file=file)

    async def refresh(self, interaction: discord.Interaction) -> None:
        """Change the panel later."""
        await interaction.response.defer()
        self.done.clear_items()
        self.done.add_item("nothing else")
        await interaction.edit_original_response(view=self)
