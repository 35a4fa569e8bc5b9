"""Frozen records of what moderators and the operator have decided for a server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

NEVER = 253_402_300_800.0  # seconds since 1970: the year 10000, when nothing of ours expires any more


class RuleKind(StrEnum):
    """For whom a rule is."""

    MEMBER = "member"
    ROLE = "role"
    DEFAULT = "default"  # everybody else in the server


class Channels(StrEnum):
    """Where images may be made: everywhere, only in the channels that are listed, or everywhere else."""

    EVERYWHERE = "everywhere"
    ONLY = "only"
    EXCEPT = "except"


class Action(StrEnum):
    """What a moderator or the operator has done, or a member who reports an image."""

    SET = "set"
    CLEAR = "clear"
    GRANT = "grant"
    TAKE_BACK = "take_back"
    RESET = "reset"
    RESET_ALL = "reset_all"
    ROLE = "role"
    ROLE_CLEAR = "role_clear"
    DEFAULT = "default"
    DEFAULT_CLEAR = "default_clear"
    BLOCK = "block"
    UNBLOCK = "unblock"
    SETTINGS = "settings"
    REPORT = "report"  # by a member; where its message stands in the log channel
    REFUND = "refund"
    DELETE = "delete"  # a reported image
    DISMISS = "dismiss"  # a report
    CEILING = "ceiling"  # by the operator


@dataclass(frozen=True, slots=True)
class Rule:
    """What a member, a role or everybody else may spend; `subject_id` is 0 for the default."""

    kind: RuleKind
    subject_id: int
    credits: int
    period: str


@dataclass(frozen=True, slots=True)
class Bonus:
    """Credits on top; `expires_at` is `NEVER` where they do not, `spent` counts what is reserved too."""

    holder: str
    credits: int
    spent: int
    granted_at: float
    expires_at: float

    @property
    def left(self) -> int:
        """What may still be spent."""
        return self.credits - self.spent


@dataclass(frozen=True, slots=True)
class Block:
    """A member who may make no images until a moment; None is for good."""

    user_id: int
    until: float | None
    by: int
    at: float
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """What moderators have set for their server.

    `member_running` is how many jobs of a member run at once, None where the operator's number holds;
    `version` changes with each change of these.
    """

    log_channel_id: int | None = None
    channels: Channels = Channels.EVERYWHERE
    channel_ids: tuple[int, ...] = ()
    moderator_role_ids: tuple[int, ...] = ()
    member_running: int | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChange:
    """Who does what, for whom and why; `details` are the values that its sentence mentions.

    `subject_id` is the member, the role, or 0; a negative id is somebody who has deleted their data. `job_id`
    names the job whose image it is about.
    """

    at: float
    guild_id: int
    actor_id: int
    action: Action
    subject_id: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    job_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(NewChange):
    """One line of the log of changes; later ones have higher ids."""

    id: int


@dataclass(frozen=True, slots=True)
class CeilingNotice:
    """A server has used so many percent of its ceiling for the first time in a period."""

    guild_id: int
    period_start: float
    period_end: float
    percent: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class NearLimit:
    """A member who has used most of their allowance, as it was when they last asked for something."""

    user_id: int
    used: int
    credits: int
    period: str


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One line of a member's ledger; `kind` is reserve, settle or refund."""

    at: float
    job_id: str
    kind: str
    credits: int
    bonus: bool


@dataclass(frozen=True, slots=True)
class ReportCell:
    """A server's jobs of one day, model and state: `day` counts from 1970, credits are what members paid."""

    day: int
    model: str
    state: str
    jobs: int
    images: int
    credits: int


@dataclass(frozen=True, slots=True)
class ReportMember:
    """What a member has asked for and paid."""

    user_id: int
    jobs: int
    credits: int


@dataclass(frozen=True, slots=True)
class ServerSpend:
    """What a server has used of its ceiling; `own_ceiling` is None where the operator's default holds."""

    guild_id: int
    spent: int
    own_ceiling: int | None
