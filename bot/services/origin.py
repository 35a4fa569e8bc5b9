"""Where a request comes from, and the way back to there."""

from dataclasses import dataclass

from storage.records import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asks, where, and how they can be answered.

    `request_id` is the id of the interaction or message that asks; only an interaction has a token.
    `guild_id` is None in direct messages; `file_limit` is what Discord takes there, in bytes a file;
    `token_expires_at` is in seconds since 1970. The result replies to the message `reply_to`.
    """

    request_id: int
    user_id: int
    guild_id: int | None
    channel_id: int
    place: Place
    interaction_token: str | None
    token_expires_at: float
    progress_message_id: int | None
    file_limit: int
    reply_to: int | None = None
