"""The form that asks what to change in pictures, and the one that asks which picture shall be bigger."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.client import ImageBot, Services
from bot.errors import UserError
from bot.forms import Form
from bot.images import PROMPT_LIMIT, SOURCES_LIMIT, Attachment, Descent
from bot.message_pictures import pictures_of
from bot.replies import begin
from bot.reply_words import chosen_of
from bot.texts import text
from storage.records import JobRecord

MORE = 4  # further pictures
CHOICES = 10  # options that a group of boxes may have
SHOWN = 25  # options that a menu may have

Picked = Callable[[discord.Interaction[ImageBot], int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pictured:
    """The pictures of a message that shall be edited; `job` made them, if it is one of ours."""

    message: discord.Message
    pictures: Sequence[Attachment]
    job: JobRecord | None


class EditForm(Form):
    """Which pictures, what to change, with which model, at which size, with which further pictures."""

    def __init__(self, services: Services, user_id: int, pictured: Pictured) -> None:
        super().__init__(text("form.title"), user_id)
        self._services = services
        self._pictured = pictured
        self._which: discord.ui.CheckboxGroup[Any] | None = None
        if (number := len(pictured.pictures)) > 1:
            self._which = _boxes(number)
            self.add_item(discord.ui.Label(text=text("form.which"), component=self._which))
        self._words = discord.ui.TextInput[Any](
            style=discord.TextStyle.paragraph,
            max_length=PROMPT_LIMIT,
            placeholder=text("form.change_example"),
            custom_id="words",
        )
        self.add_item(discord.ui.Label(text=text("form.change"), component=self._words))
        own, job = services.defaults.request(user_id, "", editing=True), pictured.job
        self._model = _models(services, (job.asked_model or job.model) if job else own.model)
        self.add_item(discord.ui.Label(text=text("form.model"), component=self._model))
        self._size = _menu("size", services.rules.resolutions, job.resolution if job else own.resolution)
        size_hint = text("form.size_hint")
        self.add_item(discord.ui.Label(text=text("form.size"), description=size_hint, component=self._size))
        self._more = discord.ui.FileUpload[Any](
            required=False, min_values=0, max_values=MORE, custom_id="more"
        )
        more_hint = text("form.more_hint")
        self.add_item(discord.ui.Label(text=text("form.more"), description=more_hint, component=self._more))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Ask for the edit; everything is checked again, by whoever has filled it in."""
        pictured, services = self._pictured, self._services
        numbers = [int(each) for each in self._which.values] if self._which else []
        numbers = numbers or list(range(1, len(pictured.pictures) + 1))
        inputs = [pictured.pictures[number - 1] for number in numbers]
        inputs += [Attachment(each.url, each.filename, each.size) for each in self._more.values]
        if len(inputs) > SOURCES_LIMIT:
            raise UserError("refused.too_many_pictures", limit=SOURCES_LIMIT)
        alone = pictured.message.flags.ephemeral
        request = services.defaults.request(
            interaction.user.id,
            self._words.value,
            editing=True,
            model=self._model.values[0],
            resolution=self._size.values[0],
            spoiler=True if any(each.spoiler for each in inputs) else None,
            private=True if alone else None,
        )
        request = services.rules.check(request, sources=len(inputs))
        origin = await begin(interaction, private=request.private, reply_to=pictured.message.id)
        descent = Descent(
            parent_id=pictured.job.id if pictured.job else None,
            source_message_id=None if alone else pictured.message.id,
            chosen=chosen_of(numbers, len(pictured.pictures)),
        )
        await services.jobs.accept(request, origin, inputs, descent=descent)


class WhichForm(Form):
    """Which picture of several shall be made bigger, and what that costs."""

    def __init__(self, user_id: int, note: str, number: int, picked: Picked) -> None:
        super().__init__(text("form.bigger"), user_id)
        self._picked = picked
        options = [discord.RadioGroupOption(label=line, value=value) for value, line in _lines(number)]
        options[0].default = True
        self._which = discord.ui.RadioGroup[Any](options=options, custom_id="which")
        self.add_item(discord.ui.Label(text=text("form.which_one"), component=self._which))
        self.add_item(discord.ui.TextDisplay(note))

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        """Go on with the picture that was picked."""
        await self._picked(interaction, int(self._which.value or 1))


async def ask_what_to_change(
    interaction: discord.Interaction[ImageBot], message: discord.Message, job: JobRecord | None
) -> None:
    """Answer with the form about a message's pictures, made by a job if they are ours; raises `UserError`."""
    pictures = pictures_of(message)
    if not pictures:
        raise UserError("refused.no_picture")
    form = EditForm(interaction.client.services, interaction.user.id, Pictured(message, pictures, job))
    await interaction.client.open_forms.show(interaction, form)


def _boxes(number: int) -> discord.ui.CheckboxGroup[Any]:
    options = [
        discord.CheckboxGroupOption(label=line, value=value, default=int(value) <= SOURCES_LIMIT)
        for value, line in _lines(min(number, CHOICES))
    ]
    return discord.ui.CheckboxGroup(options=options, custom_id="which", min_values=1)


def _lines(number: int) -> list[tuple[str, str]]:
    return [(str(each), text("form.which_line", number=each)) for each in range(1, number + 1)]


def _models(services: Services, chosen: str) -> discord.ui.Select[Any]:
    """The models, with what each size costs."""
    menu = _menu("model", services.rules.models, chosen)
    for option in menu.options:
        prices = services.rules.prices_of(option.value, editing=True)
        sizes = [text("usage.price", resolution=size, price=price) for size, price in prices.items()]
        option.description = text("form.prices", prices=" · ".join(sizes))
    return menu


def _menu(name: str, choices: Sequence[str], chosen: str) -> discord.ui.Select[Any]:
    options = [
        discord.SelectOption(label=each, value=each, default=each == chosen) for each in choices[:SHOWN]
    ]
    return discord.ui.Select(options=options, custom_id=name)
