"""The demo: the local world and the real bot in it, until Ctrl-C."""

import argparse
import asyncio
import random
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from yarl import URL

from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.xhuo import XHuoServer
from sandbox.discord.seed import seed
from sandbox.discord.server import DiscordWorld
from sandbox.switches import api_services

ROOT = Path(__file__).parent.parent
PORTS = range(20_000, 32_000)  # below those that the system gives to others
_READY_TIMEOUT = 60
_STOP_TIMEOUT = 100  # the bot's SHUTDOWN_GRACE and the 10 s in which it ends

_GREETING = """
    The chat is open at  {url}

    Type / there to make a picture. Nothing leaves this computer, nothing is billed.
    Press Ctrl-C here to stop.
"""


def main() -> int:
    """Run the demo and return its exit status: 0 if it was stopped, 1 if it could not go on."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8700, help="the chat page's port (default: 8700)")
    parser.add_argument(
        "--seconds", type=float, default=6, help="how long a picture takes, give or take a third (default: 6)"
    )
    given = parser.parse_args()
    return asyncio.run(run_demo(given.port, given.seconds))


async def run_demo(port: int, seconds: float) -> int:
    """Open the world, start the bot in it and wait for a signal."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def duration() -> float:
        return seconds * random.uniform(2 / 3, 4 / 3)  # noqa: S311 - no secret

    xhuo, ruxa = XHuoServer(seconds=duration), RuxaServer(seconds=duration)
    world = DiscordWorld(port, services=api_services(xhuo, ruxa))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(xhuo)
        await stack.enter_async_context(ruxa)
        try:
            await stack.enter_async_context(world)
        except OSError as error:
            _say(f"Port {port} cannot be opened ({error.strerror}): choose another with --port.")
            return 1
        places = seed(world)
        environment = bot_environment(world, xhuo, ruxa, free_port(PORTS)) | {
            "OPERATOR_GUILD_ID": str(places.hq.id),
        }
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="nano-banana-demo-")))
        bot = await stack.enter_async_context(_bot(folder, environment))
        return await _watch(bot, world, stop)


def free_port(candidates: Iterable[int]) -> int:
    """Give the first of these ports that nobody listens on."""
    for port in candidates:
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("no port is free")


def bot_environment(world: DiscordWorld, xhuo: XHuoServer, ruxa: RuxaServer, port: int) -> dict[str, str]:
    """Give the bot's settings for this world; it sees no other variable of ours."""
    return {
        "DISCORD_TOKEN": world.application.token,
        "DISCORD_API_URL": world.api_url,
        "XHUO_API_KEY": xhuo.key,
        "XHUO_BASE_URL": xhuo.url,
        "RUXA_API_KEY": ruxa.key,
        "RUXA_BASE_URL": ruxa.url,
        "ALLOWED_PRIVATE_HOSTS": f"{URL(world.url).authority},{xhuo.authority},{ruxa.authority}",
        "HTTP_PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LOG_LEVEL": "INFO",
        "DATA_DIR": "data",
        "PYTHONPATH": str(ROOT),
    }


@asynccontextmanager
async def _bot(folder: Path, environment: dict[str, str]) -> AsyncIterator[Process]:
    """Run the bot as in production, in a folder without an .env, and end it as a service manager would."""
    bot = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "run"),
        cwd=folder,
        env=environment,
        stdin=DEVNULL,
        start_new_session=True,  # or the terminal would send it Ctrl-C as well
    )
    try:
        yield bot
    finally:
        if bot.returncode is None:
            bot.terminate()
            try:
                await asyncio.wait_for(bot.wait(), _STOP_TIMEOUT)
            except TimeoutError:
                bot.kill()
                await bot.wait()


async def _watch(bot: Process, world: DiscordWorld, stop: asyncio.Event) -> int:
    """Greet when the bot is ready, and wait until it dies or the demo is stopped."""
    async with asyncio.TaskGroup() as tasks:
        greeting = tasks.create_task(_greet(world))
        ends = [tasks.create_task(bot.wait()), tasks.create_task(stop.wait())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in (greeting, *ends):
            task.cancel()
    if stop.is_set():
        _say("Stopping; pictures under way are finished first.")
        return 0
    _say(f"The bot has ended by itself with status {bot.returncode}; its last lines say why.")
    return 1


async def _greet(world: DiscordWorld) -> None:
    try:
        await world.bot_ready(_READY_TIMEOUT)
    except TimeoutError:
        _say(f"The bot is not ready after {_READY_TIMEOUT} s; its lines say why. Ctrl-C stops the demo.")
    else:
        _say(_GREETING.format(url=world.url))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
