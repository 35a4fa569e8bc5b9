"""*Report image*: everybody tells the moderators of an image, and one of them does something, once."""

from bot.texts import text
from sandbox.discord.components import flat
from sandbox.discord.model import Channel, Message
from sandbox.discord.permissions import Permission
from tests.journeys.forging import forged_menu, forged_press, said
from tests.journeys.moderating import answered, in_log, quota, set_log_channel, shown
from tests.journeys.panels import labels, panel, reads, words
from tests.journeys.restarts import change
from tests.local_world import LocalWorld, booked


async def reported(world: LocalWorld, log: Channel) -> tuple[Message, Message]:
    """Linus makes an image, Ada reports it: the image, and what stands in the log channel."""
    order = world.linus.slash(world.images, "generate", prompt="an *odd* boat", count=2)
    await world.answer(order, "Done", world.linus)
    image = await world.result(world.images)
    told = await answered(world.ada.menu(image, text("menu.report")))
    assert told.content == text("reported.thanks")
    return image, await in_log(world, log, "Reported image")


def off(message: Message) -> list[bool]:
    """Which of the buttons can no longer be pressed."""
    return [bool(each.get("disabled")) for each in flat(message.components) if each["type"] == 2]


async def pressed(world: LocalWorld, message: Message, label: str) -> str:
    """Grace presses a button; what she reads."""
    return await said(world, world.grace.press(message, text(f"button.report_{label}")))


async def test_what_moderators_see(world: LocalWorld) -> None:
    """A link to it, its words, who asked for it and who has reported it; nobody is pinged."""
    async with world.bot():
        log = await set_log_channel(world)
        image, report = await reported(world, log)
        seen = words(report)
        assert f"/channels/{world.places.hq.id}/{world.images.id}/{image.id}" in seen
        assert "> an \\*odd\\* boat" in seen
        assert f"asked for by <@{world.places.linus.id}>, reported by <@{world.places.ada.id}>" in seen


async def test_the_log_channel_of_the_demo(world: LocalWorld) -> None:
    """One step in the settings, and a report stands where moderators alone read."""
    async with world.bot():
        log = await set_log_channel(world, world.places.mod_log)
        _, report = await reported(world, log)
        assert report in world.grace.sees(log)
        assert world.ada.sees(log) == world.linus.sees(log) == []


async def test_refund_and_delete(world: LocalWorld) -> None:
    """The member gets back what it cost them, once; the image goes; the log has it all."""
    async with world.bot() as services:
        log = await set_log_channel(world)
        image, report = await reported(world, log)
        await pressed(world, report, "refund")
        assert f"gave <@{world.places.linus.id}> 2 credits back for a reported image" in words(report)
        assert off(report) == [False, True, False, False]
        assert "Bonus: **2 credits**" in words(await shown(world, "show", member=world.places.linus.id))
        await pressed(world, report, "delete")
        assert image not in world.ada.sees(world.images)
        assert "deleted a reported image" in words(report)
        assert off(report) == [True, True, False, False]
        history = words(await shown(world, "log", member=world.places.linus.id))
        assert "deleted a reported image" in history
        assert "back for a reported image" in history
        order = world.linus.slash(world.images, "generate", prompt="fine", count=4)
        await world.answer(order, "16 credits left", world.linus)
        assert await booked(services.store) == {"reserve": 6, "settle": 6}


async def test_a_second_report_gives_nothing_twice(world: LocalWorld) -> None:
    """What was given back for an image is not given back again by another report."""
    async with world.bot():
        log = await set_log_channel(world)
        image, report = await reported(world, log)
        await pressed(world, report, "refund")
        world.discord.state.messages[log.id].pop(report.id)
        await answered(world.ada.menu(image, text("menu.report")))
        again = await in_log(world, log, "Reported image")
        assert (await pressed(world, again, "refund")).endswith("Nothing was changed.")
        assert off(again) == [False, False, False, False]
        assert "Bonus: **2 credits**" in words(await shown(world, "show", member=world.places.linus.id))


async def test_block_by_a_form(world: LocalWorld) -> None:
    """For how long and why; what is no time is refused, and the button still works."""
    async with world.bot():
        log = await set_log_channel(world)
        _, report = await reported(world, log)
        opened = world.grace.press(report, text("button.report_block"))
        await opened.answered()
        wrong = world.grace.submit(opened, duration="tomorrow", words="rude")
        assert "I don't understand “tomorrow”" in await said(world, wrong)
        assert off(report) == [False, False, False, False]
        await said(world, world.grace.submit(opened, duration="7d", words="rude"))
        assert f"blocked <@{world.places.linus.id}> until <t:" in words(report)
        assert "“rude”" in words(report)
        assert off(report) == [False, False, True, False]
        refusal = world.linus.slash(world.images, "generate", prompt="more")
        assert "<t:" in (await world.answer(refusal, "blocked", world.linus)).content


async def test_a_moderator_is_not_blocked_by_a_report(world: LocalWorld) -> None:
    """Discord is asked who the member is, since the report only knows their id."""
    async with world.bot():
        log = await set_log_channel(world)
        _, report = await reported(world, log)
        role = world.discord.add_role(world.places.hq, "Chiefs", "MANAGE_GUILD")
        world.places.hq.members[world.places.linus.id].roles.append(role)
        opened = world.grace.press(report, text("button.report_block"))
        await opened.answered()
        assert (await said(world, world.grace.submit(opened))).endswith("Nothing was changed.")
        await world.answer(world.linus.slash(world.images, "generate", prompt="x"), "Done", world.linus)


async def test_somebody_who_has_deleted_their_data_is_not_blocked(world: LocalWorld) -> None:
    """Nobody can say who that was; the button stays for what else is to be done."""
    async with world.bot():
        log = await set_log_channel(world)
        _, report = await reported(world, log)
        question = await panel(world.linus.slash(world.images, "privacy delete"))
        world.linus.press(question, text("button.forget"))
        await reads(world.linus, question, text("privacy.deleted"))
        opened = world.grace.press(report, text("button.report_block"))
        await opened.answered()
        told = await said(world, world.grace.submit(opened))
        assert told == text("refused.nobody_known")
        assert off(report) == [False, False, False, False]


async def test_dismiss(world: LocalWorld) -> None:
    """Nothing more can be done then."""
    async with world.bot():
        log = await set_log_channel(world)
        image, report = await reported(world, log)
        await pressed(world, report, "dismiss")
        assert f"dismissed a report about <@{world.places.linus.id}>" in words(report)
        assert off(report) == [True, True, True, True]
        assert image in world.ada.sees(world.images)


async def test_two_moderators_at_the_same_button(world: LocalWorld) -> None:
    """One effect; the other one reads that it is done."""
    chief = world.discord.person(world.discord.application.owner)
    async with world.bot() as services:
        log = await set_log_channel(world)
        _, report = await reported(world, log)
        [custom_id] = [
            str(each["custom_id"])
            for each in flat(report.components)
            if str(each.get("custom_id", "")).startswith("rep-refund")
        ]
        presses = [forged_press(world, person, report, custom_id) for person in (world.grace, chief)]
        heard = [await said(world, each) for each in presses]
        assert sum(text("refused.report_settled") in each for each in heard) == 1
        assert words(report).count("back for a reported image") == 1
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


async def test_an_image_that_is_gone_already(world: LocalWorld) -> None:
    """Its member has deleted it meanwhile: the report says that it was gone, and goes on."""
    async with world.bot():
        log = await set_log_channel(world)
        image, report = await reported(world, log)
        world.discord.delete_message(image)
        await pressed(world, report, "delete")
        assert "wanted to delete a reported image" in words(report)
        assert "it was gone already" in words(report)
        assert off(report) == [True, False, False, False]
        assert "it was gone already" in words(await shown(world, "log"))


async def test_an_image_that_only_its_member_sees(world: LocalWorld) -> None:
    """Nobody could delete it, so that is not offered."""
    async with world.bot():
        log = await set_log_channel(world)
        order = world.linus.slash(world.images, "generate", prompt="mine", private=True)
        image = await world.answer(order, "AI-generated", world.linus)
        told = await answered(forged_menu(world, world.linus, image, text("menu.report")))
        assert told.content == text("reported.thanks")
        report = await in_log(world, log, "Reported image")
        assert text("reported.hidden") in words(report)
        assert labels(report) == ["Refund", "Block", "Dismiss"]


async def test_an_image_where_the_bot_is_shut_out(world: LocalWorld) -> None:
    """It says so, and the button still works when it is let in again."""
    async with world.bot():
        log = await set_log_channel(world)
        image, report = await reported(world, log)
        world.discord.deny(world.images, "VIEW_CHANNEL")
        assert text("refused.report_not_mine") in await pressed(world, report, "delete")
        assert off(report) == [False, False, False, False]
        assert image in world.ada.sees(world.images)


async def test_nowhere_to_report_to(world: LocalWorld) -> None:
    """Without a log channel, or with one where the bot may not write, the reporter is told so."""
    async with world.bot():
        await world.answer(world.order(), "Done")
        image = await world.result(world.images)
        told = await answered(world.linus.menu(image, text("menu.report")))
        assert told.content == text("refused.no_log_channel")
        await set_log_channel(world, world.places.announcements)
        assert "⚠️ I may not write there" in words(await shown(world, "settings"))
        told = await answered(world.linus.menu(image, text("menu.report")))
        assert told.content == text("refused.no_log_channel")


async def test_what_is_no_image_of_the_bot(world: LocalWorld) -> None:
    """Somebody's own picture, words, or an image that is forgotten."""
    async with world.bot():
        await set_log_channel(world)
        for message in (world.linus.say(world.images, "words"), *world.ada.sees(world.images)[:1]):
            told = await answered(world.ada.menu(message, text("menu.report")))
            assert told.content == text("refused.not_reported")


async def test_words_that_are_deleted(world: LocalWorld) -> None:
    """A report of an old image says that its words are gone."""
    async with world.bot():
        log = await set_log_channel(world)
        await world.answer(world.order(), "Done")
        image = await world.result(world.images)
    change(world, "UPDATE jobs SET prompt = ''")
    async with world.bot():
        await answered(world.linus.menu(image, text("menu.report")))
        assert text("details.words_gone") in words(await in_log(world, log, "Reported image"))
        await answered(quota(world, "overview"))


async def test_buttons_work_after_a_restart(world: LocalWorld) -> None:
    """Their ids say all; what Discord refuses to the bot is told."""
    async with world.bot():
        log = await set_log_channel(world)
        image, report = await reported(world, log)
    async with world.bot():
        role = next(role for role in world.places.hq.roles if role.name == "Moderators")
        assert Permission.MANAGE_GUILD in role.permissions
        await pressed(world, report, "delete")
        assert image not in world.ada.sees(world.images)
