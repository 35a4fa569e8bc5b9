"""The buttons of progress messages: "Cancel" while a job waits, "Try again" when it brought no picture."""

import discord

from bot.buttons import AGAIN, CANCEL, template
from bot.client import ImageBot
from bot.errors import UserError
from bot.presses import Press
from bot.replies import begin
from bot.texts import text
from storage.errors import WrongState


class CancelButton(Press, template=template(CANCEL)):
    """Ends a job that was not sent yet; only its member may."""

    async def press(self, interaction: discord.Interaction[ImageBot]) -> None:
        """Give the credits back at once; the message changes by its own press, which outlives the job's."""
        await interaction.response.defer()
        await interaction.client.services.jobs.cancel(self.values["job_id"], interaction.user.id)
        await interaction.edit_original_response(content=text("progress.cancelled"), view=None)


class AgainButton(Press, template=template(AGAIN)):
    """Asks for the same request once more, at the presser's cost; only its member may."""

    async def press(self, interaction: discord.Interaction[ImageBot]) -> None:
        """Accept the request anew."""
        services = interaction.client.services
        try:
            job = await services.store.get(self.values["job_id"])
        except WrongState as error:
            raise UserError("refused.request_gone") from error
        if job.user_id != interaction.user.id:
            raise UserError("refused.not_yours")
        origin = await begin(interaction, private=job.private)
        await services.jobs.accept_again(job.id, origin)


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    bot.add_dynamic_items(CancelButton, AgainButton)
