"""What the operator sees and decides for all servers."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import UserError
from bot.services.accounts import SERVER
from bot.services.change_checks import check_amount, refused
from bot.services.clock import Clock
from bot.services.quotas import Quotas
from storage.moderation import ModerationStore
from storage.oversight import OversightStore
from storage.records import JobState
from storage.server_records import Action, Change, NewChange, ServerSpend


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The bot as a whole today: credits, and jobs by whether they wait or are being made."""

    spent: int
    budget: int
    period_end: float
    waiting: int
    running: int
    paused: bool


class Operating:
    """For the operator alone: whoever calls it has checked that."""

    def __init__(
        self, store: ModerationStore, oversight: OversightStore, quotas: Quotas, clock: Clock
    ) -> None:
        self._store = store
        self._oversight = oversight
        self._quotas = quotas
        self._clock = clock

    async def status(self) -> Status:
        """One look at everything."""
        limit = self._quotas.bot_budget(self._clock())
        jobs = await self._oversight.unfinished()
        waiting = jobs.pop(JobState.ACCEPTED, 0)
        jobs.pop(JobState.HELD, None)
        return Status(
            spent=await self._oversight.spent(limit),
            budget=limit.ceiling,
            period_end=limit.period_end,
            waiting=waiting,
            running=sum(jobs.values()),
            paused=await self._oversight.is_paused(),
        )

    async def servers(self) -> Sequence[ServerSpend]:
        """What each server has spent of its ceiling, most first; also those with a ceiling of their own."""
        start, _ = self._quotas.limits.server.period.around(self._clock())
        return await self._oversight.spending(SERVER, start)

    async def set_ceiling(self, actor_id: int, guild_id: int, credits_: int | None) -> Change:
        """Give a server a ceiling of its own, or with None the default one again; details: credits."""
        if guild_id <= 0:
            raise UserError("refused.no_such_server")
        if credits_ is not None:
            check_amount(credits_, least=0)
        change = NewChange(
            at=self._clock(),
            guild_id=guild_id,
            actor_id=actor_id,
            action=Action.CEILING,
            details={"credits": credits_},
        )
        with refused("refused.no_own_ceiling"):
            return await self._store.set_ceiling(change, credits_)

    async def pause(self) -> bool:
        """Take no requests any more; whether it was not so before."""
        return await self._store.pause(self._clock())

    async def resume(self) -> bool:
        """Take requests again; whether it was not so before."""
        return await self._store.resume()
