"""The form that asks what to change in pictures, and the one that asks which picture shall be bigger."""

import io
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.client import ImageBot, Services
from bot.command_tree import report
from bot.errors import UserError
from bot.images import PROMPT_LIMIT, SOURCES_LIMIT, Attachment, Descent
from bot.message_pictures import pictures_of
from bot.quoting import quoted
from bot.replies import begin
from bot.reply_words import chosen_of
from bot.texts import text
from storage.records import JobRecord

LIFE = 30 * 60  # seconds in which a form may be filled in
GIVEN_BACK = 800  # characters of a member's words, which may double when they are quoted
MORE = 4  # further pictures
CHOICES = 10  # options that a group of boxes may have
SHOWN = 25  # options that a menu may have
THIS_RUN = secrets.token_hex(4)  # forms of an earlier run are no longer known

Picked = Callable[[discord.Interaction[ImageBot], int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pictured:
    """The pictures of a message that shall be edited; `job` made them, if it is one of ours."""

    message: discord.Message
    pictures: Sequence[Attachment]
    job: JobRecord | None


class Form(discord.ui.Modal):
    """A form for whoever has opened it alone; its errors end as a sentence."""

    def __init__(self, title: str, user_id: int) -> None:
        super().__init__(title=title, timeout=LIFE, custom_id=_new_id())
        self._user_id = user_id

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Refuse whoever else sends it: it may be about pictures that nobody else sees."""
        if interaction.user.id != self._user_id:
            raise UserError("refused.not_your_form")
        return True

    async def on_error(self, interaction: discord.Interaction, error: Exception, /) -> None:  # type: ignore[override]  # as in discord.py
        """Explain what went wrong."""
        await report(interaction, error)


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
    interaction: discord.Interaction, services: Services, message: discord.Message, job: JobRecord | None
) -> None:
    """Answer with the form about a message's pictures, made by a job if they are ours; raises `UserError`."""
    pictures = pictures_of(message)
    if not pictures:
        raise UserError("refused.no_picture")
    form = EditForm(services, interaction.user.id, Pictured(message, pictures, job))
    await interaction.response.send_modal(form)


def is_forgotten(interaction: discord.Interaction) -> bool:
    """Whether a form was opened before a restart, or too long ago, so that what it was about is forgotten."""
    data: Any = interaction.data
    kind, _, rest = str(data["custom_id"]).partition(":")
    run, _, rest = rest.partition(":")
    until = rest.partition(":")[0]
    return kind == "form" and (run != THIS_RUN or not until.isdecimal() or time.time() > int(until))


async def explain_forgotten(interaction: discord.Interaction) -> None:
    """Give back what was written in a form that is forgotten, as a file too where it is long."""
    data: Any = interaction.data
    fields = [each.get("component", {}) for each in data["components"]]
    words = next((str(each["value"]) for each in fields if each.get("custom_id") == "words"), "")
    if not words:
        await report(interaction, UserError("refused.form_gone"))
        return
    shown = quoted(words, GIVEN_BACK)
    await report(interaction, UserError("refused.form_gone_with_words", words=shown))
    if len(words) > GIVEN_BACK:
        await interaction.followup.send(file=text_file(words), ephemeral=True)


def text_file(words: str) -> discord.File:
    """Words that are too long for a message."""
    return discord.File(io.BytesIO(words.encode()), "words.txt")


def _new_id() -> str:
    """An id that says until when the form is known."""
    return f"form:{THIS_RUN}:{int(time.time()) + LIFE}:{secrets.token_hex(8)}"


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
