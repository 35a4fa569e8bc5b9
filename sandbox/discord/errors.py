"""Answers in JSON, and Discord's refusals: HTTP status, error code and message in one table."""

import json
from collections.abc import Mapping, Sequence
from enum import Enum

from aiohttp import web
from pydantic import ValidationError

from sandbox.discord.model import JSON


def answer(payload: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return JSON under exactly the content type that discord.py reads as JSON."""
    return web.Response(
        status=status,
        body=json.dumps(payload).encode(),
        headers={**(headers or {}), "Content-Type": "application/json"},
    )


class Refusal(Enum):
    """Why Discord says no: (status, code, message)."""

    NOT_FOUND = (404, 0, "404: Not Found")
    UNAUTHORIZED = (401, 0, "401: Unauthorized")
    UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
    UNKNOWN_GUILD = (404, 10004, "Unknown Guild")
    UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
    UNKNOWN_MEMBER = (404, 10007, "Unknown Member")
    UNKNOWN_USER = (404, 10013, "Unknown User")
    UNKNOWN_EMOJI = (400, 10014, "Unknown Emoji")
    UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
    UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
    EXPLICIT = (400, 20009, "Explicit content cannot be sent to the desired recipient(s)")
    TOO_MANY_COMMANDS = (400, 30032, "Maximum number of application commands reached")
    TOO_LARGE = (413, 40005, "Request entity too large")
    ALREADY_ACKNOWLEDGED = (400, 40060, "Interaction has already been acknowledged.")
    TOO_MANY_FOLLOW_UPS = (400, 40094, "This interaction has reached maximum number of follow up messages")
    MISSING_ACCESS = (403, 50001, "Missing Access")
    NOT_THE_AUTHOR = (403, 50005, "Cannot edit a message authored by another user")
    EMPTY_MESSAGE = (400, 50006, "Cannot send an empty message")
    CANNOT_DM = (403, 50007, "Cannot send messages to this user")
    NO_TEXT_CHANNEL = (400, 50008, "Cannot send messages in a non-text channel")
    MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
    INVALID_WEBHOOK_TOKEN = (401, 50027, "Invalid Webhook Token")
    INVALID_RECIPIENT = (400, 50033, "Invalid Recipient(s)")
    INVALID_FORM = (400, 50035, "Invalid Form Body")
    THREAD_ARCHIVED = (400, 50083, "Thread is archived")
    INVALID_JSON = (400, 50109, "The request body contains invalid JSON.")
    NO_HISTORY_TO_REPLY = (400, 160002, "Cannot reply without permission to read message history")
    AUTOMOD = (400, 200000, "Message was blocked by automatic moderation")
    HARMFUL_LINK = (400, 240000, "Message was blocked by harmful links filter")


class DiscordError(Exception):
    """A request that Discord refuses."""

    def __init__(self, refusal: Refusal, errors: JSON | None = None, *, slip: bool = False) -> None:
        super().__init__(refusal.value[2])
        self.refusal = refusal
        self.errors = errors
        self.slip = slip
        """Whether only a mistake in the bot's code leads here, whatever the state of the world."""

    def response(self) -> web.Response:
        """Return the answer as it goes over the wire."""
        status, code, message = self.refusal.value
        body: JSON = {"message": message, "code": code}
        if self.errors:
            body["errors"] = self.errors
        return answer(body, status)


def invalid(path: Sequence[str | int], code: str, message: str, *, slip: bool = True) -> DiscordError:
    """Return 50035 for the field at `path`, nested as Discord does."""
    errors: JSON = {"_errors": [{"code": code, "message": message}]}
    for key in reversed(path):
        errors = {str(key): errors}
    return DiscordError(Refusal.INVALID_FORM, errors, slip=slip)


_CODES = {
    "missing": "BASE_TYPE_REQUIRED",
    "string_too_long": "BASE_TYPE_MAX_LENGTH",
    "string_too_short": "BASE_TYPE_MIN_LENGTH",
    "too_long": "BASE_TYPE_BAD_LENGTH",
    "too_short": "BASE_TYPE_BAD_LENGTH",
    "extra_forbidden": "UNKNOWN_FIELD",
}


def invalid_by(error: ValidationError, path: Sequence[str | int] = ()) -> DiscordError:
    """Return 50035 for the first field that a payload's model refused."""
    first = error.errors()[0]
    code = _CODES.get(first["type"], first["type"].upper())
    return invalid([*path, *first["loc"]], code, first["msg"])
