"""`/privacy`: what is kept about a member; they can have it, and have it deleted."""

from io import BytesIO

import discord
from discord import app_commands
from discord.ext import commands

from bot.buttons import FORGET, forget_button
from bot.client import ImageBot, Services
from bot.errors import UserError
from bot.panels import panel
from bot.presses import Press
from bot.texts import text


class PrivacyCommands(
    commands.GroupCog, group_name="privacy", group_description=text("command.privacy.group")
):
    """Every answer is for the member alone."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(description=text("command.privacy.show"))
    async def show(self, interaction: discord.Interaction) -> None:
        """Say what is kept, how long, and who gets it."""
        given = text("privacy.given", apis=" · ".join(self._services.apis)).strip()
        words = [text("privacy.stored").strip(), text("privacy.kept").strip(), given, text("privacy.rights")]
        await interaction.response.send_message(view=_panel(text("privacy.title"), *words), ephemeral=True)

    @app_commands.command(description=text("command.privacy.export"))
    async def export(self, interaction: discord.Interaction) -> None:
        """Give the member a file with everything."""
        await interaction.response.defer(ephemeral=True)
        export = await self._services.privacy.export(interaction.user.id, interaction.filesize_limit)
        file = discord.File(BytesIO(export.content), export.name)
        await interaction.edit_original_response(content=text("privacy.exported"), attachments=[file])

    @app_commands.command(description=text("command.privacy.delete"))
    async def delete(self, interaction: discord.Interaction) -> None:
        """Ask whether it is meant, with a button."""
        view = _panel(
            text("privacy.ask"),
            text("privacy.consequences"),
            button=forget_button(interaction.user.id),
        )
        await interaction.response.send_message(view=view, ephemeral=True)


class ForgetButton(Press, template=rf"{FORGET}:(?P<user_id>\d{{1,20}})"):
    """Deletes what is kept about the member who was asked."""

    async def press(self, interaction: discord.Interaction[ImageBot]) -> None:
        """Delete it, and say so in place of the question."""
        if int(self.values["user_id"]) != interaction.user.id:
            raise UserError("refused.not_yours_to_delete")
        await interaction.response.defer()
        await interaction.client.services.privacy.delete(interaction.user.id)
        await interaction.edit_original_response(view=_panel(text("privacy.deleted")))


def _panel(
    *words: str, button: discord.ui.Button[discord.ui.LayoutView] | None = None
) -> discord.ui.LayoutView:
    parts: list[discord.ui.Item[discord.ui.LayoutView]] = [discord.ui.TextDisplay(part) for part in words]
    if button:
        parts.append(discord.ui.ActionRow(button))
    return panel(*parts)


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    await bot.add_cog(PrivacyCommands(bot.services))
    bot.add_dynamic_items(ForgetButton)
