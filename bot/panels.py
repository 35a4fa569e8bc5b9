"""Panels: longer answers that are sent whole, in one frame."""

import discord

ACCENT = discord.Colour.from_str("#f5c542")  # banana

Part = discord.ui.Item[discord.ui.LayoutView]


def panel(*parts: Part) -> discord.ui.LayoutView:
    """These parts in one frame; its buttons are found by their ids, so discord.py need not remember it."""
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.Container(*parts, accent_colour=ACCENT))
    view.stop()
    return view
