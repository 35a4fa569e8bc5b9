"""`/quota`: moderators decide who may spend what in their server, and see it."""

import time

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImageBot
from bot.errors import UserError
from bot.moderators import Interaction, require_moderator, target, target_role
from bot.periods import Allowance, Period
from bot.quota_answers import (
    show_change,
    show_log,
    show_member,
    show_overview,
    show_report,
    show_reset,
    show_settings,
)
from bot.services.change_checks import Moderator
from bot.spans import ends_at
from bot.texts import text
from storage.server_records import NEVER, Action

PERIODS = [app_commands.Choice(name=text(f"usage.{period}"), value=period.value) for period in Period]
ACTIONS = [app_commands.Choice(name=text(f"action.{action}"), value=action.value) for action in Action]
MEMBER, REASON = text("option.quota.member"), text("option.quota.reason")
PERIOD = text("option.quota.period")


@app_commands.default_permissions(manage_guild=True)
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
class Quota(commands.GroupCog, group_name="quota", group_description=text("command.quota.group")):
    """Every answer is for the moderator alone; the log channel has what was changed."""

    @app_commands.command(description=text("command.quota.overview"))
    async def overview(self, interaction: Interaction) -> None:
        """Show the server."""
        await _begin(interaction)
        await show_overview(interaction)

    @app_commands.command(description=text("command.quota.show"))
    @app_commands.describe(member=MEMBER)
    async def show(self, interaction: Interaction, member: discord.User) -> None:
        """Show a member."""
        await _begin(interaction)
        await show_member(interaction, member)

    @app_commands.command(name="set", description=text("command.quota.set"))
    @app_commands.describe(member=MEMBER, amount=text("option.quota.amount"), period=PERIOD, reason=REASON)
    @app_commands.choices(period=PERIODS)
    async def set_allowance(
        self,
        interaction: Interaction,
        member: discord.User,
        amount: int,
        period: str = Period.DAY,
        reason: str | None = None,
    ) -> None:
        """Give a member an own allowance."""
        by = await _begin(interaction)
        allowance = Allowance(amount, Period(period))
        moderation = interaction.client.services.moderation
        whom = await target(interaction, member)
        await show_change(interaction, await moderation.set_allowance(by, whom, allowance, reason))

    @app_commands.command(description=text("command.quota.clear"))
    @app_commands.describe(member=MEMBER, reason=REASON)
    async def clear(self, interaction: Interaction, member: discord.User, reason: str | None = None) -> None:
        """Put a member back to the rules."""
        by = await _begin(interaction)
        moderation = interaction.client.services.moderation
        whom = await target(interaction, member)
        await show_change(interaction, await moderation.clear_allowance(by, whom, reason))

    @app_commands.command(description=text("command.quota.grant"))
    @app_commands.describe(
        member=MEMBER,
        credits_=text("option.quota.credits"),
        expires=text("option.quota.expires"),
        reason=REASON,
    )
    @app_commands.rename(credits_="credits")
    async def grant(
        self,
        interaction: Interaction,
        member: discord.User,
        credits_: int,
        expires: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Give a bonus, or take some back."""
        by = await _begin(interaction)
        moderation = interaction.client.services.moderation
        end = ends_at(expires, time.time())
        whom = await target(interaction, member)
        if credits_ < 0:
            change = await moderation.take_back(by, whom, -credits_, reason)
        else:
            end = NEVER if end is None else end
            change = await moderation.grant(by, whom, credits_, expires_at=end, reason=reason)
        await show_change(interaction, change)

    @app_commands.command(description=text("command.quota.reset"))
    @app_commands.describe(member=text("option.quota.everybody"), reason=REASON)
    async def reset(
        self, interaction: Interaction, member: discord.User | None = None, reason: str | None = None
    ) -> None:
        """Start a period anew; for everybody only after a question."""
        by = await _begin(interaction)
        if member is None:
            await show_reset(interaction, reason)
            return
        moderation = interaction.client.services.moderation
        whom = await target(interaction, member)
        await show_change(interaction, await moderation.reset(by, whom, reason))

    @app_commands.command(description=text("command.quota.role"))
    @app_commands.describe(
        role=text("option.quota.role"), amount=text("option.quota.role_amount"), period=PERIOD, reason=REASON
    )
    @app_commands.choices(period=PERIODS)
    async def role(
        self,
        interaction: Interaction,
        role: discord.Role,
        amount: int | None = None,
        period: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Set the rule of a role, or take it away."""
        by = await _begin(interaction)
        allowance = _given(amount, period)
        moderation = interaction.client.services.moderation
        change = await moderation.set_role(by, target_role(interaction, role), allowance, reason)
        await show_change(interaction, change)

    @app_commands.command(description=text("command.quota.default"))
    @app_commands.describe(amount=text("option.quota.default_amount"), period=PERIOD, reason=REASON)
    @app_commands.choices(period=PERIODS)
    async def default(
        self,
        interaction: Interaction,
        amount: int | None = None,
        period: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Set what everybody else may spend, or let the operator's default hold again."""
        by = await _begin(interaction)
        allowance = _given(amount, period)
        moderation = interaction.client.services.moderation
        await show_change(interaction, await moderation.set_default(by, allowance, reason))

    @app_commands.command(description=text("command.quota.block"))
    @app_commands.describe(member=MEMBER, duration=text("option.quota.duration"), reason=REASON)
    async def block(
        self,
        interaction: Interaction,
        member: discord.User,
        duration: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Let a member make no images."""
        by = await _begin(interaction)
        moderation = interaction.client.services.moderation
        end = ends_at(duration, time.time())
        whom = await target(interaction, member)
        await show_change(interaction, await moderation.block(by, whom, until=end, reason=reason))

    @app_commands.command(description=text("command.quota.unblock"))
    @app_commands.describe(member=MEMBER, reason=REASON)
    async def unblock(
        self, interaction: Interaction, member: discord.User, reason: str | None = None
    ) -> None:
        """Let them make images again."""
        by = await _begin(interaction)
        moderation = interaction.client.services.moderation
        whom = await target(interaction, member)
        await show_change(interaction, await moderation.unblock(by, whom, reason))

    @app_commands.command(description=text("command.quota.report"))
    @app_commands.describe(days=text("option.quota.days"))
    async def report(self, interaction: Interaction, days: int = 30) -> None:
        """Show what was made."""
        await _begin(interaction)
        await show_report(interaction, days)

    @app_commands.command(description=text("command.quota.log"))
    @app_commands.describe(member=text("option.quota.log_member"), action=text("option.quota.log_action"))
    @app_commands.choices(action=ACTIONS)
    async def log(
        self, interaction: Interaction, member: discord.User | None = None, action: str | None = None
    ) -> None:
        """Show who has changed what."""
        await _begin(interaction)
        await show_log(interaction, 0, member.id if member else None, Action(action) if action else None)

    @app_commands.command(description=text("command.quota.settings"))
    async def settings(self, interaction: Interaction) -> None:
        """Show the settings."""
        await _begin(interaction)
        await show_settings(interaction)


async def _begin(interaction: Interaction) -> Moderator:
    """Answer in time, to the moderator alone; raises `UserError` for who is none."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    return await require_moderator(interaction)


def _given(amount: int | None, period: str | None) -> Allowance | None:
    """What a rule gives; None takes it away. Raises `UserError` for a period of nothing."""
    if amount is not None:
        return Allowance(amount, Period(period or Period.DAY))
    if period is not None:
        raise UserError("refused.period_alone")
    return None


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    await bot.add_cog(Quota())
