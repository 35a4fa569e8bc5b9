"""*Report image*: everybody may tell the moderators of an image, and they do something about it."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot import change_words
from bot.client import ImageBot
from bot.discord_errors import PLACE_GONE
from bot.errors import UserError
from bot.forms import Form
from bot.message_pictures import result_in
from bot.moderators import Interaction, fetched_target, require_moderator, require_server
from bot.presses import Press
from bot.report_panel import (
    BLOCK,
    DELETE,
    DISMISS,
    REFUND,
    Reported,
    is_open,
    report_panel,
    settled,
    template,
)
from bot.services.change_checks import Moderator
from bot.spans import ends_at
from bot.texts import text
from storage.errors import WrongState
from storage.records import JobRecord
from storage.server_records import Action, Change

MESSAGE_GONE = 10008  # Discord's code

Doing = Callable[[Moderator, JobRecord], Awaitable[Change]]


class ReportImage(commands.Cog):
    """The command of the Apps menu."""

    def __init__(self, bot: ImageBot) -> None:
        self._bot = bot
        self._command = app_commands.ContextMenu(
            name=text("menu.report"),
            callback=self.report,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=False, private_channel=False
            ),
        )

    async def cog_load(self) -> None:
        """Add the command, which discord.py does not find in a cog by itself."""
        self._bot.tree.add_command(self._command)

    async def cog_unload(self) -> None:
        """Take it away again."""
        self._bot.tree.remove_command(self._command.name, type=self._command.type)

    async def report(self, interaction: Interaction, message: discord.Message) -> None:
        """Bring the image before the moderators, in the log channel."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        guild_id, services = require_server(interaction), self._bot.services
        me = self._bot.user
        job_id = result_in(message, me) if me else None
        if job_id is None:
            raise UserError("refused.not_reported")
        job = await _job(interaction, job_id)
        async with services.turns.of(guild_id):
            known = await self._is_known(guild_id, Reported(job_id, message.channel.id, message.id))
            if not known:
                await self._tell(interaction, Moderator(guild_id, interaction.user.id), job, message)
        await interaction.edit_original_response(
            content=text("reported.known" if known else "reported.thanks")
        )

    async def _is_known(self, guild_id: int, reported: Reported) -> bool:
        """Whether the same image stands in a log channel, and no moderator has dismissed it."""
        last = await self._bot.services.oversight.last_report(guild_id, reported.job_id)
        if last is None:
            return False
        channel = self._bot.get_partial_messageable(last.details["channel_id"], guild_id=guild_id)
        try:
            told = await channel.fetch_message(last.details["message_id"])
        except (discord.NotFound, discord.Forbidden):
            return False
        return is_open(told, reported.button(DISMISS))

    async def _tell(
        self, interaction: Interaction, by: Moderator, job: JobRecord, message: discord.Message
    ) -> None:
        """Post it, and note where; raises `UserError` for who has reported too much lately."""
        services = self._bot.services
        await services.oversight.check_reporter(by.guild_id, by.user_id)
        view = report_panel(job, message, by.user_id)
        told = await services.server_log.say(by.guild_id, "", nonce=f"rep-{interaction.id}", view=view)
        if told is None:
            raise UserError("refused.no_log_channel")
        where = {"channel_id": told.channel.id, "message_id": told.id}
        await services.moderation.note(by, Action.REPORT, subject_id=job.user_id, job_id=job.id, **where)


class _ReportPress(Press, template="report"):
    """What a moderator does about a reported image; each button works once, whoever is faster."""

    async def settle(self, interaction: Interaction, doing: Doing, *, all_of_it: bool = False) -> None:
        """Do it, say so in the log channel's message, and note it in the log."""
        await interaction.response.defer()
        await settle(interaction, self.custom_id, Reported.of(self.values), doing, all_of_it=all_of_it)


class DeleteReported(_ReportPress, template=template(DELETE)):
    """Takes the image away."""

    async def press(self, interaction: Interaction) -> None:
        """Delete its message, or say that it was gone; its credits stay spent."""
        reported, services = Reported.of(self.values), interaction.client.services

        async def delete(by: Moderator, job: JobRecord) -> Change:
            channel = interaction.client.get_partial_messageable(reported.channel_id, guild_id=by.guild_id)
            details: dict[str, bool] = {}
            try:
                await channel.get_partial_message(reported.message_id).delete()
            except discord.NotFound as error:
                if error.code not in {MESSAGE_GONE, *PLACE_GONE}:
                    raise
                details["gone"] = True
            except discord.Forbidden as error:
                raise UserError("refused.report_not_mine") from error
            if job.result_message_id == reported.message_id:
                await services.store.forget_message(job.id)
            return await services.moderation.note(
                by, Action.DELETE, subject_id=job.user_id, job_id=job.id, **details
            )

        await self.settle(interaction, delete)


class RefundReported(_ReportPress, template=template(REFUND)):
    """Gives the member back what the image has cost them."""

    async def press(self, interaction: Interaction) -> None:
        """Give it once."""
        moderation = interaction.client.services.moderation
        await self.settle(interaction, lambda by, job: moderation.refund(by, job.id))


class DismissReported(_ReportPress, template=template(DISMISS)):
    """Puts the report away."""

    async def press(self, interaction: Interaction) -> None:
        """Nothing more can be done then."""
        moderation = interaction.client.services.moderation

        def dismiss(by: Moderator, job: JobRecord) -> Awaitable[Change]:
            return moderation.note(by, Action.DISMISS, subject_id=job.user_id, job_id=job.id)

        await self.settle(interaction, dismiss, all_of_it=True)


class BlockReported(_ReportPress, template=template(BLOCK)):
    """Asks for how long the member shall make no images."""

    async def press(self, interaction: Interaction) -> None:
        """Answer with the form."""
        await require_moderator(interaction)
        form = BlockForm(interaction.user.id, self.custom_id, Reported.of(self.values))
        await interaction.client.open_forms.show(interaction, form)


class BlockForm(Form):
    """For how long, and why; whoever sends it is asked again whether they may."""

    def __init__(self, user_id: int, pressed: str, reported: Reported) -> None:
        super().__init__(text("reported.block_title"), user_id)
        self._pressed = pressed
        self._reported = reported
        self._until = discord.ui.TextInput[Any](required=False, max_length=20, custom_id="duration")
        self._reason = discord.ui.TextInput[Any](required=False, max_length=200, custom_id="words")
        hint = text("option.quota.duration")
        self.add_item(
            discord.ui.Label(text=text("reported.block_for"), description=hint, component=self._until)
        )
        self.add_item(discord.ui.Label(text=text("reported.block_reason"), component=self._reason))

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        """Block the member, once."""
        await interaction.response.defer()
        moderation = interaction.client.services.moderation

        async def block(by: Moderator, job: JobRecord) -> Change:
            until, reason = ends_at(self._until.value, time.time()), self._reason.value or None
            whom = await fetched_target(interaction, job.user_id)
            change: Change = await moderation.block(by, whom, until=until, reason=reason, anew=False)
            return change

        await settle(interaction, self._pressed, self._reported, block)


async def settle(
    interaction: Interaction, pressed: str, reported: Reported, doing: Doing, *, all_of_it: bool = False
) -> None:
    """Do something about a report, if nobody has done it before."""
    by, services = await require_moderator(interaction), interaction.client.services
    job = await _job(interaction, reported.job_id)
    async with services.turns.of(interaction.message.id if interaction.message else by.guild_id):
        message = await interaction.original_response()
        if not is_open(message, pressed):
            raise UserError("refused.report_settled")
        change = await doing(by, job)
        words = change_words.line(change, services.server_log.knows_role(by.guild_id))
        view = settled(message, pressed, words, all_of_it=all_of_it)
        await interaction.edit_original_response(view=view)


async def _job(interaction: Interaction, job_id: str) -> JobRecord:
    """The job of a reported image, of this server alone."""
    try:
        job = await interaction.client.services.store.get(job_id)
    except WrongState as error:
        raise UserError("refused.not_reported") from error
    if job.server_id != interaction.guild_id:
        raise UserError("refused.not_reported")
    return job


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    await bot.add_cog(ReportImage(bot))
    bot.add_dynamic_items(DeleteReported, RefundReported, BlockReported, DismissReported)
