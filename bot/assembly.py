"""Where the parts are made and joined: everything that is opened here is closed here, in reverse order."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.client import ImageBot, Services
from bot.command_tree import commands_finished
from bot.delivery import Delivery
from bot.discord_address import point_discord_at
from bot.health import serve_health
from bot.posts import Posts
from bot.providers.xhuo import open_xhuo
from bot.services.downloads import Downloads
from bot.services.etas import Etas
from bot.services.housekeeping import Housekeeping
from bot.services.image_jobs import ImageJobs
from bot.services.job_queue import JobQueue
from bot.services.job_run import Workshop
from bot.services.pictures import Darkroom
from bot.services.quotas import Quotas
from bot.services.recovery import Recovery
from bot.services.request_rules import RequestRules
from bot.services.result_images import ResultImages
from bot.services.source_images import SourceImages
from bot.services.spool import Spool
from bot.services.submission import Submission
from bot.settings import Settings, SettingsError
from storage.database import Database
from storage.jobs import JobStore
from storage.records import QueueLimits

log = logging.getLogger(__name__)

# Seconds for the last answers to members and for the farewell to Discord; with what jobs get to finish, the
# bot is gone within ten.
ANSWERING = 2.0
CLOSING = 3.0


@dataclass(frozen=True, slots=True)
class Assembly:
    """The client, to be started, and the work to be done beside it."""

    client: ImageBot
    background: Coroutine[None, None, None]


@asynccontextmanager
async def assemble(settings: Settings) -> AsyncIterator[Assembly]:
    """The bot with all its parts, ready to be started; at the end jobs are brought to a safe state first."""
    point_discord_at(settings.discord_api_url)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(settings.database_path))
        # Two, so that members' slow pictures never keep a result that was paid for waiting.
        sources = await stack.enter_async_context(Downloads(settings.allowed_private_hosts))
        results = await stack.enter_async_context(Downloads(settings.allowed_private_hosts))
        xhuo = await stack.enter_async_context(
            open_xhuo(
                settings.xhuo_api_key.get_secret_value(), settings.xhuo_base_url, float(settings.job_timeout)
            )
        )
        store = JobStore(database)
        darkroom = Darkroom()
        spool = Spool(settings.data_dir / "spool")
        await _check_folder(spool, settings.data_dir)
        quotas = Quotas(
            store,
            member=settings.default_allowance,
            direct=settings.direct_allowance,
            bot_budget=settings.bot_budget,
            clock=time.time,
        )
        rules = RequestRules(xhuo.offers, settings.credit_prices)
        client = ImageBot(sync_guild_id=settings.sync_guild_id)
        delivery = Delivery(client, store, Posts(darkroom), time.time)
        jobs = ImageJobs(
            Workshop(
                store=store,
                rules=rules,
                quotas=quotas,
                queue=JobQueue(slots=settings.xhuo_max_in_flight, member_slots=settings.member_max_running),
                queue_limits=QueueLimits(settings.member_max_queued, settings.queue_max),
                submission=Submission(xhuo, float(settings.job_timeout)),
                provider_name=xhuo.name,
                sources=SourceImages(sources, darkroom, spool, store),
                results=ResultImages(results, darkroom, spool),
                etas=Etas(store, time.time),
                messenger=delivery,
                clock=time.time,
            )
        )
        client.services = Services(jobs, rules, quotas, store)
        recovery = Recovery(store, jobs, delivery, time.time)
        await recovery.settle()
        await stack.enter_async_context(
            serve_health(
                settings.http_host,
                settings.http_port,
                {"database": database.answers, "discord": client.is_served},
            )
        )
        stack.push_async_callback(_close, client)
        stack.push_async_callback(commands_finished, ANSWERING)
        stack.push_async_callback(jobs.stop, settings.shutdown_grace)
        yield Assembly(client, _background(client, recovery, Housekeeping(store, spool, time.time)))


async def _background(client: ImageBot, recovery: Recovery, housekeeping: Housekeeping) -> None:
    """The work that goes on beside the commands, once members can be spoken to."""
    await client.was_ready.wait()
    async with asyncio.TaskGroup() as group:
        group.create_task(recovery.resume())
        group.create_task(housekeeping.run())


async def _check_folder(spool: Spool, data_dir: Path) -> None:
    try:
        await spool.prepare()
    except OSError as error:
        raise SettingsError([f"DATA_DIR={data_dir}: cannot be written ({error.strerror})"]) from error


async def _close(client: ImageBot) -> None:
    try:
        async with asyncio.timeout(CLOSING):
            await client.close()
    except TimeoutError:
        log.warning("Discord did not take the farewell in time")
