"""The button "Try again" under a job that brought no picture."""

import re
from typing import Any, Self

import discord

from bot.buttons import AGAIN_TEMPLATE
from bot.client import ImageBot
from bot.command_tree import report
from bot.errors import UserError
from bot.replies import begin
from storage.errors import WrongState


class AgainButton(discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=AGAIN_TEMPLATE):
    """Asks for the same request once more, at the presser's cost."""

    def __init__(self, item: discord.ui.Button[discord.ui.View], job_id: str) -> None:
        super().__init__(item)
        self._job_id = job_id

    @classmethod
    async def from_custom_id(
        cls,
        _: discord.Interaction,
        item: Any,
        match: re.Match[str],
        /,
    ) -> Self:
        """Find the job in the button's id."""
        return cls(item, match["job_id"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Accept the request anew; only the member who made it may."""
        try:
            await self._again(interaction)
        except Exception as error:  # noqa: BLE001  (every error of a button ends in `report`)
            await report(interaction, error)

    async def _again(self, interaction: discord.Interaction[ImageBot]) -> None:
        services = interaction.client.services
        try:
            job = await services.store.get(self._job_id)
        except WrongState as error:
            raise UserError("refused.request_gone") from error
        if job.user_id != interaction.user.id:
            raise UserError("refused.not_yours")
        origin = await begin(interaction, private=job.private)
        await services.jobs.accept_again(job.id, origin)


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    bot.add_dynamic_items(AgainButton)
