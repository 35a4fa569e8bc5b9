"""The button of progress messages: "Cancel", while a job waits."""

import discord

from bot.buttons import CANCEL, template
from bot.client import ImageBot
from bot.presses import Press
from bot.texts import text


class CancelButton(Press, template=template(CANCEL)):
    """Ends a job that was not sent yet; only its member may."""

    async def press(self, interaction: discord.Interaction[ImageBot]) -> None:
        """Give the credits back at once; the message changes by its own press, which outlives the job's."""
        await interaction.response.defer()
        await interaction.client.services.jobs.cancel(self.values["job_id"], interaction.user.id)
        await interaction.edit_original_response(content=text("progress.cancelled"), view=None)


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    bot.add_dynamic_items(CancelButton)
