"""The settings of an API that listens on loopback, and orders for it."""

from pathlib import Path
from typing import Any

from bot.images import ImageRequest, SourceImage
from bot.providers.base import Order
from bot.settings import Settings
from tests.bot.providers.broken_server import Server

BANANA = ImageRequest(prompt="a banana", aspect_ratio="1:1")


def settings(server: Server, **changes: Any) -> Settings:
    """Both APIs at this server, with some settings changed."""
    base = f"http://127.0.0.1:{server.port}"
    values: dict[str, Any] = {
        "xhuo_api_key": "key",
        "xhuo_base_url": f"{base}/v1",
        "ruxa_api_key": "key",
        "ruxa_base_url": base,
        "job_timeout": 10,
    }
    return Settings(_env_file=None, discord_token="token", **values | changes)


def order(*sources: SourceImage, callback_url: str | None = None, **changes: object) -> Order:
    """An order for a banana, with some values of the request changed."""
    return Order(BANANA.but(**changes), sources, callback_url)


def source(folder: Path, url: str | None = None, *, name: str = "input") -> SourceImage:
    """A small input picture on disk."""
    (folder / name).write_bytes(b"picture")
    return SourceImage(folder / name, "image/webp", 7, url)
