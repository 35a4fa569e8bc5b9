"""The world that both bots are measured in: stand-ins with prepared pictures, many members, no limits."""

import asyncio
import io
import os
import re
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from sandbox.__main__ import PORTS, ROOT, bot_environment, free_port
from sandbox.apis.painter import Order
from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.xhuo import XHuoServer
from sandbox.discord.events import Event, InteractionMoved, MessageCreated
from sandbox.discord.model import Channel, Interaction
from sandbox.discord.people import Person
from sandbox.discord.server import DiscordWorld

PLENTY = "100000"
MEMBERS_A_CHANNEL = 10  # discord.py sends to one channel one message after the other
TICKS = os.sysconf("SC_CLK_TCK")
DONE_WITHIN = 300.0  # seconds

OURS = ("-m", "bot", "run")
PROMPT = re.compile(r"a boat \d+")
BARE = ("-m", "benchmarks.bare_bot")


@dataclass
class Request:
    """One request by a member; times by the monotonic clock, in seconds."""

    asked: float
    first_answer: float | None = None
    result: float | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class PreparedApi(XHuoServer):
    """XHuoAPI with a picture that is painted already."""

    picture = b""

    async def _publish(self, order: Order, extension: str) -> str:  # noqa: ARG002 - all are the same
        self._pictures = {"prepared.png": self.picture}
        return f"http://{self.authority}{self.pictures_path}/prepared.png"


class Arena:
    """A running bot and the members around it."""

    def __init__(self, world: DiscordWorld, api: PreparedApi, folder: Path, bot: Process) -> None:
        self.world = world
        self.api = api
        self.folder = folder
        self.bot = bot
        self._requests: dict[int, Request] = {}  # by interaction
        self._by_prompt: dict[str, Request] = {}
        self._members: list[tuple[Person, Channel]] = []
        world.state.events.subscribe(self._hear)

    async def ask(self, number: int, *, a_second: float | None = None) -> list[Request]:
        """Let so many members ask for a picture, at once or so many a second; wait for all results."""
        requests: list[Request] = []
        started = time.monotonic()
        for person, channel in self._crowd(number):
            if a_second is not None:
                due = started + len(requests) / a_second
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            requests.append(self._ask_once(person, channel))
        async with asyncio.timeout(DONE_WITHIN):
            for request in requests:
                await request.ended.wait()
        return requests

    def memory(self, what: str) -> float:
        """The bot's memory in MB: "VmRSS" now, "VmHWM" the highest so far."""
        status = Path(f"/proc/{self.bot.pid}/status").read_text("ascii")
        [line] = [line for line in status.splitlines() if line.startswith(f"{what}:")]
        return int(line.split()[1]) / 1024

    def cpu(self) -> tuple[float, float]:
        """The processor time that the bot has taken so far, and of it that of its event loop, in seconds."""
        pid = self.bot.pid
        return _cpu(Path(f"/proc/{pid}/stat")), _cpu(Path(f"/proc/{pid}/task/{pid}/stat"))

    def discord_calls(self) -> int:
        """How many requests Discord has had so far."""
        return sum(seen.path.startswith("/api/") for seen in self.world.faults.seen)

    def _ask_once(self, person: Person, channel: Channel) -> Request:
        prompt = f"a boat {len(self._by_prompt)}"
        request = self._by_prompt[prompt] = Request(time.monotonic())
        self._requests[person.slash(channel, "generate", prompt=prompt).id] = request
        return request

    def _hear(self, event: Event) -> None:
        match event:
            case InteractionMoved(Interaction() as interaction) if interaction.acknowledged_at is not None:
                request = self._requests.get(interaction.id)
                if request and request.first_answer is None:
                    request.first_answer = time.monotonic()
            case MessageCreated(message) if message.attachments:
                for prompt in PROMPT.findall(message.content):
                    request = self._by_prompt[prompt]
                    request.result = time.monotonic()
                    request.ended.set()

    def _crowd(self, number: int) -> list[tuple[Person, Channel]]:
        state = self.world.state
        guild = next(iter(state.guilds.values()))
        while len(self._members) < number:
            if len(self._members) % MEMBERS_A_CHANNEL == 0:
                channel = self.world.add_channel(guild, f"images-{len(self._members)}")
            else:
                channel = self._members[-1][1]
            member = self.world.add_user(f"Member {len(self._members)}")
            self.world.join(member, guild)
            self._members.append((self.world.person(member), channel))
        return self._members[:number]


def _cpu(stat: Path) -> float:
    """The seconds that a process or a thread has taken."""
    fields = stat.read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@asynccontextmanager
async def arena(
    program: tuple[str, ...], *, api_seconds: float, picture_bytes: int, python: tuple[str, ...] = ()
) -> AsyncIterator[Arena]:
    """The world with one bot in it, connected and ready."""
    api = PreparedApi(seconds=api_seconds)
    api.max_in_flight = int(PLENTY)
    api.picture = _picture(picture_bytes)
    async with DiscordWorld(rate_limits=False) as world, api, RuxaServer() as ruxa:
        world.install_bot(world.add_guild("Benchmark", owner=world.state.application.owner))
        with TemporaryDirectory(prefix="nano-banana-bench-") as name:
            folder = Path(name)
            environment = bot_environment(world, api, ruxa, free_port(PORTS)) | {
                "IMAGE_APIS": "xhuo",
                "XHUO_MODE": "sync",
                "XHUO_MAX_IN_FLIGHT": PLENTY,
                "BOT_BUDGET": PLENTY,
                "DEFAULT_ALLOWANCE": f"{PLENTY}/day",
                "SERVER_CEILING": f"{PLENTY}/day",
                "QUEUE_MAX": PLENTY,
                "LOG_LEVEL": "WARNING",
                "PYTHONPATH": str(ROOT),
            }
            bot = await asyncio.create_subprocess_exec(
                sys.executable, *python, *program, cwd=folder, env=environment, stdin=DEVNULL
            )
            try:
                await world.bot_ready(30)
                yield Arena(world, api, folder, bot)
            finally:
                if bot.returncode is None:
                    bot.terminate()
                await bot.wait()


def _picture(size: int) -> bytes:
    """A PNG of about so many bytes; noise, so that nothing can be pressed out of it."""
    side = max(16, round((size / 3) ** 0.5))
    file = io.BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(file, "PNG")
    return file.getvalue()
