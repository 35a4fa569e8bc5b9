"""Replies to pictures: what a member writes below a picture is done to it."""

import logging
import re
import time

import discord
from discord.ext import commands

from bot.client import ImageBot, Services
from bot.command_tree import report_below
from bot.errors import UserError
from bot.images import SOURCES_LIMIT, Descent
from bot.message_pictures import files_of, is_hidden, pictures_of, result_in
from bot.replies import ServerChannel, asked_by, server_channel_of
from bot.reply_words import Wish, chosen_of, is_talk, model_meant, read_wish
from bot.services.origin import Origin

log = logging.getLogger(__name__)


class Replies(commands.Cog):
    """Turns replies into requests.

    A reply counts in a direct message, where it pings the bot, and where it answers the bot's own message.
    """

    def __init__(self, bot: ImageBot) -> None:
        self._bot = bot

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Do what a reply says, or say below it why not."""
        if message.author.bot or message.webhook_id or message.type is not discord.MessageType.reply:
            return
        try:
            await self._hear(message)
        except Exception as error:  # noqa: BLE001  (every error of a reply ends in `report_below`)
            await report_below(message, error)

    async def _hear(self, message: discord.Message) -> None:
        me = self._bot.user
        target = message.reference.resolved if message.reference else None
        own = me is not None and isinstance(target, discord.Message) and target.author.id == me.id
        pinged = me is not None and any(user.id == me.id for user in message.mentions)
        if me is None or not (own or pinged or message.guild is None) or not _may_speak(message.channel):
            return
        if is_hidden(message, me) and not self._bot.intents.message_content:
            if isinstance(target, discord.Message) and pictures_of(target):
                await self._hint(message)
            return
        content = re.sub(rf"<@!?{me.id}>", " ", message.content)
        wish = read_wish(content)
        if is_talk(wish.words):
            if wish.has_options and not wish.words:
                raise UserError("refused.only_options")
            return
        channel = await server_channel_of(message)
        if channel:
            if not _may_speak(channel):  # which was not known before it was fetched
                return
            _check_allowed(message, channel)
        await self._edit(message, await _target(message), wish, me, asked_by(message, channel))

    async def _edit(
        self,
        message: discord.Message,
        target: discord.Message,
        wish: Wish,
        me: discord.ClientUser,
        origin: Origin,
    ) -> None:
        services: Services = self._bot.services
        found = pictures_of(target)
        if not found and target.author.id == me.id and not result_in(target, me):
            return  # an answer to what we have said is talk too
        if not found:
            kept_from_us = message.guild is not None and not self._bot.intents.message_content
            hidden = kept_from_us and is_hidden(target, me)
            raise UserError("refused.hidden" if hidden else "refused.no_picture")
        numbers = wish.pictures or range(1, len(found) + 1)
        for number in numbers:
            if not 1 <= number <= len(found):
                raise UserError("refused.no_such_picture", given=number, n=len(found))
        inputs = [found[number - 1] for number in numbers] + files_of(message)
        if len(inputs) > SOURCES_LIMIT:
            raise UserError("refused.choose_pictures", n=len(inputs), limit=SOURCES_LIMIT)
        request = services.defaults.request(
            message.author.id,
            wish.words,
            editing=True,
            model=model_meant(wish.model, services.rules.models) if wish.model else None,
            aspect_ratio=wish.aspect_ratio,
            resolution=wish.resolution,
            count=wish.count,
            spoiler=True if any(each.spoiler for each in inputs) else wish.spoiler,
            private=False,  # a reply asks in front of everybody
        )
        descent = Descent(
            parent_id=result_in(target, me),
            source_message_id=target.id,
            chosen=chosen_of(numbers, len(found)),
        )
        await services.jobs.accept(request, origin, inputs, descent=descent)

    async def _hint(self, message: discord.Message) -> None:
        """Say once a day why a reply without the ping is not read."""
        if await self._bot.services.hints.take(message.author.id, message.channel.id, time.time()):
            raise UserError("refused.leave_ping")


async def _target(message: discord.Message) -> discord.Message:
    """The message that a reply answers, as Discord has just sent it along, or fetched from there."""
    reference = message.reference
    if reference and isinstance(reference.resolved, discord.Message):
        return reference.resolved
    try:
        return await message.channel.fetch_message((reference and reference.message_id) or 0)
    except discord.NotFound as error:
        raise UserError("refused.message_gone") from error
    except discord.Forbidden as error:
        raise UserError("refused.hidden") from error


def _check_allowed(message: discord.Message, channel: ServerChannel) -> None:
    """Raise `UserError` for who may not use commands there: a reply is one, and Discord does not know it."""
    assert isinstance(message.author, discord.Member)
    if not channel.permissions_for(message.author).use_application_commands:
        raise UserError("refused.not_allowed")


def _may_speak(channel: object) -> bool:
    """Whether the bot may post pictures there, as far as it knows; else nothing is accepted there."""
    if not isinstance(channel, ServerChannel):
        return True
    try:
        allowed = channel.permissions_for(channel.guild.me)
    except discord.ClientException:  # a thread below a channel that we do not see
        return False
    in_thread = isinstance(channel, discord.Thread)
    speaks = allowed.send_messages_in_threads if in_thread else allowed.send_messages
    if not (speaks and allowed.attach_files):
        log.info("a reply in channel %d goes unheard: I may not post pictures there", channel.id)
    return speaks and allowed.attach_files


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    await bot.add_cog(Replies(bot))
