"""How often *Report image* reaches the moderators: each image once, of each member a few an hour."""

from bot.texts import text
from sandbox.discord.model import Channel, Message
from tests.journeys.moderating import answered, in_log, logged, set_log_channel, shown
from tests.journeys.panels import words
from tests.local_world import LocalWorld


async def report(world: LocalWorld, image: Message) -> str:
    """Linus reports an image; what he reads."""
    return (await answered(world.linus.menu(image, text("menu.report")))).content


def reports(world: LocalWorld, log: Channel) -> int:
    """How many reports stand in the log channel."""
    return len([line for line in logged(world, log) if "Reported image" in line])


async def test_an_image_is_reported_once_until_it_is_dismissed(world: LocalWorld) -> None:
    """Whoever reports it meanwhile reads that moderators know it, also after a restart; at once too."""
    async with world.bot():
        log = await set_log_channel(world)
        await world.answer(world.order(), "Done")
        image = await world.result(world.images)
        assert await report(world, image) == text("reported.thanks")
        panel = await in_log(world, log, "Reported image")
        await world.grace.press(panel, text("button.report_refund")).answered()
    async with world.bot():
        assert await report(world, image) == text("reported.known")
        assert reports(world, log) == 1
        await world.grace.press(panel, text("button.report_dismiss")).answered()
        both = [person.menu(image, text("menu.report")) for person in (world.ada, world.linus)]
        told = {(await answered(each)).content for each in both}
        assert told == {text("reported.thanks"), text("reported.known")}
        assert reports(world, log) == 2
        history = words(await shown(world, "log", action="report"))
        assert history.count(f"reported an image of <@{world.places.ada.id}>") == 2


async def test_how_much_a_member_may_report(world: LocalWorld) -> None:
    """Five images an hour; the next one is refused until then, and others may go on."""
    async with world.bot():
        log = await set_log_channel(world)
        await world.answer(world.order(), "Done")
        image = await world.result(world.images)
        for _ in range(5):
            assert await report(world, image) == text("reported.thanks")
            world.discord.state.messages[log.id].clear()  # as if moderators had deleted it
        assert "5 images an hour: please go on <t:" in await report(world, image)
        assert reports(world, log) == 0
        told = await answered(world.grace.menu(image, text("menu.report")))
        assert told.content == text("reported.thanks")
