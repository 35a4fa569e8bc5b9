"""What can go wrong at the gateway happens to a running bot, which comes back by itself."""

import asyncio

import pytest

from sandbox.discord.gateway_troubles import GATEWAY
from sandbox.discord.server import DiscordWorld
from tests.sandbox.conftest import Place, ToyBot


@pytest.mark.parametrize("name", GATEWAY)
async def test_the_bot_comes_back(world: DiscordWorld, place: Place, bot: ToyBot, name: str) -> None:
    """On a new connection it hears again what happens; its session goes on unless it was forgotten."""
    GATEWAY[name].strike(world)
    async with asyncio.timeout(30):
        if name == "gateway-forget":
            await bot.wait_for("shard_ready")
        else:
            await bot.resumed.wait()
    assert world.connect_count >= (3 if name == "gateway-refuse" else 2)
    assert bot.resumed.is_set() is (name != "gateway-forget")
    place.ada.say(place.channel, "are you there?")
    async with asyncio.timeout(15):
        assert (await bot.heard.get()).content == "are you there?"
