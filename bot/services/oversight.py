"""What moderators see of their server."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import UserError
from bot.periods import Allowance, Period
from bot.services.accounts import accounts_prefix
from bot.services.clock import Clock
from bot.services.limits import allowance_of, generosity
from bot.services.origin import Asker
from bot.services.quotas import Balance, Quotas
from storage.accounts import AccountStore
from storage.jobs import JobStore
from storage.oversight import OversightStore
from storage.records import JobRecord
from storage.reports import report
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
    RuleKind,
    ServerSettings,
)
from storage.settings import SettingsStore

DAY = 86_400  # seconds
LONGEST = 90  # days of a report
MEMBERS = 10  # that are named
LINES = 10  # of a ledger
IMAGES = 5  # that a member may report in a server in an hour
HOUR = 3600.0  # seconds


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
        found = Counter({self.first_day + day: 0 for day in range(self.days)})
        for cell in self.cells:
            found[cell.day] += cell.credits
        return dict(found)

    @property
    def by_model(self) -> dict[str, int]:
        """Credits of each model, most first."""
        found = Counter[str]()
        for cell in self.cells:
            found[cell.model] += cell.credits
        return dict(found.most_common())

    @property
    def by_state(self) -> dict[str, int]:
        """Jobs by what became of them (`JobState`), most first."""
        found = Counter[str]()
        for cell in self.cells:
            found[cell.state] += cell.jobs
        return dict(found.most_common())

    @property
    def credits(self) -> int:
        """Credits in all."""
        return sum(cell.credits for cell in self.cells)


class Oversight:
    """One method for each look; nothing here changes anything but which notices were told."""

    def __init__(
        self,
        store: OversightStore,
        settings: SettingsStore,
        accounts: AccountStore,
        jobs: JobStore,
        quotas: Quotas,
        *,
        database: Path,
        known_as: Callable[[int, float], int],
        clock: Clock,
    ) -> None:
        self._store = store
        self._settings = settings
        self._accounts = accounts
        self._jobs = jobs
        self._quotas = quotas
        self._database = database
        self._known_as = known_as
        self._clock = clock
        self._reporting: set[int] = set()  # the servers whose report is being made

    async def settings(self, guild_id: int) -> ServerSettings:
        """What moderators have set for a server, its moderator roles among it."""
        return await self._settings.of(guild_id)

    async def overview(self, guild_id: int) -> Overview:
        """The server as a whole."""
        now = self._clock()
        limit = self._quotas.server_ceiling(guild_id, await self._store.server_ceiling(guild_id), now)
        starts = {str(period): period.around(now)[0] for period in Period}
        seen = await self._store.server(guild_id, limit, accounts_prefix(guild_id), starts, now, MEMBERS)
        defaults = [allowance_of(rule) for rule in seen.rules if rule.kind is RuleKind.DEFAULT]
        roles = [rule for rule in seen.rules if rule.kind is RuleKind.ROLE]
        return Overview(
            spent=seen.spent,
            ceiling=limit.ceiling,
            period_end=limit.period_end,
            default=(defaults or [self._quotas.limits.member])[0],
            own_default=bool(defaults),
            role_rules=tuple(sorted(roles, key=generosity, reverse=True)),
            member_rules=seen.member_rules,
            near=seen.near,
            blocks=seen.blocks,
            paused=seen.paused,
            version=seen.version,
        )

    async def member(self, asker: Asker) -> Insight:
        """One member, with the roles that the request shows for them (`/quota show`)."""
        running = await self._jobs.running(asker.user_id)
        return Insight(
            balance=await self._quotas.balance(asker),
            running=tuple(job for job in running if job.server_id == asker.guild_id),
            lines=tuple(await self._accounts.lines(self._quotas.whose(asker), LINES)),
        )

    async def report(self, guild_id: int, days: int) -> Report:
        """The last days, today among them; raises `UserError` where it is not 1 to 90.

        Raises it too while another one of the server is being made: each may take a second of the processor.
        """
        if not 1 <= days <= LONGEST:
            raise UserError("refused.report_days", most=LONGEST)
        if guild_id in self._reporting:
            raise UserError("refused.report_running")
        first_day = int(self._clock() // DAY) - days + 1
        self._reporting.add(guild_id)
        try:
            cells, members = await asyncio.to_thread(
                report, self._database, guild_id, float(first_day * DAY), MEMBERS
            )
        finally:
            self._reporting.discard(guild_id)
        return Report(first_day, days, tuple(cells), tuple(members))

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
        ids = [] if member_id is None else self._ids(member_id)
        return await self._store.log(guild_id, ids, action, skip, limit)

    async def last_report(self, guild_id: int, job_id: str) -> Change | None:
        """The last report of what a job has made; details: channel_id and message_id in the log channel."""
        return await self._store.last_report(guild_id, job_id)

    async def check_reporter(self, guild_id: int, user_id: int) -> None:
        """Raises `UserError` for a member who has reported so many images that they have to wait."""
        reported = await self._store.reported_at(guild_id, self._ids(user_id), self._clock() - HOUR)
        if len(reported) >= IMAGES:
            raise UserError("refused.reports", most=IMAGES, back=round(reported[IMAGES - 1] + HOUR))

    async def untold(self) -> Sequence[CeilingNotice]:
        """The servers that have passed 50, 80 or 100 percent of their ceiling, and nobody was told yet."""
        return await self._store.untold_notices()

    async def told(self, notice: CeilingNotice) -> None:
        """The log channel has it now, or there is none."""
        await self._store.note_told(notice)

    def _ids(self, user_id: int) -> list[int]:
        """The ids of a member: their own, and the one of their accounts."""
        return [user_id, self._known_as(user_id, self._clock())]
