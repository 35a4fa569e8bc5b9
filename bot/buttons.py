"""Buttons whose meaning stands in their id alone, so that they work after a restart and next month."""

import discord

from bot.texts import text

AGAIN = "again"
AGAIN_TEMPLATE = rf"{AGAIN}:(?P<job_id>[0-9a-f]{{16}})"


def again_view(job_id: str) -> discord.ui.View:
    """One button that asks for the same request once more."""
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label=text("button.again"), custom_id=f"{AGAIN}:{job_id}"))
    view.stop()  # discord.py need not remember it: the button is found by its id
    return view
