"""Where a request comes from, and the way back to there."""

from dataclasses import dataclass

from storage.records import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asks, where, and the interaction that still can be answered.

    `guild_id` is None in direct messages; `file_limit` is what Discord takes there, in bytes a file;
    `token_expires_at` is in seconds since 1970.
    """

    request_id: int
    user_id: int
    guild_id: int | None
    channel_id: int
    place: Place
    interaction_token: str
    token_expires_at: float
    progress_message_id: int | None
    file_limit: int
