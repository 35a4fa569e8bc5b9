"""What Discord suggests while a member types an option, with prices."""

from collections.abc import Iterable

import discord
from discord import app_commands

from bot.client import ImageBot
from bot.images import SOURCES_LIMIT
from bot.texts import text

Choices = list[app_commands.Choice[str]]

PICTURES = [f"image{number}" for number in range(1, SOURCES_LIMIT + 1)]  # the options for attached pictures
LIMIT = 25  # Discord shows no more


async def models(interaction: discord.Interaction[ImageBot], typed: str) -> Choices:
    """The models, with their prices."""
    rules, editing = interaction.client.services.rules, _edits(interaction)
    prices = {model: min(rules.prices_of(model, editing=editing).values()) for model in rules.models}
    labels = ((model, text("choice.model", model=model, n=price)) for model, price in prices.items())
    return _choices(labels, typed)


async def resolutions(interaction: discord.Interaction[ImageBot], typed: str) -> Choices:
    """The sizes of the model chosen so far, with their prices; all sizes while none is chosen."""
    services, editing = interaction.client.services, _edits(interaction)
    chosen = _chosen(interaction, "model") or services.defaults.of(interaction.user.id).model
    prices: dict[str, int] = {}
    for model in [chosen] if chosen else services.rules.models:
        for size, price in services.rules.prices_of(model, editing=editing).items():
            prices[size] = min(price, prices.get(size, price))
    if chosen:
        labels = [(size, text("choice.resolution", resolution=size, n=n)) for size, n in prices.items()]
    else:
        labels = [(size, text("choice.resolution_from", resolution=size, n=n)) for size, n in prices.items()]
    return _choices(labels, typed)


async def aspect_ratios(interaction: discord.Interaction[ImageBot], typed: str) -> Choices:
    """The shapes that can be had with what was chosen so far, with what a picture costs then."""
    services, editing = interaction.client.services, _edits(interaction)
    prices = {
        ratio: services.rules.price_asked(
            services.defaults.request(
                interaction.user.id,
                "",
                editing=editing,
                model=_chosen(interaction, "model"),
                aspect_ratio=ratio,
                resolution=_chosen(interaction, "resolution"),
            ),
            editing=editing,
        )
        for ratio in services.rules.aspect_ratios
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
    ][:LIMIT]


def _edits(interaction: discord.Interaction[ImageBot]) -> bool:
    """Whether what is being typed works on pictures."""
    command = interaction.command.name if interaction.command else ""
    return command == "edit" or any(getattr(interaction.namespace, name, None) for name in PICTURES)


def _chosen(interaction: discord.Interaction[ImageBot], option: str) -> str | None:
    return getattr(interaction.namespace, option, None) or None
