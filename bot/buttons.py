"""Buttons whose meaning stands in their id alone, so that they work after a restart and next month."""

from typing import Any

import discord

from bot.texts import text

AGAIN = "again"
CANCEL = "cancel"
DELIVER = "deliver"  # in the list of `/jobs`
CANCEL_LISTED = "cancel-listed"
PAGE = "jobs"


def template(action: str) -> str:
    """The pattern of the ids of an action's buttons, which name a job."""
    return rf"{action}:(?P<job_id>[0-9a-f]{{16}})"


def button(action: str, job_id: str, label: str) -> discord.ui.Button[Any]:
    """A button that does something with a job."""
    return discord.ui.Button(label=text(f"button.{label}"), custom_id=f"{action}:{job_id}")


def page_button(page: int, label: str) -> discord.ui.Button[Any]:
    """A button that shows a page of the member's jobs; the label makes its id its own."""
    return discord.ui.Button(label=text(f"button.{label}"), custom_id=f"{PAGE}:{page}:{label}")


def again_view(job_id: str) -> discord.ui.View:
    """One button that asks for the same request once more."""
    return _view(AGAIN, job_id)


def cancel_view(job_id: str) -> discord.ui.View:
    """One button that ends a job which waits."""
    return _view(CANCEL, job_id)


def _view(action: str, job_id: str) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(button(action, job_id, action))
    view.stop()  # discord.py need not remember it: the button is found by its id
    return view
