"""The buttons and menus of `/quota`; whoever uses one is asked again whether they may."""

from dataclasses import replace
from functools import partial
from typing import Any

from bot.client import ImageBot
from bot.errors import UserError
from bot.moderators import Interaction, require_moderator
from bot.presses import Choice, Press
from bot.quota_answers import (
    done,
    show_change_in_panel,
    show_done,
    show_log,
    show_overview,
    show_report,
    show_reset,
    show_settings,
)
from bot.quota_panels import EVERYTHING, LOG, OVERVIEW, REPORT, RESET_ALL, SETTINGS
from bot.services.change_checks import Moderator
from bot.settings_panel import BY_OPERATOR, SETTING
from bot.texts import text
from storage.server_records import Action, Channels, ServerSettings

OUTDATED = "refused.outdated"
KINDS = "|".join([EVERYTHING, *Action])
USER_ID = r"[1-8]?\d{1,18}"  # what the database can look for: nobody has a larger one


class OverviewButton(Press, template=rf"{OVERVIEW}:(?P<page>\d{{1,4}}):[a-z]+"):
    """Shows the server as it stands."""

    async def press(self, interaction: Interaction) -> None:
        """Change the panel in place."""
        await _begin(interaction)
        await show_overview(interaction, int(self.values["page"]))


class LogButton(
    Press, template=rf"{LOG}:(?P<page>\d{{1,4}}):(?P<member>{USER_ID}):(?P<action>{KINDS}):[a-z]+"
):
    """Shows a page of the changes."""

    async def press(self, interaction: Interaction) -> None:
        """Change the panel in place."""
        await _begin(interaction)
        action = self.values["action"]
        kind = None if action == EVERYTHING else Action(action)
        await show_log(interaction, int(self.values["page"]), int(self.values["member"]) or None, kind)


class SettingsButton(Press, template=SETTINGS):
    """Shows the settings."""

    async def press(self, interaction: Interaction) -> None:
        """Change the panel in place."""
        await _begin(interaction)
        await show_settings(interaction)


class ReportButton(Press, template=rf"{REPORT}:(?P<days>\d{{1,2}})"):
    """Shows what was made in the last days."""

    async def press(self, interaction: Interaction) -> None:
        """Answer with a message of its own: files and panels do not go together."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await require_moderator(interaction)
        await show_report(interaction, int(self.values["days"]))


class ResetAllButton(Press, template=rf"{RESET_ALL}:(?P<version>\d{{1,18}}):(?P<reason>(?s:.*))"):
    """Starts everybody's period anew, if nothing has changed since the question was asked."""

    async def press(self, interaction: Interaction) -> None:
        """Do it once, however many press."""
        by = await _begin(interaction)
        services = interaction.client.services
        reason = self.values["reason"]
        try:
            change = await services.moderation.reset_all(by, int(self.values["version"]), reason)
        except UserError as error:
            if error.key != OUTDATED:
                raise
            await show_reset(interaction, reason, text("quota.outdated"))
            return
        await show_change_in_panel(interaction, change)


class SettingMode(Press, template=rf"{SETTING}:(?P<mode>everywhere|only|except):(?P<version>\d{{1,18}})"):
    """Sets where images may be made."""

    async def press(self, interaction: Interaction) -> None:
        """Change it, if the panel is not older than the settings."""
        by = await _begin(interaction)
        await _change(interaction, by, int(self.values["version"]), channels=Channels(self.values["mode"]))


class SettingMenu(
    Choice, template=rf"{SETTING}:(?P<what>log|moderators|channels|running):(?P<version>\d{{1,18}})"
):
    """Sets the log channel, the moderator roles, the channels, or how much of a member runs at once."""

    async def press(self, interaction: Interaction) -> None:
        """Change it, if the panel is not older than the settings."""
        by = await _begin(interaction)
        chosen = [each if isinstance(each, str) else each.id for each in self.item.values]
        await _change(interaction, by, int(self.values["version"]), **_meant(self.values["what"], chosen))


def _meant(what: str, chosen: list[Any]) -> dict[str, Any]:
    """The setting that a menu stands for, with what was chosen."""
    match what:
        case "log":
            return {"log_channel_id": chosen[0] if chosen else None}
        case "moderators":
            return {"moderator_role_ids": tuple(sorted(chosen))}
        case "channels":
            return {"channel_ids": tuple(sorted(chosen))}
        case _:
            return {"member_running": None if chosen[0] == BY_OPERATOR else int(chosen[0])}


async def _change(interaction: Interaction, by: Moderator, version: int, **setting: Any) -> None:
    """Set it and show the new state, or show the state as it is where somebody was faster."""
    services = interaction.client.services
    settings: ServerSettings = await services.oversight.settings(by.guild_id)
    wanted = replace(settings, **setting)
    if by.guild_id in wanted.moderator_role_ids:
        raise UserError("refused.everybody_moderates")
    try:
        change = await services.moderation.change_settings(by, replace(wanted, version=version))
    except UserError as error:
        if error.key != OUTDATED:
            raise
        await show_settings(interaction, text("quota.outdated"))
        return
    former = settings.log_channel_id  # who takes the log elsewhere is seen where it was
    await show_done(interaction, done(interaction, change), partial(show_settings, interaction))
    await services.server_log.tell(change, former=former if former != wanted.log_channel_id else None)


async def _begin(interaction: Interaction) -> Moderator:
    """Answer in time; raises `UserError` for who is no moderator, and the panel stays as it is."""
    await interaction.response.defer()
    return await require_moderator(interaction)


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    bot.add_dynamic_items(
        OverviewButton, LogButton, SettingsButton, ReportButton, ResetAllButton, SettingMode, SettingMenu
    )
