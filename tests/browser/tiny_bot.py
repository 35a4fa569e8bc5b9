"""A small bot of the real library that shows everything the page must be able to show."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal, Self

import discord
from discord import app_commands
from PIL import Image

from sandbox.discord.server import DiscordWorld
from tests.browser.forms import edit_image, nothing, result, who
from tests.browser.jobs_panel import Jobs

MODELS = ("nano-banana", "nano-banana-2", "nano-banana-pro")


def picture(colour: str = "orange", size: tuple[int, int] = (320, 200)) -> bytes:
    """Return a plain PNG."""
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, "PNG")
    return data.getvalue()


class TinyBot(discord.AutoShardedClient):
    """Paints, asks and shows a panel; /silent never answers."""

    def __init__(self) -> None:
        intents = discord.Intents(guilds=True, messages=True, message_content=True)
        super().__init__(intents=intents, allowed_mentions=discord.AllowedMentions.none(), max_messages=None)
        self.tree = app_commands.CommandTree(self)
        self.asked: list[str] = []
        """The texts for which suggestions were asked."""
        self.patience = asyncio.Event()
        """Until it is set, the text "slow" gets no suggestions."""
        commands: list[app_commands.Command[Any, ..., None] | app_commands.ContextMenu]
        commands = [paint, ask, panel, jobs, silent, result, edit_image, who, nothing]
        for command in commands:
            self.tree.add_command(command)

    @classmethod
    @asynccontextmanager
    async def running(cls, world: DiscordWorld) -> AsyncIterator[Self]:
        """Log in to the world, and log out at the end."""
        async with cls() as bot:
            running = asyncio.create_task(bot.start(world.application.token))
            try:
                await world.bot_ready()
                yield bot
            finally:
                await bot.close()
                await running

    async def setup_hook(self) -> None:
        """Register the commands."""
        await self.tree.sync()


class Questions(discord.ui.View):
    """One button of each style, a link, one that is off, and a menu."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.add_item(discord.ui.Button(label="More", url="https://example.com/more"))
        self.add_item(discord.ui.Button(label="Never", disabled=True))

    @discord.ui.button(label="Yes", style=discord.ButtonStyle.success)
    async def yes(self, interaction: discord.Interaction, _: discord.ui.Button[Self]) -> None:
        """Change the message."""
        await interaction.response.edit_message(content="You said yes.", view=None)

    @discord.ui.button(label="Whisper", style=discord.ButtonStyle.primary)
    async def whisper(self, interaction: discord.Interaction, _: discord.ui.Button[Self]) -> None:
        """Answer one person alone."""
        await interaction.response.send_message("Just between us.", ephemeral=True)

    @discord.ui.select(
        placeholder="A size",
        options=[discord.SelectOption(label=size) for size in ("1K", "2K", "4K")],
    )
    async def size(self, interaction: discord.Interaction, menu: discord.ui.Select[Self]) -> None:
        """Answer with the choice."""
        await interaction.response.send_message(f"You chose {menu.values[0]}.")


class Panel(discord.ui.LayoutView):
    """Every layout block."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        heading = discord.ui.TextDisplay[Self]("## Your credits\n**17** left")
        accessory: discord.ui.Thumbnail[Self] = discord.ui.Thumbnail(
            "attachment://small.png", description="a small one"
        )
        row: discord.ui.ActionRow[Self] = discord.ui.ActionRow()
        row.add_item(discord.ui.Button(label="Refresh", custom_id="refresh"))
        self.add_item(
            discord.ui.Container(
                heading,
                discord.ui.Separator(),
                discord.ui.Section("Running: nothing", accessory=accessory),
                discord.ui.MediaGallery(
                    discord.MediaGalleryItem("attachment://large.png", description="a large one")
                ),
                row,
                accent_colour=0xFFCF4A,
            )
        )


@app_commands.command()
@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.describe(prompt="What to paint")
async def paint(
    interaction: discord.Interaction[TinyBot],
    prompt: app_commands.Range[str, 1, 100],
    model: str = "nano-banana",
    shape: Literal["square", "wide"] = "square",
    count: app_commands.Range[int, 1, 4] = 1,
    image1: discord.Attachment | None = None,
    spoiler: bool = False,
) -> None:
    """Paint a picture."""
    await interaction.response.defer(ephemeral=True)
    size = (200, 200) if shape == "square" else (320, 180)
    data = await image1.read() if image1 else picture("teal", size)
    files = [
        discord.File(io.BytesIO(data), f"{number}.png", description=prompt, spoiler=spoiler)
        for number in range(count)
    ]
    text = f"{interaction.user.mention} **{prompt}**\n-# {model}"
    users = discord.AllowedMentions(users=[interaction.user])
    if interaction.guild is not None and not interaction.is_guild_integration():
        await interaction.edit_original_response(content="Not in the channel.")
        return
    assert isinstance(interaction.channel, discord.abc.Messageable)
    posted = await interaction.channel.send(text, files=files, allowed_mentions=users)
    await interaction.edit_original_response(content=f"Done: {posted.jump_url}")


@paint.autocomplete("model")
async def _models(interaction: discord.Interaction[TinyBot], current: str) -> list[app_commands.Choice[str]]:
    interaction.client.asked.append(current)
    if current == "slow":
        await interaction.client.patience.wait()
        return [app_commands.Choice(name="too late", value="late")]
    return [
        app_commands.Choice(name=f"{model} · 1 credit", value=model) for model in MODELS if current in model
    ]


@app_commands.command()
async def ask(interaction: discord.Interaction) -> None:
    """Ask something."""
    await interaction.response.send_message("Shall we?", view=Questions())


@app_commands.command()
async def panel(interaction: discord.Interaction) -> None:
    """Show a panel."""
    files = [
        discord.File(io.BytesIO(picture("gold", (64, 64))), "small.png"),
        discord.File(io.BytesIO(picture("navy")), "large.png"),
    ]
    await interaction.response.send_message(view=Panel(), files=files, ephemeral=True)


@app_commands.command()
async def jobs(interaction: discord.Interaction) -> None:
    """Show what is running, with a link to the channel's first message."""
    assert isinstance(interaction.channel, discord.TextChannel)
    first = await anext(interaction.channel.history(limit=1, oldest_first=True))
    await interaction.response.send_message(view=Jobs(first.jump_url, picture()), ephemeral=True)


@app_commands.command()
async def silent(interaction: discord.Interaction) -> None:
    """Say nothing at all."""
