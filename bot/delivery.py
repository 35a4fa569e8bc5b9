"""The ladder that brings a result to where it belongs, and every other word that a job says to its member."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from weakref import WeakValueDictionary

import discord
from discord.utils import MISSING

from bot import wording
from bot.buttons import again_view, cancel_view
from bot.discord_errors import CALL, CALL_FAILED, EXPLICIT, PLACE_GONE, may_pass, patiently
from bot.errors import BlockedByDiscord, BotError, Undeliverable, explain
from bot.history import find
from bot.posts import Plan, Post, Posts
from bot.services.clock import Clock
from bot.services.messenger import Delivered, ResultImage
from bot.services.patience import insist
from bot.texts import text
from storage.jobs import JobStore
from storage.records import JobRecord, Place

NONCE_LIFE = 120.0  # seconds in which Discord surely knows a nonce again
RESULT_PATIENCE = 24 * 3600.0  # seconds to go on trying
WORDS_PATIENCE = 600.0
EDIT_PATIENCE = 5.0
UPLOADS = 8  # at once
WORTH_ANOTHER_TRY = {
    "failed.lost",
    "failed.too_slow",
    "failed.not_made",
    "failed.restart",
    "failed.unreachable",
    "failed.too_many_requests",
    "failed.result_type",
    "failed.result_gone",
    "failed.internal",
}

log = logging.getLogger(__name__)

Send = Callable[[JobRecord, Post], Awaitable[Delivered]]


class Delivery:
    """Speaks to members on behalf of the jobs; implements the services' `Messenger`."""

    def __init__(self, client: discord.Client, store: JobStore, posts: Posts, clock: Clock) -> None:
        self._client = client
        self._store = store
        self._posts = posts
        self._clock = clock
        self._uploads = asyncio.Semaphore(UPLOADS)
        self._opened_at = clock()
        self._tried: set[str] = set()  # the jobs that may stand in their channel already
        self._turns = WeakValueDictionary[int, asyncio.Lock]()  # by channel or interaction

    async def show_progress(self, job: JobRecord, ready_at: float | None) -> None:
        """Say what is being made; a failed edit never hurts the job."""
        await self._try_edit(job, wording.progress(job, ready_at))

    async def show_waiting(self, job: JobRecord, place: int, ready_at: float) -> None:
        """Say behind how many others the job waits, with a button to cancel it."""
        await self._try_edit(job, wording.waiting(job, place, ready_at), cancel_view(job.id))

    async def deliver(self, job: JobRecord, images: Sequence[ResultImage]) -> Delivered:
        """Try each way that this job has, in order."""
        try:
            return await self._by_the_ladder(job, images)
        finally:
            self._tried.discard(job.id)

    async def _by_the_ladder(self, job: JobRecord, images: Sequence[ResultImage]) -> Delivered:
        for way in self._ways(job):
            try:
                return await self._send_by(way, job, images)
            except discord.HTTPException as error:
                if error.code == EXPLICIT:
                    raise BlockedByDiscord("failed.explicit") from error
                log.warning("Discord does not take the result%s: %s", way.__name__.replace("_", " "), error)
                if error.code in PLACE_GONE:
                    break
        raise Undeliverable("held.undeliverable")

    async def show_done(self, job: JobRecord, delivered: Delivered, *, left: int, images: int) -> None:
        """Close the progress message with a link and what is left."""
        await self._try_edit(
            job, wording.done(job, delivered, left=left, images=images), patience=WORDS_PATIENCE
        )

    async def show_cancelled(self, job: JobRecord) -> None:
        """Take the place in the queue out of the progress message, and the button with it."""
        await self._try_edit(job, text("progress.cancelled"))

    async def show_failure(self, job: JobRecord, error: BotError) -> None:
        """Say it in the progress message; when that is gone, to the member in the channel, unless private."""
        words = explain(error)
        view = again_view(job.id) if error.key in WORTH_ANOTHER_TRY else None
        in_public = not job.private and job.place is not Place.FOREIGN
        # Where the answer is the only way, it is worth all the time that it lives.
        patience = EDIT_PATIENCE if in_public else job.token_expires_at - self._clock()
        told = await self._try_edit(job, words, view, patience=patience)
        if told or not in_public or await self._try_tell(job, words, view):
            await insist(lambda: self._store.mark_told(job.id))

    async def tell_operator(self, channel_id: int | None, words: str) -> None:
        """Say something in the operator's channel, if there is one; never raises."""
        if channel_id is None:
            return
        channel = self._client.get_partial_messageable(channel_id)
        try:
            await patiently(WORDS_PATIENCE, lambda: channel.send(words))
        except CALL_FAILED as error:
            log.warning("the operator cannot be told in channel %d: %r", channel_id, error)

    def _ways(self, job: JobRecord) -> list[Send]:
        by_token = job.token_lives(self._clock())
        in_private: list[Send] = [self._in_the_answer, self._beside_the_answer] if by_token else []
        if job.private:
            return in_private
        if job.place is Place.FOREIGN:
            return [self._as_follow_up, self._beside_the_answer] if by_token else []
        return [self._in_the_channel, *in_private]

    async def _send_by(self, way: Send, job: JobRecord, images: Sequence[ResultImage]) -> Delivered:
        """Send in one way, more modestly after each refusal that asks for it."""
        plan = Plan()
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
        turn = self._turns.setdefault(where, asyncio.Lock())
        async with turn, self._uploads, self._posts.open(job, images, plan, self._file_limit(job)) as post:
            async with asyncio.timeout(CALL):
                return await way(job, post)

    async def _in_the_channel(self, job: JobRecord, post: Post) -> Delivered:
        """A message that members can reply to; sent again under its nonce, Discord gives the first back."""
        ready_at = job.ready_at or 0
        message: discord.Message | None = None
        tried = job.id in self._tried or ready_at < self._opened_at  # an earlier process may have
        if tried and self._clock() - ready_at > NONCE_LIFE:
            message = await find(self._client, job, post, ready_at - NONCE_LIFE)
        if message is None:
            self._tried.add(job.id)
            message = await self._channel(job).send(
                post.content, files=post.files, nonce=job.id, allowed_mentions=_pinging(job)
            )
        return Delivered(message.id, wording.link_to(job, message.id))

    async def _in_the_answer(self, job: JobRecord, post: Post) -> Delivered:
        """The answer to the command itself becomes the result; editing it twice changes nothing."""
        content = wording.only_for_you(job, post.content)
        await self._answer(job).edit_message(
            job.progress_message_id or 0, content=content, attachments=post.files, view=None
        )
        return Delivered(None, None, content)

    async def _beside_the_answer(self, job: JobRecord, post: Post) -> Delivered:
        """The answer was dismissed: the member alone sees another message."""
        content = wording.only_for_you(job, post.content)
        await self._answer(job).send(content, files=post.files, ephemeral=True, wait=True)
        return Delivered(None, None, content)

    async def _as_follow_up(self, job: JobRecord, post: Post) -> Delivered:
        """A follow-up has no nonce: its words go first, and the pictures are put into it by an edit.

        So a restart in between may leave a line without pictures, but never shows a picture twice.
        """
        answer = self._answer(job)
        message_id = (await insist(lambda: self._store.get(job.id))).result_message_id
        if message_id is None:
            message = await answer.send(post.content, wait=True, allowed_mentions=_pinging(job))
            message_id = message.id
            await insist(lambda: self._store.note_message(job.id, message.id))
        await answer.edit_message(message_id, content=post.content, attachments=post.files)
        if message_id == job.progress_message_id:  # nothing had been said yet: it took the answer's place
            return Delivered(message_id, None, post.content)
        return Delivered(message_id, wording.link_to(job, message_id))

    async def _try_edit(
        self,
        job: JobRecord,
        words: str,
        view: discord.ui.View | None = None,
        *,
        patience: float = EDIT_PATIENCE,
    ) -> bool:
        """Change the words of the progress message, if it can still be reached."""
        message_id = job.progress_message_id
        if message_id is None or not job.token_lives(self._clock()):
            return False
        try:
            await patiently(
                patience, lambda: self._answer(job).edit_message(message_id, content=words, view=view)
            )
        except CALL_FAILED as error:
            log.info("the progress message cannot be changed: %r", error)
            return False
        return True

    async def _try_tell(self, job: JobRecord, words: str, view: discord.ui.View | None) -> bool:
        """Tell the member in the channel, under a nonce; false when Discord could not be reached."""
        try:
            await patiently(
                WORDS_PATIENCE,
                lambda: self._channel(job).send(
                    f"<@{job.user_id}> {words}",
                    nonce=f"{job.id}-end",
                    allowed_mentions=_pinging(job),
                    view=view or MISSING,
                ),
            )
        except CALL_FAILED as error:
            log.warning("the member cannot be told: %r", error)
            return not may_pass(error)
        return True

    def _channel(self, job: JobRecord) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)

    def _answer(self, job: JobRecord) -> discord.Webhook:
        answer = discord.Webhook.partial(
            self._client.application_id or 0, job.interaction_token or "", client=self._client
        )
        answer.type = discord.WebhookType.application  # only such a one may speak to one person alone
        return answer

    def _file_limit(self, job: JobRecord) -> int:
        guild = self._client.get_guild(job.guild_id) if job.guild_id else None
        return guild.filesize_limit if guild else job.file_limit


def _pinging(job: JobRecord) -> discord.AllowedMentions:
    """Only the member who asked is notified."""
    return discord.AllowedMentions(
        everyone=False, roles=False, replied_user=False, users=[discord.Object(job.user_id)]
    )
