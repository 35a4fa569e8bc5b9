"""The gateway, with the real discord.py and over a bare WebSocket."""

import asyncio
import json
import zlib
from collections.abc import Callable
from typing import Any

import aiohttp
import discord
import pytest

from sandbox.discord.server import DiscordWorld
from tests.sandbox.conftest import Place, StartBot, ToyBot

CONTENT = 1 << 15


class Socket:
    """A bare connection to the gateway."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, *, compressed: bool) -> None:
        self.socket = socket
        self._zlib = zlib.decompressobj() if compressed else None

    async def frame(self) -> dict[str, Any]:
        """Return the next frame."""
        message = await self.socket.receive(timeout=5)
        data = message.data if self._zlib is None else self._zlib.decompress(message.data)
        return dict(json.loads(data))

    async def send(self, operation: int, data: object) -> None:
        """Send a frame."""
        await self.socket.send_json({"op": operation, "d": data})

    async def close_code(self) -> int | None:
        """Wait for the end and return its code."""
        while not self.socket.closed:
            await self.socket.receive(timeout=5)
        return self.socket.close_code


async def connect(session: aiohttp.ClientSession, world: DiscordWorld, compress: str = "") -> Socket:
    """Open a connection."""
    url = f"{world.url}/gateway?v=10&encoding=json{compress}"
    return Socket(await session.ws_connect(url), compressed=bool(compress))


def identify(world: DiscordWorld, **changes: object) -> dict[str, object]:
    """Return an IDENTIFY."""
    return {"token": world.application.token, "intents": 1, "properties": {}} | changes


async def test_a_bot_knows_its_places_when_ready(place: Place, bot: ToyBot) -> None:
    """Server, channel, permissions and the bot's own member come with GUILD_CREATE."""
    (guild,) = bot.guilds
    channel = guild.get_channel(place.channel.id)
    assert isinstance(channel, discord.TextChannel)
    assert guild.me.id == bot.application_id
    assert channel.permissions_for(guild.me).attach_files
    assert guild.filesize_limit == 10 * 1024 * 1024


async def test_places_come_and_go(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """Channels, threads, denials and servers reach the running bot."""

    async def told(event: str, happen: Callable[[], object]) -> Any:
        waiting = asyncio.ensure_future(bot.wait_for(event, timeout=5))
        happen()
        return await waiting

    created = await told("guild_channel_create", lambda: world.add_channel(place.guild, "new"))
    channel = world.state.channels[created.id]
    _, updated = await told("guild_channel_update", lambda: world.deny(channel, "SEND_MESSAGES"))
    assert not updated.permissions_for(updated.guild.me).send_messages
    thread = await told("thread_create", lambda: world.add_thread(channel, "details"))
    assert thread.parent_id == channel.id
    deleted = await told("guild_channel_delete", lambda: world.delete_channel(channel))
    assert deleted.id == channel.id
    assert (await told("guild_remove", lambda: world.remove_bot(place.guild))).id == place.guild.id
    assert (await told("guild_join", lambda: world.install_bot(place.guild))).id == place.guild.id


async def test_a_dropped_session_misses_nothing(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """What is said while the bot is away arrives after its RESUME."""
    before = world.connect_count
    await world.drop_gateway()
    assert not world.bot_online
    place.ada.say(place.channel, "did you hear that?")
    async with asyncio.timeout(15):
        heard = await bot.heard.get()
        await bot.resumed.wait()
    assert heard.content == "did you hear that?"
    assert world.connect_count == before + 1
    assert world.bot_online


async def test_a_bot_reconnects_when_asked(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """Op 7 lets it resume on a new connection."""
    world.require_reconnect()
    async with asyncio.timeout(15):
        await bot.resumed.wait()
    assert world.connect_count == 2


async def test_messages_without_the_intent_are_empty(
    world: DiscordWorld, place: Place, start_bot: StartBot
) -> None:
    """A bot that does not ask for message content reads only what is meant for it."""
    bot = await start_bot(discord.Intents(guilds=True, guild_messages=True, dm_messages=True))
    place.ada.say(place.channel, "not for you")
    place.ada.say(place.channel, f"<@{world.application.bot.id}> for you")
    place.ada.say(place.ada.dm(), "just us")
    async with asyncio.timeout(5):
        heard = [(await bot.heard.get()).content for _ in range(3)]
    assert heard == ["", f"<@{world.application.bot.id}> for you", "just us"]


async def test_a_wrong_token_is_refused_at_login(
    world: DiscordWorld, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """discord.py sees 401 before it ever connects."""
    monkeypatch.setattr(discord.http.Route, "BASE", world.api_url)
    async with discord.Client(intents=discord.Intents.none()) as client:
        with pytest.raises(discord.LoginFailure):
            await client.login("wrong")


async def test_a_missing_privilege_closes_with_4014(
    world: DiscordWorld, place: Place, start_bot: StartBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message-content intent must be granted to be asked for."""
    world.application.message_content = False
    monkeypatch.setattr(discord.http.Route, "BASE", world.api_url)
    bot = ToyBot(discord.Intents(guilds=True, message_content=True))
    async with bot, asyncio.timeout(15):
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await bot.start(world.application.token)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"token": "wrong"}, 4004),
        ({"shard": [1, 1]}, 4010),
        ({"intents": 1 << 30}, 4013),
        ({"intents": 1 << 1}, 4014),
        ({"intents": None}, 4002),
        ({"colour": 1}, 4002),
    ],
)
async def test_a_wrong_identify_closes_the_connection(
    world: DiscordWorld, changes: dict[str, object], code: int
) -> None:
    """Each mistake has its close code."""
    async with aiohttp.ClientSession() as session:
        socket = await connect(session, world)
        await socket.send(2, identify(world, **changes))
        assert await socket.close_code() == code


async def test_the_portal_shows_what_is_granted(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """The application's flags tell the bot which privileged intents it may ask for."""
    assert (await bot.application_info()).flags.gateway_message_content_limited
    world.application.message_content = False
    assert not (await bot.application_info()).flags.gateway_message_content_limited


async def test_refusals_can_be_planned(world: DiscordWorld) -> None:
    """The next connections meet the planned code, the one after is let in."""
    world.refuse_gateway(4000, times=1)
    async with aiohttp.ClientSession() as session:
        first = await connect(session, world)
        await first.send(2, identify(world))
        assert await first.close_code() == 4000
        second = await connect(session, world)
        await second.send(2, identify(world))
        assert [(await second.frame())["op"], (await second.frame())["t"]] == [10, "READY"]


@pytest.mark.parametrize("compress", ["", "&compress=zlib-stream"])
async def test_frames_are_numbered_and_hearts_beat(world: DiscordWorld, place: Place, compress: str) -> None:
    """HELLO, READY and GUILD_CREATE come in order, a heartbeat is acknowledged, compressed or not."""
    async with aiohttp.ClientSession() as session:
        socket = await connect(session, world, compress)
        assert (await socket.frame())["op"] == 10
        await socket.send(1, None)
        assert (await socket.frame())["op"] == 11
        await socket.send(2, identify(world))
        frames = [await socket.frame(), await socket.frame()]
        assert [(frame["t"], frame["s"]) for frame in frames] == [("READY", 1), ("GUILD_CREATE", 2)]
        assert frames[0]["d"]["guilds"] == [{"id": str(place.guild.id), "unavailable": True}]


async def test_an_unknown_session_cannot_be_resumed(world: DiscordWorld) -> None:
    """INVALID_SESSION asks for a new IDENTIFY, on the same connection if the bot likes."""
    async with aiohttp.ClientSession() as session:
        socket = await connect(session, world)
        await socket.frame()
        await socket.send(6, {"token": world.application.token, "session_id": "?", "seq": 1})
        assert await socket.frame() == {"op": 9, "d": False}
        await socket.send(2, identify(world))
        assert (await socket.frame())["t"] == "READY"


async def test_a_resume_takes_the_session_over(world: DiscordWorld) -> None:
    """A connection whose loss went unnoticed gives way to the one that resumes."""
    async with aiohttp.ClientSession() as session:
        first, second = await connect(session, world), await connect(session, world)
        await first.send(2, identify(world))
        await first.frame()
        ready = await first.frame()
        session_id = ready["d"]["session_id"]
        await second.frame()
        await second.send(6, {"token": world.application.token, "session_id": session_id, "seq": ready["s"]})
        assert (await second.frame())["t"] == "RESUMED"
        assert await first.close_code() == 4000
        assert world.bot_online


async def test_each_shard_hears_its_own_servers(world: DiscordWorld) -> None:
    """A server belongs to one shard by its id, direct messages to the first."""
    owner = world.add_user("Ada")
    guilds = [world.add_guild(str(number), owner=owner) for number in range(2)]
    while guilds[0].id >> 22 == guilds[1].id >> 22 or (guilds[0].id ^ guilds[1].id) >> 22 & 1 == 0:
        world.advance(0.001)
        guilds[1] = world.add_guild("other", owner=owner)
    for guild in guilds:
        world.install_bot(guild)
    async with aiohttp.ClientSession() as session:
        for number in range(2):
            socket = await connect(session, world)
            await socket.frame()
            await socket.send(2, identify(world, shard=[number, 2]))
            ready = await socket.frame()
            expected = {str(guild.id) for guild in guilds if (guild.id >> 22) % 2 == number}
            assert {guild["id"] for guild in ready["d"]["guilds"]} == expected


async def test_what_no_gateway_knows_is_a_problem(world: DiscordWorld) -> None:
    """Unknown operations and broken frames close the connection."""
    async with aiohttp.ClientSession() as session:
        socket = await connect(session, world)
        await socket.send(8, {})
        assert await socket.close_code() == 4001
        broken = await connect(session, world)
        await broken.socket.send_str("{")
        assert await broken.close_code() == 4002
    assert world.problems == ["gateway: unknown operation 8"]
