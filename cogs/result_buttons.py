"""The buttons below a result: Edit, Again, Bigger, Compare, Delete, for whoever presses, at their cost."""

import io
from contextlib import suppress
from functools import partial

import discord

from bot.buttons import COMPARE, DELETE, EDIT, priced_template, repriced, template
from bot.client import ImageBot
from bot.edit_form import WhichForm, ask_what_to_change
from bot.errors import UserError
from bot.images import BIGGER, Attachment, Descent, ImageRequest
from bot.message_pictures import pictures_of
from bot.presses import Press
from bot.replies import begin, check_allowed
from bot.services.next_steps import again, bigger
from bot.texts import text
from storage.records import AGAIN, JobRecord, Place

Interaction = discord.Interaction[ImageBot]


class EditButton(Press, template=template(EDIT)):
    """Asks what to change."""

    async def press(self, interaction: Interaction) -> None:
        """Answer with the form."""
        check_allowed(interaction)
        services = interaction.client.services
        job = await services.known_job(self.values["job_id"], interaction.user.id)
        await ask_what_to_change(interaction, _message(interaction), job)


class AgainButton(Press, template=priced_template(AGAIN)):
    """Asks for the same request once more, at the presser's cost."""

    async def press(self, interaction: Interaction) -> None:
        """Accept the request anew, at the price that stands on the button."""
        services = interaction.client.services
        job = await services.known_job(self.values["job_id"], interaction.user.id)
        if not job.prompt:
            raise UserError("refused.words_gone")
        price = services.jobs.price(again(job), inputs=job.inputs)
        if await _has_another_price(self, interaction, price):
            return
        message = _message(interaction)
        private = job.private or _is_for_one(message)
        reply_to = None if message.flags.ephemeral else message.id
        origin = await begin(interaction, private=private, reply_to=reply_to)
        await services.jobs.accept_again(job, origin, private=private, agreed=price)


class BiggerButton(Press, template=priced_template(BIGGER)):
    """Sends the picture and its words again at the next resolution."""

    async def press(self, interaction: Interaction) -> None:
        """Ask which picture if there are several, then accept the request."""
        check_allowed(interaction)
        services = interaction.client.services
        job = await services.known_job(self.values["job_id"], interaction.user.id)
        if not job.prompt:
            raise UserError("refused.words_gone")
        pictures = pictures_of(_message(interaction))
        if not pictures:
            raise UserError("refused.no_picture")
        request = bigger(job, services.rules)
        if request is None:
            raise UserError("refused.not_bigger")
        price = services.jobs.price(request, inputs=1)
        if await _has_another_price(self, interaction, price):
            return
        ask = partial(_make_bigger, job, request, pictures, price)
        if len(pictures) == 1:
            await ask(interaction, 1)
            return
        note = text("form.bigger_note", n=price, resolution=request.resolution, model=request.model)
        form = WhichForm(interaction.user.id, note, len(pictures), ask)
        await interaction.client.open_forms.show(interaction, form)


class CompareButton(Press, template=template(COMPARE)):
    """Shows the presser the picture before and after the edit, side by side."""

    async def press(self, interaction: Interaction) -> None:
        """Answer with one picture made of both."""
        check_allowed(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        services = interaction.client.services
        job = await services.known_job(self.values["job_id"], interaction.user.id)
        stands = partial(_source_stands, interaction.client, job)
        joined = await services.compared.picture(job, interaction.user.id, stands)
        file = discord.File(
            io.BytesIO(joined),
            filename="before-and-after.jpeg",
            description=text("compare.alt"),
            spoiler=job.spoiler,
        )
        await interaction.edit_original_response(content=text("compare.words"), attachments=[file])


class DeleteButton(Press, template=template(DELETE)):
    """Deletes a result; its requester may, and whoever manages the messages there."""

    async def press(self, interaction: Interaction) -> None:
        """Take the message away; credits stay spent."""
        services = interaction.client.services
        await interaction.response.defer()
        job = await services.known_job(self.values["job_id"], interaction.user.id)
        manages = interaction.guild_id is not None and interaction.permissions.manage_messages
        if job.user_id != interaction.user.id and not manages:
            raise UserError("refused.not_yours_to_remove")
        with suppress(discord.NotFound):  # somebody else was faster
            await interaction.delete_original_response()
        await services.jobs.done_with(job.id)  # it may not be written yet where the result stands
        job = await services.store.get(job.id)
        if _message(interaction).id == job.result_message_id:  # and not a copy that `/jobs` has shown
            await services.store.forget_message(job.id)


async def _make_bigger(
    job: JobRecord,
    request: ImageRequest,
    pictures: list[Attachment],
    price: int,
    interaction: Interaction,
    number: int,
) -> None:
    """Ask for one of the pictures of a result at the next resolution."""
    message = _message(interaction)
    private = job.private or _is_for_one(message)
    origin = await begin(interaction, private=private, reply_to=message.id)
    descent = Descent(
        parent_id=job.id,
        source_message_id=None if private else message.id,
        chosen=f"{number}/{len(pictures)}" if len(pictures) > 1 else None,
        press=f"{BIGGER}:{job.id}:{number}",
    )
    jobs = interaction.client.services.jobs
    request = request.but(private=private)
    await jobs.accept(request, origin, [pictures[number - 1]], descent=descent, agreed=price)


async def _source_stands(client: ImageBot, job: JobRecord) -> bool:
    """Whether the message whose picture was edited is still there, as far as the bot may look."""
    if job.place is Place.FOREIGN or job.source_message_id is None:
        return True
    channel = client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
    try:
        await channel.fetch_message(job.source_message_id)
    except (discord.NotFound, discord.Forbidden):
        return False
    return True


async def _has_another_price(press: Press, interaction: Interaction, price: int) -> bool:
    """Put the price that holds now on the button, and say so, where it has changed since."""
    shown = press.values["price"]
    if shown is None or int(shown) == price:
        return False
    await interaction.response.edit_message(view=repriced(_message(interaction), press.custom_id, price))
    await interaction.followup.send(text("refused.price_changed", n=price), ephemeral=True)
    return True


def _is_for_one(message: discord.Message) -> bool:
    """Whether one member alone sees this result: what comes of it is for them alone too."""
    return message.flags.ephemeral and bool(message.attachments)


def _message(interaction: Interaction) -> discord.Message:
    """The message that the button stands below."""
    if interaction.message is None:
        raise UserError("refused.message_gone")
    return interaction.message


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    bot.add_dynamic_items(EditButton, AgainButton, BiggerButton, CompareButton, DeleteButton)
