"""What happens when a lasting button is pressed: its cog does it, and every error ends as a sentence."""

import re
from typing import Any, Self

import discord

from bot.client import ImageBot
from bot.command_tree import report

Button = discord.ui.Button[discord.ui.View]


class Press(discord.ui.DynamicItem[Button], template="press"):
    """A button that was found by its id; `values` are the named parts of the id."""

    def __init__(self, item: Button, values: dict[str, Any]) -> None:
        super().__init__(item)
        self.values = values

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction, item: Any, match: re.Match[str], /) -> Self:
        """Read the button's id."""
        return cls(item, match.groupdict())

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button says, or explain why not."""
        try:
            await self.press(interaction)
        except Exception as error:  # noqa: BLE001  (every error of a button ends in `report`)
            await report(interaction, error)

    async def press(self, interaction: discord.Interaction[ImageBot]) -> None:
        """What the button says."""
