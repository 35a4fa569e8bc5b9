"""`/jobs`: what became of a member's requests, with buttons to cancel them and to get results once more."""

import time

import discord
from discord import app_commands
from discord.ext import commands

from bot import wording
from bot.buttons import CANCEL_LISTED, DELIVER, PAGE, button, page_button, template
from bot.client import ImageBot, Services
from bot.panels import Part, panel
from bot.presses import Press
from bot.quoting import quoted
from bot.replies import begin
from bot.services.spool import KEPT_FOR, is_kept
from bot.texts import text
from storage.records import JobRecord, JobState

ON_A_PAGE = 6


class Jobs(commands.Cog):
    """Shows a member their own jobs."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(description=text("command.jobs"))
    async def jobs(self, interaction: discord.Interaction) -> None:
        """Show the newest ones to the member alone."""
        await interaction.response.defer(ephemeral=True)
        await _show(interaction, self._services, 0)


class PageButton(Press, template=rf"{PAGE}:(?P<page>\d{{1,4}}):[a-z]+"):
    """Shows another page, or the same one as it is now."""

    async def press(self, interaction: discord.Interaction[ImageBot]) -> None:
        """Change the panel in place."""
        await interaction.response.defer()
        await _show(interaction, interaction.client.services, int(self.values["page"]))


class CancelListedButton(Press, template=template(CANCEL_LISTED)):
    """Ends a job that was not sent yet."""

    async def press(self, interaction: discord.Interaction[ImageBot]) -> None:
        """Give the credits back, and show the newest jobs as they are now."""
        await interaction.response.defer()
        services = interaction.client.services
        await services.jobs.cancel(self.values["job_id"], interaction.user.id)
        await _show(interaction, services, 0)


class DeliverButton(Press, template=template(DELIVER)):
    """Shows a result to its member alone, as long as it is kept."""

    async def press(self, interaction: discord.Interaction[ImageBot]) -> None:
        """Answer with the pictures."""
        origin = await begin(interaction, private=True)
        await interaction.client.services.jobs.deliver_again(self.values["job_id"], origin)


async def _show(interaction: discord.Interaction, services: Services, page: int) -> None:
    found = await services.store.recent(interaction.user.id, skip=page * ON_A_PAGE, limit=ON_A_PAGE + 1)
    jobs = found[:ON_A_PAGE]
    paid = await services.store.paid([job.id for job in jobs])
    view = _panel(jobs, paid, page, more=len(found) > len(jobs))
    await interaction.edit_original_response(view=view)


def _panel(jobs: list[JobRecord], paid: dict[str, int], page: int, *, more: bool) -> discord.ui.LayoutView:
    parts: list[Part] = [discord.ui.TextDisplay(text("jobs.title"))]
    if not jobs:
        return panel(*parts, discord.ui.TextDisplay(text("jobs.none")))
    parts += [_part(job, paid.get(job.id, 0)) for job in jobs]
    pages = [page_button(page - 1, "newer")] if page else []
    pages += [page_button(page, "refresh")]
    pages += [page_button(page + 1, "older")] if more else []
    return panel(*parts, discord.ui.ActionRow(*pages))


def _part(job: JobRecord, paid: int) -> Part:
    """One job, with what can be done about it at its side."""
    words = _words(job, paid)
    if job.state is JobState.ACCEPTED:
        return discord.ui.Section(words, accessory=button(CANCEL_LISTED, job.id, "cancel"))
    if job.state is JobState.HELD and is_kept(job, time.time()):
        return discord.ui.Section(words, accessory=button(DELIVER, job.id, "deliver"))
    if job.state is JobState.DELIVERED and is_kept(job, time.time()):
        return discord.ui.Section(words, accessory=button(DELIVER, job.id, "deliver_again"))
    return discord.ui.TextDisplay(words)


def _is_missed(job: JobRecord) -> bool:
    """Whether its day is over, and its credits come back within minutes."""
    return job.state is JobState.HELD and not is_kept(job, time.time())


def _words(job: JobRecord, paid: int) -> str:
    line = text(
        "jobs.line",
        state=_state(job),
        model=job.model,
        sizes=wording.sizes(job),
        cost=wording.cost(job, paid),
        at=round(job.accepted_at),
        made_from=_made_from(job),
        prompt=quoted(job.prompt, 80) or text("jobs.words_deleted"),
    )
    if job.outcome is None or _is_missed(job):
        return line
    return text("jobs.reason", line=line, reason=text(job.outcome, reference=job.id))


def _made_from(job: JobRecord) -> str:
    if job.source_message_id is None:
        return ""
    return " · " + text("jobs.made_from", url=wording.link_to(job, job.source_message_id))


def _state(job: JobRecord) -> str:
    if job.state is JobState.DELIVERED and job.result_message_id and not job.private:
        return text("jobs.delivered_with_link", url=wording.link_to(job, job.result_message_id))
    if _is_missed(job):
        return text("jobs.not_collected")
    return text(f"jobs.{job.state}", until=round((job.ready_at or 0) + KEPT_FOR))


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    await bot.add_cog(Jobs(bot.services))
    bot.add_dynamic_items(PageButton, CancelListedButton, DeliverButton)
