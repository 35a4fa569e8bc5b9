"""Settings with which no limit of credits is in anybody's way."""

from collections.abc import Mapping
from typing import Any

PLENTY: Mapping[str, Any] = {
    "default_allowance": "100000/day",
    "direct_allowance": "100000/day",
    "server_ceiling": "100000/day",
    "bot_budget": 1_000_000,
}
