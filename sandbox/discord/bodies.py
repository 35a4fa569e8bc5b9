"""What the bot may send: request bodies by their fields, as JSON or with files."""

import json
import re
from typing import Literal, Self, TypeVar

from aiohttp import BodyPartReader, web
from pydantic import BaseModel, Field, ValidationError, model_validator

from sandbox.discord.commands import ChoiceDefinition, CommandBody, Strict
from sandbox.discord.components import AltText, TopLevel
from sandbox.discord.errors import DiscordError, Refusal, invalid, invalid_by
from sandbox.discord.model import MEBIBYTE, Upload

_REQUEST_LIMIT = 25 * MEBIBYTE
_MESSAGE_COMMANDS = 5
_FILE_PART = re.compile(r"files\[(\d+)\]")


class AllowedMentions(Strict):
    """Who may be notified."""

    parse: tuple[Literal["users", "roles", "everyone"], ...] = ()
    users: tuple[int, ...] = Field((), max_length=100)
    roles: tuple[int, ...] = Field((), max_length=100)
    replied_user: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if ("users" in self.parse and self.users) or ("roles" in self.parse and self.roles):
            raise ValueError("parse and the list of ids are mutually exclusive.")
        return self


class AttachmentBody(Strict):
    """A file that comes with the request (its number as id), or one that stays (its snowflake)."""

    id: int
    filename: str | None = None
    description: AltText | None = None
    proxy_url: str | None = None
    url: str | None = None
    size: int | None = None
    spoiler: bool | None = None
    height: int | None = None
    width: int | None = None
    content_type: str | None = None


class ReferenceBody(Strict):
    """What a reply points to."""

    message_id: int
    channel_id: int | None = None
    guild_id: int | None = None
    fail_if_not_exists: bool = True
    type: Literal[0] = 0


class AnswerBody(Strict):
    """The content of an interaction's answer, a follow-up, or an edit."""

    content: str | None = Field(None, max_length=2000)
    tts: Literal[False] = False
    embeds: tuple[()] | None = None
    allowed_mentions: AllowedMentions | None = None
    components: tuple[TopLevel, ...] | None = Field(None, max_length=40)
    attachments: tuple[AttachmentBody, ...] | None = Field(None, max_length=10)
    flags: int | None = None


class MessageBody(AnswerBody):
    """A new message in a channel."""

    nonce: str | None = Field(None, max_length=25)
    enforce_nonce: bool = False
    message_reference: ReferenceBody | None = None


class ChoicesBody(Strict):
    """The suggestions for an autocomplete."""

    choices: tuple[ChoiceDefinition, ...] = Field(max_length=25)


class MessageResponse(Strict):
    """An answer that shows or changes a message; 5 and 6 say that it comes later."""

    type: Literal[4, 5, 6, 7]
    data: AnswerBody | None = None


class ChoicesResponse(Strict):
    """The answer to an autocomplete."""

    type: Literal[8]
    data: ChoicesBody


class ConversationBody(Strict):
    """Whose direct messages to open."""

    recipient_id: int


Body = TypeVar("Body", bound=BaseModel)


def parse(model: type[Body], payload: object) -> Body:
    """Return the payload as its model; 50035 names the first field that is wrong."""
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        raise invalid_by(error) from error


def parse_commands(payload: object) -> list[CommandBody]:
    """Return the commands of a bulk registration; at most one of each type and name."""
    if not isinstance(payload, list) or len(payload) > 100:
        raise invalid([], "BASE_TYPE_BAD_TYPE", "Must be a list of at most 100 commands.")
    commands = []
    for index, item in enumerate(payload):
        try:
            commands.append(CommandBody.model_validate(item))
        except ValidationError as error:
            raise invalid_by(error, [index]) from error
    names = [(command.type, command.name) for command in commands]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise invalid(
                [index, "name"], "APPLICATION_COMMANDS_DUPLICATE_NAME", "Command names must be unique."
            )
    if sum(command.type == 3 for command in commands) > _MESSAGE_COMMANDS:
        raise DiscordError(Refusal.TOO_MANY_COMMANDS, slip=True)
    return commands


async def read_json(request: web.Request) -> object:
    """Return the request's JSON, which Discord reads only under exactly this content type."""
    if request.headers.get("Content-Type") != "application/json":
        raise invalid([], "CONTENT_TYPE_INVALID", 'Expected "Content-Type" header to be "application/json".')
    return _decode(await request.read())


async def read_with_files(request: web.Request) -> tuple[object, dict[int, Upload]]:
    """Return the request's JSON and its files by number, from JSON or multipart/form-data."""
    if (request.content_length or 0) > _REQUEST_LIMIT:
        raise DiscordError(Refusal.TOO_LARGE)
    if request.content_type != "multipart/form-data":
        return await read_json(request), {}
    payload: object = None
    files: dict[int, Upload] = {}
    total = 0
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader):
            raise invalid([], "MULTIPART_NESTED", "Parts cannot be nested.")
        data = bytes(await part.read())
        total += len(data)
        if total > _REQUEST_LIMIT:
            raise DiscordError(Refusal.TOO_LARGE)
        if part.name == "payload_json":
            payload = _decode(data)
        elif (match := _FILE_PART.fullmatch(part.name or "")) and part.filename:
            files[int(match[1])] = Upload(part.filename, data)
        else:
            raise invalid([part.name or "?"], "UNKNOWN_FIELD", "Expected payload_json or files[n].")
    return payload, files


def _decode(data: bytes) -> object:
    try:
        return json.loads(data)
    except ValueError as error:
        raise DiscordError(Refusal.INVALID_JSON, slip=True) from error
