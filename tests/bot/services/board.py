"""What moderators work with, over a database file, at a time of the test's choice."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.periods import Allowance, Period
from bot.services.change_checks import Moderator, Target
from bot.services.moderation import Moderation
from bot.services.operating import Operating
from bot.services.origin import Asker
from bot.services.oversight import Oversight
from bot.services.quotas import OperatorLimits, Quotas
from bot.services.running_limits import RunningLimits
from storage.accounts import AccountStore
from storage.database import Database
from storage.errors import StorageError
from storage.jobs import JobStore
from storage.moderation import ModerationStore
from storage.oversight import OversightStore
from storage.records import JobRecord, Place
from storage.settings import SettingsStore
from tests.storage.samples import NO_LIMITS, new_job

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC).timestamp()  # a Wednesday
DAY = 86_400.0
LIMITS = OperatorLimits(
    member=Allowance(20, Period.DAY),
    direct=Allowance(5, Period.WEEK),
    server=Allowance(50, Period.DAY),
    bot_budget=100,
)
BY = Moderator(1, 99)
ADA, LINUS = Target(user_id=7), Target(user_id=8)


@dataclass
class Board:
    """All of it, for server 1; the clock is put forward by hand."""

    database: Database
    limits: OperatorLimits = LIMITS
    now: float = NOON
    cancelled: list[tuple[int, int]] = field(default_factory=list)
    trouble: StorageError | None = None  # what comes of cancelling
    names: dict[int, int] = field(default_factory=dict)  # stand-ins, by member
    asked: int = 0

    def __post_init__(self) -> None:
        database = self.database
        self.store = JobStore(database)
        self.running = RunningLimits(SettingsStore(database), 3)
        self.quotas = Quotas(
            AccountStore(database), self.limits, known_as=self.known_as, clock=lambda: self.now
        )
        self.moderation = Moderation(
            ModerationStore(database),
            SettingsStore(database),
            self.store,
            self.running,
            cancel_waiting=self.cancel_waiting,
            known_as=self.known_as,
            clock=lambda: self.now,
        )
        self.oversight = Oversight(
            OversightStore(database),
            SettingsStore(database),
            AccountStore(database),
            self.store,
            self.quotas,
            database=database.path,
            known_as=self.known_as,
            clock=lambda: self.now,
        )
        self.operating = Operating(
            ModerationStore(database), OversightStore(database), self.quotas, lambda: self.now
        )

    def known_as(self, user_id: int, _: float) -> int:
        """A member's id, or what stands for it."""
        return self.names.get(user_id, user_id)

    async def cancel_waiting(self, guild_id: int, user_id: int) -> int:
        """Note whose jobs are to be cancelled."""
        self.cancelled.append((guild_id, user_id))
        if self.trouble:
            raise self.trouble
        return 0

    async def ask(self, price: int = 1, asker: Asker | None = None) -> JobRecord:
        """Somebody asks for a picture; Ada, without roles, unless another is named."""
        asker = asker or at()
        self.asked += 1
        job = replace(
            new_job(f"job{self.asked}", price=price, accepted_at=self.now),
            user_id=asker.user_id,
            guild_id=asker.guild_id,
            place=asker.place,
        )
        return await self.store.accept(job, [], self.quotas.payment(asker, self.now), NO_LIMITS)

    async def left(self, asker: Asker | None = None) -> int:
        """What somebody has left, bonuses among it."""
        balance = await self.quotas.balance(asker or at())
        return balance.left + balance.bonus


def at(
    *roles: int,
    guild_id: int = 1,
    user_id: int = 7,
    place: Place = Place.GUILD,
    channels: tuple[int, ...] = (5,),
) -> Asker:
    """A member with roles in a channel."""
    return Asker(place=place, guild_id=guild_id, user_id=user_id, role_ids=roles, channel_ids=channels)
