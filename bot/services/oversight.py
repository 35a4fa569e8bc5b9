"""What moderators see of their server."""
# ruff: noqa: ARG002

from collections.abc import Sequence
from dataclasses import dataclass

from bot.periods import Allowance
from bot.services.origin import Asker
from bot.services.quotas import Balance
from storage.records import JobRecord
from storage.server_records import (
    AccountLine,
    Action,
    Block,
    CeilingNotice,
    Change,
    NearLimit,
    ReportCell,
    ReportMember,
    Rule,
    ServerSettings,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """One look at a server: what is spent of the ceiling until `period_end`, the rules, who stands out."""

    spent: int
    ceiling: int
    period_end: float
    default: Allowance
    own_default: bool  # else it is the operator's
    role_rules: tuple[Rule, ...]  # the most generous first
    member_rules: int  # how many members have an own allowance
    near: tuple[NearLimit, ...]  # who has used 80 percent or more, most first
    blocks: tuple[Block, ...]  # the latest first
    paused: bool
    version: int  # of the server: the id of its last change


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """All about one member's account in a server."""

    balance: Balance
    running: tuple[JobRecord, ...]
    lines: tuple[AccountLine, ...]  # the last ten, newest first


@dataclass(frozen=True, slots=True)
class Report:
    """The jobs of so many days up to now: by day, model and state, and the members who paid most."""

    first_day: int  # counted from 1970
    days: int
    cells: tuple[ReportCell, ...]
    members: tuple[ReportMember, ...]

    @property
    def by_day(self) -> dict[int, int]:
        """Credits of each day, also of those without any."""
        raise NotImplementedError

    @property
    def by_model(self) -> dict[str, int]:
        """Credits of each model, most first."""
        raise NotImplementedError

    @property
    def by_state(self) -> dict[str, int]:
        """Jobs by what became of them (`JobState`), most first."""
        raise NotImplementedError

    @property
    def credits(self) -> int:
        """Credits in all."""
        raise NotImplementedError


class Oversight:
    """One method for each look; nothing here changes anything but which notices were told."""

    async def settings(self, guild_id: int) -> ServerSettings:
        """What moderators have set for a server, its moderator roles among it."""
        raise NotImplementedError

    async def overview(self, guild_id: int) -> Overview:
        """The server as a whole."""
        raise NotImplementedError

    async def member(self, asker: Asker) -> Insight:
        """One member, with the roles that the request shows for them (`/quota show`)."""
        raise NotImplementedError

    async def report(self, guild_id: int, days: int) -> Report:
        """The last days, today among them; raises `UserError` where it is not 1 to 90."""
        raise NotImplementedError

    async def log(
        self,
        guild_id: int,
        *,
        member_id: int | None = None,
        action: Action | None = None,
        skip: int = 0,
        limit: int = 10,
    ) -> Sequence[Change]:
        """The changes, newest first: of all members or one, of all kinds or one."""
        raise NotImplementedError

    async def untold(self) -> Sequence[CeilingNotice]:
        """The servers that have passed 50, 80 or 100 percent of their ceiling, and nobody was told yet."""
        raise NotImplementedError

    async def told(self, notice: CeilingNotice) -> None:
        """The log channel has it now, or there is none."""
        raise NotImplementedError
