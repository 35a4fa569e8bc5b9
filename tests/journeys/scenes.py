"""The server as it is before each try of the table of rights: what is pressed there changes something."""

from dataclasses import dataclass, replace
from typing import Any

from bot.client import Services
from bot.services.change_checks import Moderator, Target
from bot.texts import text
from sandbox.discord.model import Interaction, Message
from storage.server_records import Channels, ServerSettings
from tests.journeys.forging import said
from tests.journeys.moderating import answered, shown
from tests.journeys.restarts import look, until_told
from tests.journeys.rights import REFUSED, Cast, kept


@dataclass(frozen=True)
class Scene:
    """A cast, and the bot that serves it."""

    cast: Cast
    services: Services

    async def begin(self, **changes: Any) -> None:
        """The helpers are moderators; all other settings are as at first, but for these changes."""
        now = await self.services.oversight.settings(self._grace.guild_id)
        first = ServerSettings(moderator_role_ids=(self.cast.helpers.id,), version=now.version)
        if now != (wanted := replace(first, **changes)):
            await self.services.moderation.change_settings(self._grace, wanted)

    async def panel(self, name: str) -> Message:
        """A new panel of this name, whose buttons and menus change something."""
        await self.begin(channels=Channels.EXCEPT if name == "settings with exceptions" else Channels.ONLY)
        match name:
            case "second page":
                return await self._second_page()
            case "reported":
                return await self._reported()
            case "question":
                return await shown(self.cast.world, "reset")
            case _:
                return await shown(self.cast.world, name.partition(" ")[0])

    async def refuse(self, kind: str, tried: Interaction, key: str | None = None) -> None:
        """Hold that a try is refused for the right reason, and no row of the database is another one."""
        before = kept(self.cast.world)  # the bot, in this same loop, has not heard of it yet
        assert await said(self.cast.world, tried) == text(key or REFUSED[kind])
        assert tried.modal is None
        assert kept(self.cast.world) == before

    @property
    def _grace(self) -> Moderator:
        places = self.cast.world.places
        return Moderator(places.hq.id, places.grace.id)

    async def _second_page(self) -> Message:
        whom, world = Target(user_id=self.cast.world.places.linus.id), self.cast.world
        for _ in range(13):
            await self.services.moderation.reset(self._grace, whom)
        panel = await shown(world, "log")
        await world.grace.press(panel, text("button.older")).answered()
        return panel

    async def _reported(self) -> Message:
        """A report about a new image of Linus, who may make one, by somebody who has reported none before."""
        world = self.cast.world
        await self.begin(log_channel_id=world.places.lounge.id)
        if look(world, "SELECT * FROM blocks"):
            whom = Target(user_id=world.places.linus.id)
            await self.services.moderation.unblock(self._grace, whom)
        before = len([each for each in world.posted(world.images) if each.attachments])
        order = world.linus.slash(world.images, "generate", prompt="odd")
        await world.answer(order, "Done", world.linus)
        result = await world.result(world.images, after=before)
        reporter = world.discord.add_user("Somebody")
        world.discord.join(reporter, world.places.hq)
        await answered(world.discord.person(reporter).menu(result, text("menu.report")))
        await until_told(world)
        return [each for each in world.posted(world.places.lounge) if each.components][-1]
