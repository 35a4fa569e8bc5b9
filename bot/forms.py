"""The forms that members have open: discord.py keeps each whole until it is sent, or half an hour."""

import discord

NEWEST = 3  # of each member; words that come in an older one are given back


class OpenForms:
    """The newest few of each member, and which they are."""

    def __init__(self) -> None:
        self._open: list[tuple[int, discord.ui.Modal]] = []

    def keep(self, user_id: int, form: discord.ui.Modal) -> None:
        """Keep a form that was opened, in place of the member's oldest one where they have too many."""
        self._open = [each for each in self._open if not each[1].is_finished()]
        theirs = [each for owner, each in self._open if owner == user_id]
        for old in theirs[: 1 - NEWEST]:
            old.stop()
        self._open.append((user_id, form))

    def know(self, custom_id: str) -> bool:
        """Whether a form can still be sent."""
        return any(form.custom_id == custom_id and not form.is_finished() for _, form in self._open)
