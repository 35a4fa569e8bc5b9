"""`/generate` and `/edit`."""

from collections.abc import Iterable

import discord
from discord import app_commands
from discord.app_commands import Range
from discord.ext import commands

from bot.client import ImageBot, Services
from bot.images import COUNT_LIMIT, DEFAULT_MODEL, DEFAULT_RESOLUTION, PROMPT_LIMIT, Attachment, ImageRequest
from bot.replies import begin
from bot.texts import text

Prompt = Range[str, 1, PROMPT_LIMIT]
Count = Range[int, 1, COUNT_LIMIT]
Choices = list[app_commands.Choice[str]]

OPTIONS = {
    name: text(f"option.{name}")
    for name in ("prompt", "model", "aspect_ratio", "resolution", "count", "spoiler", "private")
}
PICTURES = {
    f"image{number}": text("option.image" if number == 1 else "option.image_more") for number in range(1, 9)
}


class Images(commands.Cog):
    """Turns the two commands into requests."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(description=text("command.generate"))
    @app_commands.describe(**OPTIONS, **PICTURES)
    async def generate(
        self,
        interaction: discord.Interaction,
        prompt: Prompt,
        model: str = DEFAULT_MODEL,
        aspect_ratio: str | None = None,
        resolution: str = DEFAULT_RESOLUTION,
        count: Count = 1,
        image1: discord.Attachment | None = None,
        image2: discord.Attachment | None = None,
        image3: discord.Attachment | None = None,
        image4: discord.Attachment | None = None,
        image5: discord.Attachment | None = None,
        image6: discord.Attachment | None = None,
        image7: discord.Attachment | None = None,
        image8: discord.Attachment | None = None,
        spoiler: bool = False,
        private: bool = False,
    ) -> None:
        """Make pictures from words, and from pictures if some are attached."""
        request = ImageRequest(
            prompt=prompt,
            model=model,
            resolution=resolution,
            aspect_ratio=aspect_ratio,
            count=count,
            spoiler=spoiler,
            private=private,
        )
        pictures = (image1, image2, image3, image4, image5, image6, image7, image8)
        await self._accept(interaction, request, pictures)

    @app_commands.command(description=text("command.edit"))
    @app_commands.describe(**OPTIONS, **PICTURES)
    async def edit(
        self,
        interaction: discord.Interaction,
        prompt: Prompt,
        image1: discord.Attachment,
        model: str = DEFAULT_MODEL,
        aspect_ratio: str | None = None,
        resolution: str = DEFAULT_RESOLUTION,
        count: Count = 1,
        image2: discord.Attachment | None = None,
        image3: discord.Attachment | None = None,
        image4: discord.Attachment | None = None,
        image5: discord.Attachment | None = None,
        image6: discord.Attachment | None = None,
        image7: discord.Attachment | None = None,
        image8: discord.Attachment | None = None,
        spoiler: bool = False,
        private: bool = False,
    ) -> None:
        """Change pictures with words."""
        request = ImageRequest(
            prompt=prompt,
            model=model,
            resolution=resolution,
            aspect_ratio=aspect_ratio,
            count=count,
            spoiler=spoiler,
            private=private,
        )
        pictures = (image1, image2, image3, image4, image5, image6, image7, image8)
        await self._accept(interaction, request, pictures)

    async def _accept(
        self,
        interaction: discord.Interaction,
        request: ImageRequest,
        pictures: Iterable[discord.Attachment | None],
    ) -> None:
        attachments = [
            Attachment(picture.url, picture.filename, picture.size) for picture in pictures if picture
        ]
        request = self._services.rules.check(request, sources=len(attachments))
        origin = await begin(interaction, private=request.private)
        await self._services.jobs.accept(request, origin, attachments)

    @generate.autocomplete("model")
    @edit.autocomplete("model")
    async def models(self, interaction: discord.Interaction, typed: str) -> Choices:
        """The models, with their prices."""
        rules, editing = self._services.rules, _edits(interaction)
        prices = {model: min(rules.prices_of(model, editing=editing).values()) for model in rules.models}
        labels = ((model, text("choice.model", model=model, n=price)) for model, price in prices.items())
        return _choices(labels, typed)

    @generate.autocomplete("resolution")
    @edit.autocomplete("resolution")
    async def resolutions(self, interaction: discord.Interaction, typed: str) -> Choices:
        """The sizes of the model chosen so far, with their prices; all sizes while none is chosen."""
        rules, editing = self._services.rules, _edits(interaction)
        chosen = _chosen(interaction, "model", "")
        prices: dict[str, int] = {}
        for model in [chosen] if chosen else rules.models:
            for size, price in rules.prices_of(model, editing=editing).items():
                prices[size] = min(price, prices.get(size, price))
        if chosen:
            labels = [(size, text("choice.resolution", resolution=size, n=n)) for size, n in prices.items()]
        else:
            labels = [
                (size, text("choice.resolution_from", resolution=size, n=n)) for size, n in prices.items()
            ]
        return _choices(labels, typed)

    @generate.autocomplete("aspect_ratio")
    @edit.autocomplete("aspect_ratio")
    async def aspect_ratios(self, interaction: discord.Interaction, typed: str) -> Choices:
        """The shapes that can be had with what was chosen so far, with what a picture costs then."""
        rules, editing = self._services.rules, _edits(interaction)
        asked = ImageRequest(
            prompt="",
            model=_chosen(interaction, "model", DEFAULT_MODEL),
            resolution=_chosen(interaction, "resolution", DEFAULT_RESOLUTION),
        )
        prices = {
            ratio: rules.price_asked(asked.but(aspect_ratio=ratio), editing=editing)
            for ratio in rules.aspect_ratios
        }
        labels = (
            (ratio, text("choice.aspect_ratio", ratio=ratio, n=price))
            for ratio, price in prices.items()
            if price is not None
        )
        return _choices(labels, typed)


def _choices(labels: Iterable[tuple[str, str]], typed: str) -> Choices:
    """The choices whose value holds what was typed, whatever the case."""
    meant = typed.strip().casefold()
    return [
        app_commands.Choice(name=label, value=value) for value, label in labels if meant in value.casefold()
    ][:25]


def _edits(interaction: discord.Interaction) -> bool:
    """Whether what is being typed works on pictures."""
    command = interaction.command.name if interaction.command else ""
    return command == "edit" or any(getattr(interaction.namespace, name, None) for name in PICTURES)


def _chosen(interaction: discord.Interaction, option: str, otherwise: str) -> str:
    return str(getattr(interaction.namespace, option, None) or otherwise)


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    await bot.add_cog(Images(bot.services))
