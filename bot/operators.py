"""Who the operator is: the application's owner or team, asked of Discord at each use."""

from typing import Any

import discord

from bot.client import ImageBot
from bot.errors import UserError
from bot.quoting import quoted
from bot.texts import text

NAME = 40  # characters of a server's name


async def require_operator(interaction: discord.Interaction[ImageBot]) -> None:
    """Raise `UserError` for everybody but the operator, and everywhere but in the operator's server."""
    bot = interaction.client
    if bot.operator_guild_id is None or interaction.guild_id != bot.operator_guild_id:
        raise UserError("refused.not_operator")
    application = await bot.application_info()
    team = application.team
    allowed = {member.id for member in _accepted(team)} if team else {application.owner.id}
    if interaction.user.id not in allowed:
        raise UserError("refused.not_operator")


def servers_named(bot: ImageBot, words: str) -> list[discord.Guild]:
    """The server with this id, or those of this name, or else whose name holds the words, whatever the case.

    A number is an id and nothing else: anybody may call a server by the number of another one.
    """
    meant = words.strip().casefold()
    if meant.isdecimal():
        return [guild for guild in bot.guilds if str(guild.id) == meant]
    exact = [guild for guild in bot.guilds if meant == guild.name.casefold()]
    return exact or [guild for guild in bot.guilds if meant in guild.name.casefold()]


def name_of(bot: ImageBot, guild_id: int) -> str:
    """A server's name, fit to be shown."""
    guild = bot.get_guild(guild_id)
    return quoted(guild.name, NAME) if guild else text("operator.gone_server")


def _accepted(team: discord.Team) -> list[discord.TeamMember]:
    state: Any = discord.TeamMembershipState.accepted
    return [member for member in team.members if member.membership_state is state]
