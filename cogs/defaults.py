"""`/defaults`: what a member's commands take where they say nothing."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.choices import aspect_ratios, models, resolutions
from bot.client import ImageBot, Services
from bot.panels import panel
from bot.texts import text
from storage.members import MemberDefaults

SETTINGS = ("model", "aspect_ratio", "resolution", "spoiler", "private", "dm")
OPTIONS = {name: text(f"defaults.option.{name}") for name in (*SETTINGS, "clear")}


class DefaultsPanel(commands.Cog):
    """Shows a member their own defaults, and changes them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(description=text("command.defaults"))
    @app_commands.describe(**OPTIONS)
    @app_commands.autocomplete(model=models, aspect_ratio=aspect_ratios, resolution=resolutions)
    async def defaults(
        self,
        interaction: discord.Interaction,
        model: str | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        spoiler: bool | None = None,
        private: bool | None = None,
        dm: bool | None = None,
        clear: bool = False,
    ) -> None:
        """Set what is named, then show all to the member alone."""
        choices = (model, aspect_ratio, resolution, spoiler, private, dm)
        named = {name: choice for name, choice in zip(SETTINGS, choices, strict=True) if choice is not None}
        await interaction.response.defer(ephemeral=True)
        member = interaction.user.id
        if named or clear:
            await self._services.defaults.change(member, clear=clear, **named)
        await interaction.edit_original_response(view=_panel(self._services.defaults.of(member)))


def _panel(defaults: MemberDefaults) -> discord.ui.LayoutView:
    lines = [text("defaults.line", name=name, value=_value(getattr(defaults, name))) for name in SETTINGS]
    parts = (text("defaults.title"), "\n".join(lines), text("defaults.hint"))
    return panel(*(discord.ui.TextDisplay(part) for part in parts))


def _value(setting: str | bool | None) -> str:
    if isinstance(setting, str):
        return setting
    if setting is None:
        return text("defaults.unset")
    return text("defaults.on" if setting else "defaults.off")


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    await bot.add_cog(DefaultsPanel(bot.services))
