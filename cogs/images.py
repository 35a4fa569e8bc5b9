"""`/generate` and `/edit`."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Range
from discord.ext import commands

from bot.choices import PICTURES, aspect_ratios, models, resolutions
from bot.client import ImageBot, Services
from bot.images import COUNT_LIMIT, PROMPT_LIMIT, Attachment
from bot.replies import begin
from bot.texts import text

Prompt = Range[str, 1, PROMPT_LIMIT]
Count = Range[int, 1, COUNT_LIMIT]

OPTIONS = {
    name: text(f"option.{name}")
    for name in ("prompt", "model", "aspect_ratio", "resolution", "count", "spoiler", "private")
}
OPTIONS |= {name: text("option.image" if name == PICTURES[0] else "option.image_more") for name in PICTURES}


class Images(commands.Cog):
    """Turns the two commands into requests."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(description=text("command.generate"))
    @app_commands.describe(**OPTIONS)
    @app_commands.autocomplete(model=models, aspect_ratio=aspect_ratios, resolution=resolutions)
    async def generate(
        self,
        interaction: discord.Interaction,
        prompt: Prompt,
        model: str | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        count: Count = 1,
        image1: discord.Attachment | None = None,
        image2: discord.Attachment | None = None,
        image3: discord.Attachment | None = None,
        image4: discord.Attachment | None = None,
        image5: discord.Attachment | None = None,
        image6: discord.Attachment | None = None,
        image7: discord.Attachment | None = None,
        image8: discord.Attachment | None = None,
        spoiler: bool | None = None,
        private: bool | None = None,
    ) -> None:
        """Make pictures from words, and from pictures if some are attached."""
        await self._accept(
            interaction,
            prompt,
            (image1, image2, image3, image4, image5, image6, image7, image8),
            model=model,
            aspect_ratio=aspect_ratio,
            resolution=resolution,
            count=count,
            spoiler=spoiler,
            private=private,
        )

    @app_commands.command(description=text("command.edit"))
    @app_commands.describe(**OPTIONS)
    @app_commands.autocomplete(model=models, aspect_ratio=aspect_ratios, resolution=resolutions)
    async def edit(
        self,
        interaction: discord.Interaction,
        prompt: Prompt,
        image1: discord.Attachment,
        model: str | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        count: Count = 1,
        image2: discord.Attachment | None = None,
        image3: discord.Attachment | None = None,
        image4: discord.Attachment | None = None,
        image5: discord.Attachment | None = None,
        image6: discord.Attachment | None = None,
        image7: discord.Attachment | None = None,
        image8: discord.Attachment | None = None,
        spoiler: bool | None = None,
        private: bool | None = None,
    ) -> None:
        """Change pictures with words."""
        await self._accept(
            interaction,
            prompt,
            (image1, image2, image3, image4, image5, image6, image7, image8),
            model=model,
            aspect_ratio=aspect_ratio,
            resolution=resolution,
            count=count,
            spoiler=spoiler,
            private=private,
        )

    async def _accept(
        self,
        interaction: discord.Interaction,
        prompt: str,
        pictures: Sequence[discord.Attachment | None],
        **options: Any,
    ) -> None:
        attachments = [Attachment(each.url, each.filename, each.size) for each in pictures if each]
        request = self._services.defaults.request(
            interaction.user.id, prompt, editing=bool(attachments), **options
        )
        request = self._services.rules.check(request, sources=len(attachments))
        origin = await begin(interaction, private=request.private)
        await self._services.jobs.accept(request, origin, attachments)


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    await bot.add_cog(Images(bot.services))
