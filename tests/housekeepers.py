"""Housekeeping over a test's database, at a time of the test's choice."""

from bot.services.clock import Clock
from bot.services.housekeeping import Housekeeping
from bot.services.spool import Spool
from bot.services.stand_ins import StandIns
from storage.forgetting import Forgetting
from storage.jobs import JobStore


def housekeeper(store: JobStore, spool: Spool, clock: Clock, *, spool_limit: int = 10**9) -> Housekeeping:
    """What tidies up behind these jobs; `spool_limit` is in bytes."""
    forgetting = Forgetting(store._database)
    stand_ins = StandIns(forgetting, clock)
    return Housekeeping(store, forgetting, stand_ins, spool, spool_limit=spool_limit, clock=clock)
