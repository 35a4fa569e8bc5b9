"""Messages and their files as JSON objects of Discord's API."""

import copy

from sandbox.discord.attachment import Attachment
from sandbox.discord.cdn import link
from sandbox.discord.components import media
from sandbox.discord.model import JSON, Interaction, Message, Reference
from sandbox.discord.place_payloads import kind_number, timestamp, user_json
from sandbox.discord.state import State

_PLAIN, _REPLY, _COMMAND_ANSWER, _MENU_ANSWER = 0, 19, 20, 23


def attachment_json(state: State, attachment: Attachment) -> JSON:
    """Return an attachment object with a fresh link."""
    url = link(state, attachment)
    optional = {
        "content_type": attachment.content_type,
        "description": attachment.description,
        "width": attachment.width,
        "height": attachment.height,
        "ephemeral": attachment.ephemeral or None,
    }
    return {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": len(attachment.data),
        "url": url,
        "proxy_url": url,
    } | {key: value for key, value in optional.items() if value is not None}


def message_json(
    state: State, message: Message, *, content_intent: bool = True, with_referenced: bool = True
) -> JSON:
    """Return a message object; without the intent others' are empty unless they are meant for the bot."""
    readable = (
        content_intent
        or message.author is state.bot
        or state.bot in message.channel.recipients
        or state.bot.id in message.pinged
    )
    result: JSON = {
        "id": str(message.id),
        "channel_id": str(message.channel.id),
        "author": user_json(message.author),
        "content": message.content if readable else "",
        "timestamp": timestamp(message.created_at),
        "edited_timestamp": None if message.edited_at is None else timestamp(message.edited_at),
        "tts": False,
        "mention_everyone": False,
        "mentions": [user_json(state.users[user_id]) for user_id in sorted(message.pinged)],
        "mention_roles": [],
        "attachments": [attachment_json(state, one) for one in message.attachments] if readable else [],
        "embeds": [],
        "pinned": False,
        "type": _message_type(message),
        "flags": int(message.flags),
        "components": _components_json(state, message) if readable else [],
    }
    if message.nonce is not None:
        result["nonce"] = message.nonce
    if message.interaction:
        application_id = str(state.application.id)
        result |= {"webhook_id": application_id, "application_id": application_id}
        result["interaction_metadata"] = _metadata(message.interaction)
    if message.reference:
        result["message_reference"] = _reference_json(message.reference)
    if message.reference and with_referenced:
        replied = state.message(message.reference.channel, message.reference.message_id)
        result["referenced_message"] = replied and message_json(
            state, replied, content_intent=content_intent, with_referenced=False
        )
    return result


def _message_type(message: Message) -> int:
    if message.reference:
        return _REPLY
    interaction = message.interaction
    if interaction and interaction.kind == "command" and interaction.answer in (None, message):
        return _MENU_ANSWER if interaction.target else _COMMAND_ANSWER
    return _PLAIN


def _components_json(state: State, message: Message) -> list[JSON]:
    components = copy.deepcopy(message.components)
    files = {f"attachment://{file.filename}": file for file in message.component_files}
    for item in media(components):
        if item["url"] in files:
            item.update(attachment_json(state, files[item["url"]]))
    return components


def _metadata(interaction: Interaction) -> JSON:
    result: JSON = {
        "id": str(interaction.id),
        "type": kind_number(interaction),
        "user": user_json(interaction.user),
        "authorizing_integration_owners": {kind: str(owner) for kind, owner in interaction.owners.items()},
    }
    if interaction.kind == "component" and interaction.message:
        result["interacted_message_id"] = str(interaction.message.id)
    if interaction.target:
        result["target_message_id"] = str(interaction.target.id)
    if interaction.shown:
        result["triggering_interaction_metadata"] = _metadata(interaction.shown)
    return result


def _reference_json(reference: Reference) -> JSON:
    guild = reference.channel.guild
    result = {"type": 0, "message_id": str(reference.message_id), "channel_id": str(reference.channel.id)}
    return result | ({"guild_id": str(guild.id)} if guild else {})
