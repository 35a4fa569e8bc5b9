"""Where the parts are made and joined: everything that is opened here is closed here, in reverse order."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.client import ImageBot
from bot.command_tree import commands_finished
from bot.discord_address import point_discord_at
from bot.furnishing import furnish, open_apis, serve_members
from bot.providers.registry import REGISTRY, Registration, chosen
from bot.services.addresses import hashed
from bot.services.callbacks import Callbacks
from bot.services.housekeeping import Housekeeping
from bot.services.image_jobs import ImageJobs
from bot.services.logins import Logins
from bot.services.pictures import Darkroom
from bot.services.recovery import Recovery
from bot.services.running_limits import RunningLimits
from bot.services.spool import Spool
from bot.services.stand_ins import StandIns
from bot.services.workshop import Workshop
from bot.settings import Settings, SettingsError
from bot.web import callback_routes, health_routes, input_routes, serve
from storage.database import Database
from storage.forgetting import Forgetting
from storage.logins import LoginStore
from storage.settings import SettingsStore

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
async def assemble(
    settings: Settings, registry: Mapping[str, Registration] = REGISTRY
) -> AsyncIterator[Assembly]:
    """The bot with all its parts, ready to be started; at the end jobs are brought to a safe state first."""
    names = chosen(settings, registry)
    point_discord_at(settings.discord_api_url)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(settings.database_path))
        apis = await open_apis(settings, [registry[name] for name in names], stack)
        spool = Spool(settings.data_dir / "spool")
        await _check_folder(spool, settings.data_dir)
        client = ImageBot(
            Logins(LoginStore(database), time.time),
            message_content=settings.message_content_intent,
            sync_guild_id=settings.sync_guild_id,
            operator_guild_id=settings.operator_guild_id,
        )
        stand_ins = StandIns(Forgetting(database), time.time)
        await stand_ins.load()
        darkroom = Darkroom()
        running = RunningLimits(SettingsStore(database), settings.member_max_running)
        await running.load()
        shop = await furnish(settings, client, database, apis, spool, darkroom, stand_ins, running, stack)
        jobs = ImageJobs(shop)
        client.services = await serve_members(
            settings, client, database, shop, jobs, spool, darkroom, stand_ins, running
        )
        recovery = Recovery(shop.store, shop.calls, jobs, shop.messenger, time.time)
        await recovery.settle()
        routes = [
            *health_routes({"database": database.answers, "discord": client.is_served}),
            *callback_routes(Callbacks(shop, jobs).receive),
            *input_routes(partial(_shared_input, shop)),
        ]
        await stack.enter_async_context(serve(settings.http_host, settings.http_port, routes))
        stack.push_async_callback(_close, client)
        stack.push_async_callback(shop.alerts.stop)
        stack.push_async_callback(commands_finished, ANSWERING)
        stack.push_async_callback(jobs.stop, settings.shutdown_grace)
        housekeeping = Housekeeping(
            shop.store,
            Forgetting(database),
            stand_ins,
            spool,
            spool_limit=settings.spool_limit_mb * 10**6,
            clock=time.time,
        )
        yield Assembly(client, _background(client, recovery, housekeeping))


async def _shared_input(shop: Workshop, secret: str, name: str) -> Path | None:
    """The input of a running job that an image API may fetch under this secret."""
    job_id = await shop.calls.may_fetch_inputs(hashed(secret))
    return await shop.sources.shared(job_id, name) if job_id else None


async def _background(client: ImageBot, recovery: Recovery, housekeeping: Housekeeping) -> None:
    """The work that goes on beside the commands, once Discord takes what we say.

    Nobody can ask for anything yet, so that whoever waited before a restart stands first in line.
    """
    await client.may_speak.wait()
    async with asyncio.TaskGroup() as group:
        group.create_task(recovery.resume())
        await client.wait_until_ready()
        group.create_task(housekeeping.run())
        group.create_task(client.services.server_log.watch_ceilings(client.services.jobs.accepted))


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
