"""What jobs say to their members, and bring them."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import discord
from discord.utils import MISSING

from bot import wording
from bot.buttons import again_view, cancel_view
from bot.discord_errors import CALL_FAILED, as_reply_or_not, may_pass, patiently
from bot.errors import BotError, explain
from bot.ladder import Ladder
from bot.locks import Locks
from bot.posts import Posts
from bot.progress import (
    EDIT_PATIENCE,
    WORDS_PATIENCE,
    Progress,
    channel_of,
    pinging,
    replying,
)
from bot.services.clock import Clock
from bot.services.messenger import Delivered, ResultImage
from bot.services.next_steps import again, cost
from bot.services.patience import insist
from bot.services.request_rules import RequestRules
from bot.texts import text
from storage.jobs import JobStore
from storage.records import JobRecord, Place

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


class Delivery:
    """Speaks to members on behalf of the jobs; implements the services' `Messenger`."""

    def __init__(
        self,
        client: discord.Client,
        store: JobStore,
        rules: RequestRules,
        posts: Posts,
        clock: Clock,
        *,
        may_dm: Callable[[int], bool],
    ) -> None:
        self._client = client
        self._store = store
        self._rules = rules
        self._clock = clock
        turns = Locks()  # by channel or request
        self._progress = Progress(client, store, turns, clock)
        self._ladder = Ladder(client, store, rules, posts, turns, clock, may_dm=may_dm)

    async def show_progress(self, job: JobRecord, ready_at: float | None) -> None:
        """Say what is being made; a failed edit never hurts the job."""
        await self._progress.show(job, wording.progress(job, ready_at))

    async def show_waiting(self, job: JobRecord, place: int, ready_at: float) -> None:
        """Say behind how many others the job waits, with a button to cancel it."""
        await self._progress.show(job, wording.waiting(job, place, ready_at), cancel_view(job.id))

    async def deliver(self, job: JobRecord, images: Sequence[ResultImage]) -> Delivered:
        """Bring the result to where it belongs."""
        return await self._ladder.deliver(job, images)

    async def show_done(self, job: JobRecord, delivered: Delivered, *, left: int, images: int) -> None:
        """Close the progress message with a link and what is left; a reply has the result to say that."""
        if job.asked_by_message:
            await self.close_reply(job, images=images)
            return
        words = wording.done(job, delivered, left=left, images=images)
        view = None if delivered.link else self._ladder.buttons(job)  # then the message is the result
        await self._progress.close(job, words, view, patience=WORDS_PATIENCE)

    async def close_reply(self, job: JobRecord, *, images: int) -> None:
        """Take the progress away below a message that asked, or say there what was not as it should be."""
        words = wording.amends(job, images=images)
        if not words:
            await self._progress.end(job)
        elif await self._progress.close(job, words) or await self._try_tell(job, words, None):
            await insist(lambda: self._store.note_progress(job.id, None))

    async def show_cancelled(self, job: JobRecord) -> None:
        """Take the place in the queue out of the progress message, and the button with it."""
        await self._progress.close(job, text("progress.cancelled"))

    async def show_failure(self, job: JobRecord, error: BotError) -> None:
        """Say it in the progress message; when that is gone, to the member in the channel, unless private."""
        words = explain(error)
        price = cost(again(job), self._rules, editing=job.inputs > 0)
        view = again_view(job.id, price) if price is not None and error.key in WORTH_ANOTHER_TRY else None
        in_public = not job.private and job.place is not Place.FOREIGN
        # Where the answer is the only way, it is worth all the time that it lives.
        patience = EDIT_PATIENCE if in_public else job.token_expires_at - self._clock()
        told = await self._progress.close(job, words, view, patience=patience)
        if told or not in_public or await self._try_tell(job, words, view):
            await insist(lambda: self._store.mark_told(job.id))

    async def tell_operator(self, channel_id: int | None, words: str) -> bool:
        """Say something in the operator's channel, if there is one; false when Discord was out of reach."""
        if channel_id is None:
            return True
        channel = self._client.get_partial_messageable(channel_id)
        try:
            await patiently(WORDS_PATIENCE, lambda: channel.send(words))
        except CALL_FAILED as error:
            log.warning("the operator cannot be told in channel %d: %r", channel_id, error)
            return not may_pass(error)
        return True

    async def _try_tell(self, job: JobRecord, words: str, view: discord.ui.View | None) -> bool:
        """Tell the member in the channel, under a nonce; false when Discord could not be reached."""

        def send(to_it: bool) -> Awaitable[discord.Message]:
            reply = replying(job, to_it=to_it and job.asked_by_message)
            call = partial(channel_of(self._client, job).send, f"<@{job.user_id}> {words}", **reply)
            say = partial(call, nonce=f"{job.id}-end", allowed_mentions=pinging(job), view=view or MISSING)
            return patiently(WORDS_PATIENCE, say)

        try:
            await as_reply_or_not(send)
        except CALL_FAILED as error:
            log.warning("the member cannot be told: %r", error)
            return not may_pass(error)
        return True
