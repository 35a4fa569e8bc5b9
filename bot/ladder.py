"""The ladder that brings a result to where it belongs: one way after the other, never twice."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

import discord

from bot import wording
from bot.buttons import result_view
from bot.discord_errors import CALL, EXPLICIT, PLACE_GONE, patiently
from bot.errors import BlockedByDiscord, Undeliverable
from bot.history import find
from bot.locks import Locks
from bot.posts import Plan, Post, Posts
from bot.progress import answer_of, channel_of, pinging, replying
from bot.services.clock import Clock
from bot.services.messenger import Delivered, ResultImage
from bot.services.next_steps import again, bigger, cost
from bot.services.patience import insist
from bot.services.request_rules import RequestRules
from storage.jobs import JobStore
from storage.records import JobRecord, Place

NONCE_LIFE = 120.0  # seconds in which Discord surely knows a nonce again
RESULT_PATIENCE = 24 * 3600.0  # seconds to go on trying
UPLOADS = 8  # at once

log = logging.getLogger(__name__)

Send = Callable[[JobRecord, Post], Awaitable[Delivered]]


class Ladder:
    """Posts results.

    `turns` are the locks of channels and requests; `may_dm` tells whether a member, by their id, wishes for
    direct messages.
    """

    def __init__(
        self,
        client: discord.Client,
        store: JobStore,
        rules: RequestRules,
        posts: Posts,
        turns: Locks,
        clock: Clock,
        *,
        may_dm: Callable[[int], bool],
    ) -> None:
        self._client = client
        self._store = store
        self._rules = rules
        self._posts = posts
        self._turns = turns
        self._clock = clock
        self._may_dm = may_dm
        self._uploads = asyncio.Semaphore(UPLOADS)
        self._opened_at = clock()
        self._tried: dict[str, float] = {}  # when a job was first sent, which may stand in its channel since

    async def deliver(self, job: JobRecord, images: Sequence[ResultImage]) -> Delivered:
        """Try each way that this job has, in order; raises `Undeliverable` or `BlockedByDiscord`."""
        try:
            return await self._by_the_ladder(job, images)
        finally:
            self._tried.pop(job.id, None)

    def buttons(self, job: JobRecord) -> discord.ui.View:
        """What can be done with a result, and what it costs now."""
        larger = bigger(job, self._rules)
        return result_view(
            job,
            again=cost(again(job), self._rules, editing=job.inputs > 0),
            larger=cost(larger, self._rules, editing=True) if larger else None,
        )

    async def _by_the_ladder(self, job: JobRecord, images: Sequence[ResultImage]) -> Delivered:
        ways = self._ways(job)
        while ways:
            way = ways.pop(0)
            try:
                return await self._send_by(way, job, images)
            except discord.HTTPException as error:
                if error.code == EXPLICIT:
                    raise BlockedByDiscord("failed.explicit") from error
                log.warning("Discord does not take the result%s: %s", way.__name__.replace("_", " "), error)
                if error.code in PLACE_GONE:
                    ways = [each for each in ways if each == self._in_a_direct_message]
        raise Undeliverable("held.undeliverable")

    def _ways(self, job: JobRecord) -> list[Send]:
        by_token = job.token_lives(self._clock())
        in_private: list[Send] = [self._in_the_answer, self._beside_the_answer] if by_token else []
        if self._may_dm(job.user_id):
            in_private.append(self._in_a_direct_message)
        if job.private:
            return in_private
        if job.place is Place.FOREIGN:
            return [self._as_follow_up, *in_private[1:]] if by_token else in_private
        return [self._in_the_channel, *in_private]

    async def _send_by(self, way: Send, job: JobRecord, images: Sequence[ResultImage]) -> Delivered:
        """Send in one way, more modestly after each refusal that asks for it."""
        plan = Plan(reply=job.reply_to is not None)
        while True:
            try:
                call = partial(self._send, way, job, images, plan)  # which waits for its turn first
                return await patiently(RESULT_PATIENCE, call, each=None)
            except discord.HTTPException as error:
                modest = plan.after(error)
                if modest is None:
                    raise
                plan = modest

    async def _send(self, way: Send, job: JobRecord, images: Sequence[ResultImage], plan: Plan) -> Delivered:
        """A channel takes a message a second: who waits for that must not hold a place that others need."""
        where = job.channel_id if way == self._in_the_channel else job.request_id
        turn = self._turns.of(where)
        async with turn, self._uploads, self._posts.open(job, images, plan, self._file_limit(job)) as post:
            async with asyncio.timeout(CALL):
                return await way(job, post)

    async def _in_the_channel(self, job: JobRecord, post: Post) -> Delivered:
        """A message that members can reply to; sent again under its nonce, Discord gives the first back."""
        message: discord.Message | None = None
        first_try = self._first_try(job)
        if first_try is not None and self._clock() - first_try > NONCE_LIFE:
            message = await find(self._client, job, post, first_try - NONCE_LIFE)
        if message is None:
            self._tried.setdefault(job.id, self._clock())
            message = await channel_of(self._client, job).send(
                post.content,
                files=post.files,
                view=self.buttons(job),
                nonce=job.id,
                allowed_mentions=pinging(job),
                **replying(job, to_it=post.reply),
            )
        return Delivered(message.id, wording.link_to(job, message.id))

    def _first_try(self, job: JobRecord) -> float | None:
        """When it may have been sent first: an earlier process may have done so as soon as it was ready."""
        ready_at = job.ready_at or 0
        return ready_at if ready_at < self._opened_at else self._tried.get(job.id)

    async def _in_the_answer(self, job: JobRecord, post: Post) -> Delivered:
        """The answer to the command itself becomes the result; editing it twice changes nothing."""
        content = wording.only_for_you(job, post.content)
        await answer_of(self._client, job).edit_message(
            job.progress_message_id or 0,
            content=content,
            attachments=post.files,
            view=self.buttons(job),
        )
        return Delivered(None, None, content)

    async def _beside_the_answer(self, job: JobRecord, post: Post) -> Delivered:
        """The answer was dismissed: the member alone sees another message."""
        content = wording.only_for_you(job, post.content)
        await answer_of(self._client, job).send(
            content, files=post.files, view=self.buttons(job), ephemeral=True, wait=True
        )
        return Delivered(None, None, content)

    async def _in_a_direct_message(self, job: JobRecord, post: Post) -> Delivered:
        """Members may wish for it, where there is no other place left for their result."""
        channel = await self._client.create_dm(discord.Object(job.user_id))
        there = replace(job, channel_id=channel.id, guild_id=None, reply_to=None)
        delivered = await self._in_the_channel(there, post)
        return Delivered(None, delivered.link)

    async def _as_follow_up(self, job: JobRecord, post: Post) -> Delivered:
        """A follow-up has no nonce: its words go first, and the pictures are put into it by an edit.

        So a restart in between may leave a line without pictures, but never shows a picture twice.
        """
        answer = answer_of(self._client, job)
        message_id = (await insist(lambda: self._store.get(job.id))).result_message_id
        if message_id is None:
            message = await answer.send(post.content, wait=True, allowed_mentions=pinging(job))
            message_id = message.id
            await insist(lambda: self._store.note_message(job.id, message.id))
        await answer.edit_message(
            message_id, content=post.content, attachments=post.files, view=self.buttons(job)
        )
        if message_id == job.progress_message_id:  # nothing had been said yet: it took the answer's place
            return Delivered(message_id, None, post.content)
        return Delivered(message_id, wording.link_to(job, message_id))

    def _file_limit(self, job: JobRecord) -> int:
        guild = self._client.get_guild(job.guild_id) if job.guild_id else None
        return guild.filesize_limit if guild else job.file_limit
