"""The calls of one job beside each other: what happens to one takes nothing from the others."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.client import ImageBot
from bot.errors import BotError, CallFailed
from bot.furnishing import furnish
from bot.providers.base import Offer, Order
from bot.services.image_apis import ImageApi, ImageApis
from bot.services.logins import Logins
from bot.services.making import Making
from bot.services.pictures import Darkroom
from bot.services.running_limits import RunningLimits
from bot.services.spool import Spool
from bot.services.stand_ins import StandIns
from bot.services.workshop import Workshop
from bot.settings import Settings
from storage.database import Database
from storage.forgetting import Forgetting
from storage.jobs import JobStore
from storage.logins import LoginStore
from storage.records import CallState, Ticket
from storage.settings import SettingsStore
from tests.bot.services.planned_api import PlannedApi
from tests.storage.samples import accepted, new_call, new_job

DEADLINE = 10.0
MADE = Ticket("task", None, ("https://cdn.example/1.png",))


class Maker(PlannedApi):
    """Makes one picture a call, each in its own way."""

    offers = (Offer("nano-banana", ("1K",), ("1:1",)),)
    images_per_call = 1

    def __init__(self, *ways: Callable[[], Awaitable[Ticket]]) -> None:
        super().__init__()
        self.ways = list(ways)
        self.made = 0

    async def submit(self, order: Order) -> Ticket:
        """Take one call."""
        self.made += 1
        return await self.ways.pop(0)()


async def at_once() -> Ticket:
    """The picture is there."""
    return MADE


@asynccontextmanager
async def workshop(folder: Path, maker: Maker, *, slots: int) -> AsyncIterator[Workshop]:
    """The parts as the bot joins them, through a private door, with this API alone and a job of four."""
    settings = Settings(_env_file=None, discord_token="token", data_dir=folder)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(folder / "bot.sqlite3"))
        store = JobStore(database)
        apis = ImageApis([ImageApi(maker, slots=slots)])
        client = ImageBot(Logins(LoginStore(database), time.time), message_content="auto", sync_guild_id=None)
        shop = await furnish(
            settings,
            client,
            database,
            apis,
            Spool(folder),
            Darkroom(),
            StandIns(Forgetting(database), time.time),
            RunningLimits(SettingsStore(database), settings.member_max_running),
            stack,
        )
        await accepted(store, new_job(count=4))
        yield shop


async def states(shop: Workshop) -> list[CallState]:
    """Where the calls of the job stand."""
    return [call.state for call in await shop.calls.of_job("job")]


async def test_a_database_that_fails_for_a_moment_takes_no_call_along(tmp_path: Path) -> None:
    """While the next call cannot be prepared the one that is paid for goes on, and then all are made."""
    path, back = tmp_path / "bot.sqlite3", asyncio.Event()

    def rename(old: str, new: str) -> None:
        with closing(sqlite3.connect(path)) as database:
            database.execute(f"ALTER TABLE {old} RENAME TO {new}")

    async def slow() -> Ticket:
        await back.wait()
        return MADE

    async def ill() -> Ticket:
        rename("pictures", "elsewhere")

        def mend() -> None:
            rename("elsewhere", "pictures")
            back.set()

        asyncio.get_running_loop().call_later(0.3, mend)
        raise CallFailed("no")

    maker = Maker(slow, ill, at_once, at_once)
    async with workshop(tmp_path, maker, slots=2) as shop, asyncio.timeout(DEADLINE):
        await Making(shop, await shop.store.get("job")).run()
        assert await states(shop) == [CallState.DONE, CallState.FAILED, CallState.DONE, CallState.DONE]
    assert maker.made == 4


async def test_an_error_that_nobody_foresaw_takes_no_call_along(tmp_path: Path) -> None:
    """What is under way is waited for and kept, the rest is not begun, and the error is told."""
    broken = asyncio.Event()

    async def slow() -> Ticket:
        await broken.wait()
        await asyncio.sleep(0.1)
        return MADE

    async def breaks() -> Ticket:
        broken.set()
        raise RuntimeError("nobody foresaw this")

    maker = Maker(slow, breaks, at_once, at_once)
    async with workshop(tmp_path, maker, slots=2) as shop, asyncio.timeout(DEADLINE):
        with pytest.raises(RuntimeError, match="nobody foresaw"):
            await Making(shop, await shop.store.get("job")).run()
        assert (await states(shop))[0] is CallState.DONE
        assert maker.made == 2


@pytest.mark.parametrize(
    ("outcome", "made"), [("failed.content", 0), ("failed.rejected", 0), ("failed.not_made", 3)]
)
async def test_what_was_refused_is_not_asked_for_again(tmp_path: Path, outcome: str, made: int) -> None:
    """Whoever has committed the refusal, an earlier run or a callback: no other call would fare better."""
    maker = Maker(at_once, at_once, at_once)
    async with workshop(tmp_path, maker, slots=4) as shop, asyncio.timeout(DEADLINE):
        await shop.calls.start(new_call())
        await shop.calls.failed("job", 1, 300.0, Ticket(None, None), outcome=outcome, lost=False)
        making = Making(shop, await shop.store.get("job"))
        if made:
            await making.run()
        else:
            with pytest.raises(BotError) as error:
                await making.run()
            assert error.value.key == outcome
        assert maker.made == made


async def test_a_refusal_that_comes_meanwhile_is_the_last_word(tmp_path: Path) -> None:
    """A callback refuses the first call while the second one waits for its slot: it is not made."""
    shops: list[Workshop] = []

    async def refused() -> Ticket:
        await shops[0].calls.failed("job", 1, 300.0, Ticket(None, None), outcome="failed.content", lost=False)
        return MADE

    maker = Maker(refused, at_once, at_once, at_once)
    async with workshop(tmp_path, maker, slots=1) as shop, asyncio.timeout(DEADLINE):
        shops.append(shop)
        with pytest.raises(BotError, match=r"failed\.content"):
            await Making(shop, await shop.store.get("job")).run()
        assert maker.made == 1
        assert await states(shop) == [CallState.FAILED]
