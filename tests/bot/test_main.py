"""`python -m bot run` as an operator meets it when something is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECRET = "plantedSecret.of-the-operator"


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start the bot with nothing but this environment."""
    return subprocess.run(
        [sys.executable, "-m", "bot", "run"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_bot_does_not_start_with_wrong_settings(tmp_path: Path) -> None:
    """`python -m bot run` says each mistake on standard error, and ends with status 2."""
    ended = run(tmp_path, XHUO_API_KEY=SECRET, HTTP_PORT="x", BOT_BUDGET="-1")
    assert (ended.returncode, ended.stdout) == (2, "")
    lines = ended.stderr.splitlines()
    assert len(lines) == 3
    for name in ("DISCORD_TOKEN", "HTTP_PORT", "BOT_BUDGET"):
        assert sum(f"bot: {name}" in line for line in lines) == 1
    assert SECRET not in ended.stderr


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({}, "XHUO_API_KEY or RUXA_API_KEY is missing"),
        ({"RUXA_API_KEY": SECRET, "IMAGE_APIS": "xhuo,ruxa"}, "IMAGE_APIS names xhuo, and XHUO_API_KEY is"),
        ({"RUXA_API_KEY": SECRET, "XHUO_MODE": "callback"}, "XHUO_MODE=callback: needs PUBLIC_URL"),
    ],
)
def test_the_bot_does_not_start_without_an_image_api(
    tmp_path: Path, environment: dict[str, str], line: str
) -> None:
    """A key at least, for each API that is named; one line says so."""
    ended = run(tmp_path, DISCORD_TOKEN="token", **environment)
    assert ended.returncode == 2
    [said] = ended.stderr.splitlines()
    assert f"bot: {line}" in said
    assert SECRET not in ended.stderr


@pytest.mark.parametrize("other", ["INFO", "LOUD"])
def test_mistakes_are_json_when_logs_are(tmp_path: Path, other: str) -> None:
    """LOG_FORMAT=json holds from the first line, whatever else is wrong, the log level included."""
    ended = run(tmp_path, LOG_FORMAT="json", XHUO_API_KEY="key", HTTP_PORT="x", LOG_LEVEL=other)
    assert ended.returncode == 2
    messages = [json.loads(line)["message"] for line in ended.stderr.splitlines()]
    assert len(messages) == 2 + (other == "LOUD")
    assert any(message.startswith("DISCORD_TOKEN is missing") for message in messages)
