"""`/help`: how to ask for pictures, with examples."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImageBot
from bot.panels import panel
from bot.texts import text

PARTS = ("title", "make", "edit", "reply", "tips", "rules")


class Help(commands.Cog):
    """Shows a panel that is the same for everybody."""

    @app_commands.command(description=text("command.help"))
    async def help(self, interaction: discord.Interaction) -> None:
        """Show the panel to the member alone."""
        words = [text(f"help.{part}").strip() for part in PARTS]
        parts = [discord.ui.TextDisplay[discord.ui.LayoutView](each) for each in words]
        await interaction.response.send_message(view=panel(*parts), ephemeral=True)


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    await bot.add_cog(Help())
