"""`/operator`: all servers, for the application's owner or team alone, in the operator's own server."""

from collections.abc import Sequence
from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from bot.change_words import allowance
from bot.client import ImageBot
from bot.errors import UserError
from bot.operators import NAME, name_of, require_operator, servers_named
from bot.panels import panel
from bot.quota_answers import show_done
from bot.quota_panels import bar
from bot.quoting import quoted
from bot.services.operating import Status
from bot.texts import text
from storage.server_records import ServerSpend

SHOWN = 20  # servers
CHOICES = 25  # Discord shows no more

Interaction = discord.Interaction[ImageBot]


@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
class Operator(commands.GroupCog, group_name="operator", group_description=text("command.operator.group")):
    """Every answer is for the operator alone."""

    @app_commands.command(description=text("command.operator.status"))
    async def status(self, interaction: Interaction) -> None:
        """Show the bot as a whole."""
        await _begin(interaction)
        status = await interaction.client.services.operating.status()
        view = panel(discord.ui.TextDisplay(_status(status, len(interaction.client.guilds))))
        await interaction.edit_original_response(view=view)

    @app_commands.command(description=text("command.operator.servers"))
    async def servers(self, interaction: Interaction) -> None:
        """Show who has spent how much."""
        await _begin(interaction)
        found = await interaction.client.services.operating.servers()
        view = panel(discord.ui.TextDisplay(_servers(interaction.client, found)))
        await interaction.edit_original_response(view=view)

    @app_commands.command(description=text("command.operator.ceiling"))
    @app_commands.describe(server=text("option.operator.server"), credits_=text("option.operator.credits"))
    @app_commands.rename(credits_="credits")
    async def ceiling(self, interaction: Interaction, server: str, credits_: int | None = None) -> None:
        """Give a server a ceiling, or the default one again."""
        await _begin(interaction)
        services = interaction.client.services
        found = [guild.id for guild in servers_named(interaction.client, server)]
        if not found and credits_ is None:  # it has removed the bot, and its ceiling is still there
            known = await services.operating.servers()
            found = [each.guild_id for each in known if str(each.guild_id) == server.strip()]
        if len(found) != 1:
            raise UserError("refused.server", given=quoted(server, 50))
        [guild_id] = found
        change = await services.operating.set_ceiling(interaction.user.id, guild_id, credits_)
        name = f"{name_of(interaction.client, guild_id)} ({guild_id})"
        words = text("operator.ceiling_default", name=name)
        if credits_ is not None:
            period = services.quotas.limits.server.period
            words = text("operator.ceiling", name=name, allowance=allowance(credits_, period))
        await show_done(interaction, words, partial(interaction.edit_original_response, content=words))
        await services.server_log.tell(change)

    @ceiling.autocomplete("server")
    async def suggest(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The servers whose name or id holds what was typed; nothing for who is not the operator."""
        try:
            await require_operator(interaction)
        except UserError:
            return []
        found = servers_named(interaction.client, typed)[:CHOICES]
        return [
            app_commands.Choice(name=f"{guild.name[:NAME]} · {guild.id}", value=str(guild.id))
            for guild in found
        ]

    @app_commands.command(description=text("command.operator.pause"))
    async def pause(self, interaction: Interaction) -> None:
        """Take nothing new."""
        await _begin(interaction)
        changed = await interaction.client.services.operating.pause()
        await interaction.edit_original_response(
            content=text("operator.pause" if changed else "operator.pause_already")
        )

    @app_commands.command(description=text("command.operator.resume"))
    async def resume(self, interaction: Interaction) -> None:
        """Take requests again."""
        await _begin(interaction)
        changed = await interaction.client.services.operating.resume()
        await interaction.edit_original_response(
            content=text("operator.resume" if changed else "operator.resume_already")
        )


async def _begin(interaction: Interaction) -> None:
    """Answer in time; raises `UserError` for everybody but the operator."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    await require_operator(interaction)


def _status(status: Status, servers: int) -> str:
    words = text(
        "operator.status",
        spent=status.spent,
        budget=status.budget,
        back=round(status.period_end),
        running=status.running,
        waiting=status.waiting,
        servers=text("operator.known", n=servers),
    )
    lines = [words, bar(status.spent, status.budget)]
    return "\n".join([*lines, text("operator.paused")] if status.paused else lines)


def _servers(client: ImageBot, found: Sequence[ServerSpend]) -> str:
    lines = [_server(client, each) for each in found[:SHOWN]]
    if (more := len(found) - SHOWN) > 0:
        lines.append(text("quota.more", n=more))
    return "\n".join([text("operator.servers"), *(lines or [text("operator.no_servers")])])


def _server(client: ImageBot, server: ServerSpend) -> str:
    """What a server has spent; in money too, where it is known what a credit costs."""
    default, price = client.services.quotas.limits.server.credits, client.services.credit_price
    line = text(
        "operator.server_line",
        name=name_of(client, server.guild_id),
        id=server.guild_id,
        spent=server.spent,
        ceiling=default if server.own_ceiling is None else server.own_ceiling,
    )
    if price is None:
        return line
    return text("operator.money", line=line, dollars=f"{server.spent * price:.2f}")


async def setup(bot: ImageBot) -> None:
    """Called by discord.py when the cog is loaded: the commands are there in one server, or nowhere."""
    if bot.operator_guild_id is not None:
        await bot.add_cog(Operator(), guild=discord.Object(bot.operator_guild_id))
