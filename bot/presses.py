"""What happens when a lasting button or menu is used: its cog does it, every error ends as a sentence."""

import re
from typing import Any, Self, TypeVar

import discord

from bot.client import ImageBot
from bot.command_tree import report

Button = discord.ui.Button[discord.ui.View]
View = discord.ui.View
Menu = discord.ui.Select[View] | discord.ui.RoleSelect[View] | discord.ui.ChannelSelect[View]
I = TypeVar("I", bound=discord.ui.Item[Any])  # noqa: E741  (as in discord.py)


class Lasting(discord.ui.DynamicItem[I], template="lasting"):
    """What was found by its id; `values` are the named parts of the id."""

    def __init__(self, item: I, values: dict[str, Any]) -> None:
        super().__init__(item)
        self.values = values

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction, item: Any, match: re.Match[str], /) -> Self:
        """Read the id."""
        return cls(item, match.groupdict())

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what it says, or explain why not."""
        try:
            await self.press(interaction)
        except Exception as error:  # noqa: BLE001  (every error of a press ends in `report`)
            await report(interaction, error)

    async def press(self, interaction: discord.Interaction[ImageBot]) -> None:
        """What it says."""


class Press(Lasting[Button], template="press"):
    """A button."""


class Choice(Lasting[Menu], template="choice"):
    """A menu of words, roles or channels."""
