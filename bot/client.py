"""The Discord client: no more intents than needed, commands loaded by name, an end in order."""

import asyncio
import logging
from dataclasses import dataclass
from decimal import Decimal

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.command_tree import CommandTree
from bot.discord_address import learn_gateway
from bot.errors import UserError
from bot.forms import OpenForms
from bot.locks import Locks
from bot.server_log import ServerLog
from bot.services.compared import Compared
from bot.services.defaults import Defaults
from bot.services.image_jobs import ImageJobs
from bot.services.logins import Logins
from bot.services.moderation import Moderation
from bot.services.operating import Operating
from bot.services.oversight import Oversight
from bot.services.privacy import Privacy
from bot.services.quotas import Quotas
from bot.services.request_rules import RequestRules
from bot.services.running_limits import RunningLimits
from bot.setting_types import MessageContent
from bot.settings import SettingsError
from storage.calls import CallStore
from storage.descent import DescentStore
from storage.errors import WrongState
from storage.hints import HintStore
from storage.jobs import JobStore
from storage.records import JobRecord

# A new command is one new file, and one line here.
COGS = (
    "cogs.images",
    "cogs.jobs",
    "cogs.usage",
    "cogs.defaults",
    "cogs.privacy",
    "cogs.help",
    "cogs.job_buttons",
    "cogs.message_menu",
    "cogs.operator",
    "cogs.quota",
    "cogs.quota_panels",
    "cogs.replies",
    "cogs.report_image",
    "cogs.result_buttons",
)

# To Discord at once. When many ask at the same moment, the first are answered, and then the next ones over
# the same connections; else each would open its own, and nobody be answered until all are open.
CONNECTIONS = 50

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What the commands work with.

    `apis` are the names of the image APIs, as people know them; `turns` lets one person after the other
    handle a report; `credit_price` is what a credit costs the operator, in dollars.
    """

    jobs: ImageJobs
    rules: RequestRules
    quotas: Quotas
    store: JobStore
    calls: CallStore
    descent: DescentStore
    hints: HintStore
    compared: Compared
    defaults: Defaults
    privacy: Privacy
    moderation: Moderation
    oversight: Oversight
    operating: Operating
    server_log: ServerLog
    running: RunningLimits
    turns: Locks
    credit_price: Decimal | None
    apis: tuple[str, ...]

    async def known_job(self, job_id: str, user_id: int) -> JobRecord:
        """A job that a member may know of: a private one is there for its own member alone.

        Raises `UserError`.
        """
        try:
            job = await self.store.get(job_id)
        except WrongState as error:
            raise UserError("refused.request_gone") from error
        if job.private and job.user_id != user_id:
            raise UserError("refused.request_gone")
        return job


class ImageBot(commands.AutoShardedBot):
    """The bot as its commands see it.

    `services` is set before it connects, because they speak through it; they may once `may_speak` is set.
    """

    services: Services

    def __init__(
        self,
        logins: Logins,
        *,
        message_content: MessageContent,
        sync_guild_id: int | None,
        operator_guild_id: int | None = None,
    ) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nothing here speaks
        # Without the content of messages it reads the replies that ping it, and direct messages.
        self._wanted = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        self._message_content = message_content
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=CommandTree,
            # Every command works in servers, in direct messages, and where a member carries the app.
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=True
            ),
            intents=self._wanted,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        )
        self._logins = logins
        self._sync_guild_id = sync_guild_id
        self.operator_guild_id = operator_guild_id
        self.may_speak = asyncio.Event()
        self.open_forms = OpenForms()

    async def setup_hook(self) -> None:
        """Load the commands and register them with Discord, then wait until a login may be made."""
        await learn_gateway(self.http)
        self._ask_for_content()
        self.may_speak.set()
        for cog in COGS:
            await self.load_extension(cog)
        await self._register_commands()
        await self._logins.due()

    def _ask_for_content(self) -> None:
        """Ask for the content of all messages where that is granted: known only now, before the gateway."""
        flags = self.application_flags
        granted = flags.gateway_message_content or flags.gateway_message_content_limited
        wanted = granted if self._message_content == "auto" else self._message_content == "on"
        self._wanted.message_content = wanted
        if self.intents.message_content is not wanted:
            raise RuntimeError(f"discord.py {discord.__version__} has kept its intents: check bot/client.py")
        log.info("the content of messages is %s", "read" if wanted else "read only where the bot is meant")

    async def _register_commands(self) -> None:
        if self._sync_guild_id is None:
            await self.tree.sync()
        else:
            self.tree.copy_global_to(guild=discord.Object(self._sync_guild_id))
            await self._register_in(self._sync_guild_id, "SYNC_GUILD_ID")
        if self.operator_guild_id not in {None, self._sync_guild_id}:
            await self._register_in(self.operator_guild_id, "OPERATOR_GUILD_ID")

    async def _register_in(self, guild_id: int, setting: str) -> None:
        try:
            await self.tree.sync(guild=discord.Object(guild_id))
        except discord.Forbidden as error:
            raise SettingsError([f"{setting}={guild_id}: the bot is not a member of it"]) from error

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Called by discord.py before each login."""
        await super().before_identify_hook(shard_id, initial=initial)
        await self._logins.take()

    async def on_message(self, message: discord.Message, /) -> None:
        """No message is a command here: what replies ask for is a cog's business."""

    async def on_ready(self) -> None:
        """Members can be served; this comes again after long interruptions."""
        log.info("ready as %s, servers: %d", self.user, len(self.guilds))

    async def is_served(self) -> bool:
        """Whether Discord's gateway sends us what members do."""
        return self.is_ready() and not any(shard.is_closed() for shard in self.shards.values())
