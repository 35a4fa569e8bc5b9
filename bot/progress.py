"""The message that shows a member how far their job is: the answer to a command, or a reply to a reply."""

import logging
from typing import Any

import discord
from discord.utils import MISSING

from bot.discord_errors import CALL_FAILED, may_pass, patiently
from bot.locks import Locks
from bot.services.clock import Clock
from bot.services.patience import insist
from storage.jobs import JobStore
from storage.records import JobRecord

EDIT_PATIENCE = 5.0  # seconds
WORDS_PATIENCE = 600.0
EACH = 10.0  # for one call: results wait for the same channel
LOOK_AT = 100  # messages below the one that asked

log = logging.getLogger(__name__)


class Progress:
    """Shows words where the member looks while a job runs; a failed call never hurts the job.

    A job that was asked for by a message gets a reply of ours, which goes away with the result; while others
    post in the same channel it does without, because a channel takes a message a second.
    """

    def __init__(self, client: discord.Client, store: JobStore, turns: Locks, clock: Clock) -> None:
        self._client = client
        self._store = store
        self._turns = turns
        self._clock = clock
        self._opened_at = clock()
        self._replies: dict[str, int] = {}  # our message, by job, until the job has ended
        self._tried: set[str] = set()  # the jobs whose reply may stand although its id is not known

    async def show(
        self,
        job: JobRecord,
        words: str,
        view: discord.ui.View | None = None,
        *,
        patience: float = EDIT_PATIENCE,
    ) -> bool:
        """Change the words, if the message can still be reached."""
        try:
            if job.asked_by_message:
                return await self._show_in_channel(job, words, view, patience)
            return await self._show_in_answer(job, words, view, patience)
        except CALL_FAILED as error:
            log.info("the progress message cannot be changed: %r", error)
            return False

    async def close(
        self,
        job: JobRecord,
        words: str,
        view: discord.ui.View | None = None,
        *,
        patience: float = EDIT_PATIENCE,
    ) -> bool:
        """Show the last words about a job, if the message can still be reached."""
        try:
            return await self.show(job, words, view, patience=patience)
        finally:
            self._forget(job)

    async def end(self, job: JobRecord) -> None:
        """Take our reply away: the result says all."""
        try:
            if (message_id := await self._reply_to(job)) is not None:
                message = channel_of(self._client, job).get_partial_message(message_id)
                await patiently(WORDS_PATIENCE, message.delete)
        except CALL_FAILED as error:
            log.info("the progress message cannot be deleted: %r", error)
            if may_pass(error):
                return  # the next start tries again
        finally:
            self._forget(job)
        await insist(lambda: self._store.note_progress(job.id, None))

    def _forget(self, job: JobRecord) -> None:
        self._replies.pop(job.id, None)
        self._tried.discard(job.id)

    async def _show_in_answer(
        self, job: JobRecord, words: str, view: discord.ui.View | None, patience: float
    ) -> bool:
        message_id = job.progress_message_id
        if message_id is None or not job.token_lives(self._clock()):
            return False
        answer = answer_of(self._client, job)
        await patiently(
            patience, lambda: answer.edit_message(message_id, content=words, view=view), each=EACH
        )
        return True

    async def _show_in_channel(
        self, job: JobRecord, words: str, view: discord.ui.View | None, patience: float
    ) -> bool:
        channel = channel_of(self._client, job)
        if (message_id := await self._reply_to(job)) is not None:
            message = channel.get_partial_message(message_id)
            await patiently(patience, lambda: message.edit(content=words, view=view), each=EACH)
            return True
        turn = self._turns.of(job.channel_id)
        if turn.locked():
            return False
        async with turn:
            self._tried.add(job.id)
            sent = await patiently(
                patience,
                lambda: channel.send(words, view=view or MISSING, nonce=f"{job.id}-now", **replying(job)),
                each=EACH,
            )
        self._replies[job.id] = sent.id
        await insist(lambda: self._store.note_progress(job.id, sent.id))
        return True

    async def _reply_to(self, job: JobRecord) -> int | None:
        """Our reply to the message that asked; looked for where the answer to its sending was lost."""
        known = self._replies.get(job.id, job.progress_message_id)
        may_stand = job.id in self._tried or job.accepted_at < self._opened_at  # sent by an earlier process
        if known is not None or not may_stand or job.reply_to is None:
            return known
        asked = discord.Object(job.reply_to)
        async for message in channel_of(self._client, job).history(limit=LOOK_AT, after=asked):
            if _is_progress(job, message, self._client.user):
                self._replies[job.id] = message.id
                return message.id
        return None


def channel_of(client: discord.Client, job: JobRecord) -> discord.PartialMessageable:
    """Where a job was asked for."""
    return client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)


def answer_of(client: discord.Client, job: JobRecord) -> discord.Webhook:
    """The way back while the interaction of a job lives."""
    answer = discord.Webhook.partial(client.application_id or 0, job.interaction_token or "", client=client)
    answer.type = discord.WebhookType.application  # only such a one may speak to one person alone
    return answer


def _is_progress(job: JobRecord, message: discord.Message, me: discord.ClientUser | None) -> bool:
    """Whether a message is our reply that shows how far a job is: all else of ours begins with a name."""
    replies = message.reference is not None and message.reference.message_id == job.reply_to
    return replies and message.author == me and not (message.attachments or message.content.startswith("<@"))


def replying(job: JobRecord, *, to_it: bool = True) -> dict[str, Any]:
    """What makes a message a reply to the one that a job replies to; where that is gone, it is none."""
    if not to_it or job.reply_to is None:
        return {}
    reference = discord.MessageReference(
        message_id=job.reply_to,
        channel_id=job.channel_id,
        guild_id=job.guild_id,
        fail_if_not_exists=False,
    )
    return {"reference": reference}


def pinging(job: JobRecord) -> discord.AllowedMentions:
    """Only the member who asked is notified."""
    return discord.AllowedMentions(
        everyone=False, roles=False, replied_user=False, users=[discord.Object(job.user_id)]
    )
