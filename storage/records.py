"""Frozen records: what goes into the storage and comes out of it."""

from dataclasses import dataclass
from enum import StrEnum

AGAIN = "again"  # the button that gives a new job the words and pictures of an old one


class JobState(StrEnum):
    """Where a job stands; each state is safe to be killed in. What cannot be shown is held for its member.

    accepted → submitting → submitted → ready → delivered, or failed, cancelled, unknown.
    """

    ACCEPTED = "accepted"  # credits reserved, nothing sent: may be sent
    SUBMITTING = "submitting"  # some of its calls are made or being made: each says how far it is
    SUBMITTED = "submitted"  # all of its calls were taken by an API: their pictures come or can be fetched
    READY = "ready"  # the pictures are on disk: can be posted again, under the same nonce
    HELD = "held"  # the pictures are on disk and there is no place for them: the member may come for them
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"  # by its member, or by a moderator who blocks them, while nothing was sent
    UNKNOWN = "unknown"  # sent, and an answer was lost: perhaps billed to us, and not to the member

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to its credits; what was lost may yet come, for free."""
        return self in {JobState.DELIVERED, JobState.FAILED, JobState.CANCELLED, JobState.UNKNOWN}


ALIVE = tuple(state for state in JobState if not state.ended)
RUNNING = tuple(state for state in ALIVE if state is not JobState.HELD)


class CallState(StrEnum):
    """Where one paid call to an image API stands."""

    SUBMITTING = "submitting"  # committed before the call is made: must never be made again
    SUBMITTED = "submitted"  # the API has taken it and makes the pictures: may be asked, or tells us
    DONE = "done"  # its pictures are known
    FAILED = "failed"  # it brings no picture, and was not billed
    UNKNOWN = "unknown"  # its answer was lost or never came: perhaps billed

    @property
    def ended(self) -> bool:
        """Whether nothing more is expected of the call."""
        return self in {CallState.DONE, CallState.FAILED, CallState.UNKNOWN}


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

    A budget `of_operator` limits the bill, not a member: there stays spent what may have been billed. What is
    taken now is booked under the `day`, a part of the period; None is all of it. `period` is the name of the
    period, where it has one.
    """

    holder: str
    period_start: float
    period_end: float
    ceiling: int
    of_operator: bool = False
    day: tuple[float, float] | None = None
    period: str | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """What a job draws on: the purse, in this order, and each ceiling; moderators hear of the `watched`."""

    purse: tuple[BudgetLimit, ...]
    ceilings: tuple[BudgetLimit, ...] = ()
    watched: BudgetLimit | None = None


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How many jobs may wait to be sent: for one member, and in all."""

    member: int
    total: int


@dataclass(frozen=True, slots=True)
class PictureRecord:
    """One picture of a job; `path` is the file in the spool, `size` in bytes.

    `url` is the link to a result at the API, or to a source at Discord.
    """

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
    """A request as it is accepted; `price` is in credits for one image.

    `request_id` is Discord's id of the interaction or message that asked; the result replies to the message
    `reply_to`. `asked_model` is the model that the member named, where another one makes the pictures. Of its
    `inputs` pictures some may be results of the job `parent_id`, or stand in the message `source_message_id`
    of the same channel; `chosen` says which of them were used, as in "2/4". `press` names the button that
    asked, which does one job at a time.
    """

    id: str
    request_id: int
    user_id: int
    guild_id: int | None
    channel_id: int
    place: Place
    prompt: str
    model: str
    asked_model: str | None
    resolution: str
    aspect_ratio: str | None
    count: int
    spoiler: bool
    private: bool
    price: int
    interaction_token: str | None
    token_expires_at: float
    progress_message_id: int | None
    reply_to: int | None = None
    file_limit: int
    accepted_at: float
    inputs: int = 0
    parent_id: str | None = None
    source_message_id: int | None = None
    chosen: str | None = None
    press: str | None = None

    @property
    def credits(self) -> int:
        """What the whole job reserves."""
        return self.price * self.count

    @property
    def server_id(self) -> int | None:
        """The server whose rules hold for it; none where the bot is no member."""
        return self.guild_id if self.place is Place.GUILD else None

    @property
    def asked_by_message(self) -> bool:
        """Whether a message asked for it, so that its progress is a message in the channel too."""
        return self.reply_to == self.request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord(NewJob):
    """A job as it stands in the database.

    `perhaps_billed` counts the images that the operator may have to pay for; a job is `late` when its
    result came after it had ended and its credits were back: whatever is delivered then is free.
    """

    state: JobState
    perhaps_billed: int
    late: bool
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

    def token_lives(self, now: float) -> bool:
        """Whether the interaction of this job can still be answered."""
        return self.interaction_token is not None and now < self.token_expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall:
    """A paid call that is about to be made for the job's pictures from `position` on, `images` of them.

    The hashes are of the secrets in the addresses that the API gets, to call us back and to fetch inputs.
    """

    job_id: str
    position: int
    images: int
    provider: str
    callback_hash: str
    inputs_hash: str
    sent_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord(NewCall):
    """A paid call as it stands in the database; `outcome` names the reason of a failure."""

    state: CallState
    task_id: str | None
    trace_id: str | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an API says of a call: its ids for support cases, and the links once the pictures are made."""

    task_id: str | None
    trace_id: str | None
    urls: tuple[str, ...] = ()

    @property
    def ids(self) -> dict[str, object]:
        """The ids that are known, as columns; what was known before is not forgotten."""
        known = {"task_id": self.task_id, "trace_id": self.trace_id}
        return {name: value for name, value in known.items() if value is not None}


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of the ledger; `kind` is reserve, settle or refund."""

    job_id: str
    holder: str
    kind: str
    credits: int
    of_operator: bool = False
