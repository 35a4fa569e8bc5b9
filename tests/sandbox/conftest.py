"""A small world and a small bot on discord.py, for the tests of the local Discord."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
import pytest
from aiohttp import web
from discord import app_commands
from discord.ext import commands
from yarl import URL

from sandbox.discord.model import Channel, Guild, Message, User
from sandbox.discord.people import Person
from sandbox.discord.server import DiscordWorld
from tests.sandbox.counter import Counter

Interaction = discord.Interaction["ToyBot"]
INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)


class ToyBot(commands.AutoShardedBot):
    """A bot with one command, /make, whose answer each test chooses."""

    def __init__(self, intents: discord.Intents) -> None:
        super().__init__(
            "!",
            help_command=None,
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.1,  # every server of the world arrives at once
        )
        self.heard: asyncio.Queue[discord.Message] = asyncio.Queue()
        self.resumed = asyncio.Event()
        self.made: list[dict[str, Any]] = []
        self.answer: Callable[[Interaction], Awaitable[object]] | None = None

    async def setup_hook(self) -> None:
        """Register /make everywhere."""

        @app_commands.allowed_installs(guilds=True, users=True)
        @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
        async def make(
            interaction: Interaction,
            prompt: app_commands.Range[str, 1, 4000],
            image1: discord.Attachment | None = None,
            count: app_commands.Range[int, 1, 4] = 1,
            style: str | None = None,
            spoiler: bool = False,
        ) -> None:
            self.made.append(
                {
                    "prompt": prompt,
                    "image1": image1 and await image1.read(),
                    "count": count,
                    "style": style,
                    "spoiler": spoiler,
                }
            )
            if self.answer:
                await self.answer(interaction)

        command = app_commands.Command[Any, Any, None](name="make", description="Make it.", callback=make)

        @command.autocomplete("style")
        async def suggest(interaction: Interaction, text: str) -> list[app_commands.Choice[str]]:
            count = interaction.namespace.count
            return [app_commands.Choice(name=f"{text} x{count}", value=text.upper())]

        self.tree.add_command(command)
        await self.tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        """Keep what it hears."""
        self.heard.put_nowait(message)

    async def on_shard_resumed(self, _shard_id: int) -> None:
        """Note that a session was resumed."""
        self.resumed.set()


@dataclass(frozen=True)
class Place:
    """A server with the bot, its channel, and two people."""

    guild: Guild
    channel: Channel
    ada: Person
    linus: Person
    ada_user: User


def form(payload: object, **files: bytes) -> aiohttp.FormData:
    """Return a request of JSON and files, with the names of the files as keys ("_" stands for ".")."""
    data = aiohttp.FormData(quote_fields=False)
    data.add_field("payload_json", json.dumps(payload))
    for number, (name, content) in enumerate(files.items()):
        data.add_field(f"files[{number}]", io.BytesIO(content), filename=name.replace("_", "."))
    return data


def path_of(place: Place, message: Message | None = None) -> str:
    """Return the route of the channel's messages, or of one."""
    path = f"/channels/{place.channel.id}/messages"
    return f"{path}/{message.id}" if message else path


class Api:
    """Speaks to the world's HTTP API as any program could."""

    def __init__(self, session: aiohttp.ClientSession, world: DiscordWorld) -> None:
        self._session = session
        self._world = world

    async def __call__(
        self,
        method: str,
        path: str,
        payload: object = None,
        *,
        data: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Send a request with the bot's token and return its status and JSON."""
        authorization = {"Authorization": f"Bot {self._world.application.token}"}
        async with self._session.request(
            method,
            self._world.api_url + path,
            json=payload,
            data=data,
            headers=authorization | (headers or {}),
        ) as response:
            return response.status, await response.json() if response.status != 204 else None


StartBot = Callable[..., Awaitable[ToyBot]]


@pytest.fixture
async def world() -> AsyncIterator[DiscordWorld]:
    """Return an empty world."""
    async with DiscordWorld() as world:
        yield world


@pytest.fixture
def place(world: DiscordWorld) -> Place:
    """Return a server with the bot and two people."""
    ada, linus = world.add_user("Ada"), world.add_user("Linus")
    guild = world.add_guild("HQ", owner=world.application.owner)
    world.join(ada, guild)
    world.join(linus, guild)
    channel = world.add_channel(guild, "images")
    world.install_bot(guild)
    return Place(guild, channel, world.person(ada), world.person(linus), ada)


@pytest.fixture
async def api(world: DiscordWorld) -> AsyncIterator[Api]:
    """Return the bare HTTP API."""
    async with aiohttp.ClientSession() as session:
        yield Api(session, world)


@pytest.fixture
async def start_bot(world: DiscordWorld, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StartBot]:
    """Return what starts a bot and waits until it is ready; every bot is stopped at the end."""
    monkeypatch.setattr(discord.http.Route, "BASE", world.api_url)
    async with AsyncExitStack() as stack:

        async def start(intents: discord.Intents = INTENTS) -> ToyBot:
            monkeypatch.setattr(
                discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", URL(world.state.gateway_url)
            )
            bot = await stack.enter_async_context(_running(world, ToyBot(intents)))
            await world.bot_ready()
            async with asyncio.timeout(10):
                await bot.wait_until_ready()
            return bot

        yield start


@pytest.fixture
async def bot(start_bot: StartBot, place: Place) -> ToyBot:
    """Return a running bot in the place."""
    return await start_bot()


@pytest.fixture
async def server() -> AsyncIterator[Counter]:
    """Serve the counter on loopback."""
    counter = Counter()
    app = web.Application(middlewares=[counter.faults.middleware])
    app.router.add_route("*", "/{tail:.*}", counter.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    counter.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield counter
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Give a client that repeats nothing by itself."""
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


@asynccontextmanager
async def _running(world: DiscordWorld, bot: ToyBot) -> AsyncIterator[ToyBot]:
    task = asyncio.create_task(bot.start(world.application.token))
    try:
        yield bot
    finally:
        await bot.close()
        await asyncio.wait([task], timeout=10)
