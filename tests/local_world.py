"""The local world for tests: Discord and the image APIs as servers, and the real bot between them."""

import asyncio
import os
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from bot.assembly import assemble
from bot.client import Services
from bot.services.accounts import BOT
from bot.settings import Settings
from bot.texts import text
from sandbox.__main__ import PORTS, bot_environment, free_port
from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.xhuo import XHuoServer
from sandbox.discord.model import Channel, Interaction, Message, Upload
from sandbox.discord.options import OptionValue
from sandbox.discord.people import Person
from sandbox.discord.seed import Seeded, seed
from sandbox.discord.server import DiscordWorld
from sandbox.faults import Fault
from sandbox.switches import api_services
from storage import migrations
from storage.database import Database
from storage.jobs import JobStore
from storage.records import JobRecord, JobState, LedgerLine
from tests.audits import problems

_SHARE = 1_000  # ports for each process that runs tests, so that no two choose the same one
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = cycle(PORTS[_WORKER * _SHARE % len(PORTS) :][:_SHARE])


@dataclass
class LocalWorld:
    """All servers with the demo's people in them, and a folder for the bot's data."""

    discord: DiscordWorld
    api: XHuoServer
    ruxa: RuxaServer
    folder: Path
    places: Seeded
    changes: dict[str, object] = field(default_factory=dict)
    port: int = field(default_factory=lambda: free_port(islice(_PORTS, _SHARE)))

    @property
    def ada(self) -> Person:
        """A member, who also carries the app along to a foreign server."""
        return self.discord.person(self.places.ada)

    @property
    def linus(self) -> Person:
        """Another member."""
        return self.discord.person(self.places.linus)

    @property
    def grace(self) -> Person:
        """A moderator."""
        return self.discord.person(self.places.grace)

    @property
    def images(self) -> Channel:
        """The channel where pictures are made."""
        return self.places.images

    def settings(self) -> Settings:
        """The settings of a bot in this world, with the test's changes."""
        values: dict[str, Any] = {name.lower(): value for name, value in self.environment().items()}
        return Settings(_env_file=None, **values)

    def environment(self) -> dict[str, str]:
        """The same as environment variables: XHuoAPI alone, in mode `sync`, unless the test changes it.

        `public=True` tells the bot its own address, so that the image APIs can.
        """
        values = bot_environment(self.discord, self.api, self.ruxa, self.port) | {
            "DATA_DIR": str(self.folder),
            "IMAGE_APIS": "xhuo",
            "POLL_SECONDS": "0.05",
            "SHUTDOWN_GRACE": "5",
        }
        changes = {name.upper(): str(value) for name, value in self.changes.items()}
        if changes.pop("PUBLIC", None) is None:
            del values["PUBLIC_URL"]
        return values | changes

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[Services]:
        """The real bot in this test's own loop, connected and ready; stopped in order at the end."""
        settings = self.settings()
        self._have_a_database()
        async with assemble(settings) as parts:
            connection = asyncio.create_task(parts.client.start(settings.discord_token.get_secret_value()))
            background = asyncio.create_task(parts.background)
            ready = asyncio.create_task(self.discord.bot_ready())
            await asyncio.wait({connection, ready}, return_when=asyncio.FIRST_COMPLETED)
            if connection.done():
                await connection
            await ready
            yield parts.client.services
            background.cancel()
            await asyncio.wait({background})
        connection.cancel()
        await asyncio.gather(connection, background, return_exceptions=True)

    def _have_a_database(self) -> None:
        if not (database := self.folder / "bot.sqlite3").exists():
            database.write_bytes(_empty_database())

    @asynccontextmanager
    async def bot_process(self, *, ready: bool = True) -> AsyncIterator[Process]:
        """The real bot as a program of its own; killed at the end if it still runs.

        It is connected and ready, unless it need not be.
        """
        self._have_a_database()
        with (self.folder / "bot.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run"),
                cwd=self.folder,
                env=self.environment(),
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            if ready:
                await self.discord.bot_ready(60)  # a program takes a while to start on a busy machine
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    @asynccontextmanager
    async def store(self) -> AsyncIterator[JobStore]:
        """The bot's database, while the bot does not run."""
        async with Database(self.folder / "bot.sqlite3") as database:
            yield JobStore(database)

    def order(
        self, prompt: str = "a boat", *, command: str = "generate", **options: OptionValue
    ) -> Interaction:
        """Ada asks for pictures in the usual channel."""
        pictures = {"image1": upload()} if command == "edit" else {}
        return self.ada.slash(self.images, command, prompt=prompt, **pictures, **options)

    async def answer(self, interaction: Interaction, holding: str, person: Person | None = None) -> Message:
        """The interaction's answer, once these words stand in it."""
        person = person or self.discord.person(interaction.user)
        return await person.until(
            interaction.channel,
            lambda message: message.interaction is interaction and holding in message.content,
        )

    async def reads(self, interaction: Interaction, key: str, **values: object) -> Message:
        """The interaction's private answer, once it is exactly this text."""
        message = await self.answer(interaction, text(key, **values))
        assert message.content == text(key, **values)
        assert message.ephemeral_for is interaction.user
        return message

    async def refunded(
        self, services: Services, interaction: Interaction, key: str, credits_: int
    ) -> Message:
        """The answer once it is this failure: all credits are back, and nothing stands in the channel."""
        answer = await self.reads(interaction, f"failed.{key}")
        assert answer.content.endswith("Your credits are back.")
        assert answer.attachments == []
        assert self.posted(interaction.channel) == []
        assert await booked(services.store) == {"reserve": credits_, "refund": credits_}
        return answer

    def posted(self, channel: Channel) -> list[Message]:
        """What the bot has posted in a channel for everybody."""
        messages = self.discord.state.messages[channel.id].values()
        return [
            message
            for message in messages
            if message.author is self.discord.state.bot and message.ephemeral_for is None
        ]

    async def result(self, channel: Channel, person: Person | None = None, *, after: int = 0) -> Message:
        """The first message with pictures of the bot in a channel, after so many others."""
        person = person or self.ada

        def found(message: Message) -> bool:
            results = [
                each
                for each in person.sees(channel)
                if each.author.id == self.discord.state.bot.id and each.attachments
            ]
            return message in results[after:]

        return await person.until(channel, found)


@asynccontextmanager
async def local_world(
    folder: Path, *, rate_limits: bool = False, **changes: object
) -> AsyncIterator[LocalWorld]:
    """Open a world of its own, with changes to the bot's settings; nothing in it may go unnoticed."""
    async with (
        XHuoServer(seconds=0.02) as xhuo,
        RuxaServer(seconds=0.02) as ruxa,
        DiscordWorld(rate_limits=rate_limits, services=api_services(xhuo, ruxa)) as discord,
    ):
        world = LocalWorld(discord, xhuo, ruxa, folder, seed(discord), changes)
        yield world
        assert discord.problems == []


def upload(colour: str = "red", size: tuple[int, int] = (96, 64), name: str = "photo.png") -> Upload:
    """A plain picture to attach."""
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return Upload(name, file.getvalue())


def refusal(status: int, code: int) -> Fault:
    """An answer of Discord that says no."""
    return Fault(status, json={"code": code, "message": "planned by a test"})


async def booked(store: JobStore) -> dict[str, int]:
    """The members' credits in the ledger by kind of line; all balances agree with the ledger."""
    assert problems(store) == ()
    lines = await store.ledger()
    members = _by_kind(line for line in lines if not line.of_operator)
    bot = _by_kind(line for line in lines if line.holder == BOT)
    assert bot["reserve"] == members["reserve"]
    assert bot["refund"] <= members["refund"]  # what may have been billed stays in the bot's budget
    return dict(members)


async def billed(store: JobStore) -> int:
    """The credits that stay spent in the bot's budget."""
    return _by_kind(line for line in await store.ledger() if line.holder == BOT)["settle"]


@cache
def _empty_database() -> bytes:
    """The file that a first start makes: made once, because that takes half as long as a journey."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bot.sqlite3"
        connection = sqlite3.connect(path)
        migrations.upgrade(connection, path)
        connection.close()
        return path.read_bytes()


def _by_kind(lines: Iterable[LedgerLine]) -> Counter[str]:
    kinds = Counter[str]()
    for line in lines:
        kinds[line.kind] += line.credits
    return kinds


async def ended(store: JobStore, number: int = 1, deadline: float = 20) -> list[JobRecord]:
    """All jobs, as soon as so many have ended."""
    return await in_state(
        store, *(state for state in JobState if state.ended), number=number, deadline=deadline
    )


async def in_state(
    store: JobStore, *states: JobState, number: int = 1, deadline: float = 20
) -> list[JobRecord]:
    """All jobs in these states, as soon as there are so many."""
    async with asyncio.timeout(deadline):
        while len(jobs := await store.in_states(states)) < number:  # noqa: ASYNC110  (a file)
            await asyncio.sleep(0.02)
    return jobs
