"""What the operator sees and decides for all servers."""
# ruff: noqa: ARG002

from collections.abc import Sequence
from dataclasses import dataclass

from storage.server_records import Change, ServerSpend


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

    async def status(self) -> Status:
        """One look at everything."""
        raise NotImplementedError

    async def servers(self) -> Sequence[ServerSpend]:
        """What each server has spent today, most first; also those with a ceiling of their own."""
        raise NotImplementedError

    async def set_ceiling(self, actor_id: int, guild_id: int, credits_: int | None) -> Change:
        """Give a server a ceiling of its own, or with None the default one again; details: credits."""
        raise NotImplementedError

    async def pause(self) -> bool:
        """Take no requests any more; whether it was not so before."""
        raise NotImplementedError

    async def resume(self) -> bool:
        """Take requests again; whether it was not so before."""
        raise NotImplementedError
