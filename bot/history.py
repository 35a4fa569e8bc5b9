"""Looks for a result that perhaps stands in its channel already."""

from datetime import UTC, datetime

import discord

from bot.errors import Undeliverable
from bot.posts import Post, is_of
from storage.records import JobRecord

LOOK_AT = 500  # messages since then


async def find(client: discord.Client, job: JobRecord, post: Post, since: float) -> discord.Message | None:
    """The result of this job among the messages of its channel since then (seconds since 1970).

    Where not all of them can be seen, it may stand there all the same, and showing it a second time would
    be worse than not at all: raises `Undeliverable`.
    """
    if not await _may_look(client, job):
        raise Undeliverable("held.undeliverable")
    channel = client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
    after = datetime.fromtimestamp(since, UTC)
    seen = 0
    async for message in channel.history(limit=LOOK_AT, after=after, oldest_first=True):
        is_ours = client.user is not None and message.author.id == client.user.id
        if is_ours and (is_of(job, message) or (not post.files and message.content == post.content)):
            return message
        seen += 1
    if seen == LOOK_AT:
        raise Undeliverable("held.undeliverable")
    return None


async def _may_look(client: discord.Client, job: JobRecord) -> bool:
    """Whether Discord shows us what was said; without the permission it shows an empty history."""
    await client.wait_until_ready()  # before that it knows no server
    guild = client.get_guild(job.guild_id) if job.guild_id else None
    if guild is None:
        return True  # direct messages, or a server that has thrown us out and will say so
    if guild.unavailable:
        raise ConnectionError("Discord has trouble with this server")  # which passes
    place = guild.get_channel_or_thread(job.channel_id)  # archived threads are not among them
    try:
        place = place or await guild.fetch_channel(job.channel_id)
        return place.permissions_for(guild.me).read_message_history
    except discord.ClientException:  # of an unknown kind, or a thread below a channel that we do not see
        return False
