"""The least that makes a picture on Discord: answer, call the API once, post the picture."""

import io
import os

import aiohttp
import discord
from discord import app_commands

from bot.discord_address import learn_gateway, point_discord_at


class BareBot(discord.AutoShardedClient):
    """No database, no limits, no second try."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True), max_messages=None)
        self.tree = app_commands.CommandTree(self)
        self.tree.command(description="Make a picture")(self.generate)

    async def setup_hook(self) -> None:
        """Register the command."""
        await learn_gateway(self.http)
        connector = aiohttp.TCPConnector(limit=0)
        headers = {"Authorization": f"Bearer {os.environ['XHUO_API_KEY']}", "Accept": "application/json"}
        self.api = aiohttp.ClientSession(connector=connector, headers=headers)
        await self.tree.sync()

    async def generate(self, interaction: discord.Interaction, prompt: str) -> None:
        """Make one picture."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        order = {"action": "generate", "prompt": prompt, "model": "nano-banana", "count": 1}
        async with self.api.post(f"{os.environ['XHUO_BASE_URL']}/nano-banana/images", json=order) as answer:
            made = await answer.json()
        async with self.api.get(made["data"][0]["image_url"]) as answer:
            picture = await answer.read()
        assert isinstance(interaction.channel, discord.abc.Messageable)
        await interaction.channel.send(prompt, file=discord.File(io.BytesIO(picture), "picture.png"))


if __name__ == "__main__":
    point_discord_at(os.environ["DISCORD_API_URL"])
    BareBot().run(os.environ["DISCORD_TOKEN"], log_handler=None)
