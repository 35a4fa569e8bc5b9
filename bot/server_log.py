"""The log channel of each server: a line for each change, and for what is used of the ceiling."""

import asyncio
import hashlib
import logging
from functools import partial

import discord
from discord.utils import MISSING

from bot import change_words
from bot.discord_errors import CALL_FAILED, may_pass, patiently
from bot.services.oversight import Oversight
from bot.texts import text
from storage.errors import StorageError
from storage.server_records import CeilingNotice, Change

BETWEEN_LOOKS = 1.0  # seconds: a crowd of requests is looked at once
PATIENCE = 60.0  # seconds
ALL = 100  # percent

log = logging.getLogger(__name__)


class ServerLog:
    """Writes where a server's moderators read; nobody is pinged, and nothing that fails hurts a change."""

    def __init__(self, client: discord.Client, oversight: Oversight) -> None:
        self._client = client
        self._oversight = oversight

    async def tell(self, change: Change, *, former: int | None = None) -> None:
        """Say what was changed, also in the `former` log channel where it was another one."""
        words = change_words.line(change, self.knows_role(change.guild_id))
        nonce = f"change-{change.id}"
        await self.say(change.guild_id, words, nonce=nonce)
        if former is not None:
            await self._post(change.guild_id, former, words, f"{nonce}-former")

    async def watch_ceilings(self, accepted: asyncio.Event) -> None:
        """Say once each what is used of the ceilings, soon after a request was accepted."""
        while True:
            accepted.clear()
            try:
                async with asyncio.TaskGroup() as group:
                    for notice in await self._oversight.untold():
                        group.create_task(self._say_used(notice))
            except* StorageError as errors:
                log.warning("the ceilings cannot be looked at this time: %s", errors.exceptions[0])
            await asyncio.sleep(BETWEEN_LOOKS)
            await accepted.wait()

    async def say(
        self, guild_id: int, words: str, *, nonce: str, view: discord.ui.LayoutView | None = None
    ) -> discord.Message | None:
        """Post a line or a panel; gives its message, or None where no log channel took it."""
        channel_id = await self._channel(guild_id)
        if channel_id is None:
            return None
        posted = await self._post(guild_id, channel_id, words, nonce, view)
        return posted if isinstance(posted, discord.Message) else None

    def knows_role(self, guild_id: int) -> change_words.IsThere:
        """Tells which roles the server has now."""
        guild = self._client.get_guild(guild_id)
        return lambda role_id: guild is not None and guild.get_role(role_id) is not None

    async def _channel(self, guild_id: int) -> int | None:
        return (await self._oversight.settings(guild_id)).log_channel_id

    async def _post(
        self,
        guild_id: int,
        channel_id: int,
        words: str,
        nonce: str,
        view: discord.ui.LayoutView | None = None,
    ) -> discord.Message | Exception:
        """Post in a channel; gives the message, or what has kept it from being posted."""
        channel = self._client.get_partial_messageable(channel_id, guild_id=guild_id)
        send = partial(channel.send, words or None, nonce=nonce, view=view or MISSING)
        try:
            return await patiently(PATIENCE, send)
        except CALL_FAILED as error:
            log.warning("the log channel %d of server %d takes nothing: %r", channel_id, guild_id, error)
            return error

    async def _say_used(self, notice: CeilingNotice) -> None:
        """Say it, unless there is nowhere to; where Discord is in trouble, the next request tries again."""
        ceiling, percent, back = notice.ceiling, notice.percent, round(notice.period_end)
        words = text("notice.all", ceiling=ceiling, back=back)
        if percent < ALL:
            words = text("notice.part", percent=percent, ceiling=ceiling, back=back)
        channel_id = await self._channel(notice.guild_id)
        if channel_id is not None:
            posted = await self._post(notice.guild_id, channel_id, words, _nonce(notice))
            if isinstance(posted, Exception) and may_pass(posted):
                return
        await self._oversight.told(notice)


def _nonce(notice: CeilingNotice) -> str:
    """Another one for each period and ceiling, in the 25 characters that Discord takes."""
    return hashlib.blake2b(repr(notice).encode(), digest_size=12).hexdigest()
