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
        "tts": False,
        "mention_everyone": False,
        "pinned": False,
        **_content(state, message, readable=readable),
    }
    if message.nonce is not None:
        result["nonce"] = message.nonce
    if message.webhook:
        result["webhook_id"] = str(message.author.id)
    if message.reactions:
        result["reactions"] = [_reaction_json(state, *reaction) for reaction in message.reactions.items()]
    if message.interaction:
        application_id = str(state.application.id)
        result |= {"webhook_id": application_id, "application_id": application_id}
        result["interaction_metadata"] = _metadata(message.interaction)
    if message.snapshot:
        result["message_snapshots"] = [{"message": _content(state, message.snapshot, readable=readable)}]
    reference = _reference(message)
    if reference:
        result["message_reference"] = _reference_json(reference)
    if reference and with_referenced and not reference.forward:
        replied = state.message(reference.channel, reference.message_id)
        result["referenced_message"] = replied and message_json(
            state, replied, content_intent=content_intent, with_referenced=False
        )
    return result


def bots_message_json(state: State, message: Message) -> JSON:
    """Return a message object as the bot gets it over HTTP: with others' words if that was granted."""
    return message_json(state, message, content_intent=state.application.message_content)


def _content(state: State, message: Message, *, readable: bool) -> JSON:
    """Return what a forward repeats of a message, empty if it may not be read."""
    result: JSON = {
        "type": _message_type(message),
        "timestamp": timestamp(message.created_at),
        "edited_timestamp": None if message.edited_at is None else timestamp(message.edited_at),
        "flags": int(message.flags),
        "mentions": [user_json(state.users[user_id]) for user_id in sorted(message.pinged)],
        "mention_roles": [],
        "content": message.content,
        "attachments": [attachment_json(state, one) for one in message.attachments],
        "embeds": message.embeds,
        "components": _components_json(state, message),
        **message.extra,
    }
    if not readable:
        result |= {"content": "", "attachments": [], "embeds": [], "components": []}
        result.pop("poll", None)
    return result


def _reaction_json(state: State, emoji: str, users: set[int]) -> JSON:
    return {
        "emoji": {"id": None, "name": emoji},
        "count": len(users),
        "count_details": {"burst": 0, "normal": len(users)},
        "me": state.bot.id in users,
        "me_burst": False,
        "burst_colors": [],
    }


def _message_type(message: Message) -> int:
    if message.reference:
        return _PLAIN if message.reference.forward else _REPLY
    if not _answers_command(message):
        return _PLAIN
    return _MENU_ANSWER if message.interaction and message.interaction.target else _COMMAND_ANSWER


def _answers_command(message: Message) -> bool:
    """Tell whether it is the original answer to a command."""
    interaction = message.interaction
    return interaction is not None and interaction.kind == "command" and interaction.answer in (None, message)


def _reference(message: Message) -> Reference | None:
    """Return what a message points to; the answer to a message command points to that message."""
    target = message.interaction.target if message.interaction else None
    if target and _answers_command(message):
        return Reference(target.id, target.channel, target)
    return message.reference


def _components_json(state: State, message: Message) -> list[JSON]:
    components = copy.deepcopy(message.components)
    files = {f"attachment://{file.filename}": file for file in message.component_files}
    for item in media(components):
        if file := files.get(item["url"]):
            item.update(attachment_json(state, file), attachment_id=str(file.id))
        item.setdefault("proxy_url", item["url"])
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
    kind = int(reference.forward)
    result = {"type": kind, "message_id": str(reference.message_id), "channel_id": str(reference.channel.id)}
    return result | ({"guild_id": str(guild.id)} if guild else {})
