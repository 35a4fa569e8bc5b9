"""Messages come, change and go, by Discord's rules; both the bot's and people's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sandbox.discord.attachment import Attachment
from sandbox.discord.bodies import AllowedMentions, AnswerBody, AttachmentBody
from sandbox.discord.components import check_components, give_ids, media
from sandbox.discord.errors import DiscordError, Refusal, invalid
from sandbox.discord.events import MessageCreated, MessageDeleted, MessageEdited
from sandbox.discord.files import file_name, keep
from sandbox.discord.mentions import pinged
from sandbox.discord.model import (
    JSON,
    NO_FLAGS,
    Channel,
    Interaction,
    Message,
    MessageFlag,
    Reference,
    Upload,
    User,
)
from sandbox.discord.state import State

_NONCE_SECONDS = 180
_FILES = 10
_FLAGS_OF_BOTS = (
    MessageFlag.SUPPRESS_EMBEDS
    | MessageFlag.SUPPRESS_NOTIFICATIONS
    | MessageFlag.COMPONENTS_V2
    | MessageFlag.EPHEMERAL
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is about to post."""

    content: str = ""
    uploads: tuple[Upload, ...] = ()
    components: tuple[JSON, ...] = ()
    flags: MessageFlag = NO_FLAGS
    reference: Reference | None = None
    mentions: AllowedMentions | None = None
    """None: everybody who is mentioned or replied to is notified."""
    nonce: str | None = None
    embeds: tuple[JSON, ...] = ()
    extra: JSON = field(default_factory=dict)
    webhook: bool = False
    snapshot: Message | None = None
    """What it forwards."""


def draft_of(body: AnswerBody, files: Mapping[int, Upload], file_limit: int) -> Draft:
    """Return what the bot wants to post, checked as far as that goes without a channel."""
    draft = Draft(
        content=(body.content or "").strip(),
        uploads=_described(body.attachments or (), files, file_limit),
        components=_components(body, _flags(body)),
        flags=_flags(body),
        mentions=body.allowed_mentions,
    )
    unknown = {attachment.id for attachment in body.attachments or ()} - files.keys()
    if unknown:
        raise invalid(["attachments"], "ATTACHMENT_NOT_FOUND", f"There is no file {min(unknown)}.")
    if MessageFlag.COMPONENTS_V2 in draft.flags and draft.content:
        raise _no_legacy_fields()
    return draft


def post(
    state: State,
    channel: Channel,
    author: User,
    draft: Draft,
    *,
    interaction: Interaction | None = None,
    ephemeral_for: User | None = None,
) -> Message:
    """Put a message into the channel; the same nonce within three minutes returns the first one."""
    if draft.nonce is not None and (first := _posted_before(state, channel, author, draft.nonce)):
        return first
    _check_media(draft.components, draft.uploads, [])
    message = Message(state.new_id(), channel, author, state.clock(), interaction=interaction)
    message.ephemeral_for = ephemeral_for
    message.content = draft.content
    message.components = list(draft.components)
    message.flags = draft.flags | (MessageFlag.EPHEMERAL if ephemeral_for else NO_FLAGS)
    message.reference = draft.reference
    message.nonce = draft.nonce
    message.embeds, message.extra = list(draft.embeds), draft.extra
    message.webhook, message.snapshot = draft.webhook, draft.snapshot
    _attach(state, message, draft.uploads)
    if _is_empty(message):
        raise DiscordError(Refusal.EMPTY_MESSAGE)
    message.pinged = pinged(message, draft.mentions)
    state.messages[channel.id][message.id] = message
    state.events.publish(MessageCreated(message))
    return message


def edit(state: State, message: Message, body: AnswerBody, files: Mapping[int, Upload]) -> Message:
    """Change what the body names, and leave the rest; new files join those that stay."""
    was_loading = message.loading
    content = (body.content or "").strip() if "content" in body.model_fields_set else message.content
    flags = (message.flags | _flags(body)) & ~MessageFlag.LOADING
    components = message.components
    if "components" in body.model_fields_set:
        components = list(_components(body, flags))
    uploads = _described(body.attachments or (), files, message.channel.file_limit)
    kept = message.attachments
    if body.attachments is not None:
        stay = {attachment.id for attachment in body.attachments} - files.keys()
        kept = [attachment for attachment in kept if attachment.id in stay]
    if MessageFlag.COMPONENTS_V2 in flags and content:
        raise _no_legacy_fields()
    if not (content or components or kept or uploads):
        raise DiscordError(Refusal.EMPTY_MESSAGE)
    if len(kept) + len(uploads) > _FILES:
        raise _too_many_files()
    _check_media(components, uploads, message.component_files)
    message.content, message.components = content, components
    message.flags, message.attachments = flags, list(kept)
    _attach(state, message, uploads)
    if not was_loading:
        message.edited_at = state.clock()
    else:
        message.pinged = pinged(message, body.allowed_mentions)
    state.events.publish(MessageEdited(message))
    return message


def delete(state: State, message: Message) -> None:
    """Take a message and its files away."""
    del state.messages[message.channel.id][message.id]
    for part in (message, message.snapshot):
        for attachment in (*part.attachments, *part.component_files) if part else ():
            state.files.pop(attachment.id, None)
    state.events.publish(MessageDeleted(message))


def _is_empty(message: Message) -> bool:
    shown = (message.content, message.attachments, message.components, message.embeds, message.extra)
    return not (any(shown) or message.loading or message.snapshot)


def _attach(state: State, message: Message, uploads: tuple[Upload, ...]) -> None:
    ephemeral = message.ephemeral_for is not None
    shown = {item["url"].removeprefix("attachment://") for item in media(message.components)}
    for upload in uploads:
        attachment = keep(state, message.channel, upload, ephemeral=ephemeral)
        in_components = attachment.filename in shown
        (message.component_files if in_components else message.attachments).append(attachment)


def _check_media(components: Iterable[JSON], uploads: tuple[Upload, ...], kept: list[Attachment]) -> None:
    names = {file_name(upload) for upload in uploads} | {attachment.filename for attachment in kept}
    for item in media(components):
        name = item["url"].removeprefix("attachment://")
        if name != item["url"] and name not in names:
            raise invalid(["components"], "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", name)


def _described(
    attachments: tuple[AttachmentBody, ...], files: Mapping[int, Upload], file_limit: int
) -> tuple[Upload, ...]:
    if len(files) > _FILES:
        raise _too_many_files()
    if any(len(file.data) > file_limit for file in files.values()):
        raise DiscordError(Refusal.TOO_LARGE)
    described = {attachment.id: attachment for attachment in attachments}
    uploads = []
    for number, file in sorted(files.items()):
        about = described.get(number)
        name = (about and about.filename) or file.name
        uploads.append(Upload(name, file.data, file.content_type, about.description if about else None))
    return tuple(uploads)


def _components(body: AnswerBody, flags: MessageFlag) -> tuple[JSON, ...]:
    raw = [component.model_dump(mode="json", exclude_none=True) for component in body.components or ()]
    check_components(raw, version_2=MessageFlag.COMPONENTS_V2 in flags)
    give_ids(raw)
    return tuple(raw)


def _flags(body: AnswerBody) -> MessageFlag:
    flags = MessageFlag(body.flags or 0)
    if flags & ~_FLAGS_OF_BOTS:
        raise invalid(["flags"], "MESSAGE_FLAGS_INVALID", "These flags cannot be set.")
    return flags & ~MessageFlag.EPHEMERAL


def _no_legacy_fields() -> DiscordError:
    code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
    return invalid(["content"], code, "The content field cannot be used with components version 2.")


def _too_many_files() -> DiscordError:
    return invalid(["attachments"], "BASE_TYPE_MAX_LENGTH", f"Must be {_FILES} or fewer in length.")


def _posted_before(state: State, channel: Channel, author: User, nonce: str) -> Message | None:
    for message in reversed(state.messages[channel.id].values()):
        if message.created_at < state.clock() - _NONCE_SECONDS:
            return None
        if message.author is author and message.nonce == nonce:
            return message
    return None
