"""`python -m bot doctor`: looks at everything that a running bot needs, and says what to mend."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TextIO

import aiohttp
import discord
from aiohttp import web

from bot.discord_address import point_discord_at
from bot.errors import KeyRefused, OutOfBalance, ProviderError
from bot.providers.base import NoReply
from bot.providers.registry import REGISTRY, chosen
from bot.services.spool import Spool
from bot.settings import Settings, SettingsError
from bot.web import serve
from storage.checkup import check_file
from storage.errors import DatabaseTooNew, StorageError

FINE, MEND = "ok  ", "MEND"
PATIENCE = 30.0  # seconds for each check
ROOM = 2**30  # bytes that should be free for pictures and the database
FEW_LOGINS = 50  # of the 1,000 that Discord allows a day

UNREACHABLE = (aiohttp.ClientError, discord.HTTPException, discord.GatewayNotFound, OSError)


class Ailment(Exception):
    """Something is wrong; the words say what to mend."""


Check = Callable[[], Awaitable[str]]


async def examine(settings: Settings, output: TextIO) -> int:
    """Look at each thing and write a line about it; gives the exit status, 0 or 1."""
    names = chosen(settings)
    checks: list[tuple[str, Check]] = [
        ("token", partial(_token, settings)),
        *((REGISTRY[name].key.upper(), partial(_image_api, settings, name)) for name in names),
        ("database", partial(_database, settings)),
        ("folder", partial(_folder, settings)),
        ("HTTP", partial(_http, settings)),
    ]
    if settings.operator_channel_id is not None:
        checks.insert(1, ("OPERATOR_CHANNEL_ID", partial(_operator_channel, settings)))
    well = True
    for part, check in checks:
        try:
            async with asyncio.timeout(PATIENCE):
                words, mark = await check(), FINE
        except Ailment as ailment:
            words, mark = str(ailment), MEND
        except TimeoutError:
            words, mark = f"no answer within {PATIENCE:g} seconds: look at the network", MEND
        output.write(f"{mark} {part}: {words}\n")
        output.flush()
        well = well and mark == FINE
    return 0 if well else 1


@asynccontextmanager
async def _discord(settings: Settings) -> AsyncIterator[discord.Client]:
    """A client that is logged in, without a gateway."""
    point_discord_at(settings.discord_api_url)
    async with discord.Client(intents=discord.Intents.none()) as client:
        try:
            await client.login(settings.discord_token.get_secret_value())
            yield client
        except discord.LoginFailure as error:
            raise Ailment("Discord does not take it: copy it anew from the developer portal, Bot") from error
        except UNREACHABLE as error:
            words = f"{settings.discord_api_url} gives no clear answer ({type(error).__name__})"
            raise Ailment(f"{words}: look at the network, or try again later") from error


async def _token(settings: Settings) -> str:
    async with _discord(settings) as client:
        info = await client.application_info()
        _, _, limit = await client.http.get_bot_gateway()
        if limit["remaining"] < FEW_LOGINS:
            raise Ailment(
                f"only {limit['remaining']} logins are left today: find out why the bot starts so often, "
                "because Discord resets the token when there are none"
            )
        return f"logged in as {info.name}; {_content(settings, info.flags)}"


def _content(settings: Settings, flags: discord.ApplicationFlags) -> str:
    """Whether the content of all messages will be read; raises `Ailment` where it may not, and must."""
    granted = flags.gateway_message_content or flags.gateway_message_content_limited
    match settings.message_content_intent, granted:
        case "on", False:
            raise Ailment(
                "MESSAGE_CONTENT_INTENT=on, and it is not granted: switch on Message Content Intent in the "
                "developer portal, Bot, or set it to auto"
            )
        case "off", _:
            return "replies are read where they ping the bot (MESSAGE_CONTENT_INTENT=off)"
        case _, True:
            return "every reply that is meant for the bot is read"
        case _:
            return "replies are read where they ping the bot (Message Content Intent is not granted)"


async def _operator_channel(settings: Settings) -> str:
    async with _discord(settings) as client:
        try:
            channel = await client.http.get_channel(settings.operator_channel_id or 0)
        except (discord.NotFound, discord.Forbidden) as error:
            raise Ailment("the bot does not see this channel: mend the id or its permissions") from error
        return f"#{channel.get('name')}"


async def _image_api(settings: Settings, name: str) -> str:
    async with REGISTRY[name].open(settings) as provider:
        try:
            await provider.check_key()
        except KeyRefused as error:
            raise Ailment(f"{provider.title} does not take it: make a new one there") from error
        except OutOfBalance as error:
            raise Ailment(f"the account at {provider.title} is empty: top it up") from error
        except (ProviderError, NoReply) as error:
            words = getattr(error, "detail", str(error))
            raise Ailment(
                f"{provider.title} gives no clear answer at {_base(settings, name)}: {words}"
            ) from error
        return f"{provider.title} takes it"


def _base(settings: Settings, name: str) -> str:
    return str(getattr(settings, REGISTRY[name].base_url))


async def _database(settings: Settings) -> str:
    path = settings.database_path
    try:
        revision = await asyncio.to_thread(check_file, path)
    except DatabaseTooNew as error:
        raise Ailment(f"{path} was written by a newer version of this bot: run that version") from error
    except StorageError as error:
        raise Ailment(f"{path} cannot be used ({error}): restore a copy") from error
    return f"{path} is whole (schema {revision})" if revision else f"{path} will be made at the first start"


async def _folder(settings: Settings) -> str:
    folder = settings.data_dir
    spool = Spool(folder / "spool")
    try:
        await spool.prepare()
        taken = await spool.size()
        free = (await asyncio.to_thread(shutil.disk_usage, folder)).free
    except OSError as error:
        raise Ailment(f"{folder} cannot be written ({error.strerror}): mend its permissions") from error
    if free < ROOM:
        raise Ailment(f"{free // 2**20} MiB are free in {folder}: make room for a day of pictures")
    pictures = f"pictures take {taken // 10**6} MB of {settings.spool_limit_mb}"
    return f"{folder} can be written, {free // 2**30} GiB are free, {pictures}"


async def _http(settings: Settings) -> str:
    """Listen as the bot would, unless it does already; then fetch `/healthz` back through `PUBLIC_URL`."""
    ours = secrets.token_hex(8)

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"doctor": ours})

    try:
        async with serve(settings.http_host, settings.http_port, [web.get("/healthz", healthz)]):
            return await _fetched_back(settings, ours)
    except SettingsError as error:  # the address is taken, or cannot be had
        local = await _fetch(f"http://{settings.http_host}:{settings.http_port}/healthz", str(error))
        if not _is_bot(local):
            raise Ailment(str(error)) from error
        return await _fetched_back(settings, ours)


async def _fetched_back(settings: Settings, ours: str) -> str:
    url = settings.public_url
    if url is None:
        return "can be listened on; PUBLIC_URL is not set, so image APIs cannot call back"
    found = await _fetch(f"{url}/healthz", f"{url} cannot be reached: look at its name, proxy and port")
    if not (_is_bot(found) or found.get("doctor") == ours):
        here = f"{settings.http_host}:{settings.http_port}"
        raise Ailment(f"PUBLIC_URL={url} leads elsewhere: send it on to {here}")
    return f"PUBLIC_URL={url} leads to this bot"


def _is_bot(health: dict[str, object]) -> bool:
    """Whether this is what a running bot says of its health."""
    return {"database", "discord"} <= health.keys()


async def _fetch(url: str, otherwise: str) -> dict[str, object]:
    try:
        async with aiohttp.ClientSession(trust_env=False) as session, session.get(url) as response:
            found = await response.json(content_type=None)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise Ailment(otherwise) from error
    return found if isinstance(found, dict) else {}
