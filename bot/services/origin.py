"""Where a request comes from, and the way back to there."""

from dataclasses import asdict, dataclass
from typing import Any

from storage.records import Place

OF_THE_MOMENT = ("role_ids", "parent_channel_id")  # decide about the request and are not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks where, as far as it decides what they may spend.

    `role_ids` come from the request itself; None where they are not known. `channel_ids` are the channel
    and, for a thread, its parent; none where no place is meant.
    """

    place: Place
    guild_id: int | None
    user_id: int
    role_ids: tuple[int, ...] | None = None
    channel_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asks, where, and how they can be answered.

    `request_id` is the id of the interaction or message that asks; only an interaction has a token.
    `guild_id` is None in direct messages; `file_limit` is what Discord takes there, in bytes a file;
    `token_expires_at` is in seconds since 1970. The result replies to the message `reply_to`. A thread has
    the `parent_channel_id`.
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
    role_ids: tuple[int, ...] = ()
    parent_channel_id: int | None = None

    @property
    def asker(self) -> Asker:
        """Who asks where."""
        channels = [self.channel_id, self.parent_channel_id]
        return Asker(
            place=self.place,
            guild_id=self.guild_id,
            user_id=self.user_id,
            role_ids=self.role_ids,
            channel_ids=tuple(each for each in channels if each is not None),
        )

    @property
    def kept(self) -> dict[str, Any]:
        """What its job keeps of it."""
        return {name: value for name, value in asdict(self).items() if name not in OF_THE_MOMENT}
