"""The log channel of each server: a line for each change, and for what is used of the ceiling."""

import asyncio
import logging
from functools import partial

import discord
from discord.utils import MISSING

from bot import change_words
from bot.discord_errors import CALL_FAILED, patiently
from bot.services.oversight import Oversight
from bot.texts import text
from storage.errors import StorageError
from storage.server_records import CeilingNotice, Change

PATIENCE = 60.0  # seconds
ALL = 100  # percent

log = logging.getLogger(__name__)


class ServerLog:
    """Writes where a server's moderators read; nobody is pinged, and nothing that fails hurts a change."""

    def __init__(self, client: discord.Client, oversight: Oversight) -> None:
        self._client = client
        self._oversight = oversight

    async def tell(self, change: Change) -> None:
        """Say what was changed."""
        words = change_words.line(change, self.knows_role(change.guild_id))
        await self.say(change.guild_id, words, nonce=f"change-{change.id}")

    async def watch_ceilings(self, accepted: asyncio.Event) -> None:
        """Say once each what is used of the ceilings, after every request that was accepted."""
        while True:
            accepted.clear()
            try:
                for notice in await self._oversight.untold():
                    await self._say_used(notice)
                    await self._oversight.told(notice)
            except StorageError as error:
                log.warning("the ceilings cannot be looked at this time: %s", error)
            await accepted.wait()

    async def say(
        self, guild_id: int, words: str, *, nonce: str, view: discord.ui.LayoutView | None = None
    ) -> discord.Message | None:
        """Post a line or a panel; gives its message, or None where no log channel took it."""
        channel_id = (await self._oversight.settings(guild_id)).log_channel_id
        if channel_id is None:
            return None
        channel = self._client.get_partial_messageable(channel_id, guild_id=guild_id)
        send = partial(channel.send, words or None, nonce=nonce, view=view or MISSING)
        try:
            return await patiently(PATIENCE, send)
        except CALL_FAILED as error:
            log.warning("the log channel %d of server %d takes nothing: %r", channel_id, guild_id, error)
            return None

    def knows_role(self, guild_id: int) -> change_words.IsThere:
        """Tells which roles the server has now."""
        guild = self._client.get_guild(guild_id)
        return lambda role_id: guild is not None and guild.get_role(role_id) is not None

    async def _say_used(self, notice: CeilingNotice) -> None:
        ceiling, percent, back = notice.ceiling, notice.percent, round(notice.period_end)
        words = text("notice.all", ceiling=ceiling, back=back)
        if percent < ALL:
            words = text("notice.part", percent=percent, ceiling=ceiling, back=back)
        await self.say(notice.guild_id, words, nonce=f"{notice.guild_id}-{notice.percent}")
