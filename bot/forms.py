"""Forms, which only whoever has opened them can send, and those that are open."""

import io
import secrets
from collections.abc import Callable
from typing import Any

import discord

from bot.command_tree import report
from bot.errors import UserError
from bot.quoting import quoted

LIFE = 30 * 60  # seconds in which a form may be filled in
OPEN_AT_ONCE = 25  # forms of a member; Discord does not tell which were put away unsent
KNOWN = "known"  # marks what was sent by a form of ours
GIVEN_BACK = 800  # characters of a member's words, which may double when they are quoted


class Form(discord.ui.Modal):
    """A form for whoever has opened it alone; its errors end as a sentence."""

    over: Callable[[], object]

    def __init__(self, title: str, user_id: int) -> None:
        super().__init__(title=title, timeout=LIFE, custom_id=f"form:{secrets.token_hex(16)}")
        self.user_id = user_id

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Refuse whoever else sends it: it may be about pictures that nobody else sees."""
        interaction.extras[KNOWN] = True  # before anybody else hears of it
        if interaction.user.id != self.user_id:
            raise UserError("refused.not_your_form")
        return True

    async def on_error(self, interaction: discord.Interaction, error: Exception, /) -> None:  # type: ignore[override]  # as in discord.py
        """Explain what went wrong."""
        await report(interaction, error)

    def stop(self) -> None:
        """It was sent, or has made room for another one."""
        super().stop()
        self.over()

    async def on_timeout(self) -> None:
        """It was not sent in time."""
        self.over()


class OpenForms:
    """The forms that may still be sent: the last few of each member."""

    def __init__(self) -> None:
        self._forms: dict[str, Form] = {}

    async def show(self, interaction: discord.Interaction[Any], form: Form) -> None:
        """Answer with a form."""
        await interaction.response.send_modal(form)
        form.over = lambda: self._forms.pop(form.custom_id, None)
        self._forms[form.custom_id] = form
        theirs = [each for each in self._forms.values() if each.user_id == form.user_id]
        for oldest in theirs[:-OPEN_AT_ONCE]:
            oldest.stop()


def is_forgotten(interaction: discord.Interaction) -> bool:
    """Whether a form was sent that is too old, was opened before a restart, or was sent before."""
    data: Any = interaction.data
    return str(data["custom_id"]).startswith("form:") and KNOWN not in interaction.extras


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
