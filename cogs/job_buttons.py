"""The buttons of progress messages: "Cancel" while a job waits, "Try again" when it brought no picture."""

import re
from typing import Any, Self

import discord

from bot.buttons import AGAIN, CANCEL, template
from bot.client import ImageBot
from bot.command_tree import report
from bot.errors import UserError
from bot.replies import begin
from bot.texts import text
from storage.errors import WrongState

Button = discord.ui.Button[discord.ui.View]


class JobButton(discord.ui.DynamicItem[Button], template=template("job")):
    """A button that names a job in its id; every error of it ends in `report`."""

    def __init__(self, item: Button, job_id: str) -> None:
        super().__init__(item)
        self.job_id = job_id

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction, item: Any, match: re.Match[str], /) -> Self:
        """Find the job in the button's id."""
        return cls(item, match["job_id"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button says, or explain why not."""
        try:
            await self.press(interaction)
        except Exception as error:  # noqa: BLE001  (every error of a button ends in `report`)
            await report(interaction, error)

    async def press(self, interaction: discord.Interaction[ImageBot]) -> None:
        """What the button says."""


class CancelButton(JobButton, template=template(CANCEL)):
    """Ends a job that was not sent yet; only its member may."""

    async def press(self, interaction: discord.Interaction[ImageBot]) -> None:
        """Give the credits back at once."""
        await interaction.response.defer()
        await interaction.client.services.jobs.cancel(self.job_id, interaction.user.id)
        await interaction.edit_original_response(content=text("progress.cancelled"), view=None)


class AgainButton(JobButton, template=template(AGAIN)):
    """Asks for the same request once more, at the presser's cost; only its member may."""

    async def press(self, interaction: discord.Interaction[ImageBot]) -> None:
        """Accept the request anew."""
        services = interaction.client.services
        try:
            job = await services.store.get(self.job_id)
        except WrongState as error:
            raise UserError("refused.request_gone") from error
        if job.user_id != interaction.user.id:
            raise UserError("refused.not_yours")
        origin = await begin(interaction, private=job.private)
        await services.jobs.accept_again(job.id, origin)


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    bot.add_dynamic_items(CancelButton, AgainButton)
