"""The commands of a message's Apps menu: "Edit image" and "Image details"."""

import discord
from discord import app_commands
from discord.ext import commands

from bot import wording
from bot.client import ImageBot, Services
from bot.edit_form import ask_what_to_change
from bot.errors import UserError
from bot.forms import explain_forgotten, is_forgotten, text_file
from bot.images import PROMPT_LIMIT
from bot.message_pictures import result_in
from bot.panels import Part, panel
from bot.quoting import quoted
from bot.texts import text
from storage.records import CallRecord, JobRecord

GENERATIONS = 5  # shown of a picture's ancestors, and as many of its children
PROMPT = 1200  # characters as they are quoted; Discord takes 4,000 in a panel, with everything else


class MessageMenu(commands.Cog):
    """Works on the message that a member points at, whoever has posted it."""

    def __init__(self, bot: ImageBot) -> None:
        self._bot = bot
        self._commands = [
            app_commands.ContextMenu(name=text("menu.edit"), callback=self.edit),
            app_commands.ContextMenu(name=text("menu.details"), callback=self.details),
        ]

    async def cog_load(self) -> None:
        """Add the commands, which discord.py does not find in a cog by itself."""
        for command in self._commands:
            self._bot.tree.add_command(command)

    async def cog_unload(self) -> None:
        """Take them away again."""
        for command in self._commands:
            self._bot.tree.remove_command(command.name, type=command.type)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Give the words of a form back that is forgotten."""
        if interaction.type is discord.InteractionType.modal_submit and is_forgotten(interaction):
            await explain_forgotten(interaction)

    async def edit(self, interaction: discord.Interaction[ImageBot], message: discord.Message) -> None:
        """Ask what to change in the pictures of the message."""
        job = await self._job(interaction, message)
        await ask_what_to_change(interaction, message, job)

    async def details(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Show how the pictures of the message were made, to the member alone."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        services = self._bot.services
        job = await self._job(interaction, message)
        if job is None:
            raise UserError("refused.no_details")
        manages = interaction.is_guild_integration() and interaction.permissions.manage_guild
        calls = await services.calls.of_job(job.id) if manages else []
        await interaction.edit_original_response(view=panel(*await _parts(services, job, calls)))
        if _is_long(job.prompt):
            file = text_file(job.prompt)
            await interaction.followup.send(text("details.file"), file=file, ephemeral=True)

    async def _job(self, interaction: discord.Interaction, message: discord.Message) -> JobRecord | None:
        """The job whose result a message is, if its reader may know it."""
        me = self._bot.user
        if me is None or (job_id := result_in(message, me)) is None:
            return None
        try:
            return await self._bot.services.known_job(job_id, interaction.user.id)
        except UserError:
            return None


async def _parts(services: Services, job: JobRecord, calls: list[CallRecord]) -> list[Part]:
    paid = await services.store.paid([job.id])
    parents = await services.descent.ancestors(job.id, most=GENERATIONS)
    children = await services.descent.children(job, most=GENERATIONS)
    at, sizes = round(job.accepted_at), wording.sizes(job)
    lines = [text("details.settings", n=job.count, model=job.model, sizes=sizes, at=at)]
    if job.user_id > 0:  # else they have had their data deleted
        lines.append(text("details.asked", user=job.user_id, cost=wording.cost(job, paid.get(job.id, 0))))
    if job.asked_model:
        lines.append(text("details.instead", asked=job.asked_model, model=job.model))
    if parents:
        lines.append(text("details.parents", links=_links(parents, job)))
    elif job.source_message_id:
        lines.append(text("details.from_message", url=wording.link_to(job, job.source_message_id)))
    if children:
        lines.append(text("details.children", links=_links(children, job)))
    lines.append(text("details.job", id=job.id, state=text(f"details.{job.state}")))
    lines += [
        text("details.api", api=call.provider, task=call.task_id or "-", trace=call.trace_id or "-")
        for call in calls
    ]
    return [
        discord.ui.TextDisplay(each) for each in (text("details.title"), _words(job.prompt), "\n".join(lines))
    ]


def _words(prompt: str) -> str:
    if _is_long(prompt):
        return text("details.words_in_file", prompt=quoted(prompt, PROMPT // 2))  # which may double them
    return text("details.words", prompt=quoted(prompt, PROMPT)) if prompt else text("details.words_gone")


def _is_long(prompt: str) -> bool:
    return len(quoted(prompt, PROMPT_LIMIT)) > PROMPT


def _links(jobs: list[JobRecord], here: JobRecord) -> str:
    """Links to results, by their words; a result that cannot be seen here has none."""
    return " · ".join(_link(job, here) for job in jobs)


def _link(job: JobRecord, here: JobRecord) -> str:
    if job.result_message_id is None or not _may_be_named(job, here):
        return text("details.gone")
    words = quoted(job.prompt, 30) or text("details.nameless")
    return text("details.link", words=words, url=wording.link_to(job, job.result_message_id))


def _may_be_named(job: JobRecord, here: JobRecord) -> bool:
    """Whether who sees the one result may see the other: what was said elsewhere stays there."""
    return not job.private and job.channel_id == here.channel_id


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    await bot.add_cog(MessageMenu(bot))
