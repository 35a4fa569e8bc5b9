"""Frozen records: what goes into the storage and comes out of it."""

from dataclasses import dataclass
from enum import StrEnum


class JobState(StrEnum):
    """Where a job stands; each state is safe to be killed in.

    accepted → submitting → submitted → ready → delivered, or failed, cancelled, unknown.
    """

    ACCEPTED = "accepted"  # credits reserved, nothing sent: may be sent
    SUBMITTING = "submitting"  # committed before the paid call: must never be sent again
    SUBMITTED = "submitted"  # the API's answer is committed: its pictures can be fetched again
    READY = "ready"  # the pictures are on disk: can be posted again, under the same nonce
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"  # by its member, while nothing was sent
    UNKNOWN = "unknown"  # sent, and the answer was lost: perhaps billed to us, refunded to the member

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the job and its credits."""
        return self in {JobState.DELIVERED, JobState.FAILED, JobState.CANCELLED, JobState.UNKNOWN}


class Place(StrEnum):
    """Where a request came from, which decides who pays and where the result may go."""

    GUILD = "guild"  # a server the bot is a member of
    DIRECT = "direct"  # the direct messages with the bot
    FOREIGN = "foreign"  # wherever a member carried the app: the bot may only answer there


class PictureKind(StrEnum):
    """Whether a picture of a job was given by the member or made by the API."""

    SOURCE = "source"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class BudgetLimit:
    """The most that one holder may spend in one period: [start, end) in seconds since 1970.

    A budget `of_operator` limits the bill, not a member: there stays spent what may have been billed.
    """

    holder: str
    period_start: float
    period_end: float
    ceiling: int
    of_operator: bool = False


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How many jobs may wait to be sent: for one member, and in all."""

    member: int
    total: int


@dataclass(frozen=True, slots=True)
class PictureRecord:
    """One picture of a job; `url` is the API's link, `path` the file in the spool, `size` in bytes."""

    kind: PictureKind
    position: int
    url: str | None = None
    path: str | None = None
    media_type: str | None = None
    width: int | None = None
    height: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A request as it is accepted; `price` is in credits for one image."""

    id: str
    interaction_id: int
    user_id: int
    guild_id: int | None
    channel_id: int
    place: Place
    prompt: str
    model: str
    resolution: str
    aspect_ratio: str | None
    count: int
    spoiler: bool
    private: bool
    price: int
    interaction_token: str | None
    token_expires_at: float
    progress_message_id: int | None
    file_limit: int
    provider: str
    accepted_at: float

    @property
    def credits(self) -> int:
        """What the whole job reserves."""
        return self.price * self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord(NewJob):
    """A job as it stands in the database."""

    state: JobState
    task_id: str | None
    trace_id: str | None
    made: int | None
    result_message_id: int | None
    outcome: str | None
    told: bool
    sent_at: float | None
    answered_at: float | None
    ready_at: float | None
    ended_at: float | None

    @property
    def seconds(self) -> float:
        """How long the API took to answer; 0 before it has."""
        return 0.0 if self.sent_at is None or self.answered_at is None else self.answered_at - self.sent_at

    @property
    def perhaps_billed(self) -> int:
        """The images that the operator may have to pay for."""
        return self.count if self.state is JobState.UNKNOWN else self.made or 0

    def reachable(self, now: float) -> bool:
        """Whether a result could still be shown: in the channel, or through the interaction."""
        only_by_token = self.private or self.place is Place.FOREIGN
        return self.token_lives(now) or not only_by_token

    def token_lives(self, now: float) -> bool:
        """Whether the interaction of this job can still be answered."""
        return self.interaction_token is not None and now < self.token_expires_at


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of the ledger; `kind` is reserve, settle or refund."""

    job_id: str
    holder: str
    kind: str
    credits: int
