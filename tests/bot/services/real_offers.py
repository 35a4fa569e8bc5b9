"""The rules for what the image APIs really offer."""

from collections.abc import Sequence
from typing import Any

from bot.images import ImageRequest
from bot.prices import PriceList
from bot.providers.base import Offer
from bot.providers.registry import REGISTRY
from bot.services.request_rules import RequestRules
from bot.settings import Settings

BANANA = ImageRequest(prompt="a banana")
BOTH = ["xhuo", "ruxa"]
EDIT_MODEL = "google/nano-banana-edit"


async def rules(*names: str, edit_model: str | None = None) -> RequestRules:
    """The rules for what these APIs really offer, in this order of preference."""
    keys: dict[str, Any] = {"discord_token": "token", "xhuo_api_key": "key", "ruxa_api_key": "key"}
    settings = Settings(_env_file=None, ruxa_edit_model=edit_model, **keys)
    offers: dict[str, Sequence[Offer]] = {}
    for name in names:
        async with REGISTRY[name].open(settings) as provider:
            offers[name] = provider.offers
    return RequestRules(offers, PriceList.parse(""))
