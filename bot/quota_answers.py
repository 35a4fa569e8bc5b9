"""What `/quota` and its buttons show: each function replaces the answer that is there."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from io import BytesIO

import discord

from bot import change_words, quota_report
from bot.discord_errors import CALL_FAILED, patiently
from bot.moderators import Interaction, Person
from bot.quota_panels import ON_A_PAGE, log_panel, member_panel, overview_panel, reset_panel, words_panel
from bot.replies import role_ids
from bot.services.origin import Asker
from bot.services.threads import in_thread
from bot.settings_panel import settings_panel
from bot.texts import text
from storage.records import Place
from storage.server_records import Action, Change

PATIENCE = 10.0  # seconds

log = logging.getLogger(__name__)


async def show_done(interaction: Interaction, words: str, show: Callable[[], Awaitable[object]]) -> None:
    """Show what was changed, or say it beside an answer that was put away: it is done all the same."""
    try:
        try:
            await patiently(PATIENCE, show)
        except CALL_FAILED as error:
            log.info("the answer to a change cannot be shown: %r", error)
            await interaction.followup.send(words, ephemeral=True)
    except CALL_FAILED as error:
        log.warning("nobody can be told of a change: %r", error)


async def show_change(interaction: Interaction, change: Change) -> None:
    """Say to the moderator what was changed, and then to the log channel."""
    services = interaction.client.services
    words = done(interaction, change)
    await show_done(interaction, words, partial(interaction.edit_original_response, content=words))
    await services.server_log.tell(change)


async def show_change_in_panel(interaction: Interaction, change: Change) -> None:
    """The same in place of the panel that asked."""
    services = interaction.client.services
    words = done(interaction, change)
    show = partial(interaction.edit_original_response, view=words_panel(words))
    await show_done(interaction, words, show)
    await services.server_log.tell(change)


def done(interaction: Interaction, change: Change) -> str:
    """The sentence about a change for whoever made it."""
    knows_role = interaction.client.services.server_log.knows_role(change.guild_id)
    return text("quota.done", line=change_words.line(change, knows_role))


async def show_overview(interaction: Interaction, page: int = 0) -> None:
    """Show the server as it stands, with a page of its role rules."""
    services, guild_id = interaction.client.services, interaction.guild_id or 0
    overview = await services.oversight.overview(guild_id)
    view = overview_panel(overview, services.server_log.knows_role(guild_id), page)
    await interaction.edit_original_response(view=view)


async def show_member(interaction: Interaction, member: Person) -> None:
    """Show a member's account, with the roles that the request shows for them."""
    asker = Asker(
        place=Place.GUILD,
        guild_id=interaction.guild_id,
        user_id=member.id,
        role_ids=role_ids(member) if isinstance(member, discord.Member) else None,  # has left
    )
    services = interaction.client.services
    insight = await services.oversight.member(asker)
    role_is_there = services.server_log.knows_role(interaction.guild_id or 0)
    await interaction.edit_original_response(view=member_panel(member.id, insight, role_is_there))


async def show_reset(interaction: Interaction, reason: str | None, note: str | None = None) -> None:
    """Ask whether everybody is meant."""
    overview = await interaction.client.services.oversight.overview(interaction.guild_id or 0)
    await interaction.edit_original_response(view=reset_panel(overview.version, reason, note))


async def show_log(interaction: Interaction, page: int, member_id: int | None, action: Action | None) -> None:
    """Show a page of the changes."""
    services, guild_id = interaction.client.services, interaction.guild_id or 0
    found = await services.oversight.log(
        guild_id, member_id=member_id, action=action, skip=page * ON_A_PAGE, limit=ON_A_PAGE + 1
    )
    view = log_panel(
        found[:ON_A_PAGE],
        services.server_log.knows_role(guild_id),
        page=page,
        member_id=member_id,
        action=action,
        more=len(found) > ON_A_PAGE,
    )
    await interaction.edit_original_response(view=view)


async def show_settings(interaction: Interaction, note: str | None = None) -> None:
    """Show what is set, with a note where something could not be done."""
    services = interaction.client.services
    settings = await services.oversight.settings(interaction.guild_id or 0)
    if interaction.guild:
        view = settings_panel(settings, interaction.guild, services.running.most, note)
        await interaction.edit_original_response(view=view)


async def show_report(interaction: Interaction, days: int) -> None:
    """Show what was made: totals, a picture, and a file with every figure."""
    report = await interaction.client.services.oversight.report(interaction.guild_id or 0, days)
    words = quota_report.words(report)
    if not report.cells:
        await interaction.edit_original_response(content=words)
        return
    shown = [each.user_id for each in report.members[: quota_report.SHOWN_MEMBERS]]
    names = await _names(interaction.client, shown)
    picture = await in_thread(quota_report.picture, report, names)
    files = [
        discord.File(BytesIO(picture), quota_report.PICTURE, description=text("report.alt")),
        discord.File(BytesIO(quota_report.table(report)), quota_report.TABLE),
    ]
    await interaction.edit_original_response(content=words, attachments=files)


async def _names(client: discord.Client, user_ids: Iterable[int]) -> dict[int, str]:
    """The names of people, as far as Discord tells them now."""

    async def name(user_id: int) -> tuple[int, str]:
        try:
            return user_id, (await client.fetch_user(user_id)).display_name
        except CALL_FAILED:
            return user_id, ""

    return dict(await asyncio.gather(*map(name, user_ids)))
