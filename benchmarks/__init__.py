"""Figures beside a bare discord.py bot, never a failing test: `make bench`."""
