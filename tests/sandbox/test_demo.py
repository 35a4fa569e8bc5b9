"""The demo as a person starts it: one process, the real bot inside, a page, and a clean end."""

import asyncio
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

ROOT = Path(__file__).parent.parent.parent


class Demo:
    """A running demo and what it has printed."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.output = ""

    async def until(self, pattern: str) -> str:
        """Read on until the output has this pattern, and return its first group."""
        assert self.process.stdout is not None
        async with asyncio.timeout(40):
            while not (found := re.search(pattern, self.output)):
                line = await self.process.stdout.readline()
                assert line, f"ended without {pattern}:\n{self.output}"
                self.output += line.decode()
        return found[1]

    async def ended(self) -> int:
        """Read the rest of the output and return the exit status."""
        assert self.process.stdout is not None
        async with asyncio.timeout(40):
            self.output += (await self.process.stdout.read()).decode()
            return await self.process.wait()

    def bot_pid(self) -> int:
        """Find the bot: the demo's only child."""
        pid = self.process.pid
        [child] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(child)


async def start(tmp_path: Path, *arguments: str) -> Demo:
    """Start the demo with secrets of somebody else in its environment and its folder."""
    (tmp_path / ".env").write_text("DISCORD_TOKEN=planted-in-a-file\n")
    (tmp_path / "tmp").mkdir()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "sandbox", *arguments),
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(tmp_path / "tmp"),
            "XHUO_API_KEY": "planted-in-the-environment",
        },
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
    )
    return Demo(process)


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """Start the demo on a free port."""
    demo = await start(tmp_path, "--port", "0", "--seconds", "0.1")
    yield demo
    if demo.process.returncode is None:
        demo.process.terminate()
        await demo.ended()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_the_demo_serves_the_page_and_ends_cleanly(
    demo: Demo, tmp_path: Path, number: signal.Signals
) -> None:
    """The printed address shows the page; a signal ends demo and bot with status 0 and leaves nothing."""
    address = await demo.until(r"(http://127\.0\.0\.1:\d+)")
    async with aiohttp.ClientSession() as http, http.get(address) as page:
        assert (page.status, page.content_type) == (200, "text/html")
    bot = demo.bot_pid()
    demo.process.send_signal(number)
    assert await demo.ended() == 0, demo.output
    assert "Traceback" not in demo.output
    assert list((tmp_path / "tmp").iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(bot, 0)


async def test_the_bot_sees_nothing_of_the_operator(demo: Demo) -> None:
    """Its environment is made for it alone, and no .env lies where it works."""
    await demo.until(r"(http://127\.0\.0\.1:\d+)")
    bot = Path(f"/proc/{demo.bot_pid()}")
    variables = dict(line.split("=", 1) for line in (bot / "environ").read_text().split("\0") if line)
    assert "planted" not in str(variables)
    assert sorted(variables) == [
        "ALLOWED_PRIVATE_HOSTS",
        "DATA_DIR",
        "DISCORD_API_URL",
        "DISCORD_TOKEN",
        "HTTP_PORT",
        "LOG_LEVEL",
        "OPERATOR_GUILD_ID",
        "PUBLIC_URL",
        "PYTHONPATH",
        "RUXA_API_KEY",
        "RUXA_BASE_URL",
        "XHUO_API_KEY",
        "XHUO_BASE_URL",
    ]
    assert not (bot / "cwd" / ".env").exists()


async def test_a_dead_bot_ends_the_demo(demo: Demo) -> None:
    """If the bot dies the demo says so with its status, and ends with status 1."""
    await demo.until(r"(http://127\.0\.0\.1:\d+)")
    os.kill(demo.bot_pid(), signal.SIGKILL)
    assert await demo.ended() == 1
    assert "ended by itself with status -9" in demo.output
    assert "Traceback" not in demo.output


async def test_a_taken_port_is_said_plainly(tmp_path: Path) -> None:
    """The demo names the port and the option for another one."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        demo = await start(tmp_path, "--port", port)
        assert await demo.ended() == 1
    assert f"Port {port} cannot be opened" in demo.output
    assert "--port" in demo.output
    assert "Traceback" not in demo.output
