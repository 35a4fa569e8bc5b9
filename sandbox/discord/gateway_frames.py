"""What a bot may say to the gateway."""

from typing import Any

from sandbox.discord.commands import Strict
from sandbox.discord.model import JSON


class Frame(Strict):
    """What every message to the gateway is."""

    op: int
    d: Any = None


class Identify(Strict):
    """How a bot asks for a session."""

    token: str
    intents: int
    properties: JSON
    shard: tuple[int, int] = (0, 1)
    compress: bool = False
    large_threshold: int = 50
    presence: JSON | None = None


class Resume(Strict):
    """How a bot goes on with its session."""

    token: str
    session_id: str | None  # discord.py resumes without one when its first login was cut short
    seq: int | None
