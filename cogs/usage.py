"""`/usage`: what a member has left, what is running, and what things cost."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImageBot, Services
from bot.errors import explain
from bot.panels import panel
from bot.quoting import quoted
from bot.replies import asker_of
from bot.services.quotas import Balance
from bot.services.request_rules import RequestRules
from bot.texts import text
from storage.records import JobRecord
from storage.server_records import NEVER, Bonus

SHOWN_JOBS = 10
SHOWN_BONUSES = 5
PROMPT = 60  # characters of a prompt in a line


class Usage(commands.Cog):
    """Shows a member their own account."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(description=text("command.usage"))
    async def usage(self, interaction: discord.Interaction) -> None:
        """Show the panel to the member alone."""
        await interaction.response.defer(ephemeral=True)
        balance = await self._services.quotas.balance(asker_of(interaction))
        running = await self._services.store.running(interaction.user.id)
        await interaction.edit_original_response(view=_panel(balance, running, self._services.rules))


def _panel(balance: Balance, running: list[JobRecord], rules: RequestRules) -> discord.ui.LayoutView:
    return panel(
        discord.ui.TextDisplay(f"{text('usage.title')}\n{_left(balance)}"),
        discord.ui.Separator(),
        discord.ui.TextDisplay(f"{text('usage.running')}\n{_running(running)}"),
        discord.ui.Separator(),
        discord.ui.TextDisplay(f"{text('usage.prices')}\n{_prices(rules)}"),
    )


def _left(balance: Balance) -> str:
    period = text(f"usage.{balance.allowance.period}")
    left = text(
        "usage.left",
        n=balance.left,
        allowance=balance.allowance.credits,
        period=period,
        renews=round(balance.renews_at),
    )
    bonuses = balance.decision.bonuses
    lines = [text("usage.bonus", n=bonus.left, until=_until(bonus)) for bonus in bonuses[:SHOWN_BONUSES]]
    if more := sum(bonus.left for bonus in bonuses[SHOWN_BONUSES:]):
        lines.append(text("usage.more_bonus", n=more))
    if refusal := balance.decision.refusal:
        lines.append(explain(refusal))
    return "\n".join([left, *lines])


def _until(bonus: Bonus) -> str:
    if bonus.expires_at >= NEVER:
        return text("usage.never_expires")
    return text("usage.expires", at=int(bonus.expires_at))


def _running(jobs: list[JobRecord]) -> str:
    if not jobs:
        return text("usage.nothing_running")
    lines = [
        text(
            "usage.running_line",
            prompt=quoted(job.prompt, PROMPT),
            model=job.model,
            since=round(job.accepted_at),
        )
        for job in jobs[:SHOWN_JOBS]
    ]
    if more := len(jobs) - len(lines):
        lines.append(text("usage.more", n=more))
    return "\n".join(lines)


def _prices(rules: RequestRules) -> str:
    return "\n".join(
        text(
            "usage.price_line",
            model=model,
            prices=_sizes(rules.prices_of(model)) + _edits(rules, model),
        )
        for model in rules.models
    )


def _sizes(prices: dict[str, int]) -> str:
    return " · ".join(
        text("usage.price", price=price, resolution=resolution) for resolution, price in prices.items()
    )


def _edits(rules: RequestRules, model: str) -> str:
    """What edits cost, where another model makes them at its own price."""
    prices = rules.prices_of(model, editing=True)
    same = prices == rules.prices_of(model)
    return "" if same else f" · {text('usage.edits', prices=_sizes(prices))}"


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded."""
    await bot.add_cog(Usage(bot.services))
