"""Where every error of a command or a button ends: as one sentence to the member, or a line in the log."""

import asyncio
import logging
import secrets

import discord
from discord import app_commands

from bot.discord_errors import CALL_FAILED
from bot.errors import BotError, UserError
from bot.replies import refuse, refuse_below
from storage.errors import AlreadyAccepted

UNKNOWN_INTERACTION = 10062  # Discord's code for an interaction that is too old to be answered

# discord.py keeps the tasks of commands and buttons to itself; these are the names that it gives them.
COMMAND_TASKS = (
    "CommandTree-invoker",
    "discord-ui-dynamic-item",
    "discord-ui-modal-dispatch",
    "discord.py: on_message",
)

log = logging.getLogger(__name__)


class CommandTree(app_commands.CommandTree[discord.Client]):
    """The commands, with one end for all their errors."""

    async def on_error(self, interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
        """Explain what went wrong."""
        await report(interaction, getattr(error, "original", error))


async def commands_finished(seconds: float) -> None:
    """Wait for the commands and buttons that are being answered, for so many seconds at most."""
    tasks = [task for task in asyncio.all_tasks() if task.get_name().startswith(COMMAND_TASKS)]
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)


async def report(interaction: discord.Interaction, error: Exception) -> None:
    """Tell the member what went wrong; what they could not have caused gets a reference into the log."""
    if reference := _noted(error, interaction.type.name):
        try:
            await refuse(interaction, error, reference=reference)
        except CALL_FAILED as refusal:
            log.warning("the member cannot be told: %r", refusal)


async def report_below(message: discord.Message, error: Exception) -> None:
    """The same for what a message asked for, as a reply to it."""
    if reference := _noted(error, "a reply"):
        try:
            await refuse_below(message, error, reference=reference)
        except CALL_FAILED as refusal:
            log.warning("the member cannot be told: %r", refusal)


def _noted(error: Exception, what: str) -> str | None:
    """Put an error into the log; gives the reference to it there, or None where there is nothing to say."""
    if isinstance(error, discord.NotFound) and error.code == UNKNOWN_INTERACTION:
        log.warning("an interaction was too old to be answered; nothing was accepted")
        return None
    if isinstance(error, AlreadyAccepted):
        log.warning("a request came a second time; nothing was accepted again")
        return None
    reference = secrets.token_hex(2)
    if isinstance(error, UserError):
        log.info("refused: %s", error.key)
    elif not isinstance(error, BotError):
        log.error("%s failed, reference %s", what, reference, exc_info=error)
    return reference
