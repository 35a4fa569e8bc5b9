"""Answers to interactions: the first one in time, and refusals that only their member sees."""

import time
from contextlib import suppress
from functools import partial
from typing import TypeAlias, cast

import aiohttp
import discord

from bot.discord_errors import as_reply_or_not, patiently
from bot.errors import UserError, explain
from bot.services.origin import Asker, Origin
from storage.records import Place

ServerChannel: TypeAlias = discord.abc.GuildChannel | discord.Thread

TOKEN_LIFE = 14 * 60  # seconds; Discord's own limit is 15 minutes, and a message must still get through
PUBLIC = "public"  # the key in an interaction's extras that says whether everybody sees its answer
PATIENCE = 10.0  # seconds to go on saying why not, while Discord is busy or out of reach
ALREADY_ANSWERED = 40060  # Discord's code when a repeated answer finds that the first one had arrived


def place_of(interaction: discord.Interaction) -> Place:
    """Whether the bot is a member where this interaction comes from."""
    if interaction.is_guild_integration():
        return Place.GUILD
    return Place.DIRECT if interaction.context.dm_channel else Place.FOREIGN


def check_allowed(interaction: discord.Interaction) -> None:
    """Raise `UserError` for who may not use commands here: Discord does not check it for buttons."""
    if interaction.guild_id is not None and not interaction.permissions.use_application_commands:
        raise UserError("refused.not_allowed")


def asker_of(interaction: discord.Interaction) -> Asker:
    """Who asks where, as the interaction itself says it."""
    channels = (interaction.channel_id, _parent_id(interaction.channel))
    return Asker(
        place=place_of(interaction),
        guild_id=interaction.guild_id,
        user_id=interaction.user.id,
        role_ids=role_ids(interaction.user),
        channel_ids=tuple(each for each in channels if each is not None),
    )


def role_ids(person: discord.abc.User) -> tuple[int, ...]:
    """The roles that a request shows for who makes it; `roles` would leave out what no cache knows."""
    return tuple(person._roles) if isinstance(person, discord.Member) else ()  # noqa: SLF001


async def begin(interaction: discord.Interaction, *, private: bool, reply_to: int | None = None) -> Origin:
    """Answer within Discord's three seconds, before any wait, and note the way back.

    The answer is private, except where the bot is no member and the result itself must come through it.
    A result that everybody sees replies to the message `reply_to`.
    """
    check_allowed(interaction)
    place = place_of(interaction)
    message_id = await _defer(interaction, ephemeral=private or place is not Place.FOREIGN)
    return Origin(
        request_id=interaction.id,
        user_id=interaction.user.id,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id or 0,
        place=place,
        interaction_token=interaction.token,
        token_expires_at=time.time() + TOKEN_LIFE,
        progress_message_id=message_id,
        file_limit=interaction.filesize_limit,
        reply_to=reply_to if place is not Place.FOREIGN and not private else None,
        role_ids=role_ids(interaction.user),
        parent_channel_id=_parent_id(interaction.channel),
    )


async def server_channel_of(message: discord.Message) -> ServerChannel | None:
    """Where in a server a message stands, also in a thread that the gateway never told of."""
    if message.guild is None:
        return None
    if isinstance(message.channel, discord.PartialMessageable):
        return await patiently(PATIENCE, partial(message.guild.fetch_channel, message.channel.id))
    return cast("ServerChannel", message.channel)


def asked_by(message: discord.Message, channel: ServerChannel | None) -> Origin:
    """The way back to a message that asks for something: a reply to it, which everybody there sees."""
    guild = message.guild
    return Origin(
        request_id=message.id,
        user_id=message.author.id,
        guild_id=guild.id if guild else None,
        channel_id=message.channel.id,
        place=Place.GUILD if guild else Place.DIRECT,
        interaction_token=None,
        token_expires_at=0.0,
        progress_message_id=None,
        file_limit=guild.filesize_limit if guild else discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES,
        reply_to=message.id,
        role_ids=role_ids(message.author),
        parent_channel_id=_parent_id(channel),
    )


async def refuse(interaction: discord.Interaction, error: Exception, *, reference: str) -> None:
    """Tell the member alone why the request was not accepted."""
    words = explain(error, reference=reference)
    response = interaction.response
    if not response.is_done():
        try:
            await patiently(PATIENCE, partial(response.send_message, words, ephemeral=True))
        except discord.HTTPException as refusal:
            if refusal.code != ALREADY_ANSWERED:
                raise
        else:
            return
    in_private = partial(interaction.followup.send, words, ephemeral=True)
    if response.type is discord.InteractionResponseType.deferred_message_update:
        await patiently(PATIENCE, in_private)  # the message with the button stays as it is
    elif interaction.extras.get(PUBLIC):
        with suppress(discord.NotFound):  # it was deleted by a call whose answer was lost
            await patiently(PATIENCE, interaction.delete_original_response)
        await patiently(PATIENCE, in_private)
    else:
        await patiently(PATIENCE, partial(interaction.edit_original_response, content=words))


async def refuse_below(message: discord.Message, error: Exception, *, reference: str) -> None:
    """Tell the member below their message, once, why nothing comes of it; by name where no reply may go."""
    words = explain(error, reference=reference)
    send = partial(message.channel.send, nonce=str(message.id))
    reply = partial(send, words, reference=message.to_reference(fail_if_not_exists=False))
    by_name = discord.AllowedMentions(everyone=False, roles=False, users=[message.author])
    alone = partial(send, f"{message.author.mention} {words}", allowed_mentions=by_name)
    await as_reply_or_not(lambda to_it: patiently(PATIENCE, reply if to_it else alone))


def _parent_id(channel: object) -> int | None:
    """The channel that a thread belongs to."""
    return channel.parent_id if isinstance(channel, discord.Thread) else None


async def _defer(interaction: discord.Interaction, *, ephemeral: bool) -> int | None:
    """Answer, a second time if the network broke, and give the id of the answer."""
    interaction.extras[PUBLIC] = not ephemeral
    try:
        try:
            answer = await interaction.response.defer(ephemeral=ephemeral, thinking=True)
        except (aiohttp.ClientError, OSError):
            answer = await interaction.response.defer(ephemeral=ephemeral, thinking=True)
    except discord.HTTPException as error:
        if error.code != ALREADY_ANSWERED:
            raise
        return (await patiently(PATIENCE, interaction.original_response)).id
    return answer.message_id if answer else None
