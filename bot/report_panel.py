"""The message about a reported image in the log channel, and its buttons."""

from dataclasses import dataclass
from typing import Any, Self

import discord

from bot import change_words
from bot.panels import panel
from bot.quoting import quoted
from bot.texts import text
from storage.records import JobRecord

DELETE, REFUND, BLOCK, DISMISS = "rep-delete", "rep-refund", "rep-block", "rep-dismiss"
LABELS = {DELETE: "report_delete", REFUND: "report_refund", BLOCK: "report_block", DISMISS: "report_dismiss"}
PROMPT = 1500  # characters; a panel takes 4,000, and each of them may be escaped

_REPORTED = r"(?P<job_id>[0-9a-f]{16}):(?P<channel_id>\d{1,20}):(?P<message_id>\d{1,20})"


@dataclass(frozen=True, slots=True)
class Reported:
    """The image that a report is about: the job that made it, and the message that shows it."""

    job_id: str
    channel_id: int
    message_id: int

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """Read it from the id of a button."""
        return cls(values["job_id"], int(values["channel_id"]), int(values["message_id"]))

    def button(self, action: str) -> str:
        """The id of an action's button."""
        return f"{action}:{self.job_id}:{self.channel_id}:{self.message_id}"


def template(action: str) -> str:
    """The pattern of the ids of an action's buttons."""
    return rf"{action}:{_REPORTED}"


def report_panel(job: JobRecord, message: discord.Message, reporter: int) -> discord.ui.LayoutView:
    """What was reported, by whom, and what can be done: what only its member sees cannot be deleted."""
    words = text("details.words_gone")
    if job.prompt:
        words = text("reported.prompt", prompt=quoted(job.prompt, PROMPT))
    about = text(
        "reported.words",
        url=message.jump_url,
        member=change_words.member(job.user_id),
        reporter=reporter,
        at=round(discord.utils.utcnow().timestamp()),
    )
    reported, hidden = Reported(job.id, message.channel.id, message.id), message.flags.ephemeral
    if hidden:
        words = f"{words}\n{text('reported.hidden')}"
    buttons = [
        discord.ui.Button[discord.ui.LayoutView](
            label=text(f"button.{label}"),
            custom_id=reported.button(action),
            style=discord.ButtonStyle.danger if action == DELETE else discord.ButtonStyle.secondary,
        )
        for action, label in LABELS.items()
        if action != DELETE or not hidden
    ]
    parts = [
        discord.ui.TextDisplay[discord.ui.LayoutView](part) for part in (text("reported.title"), about, words)
    ]
    return panel(*parts, discord.ui.ActionRow(*buttons))


def is_open(message: discord.Message, custom_id: str) -> bool:
    """Whether a button of the message can still be pressed."""
    return any(button.custom_id == custom_id and not button.disabled for button in _buttons(_view(message)))


def settled(
    message: discord.Message, pressed: str, words: str, *, all_of_it: bool = False
) -> discord.ui.LayoutView:
    """The message with one button used up, or all of them, and a line that says by whom."""
    view = _view(message)
    for button in _buttons(view):
        button.disabled = button.disabled or all_of_it or button.custom_id == pressed
    container = next(item for item in view.children if isinstance(item, discord.ui.Container))
    container.add_item(discord.ui.TextDisplay(text("reported.done", line=words)))
    view.stop()
    return view


def _view(message: discord.Message) -> discord.ui.LayoutView:
    return discord.ui.LayoutView.from_message(message, timeout=None)


def _buttons(view: discord.ui.LayoutView) -> list[discord.ui.Button[Any]]:
    return [item for item in view.walk_children() if isinstance(item, discord.ui.Button)]
