"""Who may moderate: checked at every command, button, menu and form, because Discord only hides them."""

from collections.abc import Sequence

import discord

from bot.client import ImageBot
from bot.errors import UserError
from bot.replies import role_ids
from bot.services.change_checks import Moderator, Target, TargetRole
from storage.server_records import ServerSettings

Interaction = discord.Interaction[ImageBot]
Person = discord.User | discord.Member


async def require_moderator(interaction: Interaction) -> Moderator:
    """The moderator who asks; raises `UserError` for everybody else.

    Moderators have *Manage Server* or a role that is named in the settings, in a server with the bot.
    Somebody who carries the app into another server is nobody there, whatever they may do in it.
    """
    guild_id = require_server(interaction)
    if not _manages(interaction.permissions):
        settings = await interaction.client.services.oversight.settings(guild_id)
        if not _has_one(interaction.user, settings.moderator_role_ids):
            raise UserError("refused.not_moderator")
    return Moderator(guild_id, interaction.user.id)


def require_server(interaction: Interaction) -> int:
    """The id of the server with the bot where this comes from; raises `UserError` elsewhere."""
    if interaction.guild_id is None:
        raise UserError("refused.not_in_direct")
    if not interaction.is_guild_integration():
        raise UserError("refused.not_a_member")
    return interaction.guild_id


async def target(interaction: Interaction, member: Person) -> Target:
    """The member whom a change is about, as the request shows them."""
    settings = await interaction.client.services.oversight.settings(interaction.guild_id or 0)
    return Target(user_id=member.id, is_bot=member.bot, is_moderator=_is_moderator(member, settings))


async def fetched_target(interaction: Interaction, user_id: int) -> Target:
    """The same for a member of whom only the id is known; Discord is asked for them.

    Raises `UserError` for who has deleted their data: what stands for them is no id of Discord's.
    """
    if user_id < 0:
        raise UserError("refused.nobody_known")
    guild = interaction.guild
    try:
        member = await guild.fetch_member(user_id) if guild else None
    except discord.NotFound:
        member = None  # has left the server
    return await target(interaction, member) if member else Target(user_id=user_id)


def target_role(interaction: Interaction, role: discord.Role) -> TargetRole:
    """The role that a rule is for; only the server's owner may set one above their own."""
    guild, member = interaction.guild, interaction.user
    owns = guild is not None and guild.owner_id == member.id
    top = member.top_role.position if isinstance(member, discord.Member) else 0
    return TargetRole(role_id=role.id, is_above=not owns and role.position > top)


def _is_moderator(member: Person, settings: ServerSettings) -> bool:
    if not isinstance(member, discord.Member):
        return False
    allowed = member.resolved_permissions or member.guild_permissions
    return _manages(allowed) or _has_one(member, settings.moderator_role_ids)


def _manages(allowed: discord.Permissions) -> bool:
    return allowed.manage_guild or allowed.administrator


def _has_one(member: Person, wanted: Sequence[int]) -> bool:
    return not set(wanted).isdisjoint(role_ids(member))
