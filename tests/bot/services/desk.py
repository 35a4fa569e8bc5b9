"""One call whose intent is committed in a real database, and the parts around it."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.client import ImageBot
from bot.furnishing import furnish
from bot.services.image_apis import ImageApi, ImageApis
from bot.services.logins import Logins
from bot.services.operator_alerts import OperatorAlerts
from bot.services.paid_call import PaidCall
from bot.services.pictures import Darkroom
from bot.services.running_limits import RunningLimits
from bot.services.spool import Spool
from bot.services.stand_ins import StandIns
from bot.services.workshop import Workshop
from bot.settings import Settings
from storage.calls import CallStore
from storage.database import Database
from storage.forgetting import Forgetting
from storage.jobs import JobStore
from storage.logins import LoginStore
from storage.records import CallRecord, JobState, NewCall, PictureKind, Ticket
from storage.settings import SettingsStore
from tests.bot.services.planned_api import Answer, PlannedApi
from tests.storage.samples import accepted, new_call, new_job

TAKEN = Ticket("task-1", "trace-1")
LINKS = tuple(f"https://cdn.example/{number}.png" for number in range(4))
MADE = Ticket("task-1", None, LINKS[:2])


@dataclass
class Desk:
    """A call for two pictures whose intent is committed, and the parts around it."""

    shop: Workshop
    told: list[str]
    call: NewCall

    def paid_call(self, api: PlannedApi | None) -> PaidCall:
        """The call at this API, or at one that the operator has taken away."""
        return PaidCall(self.shop, self.call, ImageApi(api, slots=1) if api else None)

    async def record(self) -> CallRecord:
        """The call as it stands in the database."""
        return await self.shop.calls.get("job", 1)

    async def links(self) -> list[str | None]:
        """The links that are committed."""
        return [picture.url for picture in await self.shop.store.pictures("job", PictureKind.RESULT)]

    async def state(self) -> JobState:
        """Where its job stands."""
        return (await self.shop.store.get("job")).state


@asynccontextmanager
async def open_desk(folder: Path) -> AsyncIterator[Desk]:
    """The parts as the bot joins them, through a private door; the operator is told at once."""
    told: list[str] = []

    async def tell(words: str) -> bool:
        told.append(words)
        return True

    settings = Settings(_env_file=None, discord_token="token", data_dir=folder)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(folder / "bot.sqlite3"))
        store, calls = JobStore(database), CallStore(database)
        client = ImageBot(Logins(LoginStore(database), time.time), message_content="auto", sync_guild_id=None)
        shop = await furnish(
            settings,
            client,
            database,
            ImageApis([]),
            Spool(folder),
            Darkroom(),
            StandIns(Forgetting(database), time.time),
            RunningLimits(SettingsStore(database), settings.member_max_running),
            stack,
        )
        await accepted(store, new_job(count=2, accepted_at=time.time()))
        call = new_call(images=2, sent_at=time.time())
        await calls.start(call)
        yield Desk(replace(shop, alerts=OperatorAlerts(tell)), told, call)


def planned(*answers: Answer, interval: float = 1000.0) -> PlannedApi:
    """An API with these answers."""
    api = PlannedApi(*answers)
    api.interval = interval
    return api
