"""Points discord.py at another address than Discord's: a shared REST proxy, or the local world.

discord.py has no setting for it, so this one file reaches into it, and checks that it took.
"""

import discord
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route
from discord.webhook.async_ import AsyncWebhookAdapter
from yarl import URL

KNOWN = "2.7."  # the versions of discord.py in which this was seen to work


async def learn_gateway(http: HTTPClient) -> None:
    """Take the gateway's address from the answer also where discord.py would fall back on a fixed one.

    It does so for a new session after an invalid one.
    """
    _, gateway, _ = await http.get_bot_gateway()
    DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway)


def point_discord_at(api_url: str) -> None:
    """Send every REST call of this process below `api_url`; raises `RuntimeError` when it would not.

    The addresses of the gateway and of files come from the answers there.
    """
    Route.BASE = api_url
    if not discord.__version__.startswith(KNOWN):
        raise RuntimeError(f"discord.py {discord.__version__} is not {KNOWN}x: check bot/discord_address.py")
    webhooks_route = AsyncWebhookAdapter.request.__globals__["Route"]  # follow-ups have a client of their own
    for route in (Route, webhooks_route):
        if route("GET", "/gateway/bot").url != f"{api_url}/gateway/bot":
            raise RuntimeError(f"discord.py {discord.__version__} does not take DISCORD_API_URL any more")
