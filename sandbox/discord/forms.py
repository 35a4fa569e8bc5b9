"""Filling in the forms that the bot opens, by the client's rules."""

from collections.abc import Sequence

from sandbox.discord.model import Upload

FieldValue = str | bool | Sequence[str] | Sequence[Upload]
"""What one field takes: a text or a choice, a tick, several choices, or files."""
