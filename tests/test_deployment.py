"""The files for running the bot as a service agree with the code, as far as that shows without Docker."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.settings import Settings

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def dockerfile() -> str:
    """Read the Dockerfile, continued lines joined."""
    return (ROOT / "Dockerfile").read_text().replace("\\\n", " ")


@pytest.fixture(scope="module")
def compose() -> str:
    """Read compose.yaml."""
    return (ROOT / "compose.yaml").read_text()


def copied(dockerfile: str) -> list[str]:
    """List what is copied from the build context."""
    return re.findall(r"^COPY (?!--from)(\S+)", dockerfile, re.MULTILINE)


def test_the_image_holds_the_product_and_nothing_else(dockerfile: str) -> None:
    """The three packages and the locked libraries are copied, and .dockerignore lets only them in."""
    assert sorted(copied(dockerfile)) == ["bot", "cogs", "requirements/runtime.txt", "storage"]
    ignored, *kept = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if not line.startswith("#") and not line.startswith("**/")
    ]
    assert ignored == "*"
    assert sorted(line.removeprefix("!") for line in kept) == sorted(copied(dockerfile))


def test_the_image_starts_the_bot_with_what_is_copied(dockerfile: str, tmp_path: Path) -> None:
    """ENTRYPOINT and CMD run with the copied folders alone, and miss nothing but the settings."""
    for name in copied(dockerfile):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    entry, command = (
        json.loads(found) for found in re.findall(r"^(?:ENTRYPOINT|CMD) (.+)$", dockerfile, re.MULTILINE)
    )
    run = subprocess.run(
        [sys.executable, *entry[1:], *command],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert entry[0] == "python"
    assert run.returncode == 2, run.stderr
    assert "DISCORD_TOKEN" in run.stdout + run.stderr


def test_the_libraries_are_locked(dockerfile: str) -> None:
    """Every library is pinned with hashes."""
    assert "--require-hashes -r /runtime.txt" in dockerfile
    pins = (ROOT / "requirements/runtime.txt").read_text().replace("\\\n", " ").splitlines()
    assert pins
    assert all(re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:", pin) for pin in pins if pin.strip())


def test_the_container_is_not_root_and_keeps_its_data(dockerfile: str, compose: str) -> None:
    """The bot runs as a user of its own, which owns the one place that can be written."""
    assert "USER 10001:10001" in dockerfile
    assert "install --directory --owner=10001 --group=10001 --mode=700 /data" in dockerfile
    assert "DATA_DIR=/data" in dockerfile
    assert "VOLUME /data" in dockerfile
    assert "DATA_DIR: /data" in compose
    assert "- data:/data" in compose
    for line in ("read_only: true", "- no-new-privileges:true", "- ALL", "restart: unless-stopped"):
        assert line in compose


def test_a_stop_gives_the_bot_its_grace(dockerfile: str, compose: str) -> None:
    """SIGTERM comes first, and the kill later than SHUTDOWN_GRACE and the 10 s in which the bot ends."""
    assert "STOPSIGNAL SIGTERM" in dockerfile
    found = re.search(r"stop_grace_period: (\d+)s", compose)
    assert found is not None
    assert int(found[1]) >= Settings.model_fields["shutdown_grace"].default + 10


@pytest.fixture
async def health() -> AsyncIterator[dict[str, int]]:
    """Serve /healthz with a status that can be changed."""
    state = {"status": 200, "port": 0}

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=state["status"])

    app = web.Application()
    app.router.add_get("/healthz", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    state["port"] = runner.addresses[0][1]
    yield state
    await runner.cleanup()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
async def test_the_health_check_asks_the_bot(
    dockerfile: str, health: dict[str, int], status: int, healthy: bool
) -> None:
    """The image's own command, run as it is, succeeds only if /healthz on HTTP_PORT does."""
    health["status"] = status
    found = re.search(r"HEALTHCHECK .*CMD (\[.+\])", dockerfile)
    assert found is not None
    command = json.loads(found[1])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command[1:],
        env={"HTTP_PORT": str(health["port"])},
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert (await asyncio.wait_for(process.wait(), 30) == 0) == healthy
    assert f"'{Settings.model_fields['http_port'].default}'" in command[-1]
    assert Settings.model_fields["http_host"].default in command[-1]


def test_the_ci_script_runs_everything() -> None:
    """It may be executed, stops at the first failure, and ends with the browser's tests."""
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    lines = script.read_text().splitlines()
    assert "set -euo pipefail" in lines
    assert lines[-3:] == ["make install", "make test", "make test-browser"]
    subprocess.run(["bash", "-n", script], check=True)
