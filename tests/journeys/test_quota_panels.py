"""What moderators see: the overview, the report and the log, and who they are."""

import csv
from io import BytesIO, StringIO

import pytest
from PIL import Image

from bot.texts import text
from sandbox.discord.model import Interaction
from sandbox.discord.options import ClientRefused
from tests.journeys.forging import forged
from tests.journeys.moderating import (
    answered,
    changed,
    done,
    in_log,
    menu_id,
    quota,
    set_log_channel,
    shown,
)
from tests.journeys.panels import labels, panel, reads, words
from tests.journeys.restarts import change
from tests.local_world import LocalWorld


@pytest.mark.settings(server_ceiling="10/day", default_allowance="5/day")
async def test_one_look(world: LocalWorld) -> None:
    """Spent today, the rules, who is near the limit, who is blocked, and the way to the rest."""
    async with world.bot():
        panel = words(await shown(world, "overview"))
        assert "**0 of 10 credits** used · renews <t:" in panel
        assert "Everybody else: **5 credits a day** (the operator's default)" in panel
        assert "Nobody has used more" in panel
        await done(world, "set", member=world.places.linus.id, amount=9)
        await done(world, "block", member=world.places.linus.id)
        await world.answer(world.order(count=4), "1 credit left")
        message = await shown(world, "overview")
        panel = words(message)
        assert "**4 of 10 credits** used" in panel
        assert "`████████░░░░░░░░░░░░` 40 %" in panel
        assert f"<@{world.places.ada.id}>: 4 of 5 credits a day" in panel
        assert f"<@{world.places.linus.id}> for good" in panel
        assert "1 member has an allowance of their own." in panel
        assert labels(message) == ["Report", "Log", "Settings", "Refresh"]
        await world.answer(world.order(), "0 credits left")
        await world.grace.press(message, "Refresh").answered()
        assert "**5 of 10 credits** used" in words(message)


async def test_rules_in_the_order_in_which_they_decide(world: LocalWorld) -> None:
    """Own allowances before roles, and everybody else at the end."""
    artists = world.discord.add_role(world.places.hq, "Artists")
    world.places.hq.roles.sort(key=lambda role: role is not artists)
    async with world.bot():
        await done(world, "default", amount=2)
        await done(world, "role", role=artists.id, amount=9)
        await done(world, "set", member=world.places.linus.id, amount=1)
        rules = words(await shown(world, "overview")).partition("### Rules\n")[2].splitlines()[:3]
        assert rules == [
            "1 member has an allowance of their own.",
            f"<@&{artists.id}>: **9 credits a day**",
            "Everybody else: **2 credits a day**",
        ]


async def test_somebody_who_has_deleted_their_data(world: LocalWorld) -> None:
    """They are named no more: what they have spent and that they are blocked still holds."""
    async with world.bot():
        await done(world, "set", member=world.places.ada.id, amount=2, period="month")
        await world.answer(world.order(count=2), "0 credits left")
        await done(world, "block", member=world.places.ada.id)
        question = await panel(world.ada.slash(world.images, "privacy delete"))
        world.ada.press(question, text("button.forget"))
        await reads(world.ada, question, text("privacy.deleted"))
        seen = words(await shown(world, "overview"))
        assert f"{text('quota.somebody')}: 2 of 2 credits a month" in seen
        assert f"{text('quota.somebody')} for good" in seen
        assert "<@-" not in seen


async def test_a_block_while_the_operator_pauses(world: LocalWorld) -> None:
    """Both are known: the pause hides from nobody who is blocked."""
    async with world.bot() as services:
        await done(world, "block", member=world.places.ada.id)
        await services.operating.pause()
        assert "Blocked" in words(await shown(world, "show", member=world.places.ada.id))
        await world.reads(world.order(), "refused.blocked")
        await world.reads(world.linus.slash(world.images, "generate", prompt="x"), "refused.paused")


async def test_from_panel_to_panel(world: LocalWorld) -> None:
    """Each button shows its panel in place; the report comes as a message of its own."""
    async with world.bot():
        message = await shown(world, "overview")
        await world.grace.press(message, "Log").answered()
        assert "## Who has changed what\nNothing yet." in words(message)
        await world.grace.press(message, "Overview").answered()
        await world.grace.press(message, "Settings").answered()
        assert "## Settings of this server" in words(message)
        await world.grace.press(message, "Overview").answered()
        pressed = world.grace.press(message, "Report")
        report = await world.answer(pressed, "## The last 30 days", world.grace)
        assert report.content.endswith("Nobody has asked for anything in these days.")
        assert "## Credits in this server" in words(message)


async def test_role_rules_in_pages(world: LocalWorld) -> None:
    """Each rule can be read, the most generous first; that of a deleted role is not shown."""
    hq = world.places.hq
    roles = [world.discord.add_role(hq, f"Role {number}") for number in range(21)]
    async with world.bot():
        for number, role in enumerate(roles):
            values = f"{hq.id}, 'role', {role.id}, {100 - number}, 'day'"
            change(world, f"INSERT INTO rules VALUES ({values})")
        message = await shown(world, "overview")

        def listed() -> list[int]:
            return [number for number, role in enumerate(roles) if str(role.id) in words(message)]

        assert listed() == list(range(10))
        assert "… and 11 more" in words(message)
        await world.grace.press(message, "More rules").answered()
        assert listed() == list(range(10, 20))
        assert labels(message)[:2] == ["Rules before", "More rules"]
        await world.grace.press(message, "More rules").answered()
        assert listed() == [20]
        assert "more" not in words(message).partition("### Near")[0]
        world.discord.remove_role(hq, roles[3])
        await world.grace.press(message, "Refresh").answered()
        assert listed() == [*range(11, 21)]
        assert labels(message)[0] == "Rules before"
        await world.grace.press(message, "Rules before").answered()
        assert listed() == [0, 1, 2, *range(4, 11)]


async def test_the_report(world: LocalWorld) -> None:
    """Totals in words, a picture, and a CSV with every figure."""
    async with world.bot():
        await world.answer(world.order(count=3), "Done")
        await world.answer(world.linus.slash(world.images, "generate", prompt="x"), "Done")
        await world.reads(world.order("something forbidden"), "failed.content")
        report = await answered(quota(world, "report", days=7))
        assert report.content == (
            "## The last 7 days\n**4 credits** for 4 pictures in 3 requests.\n"
            f"Most: <@{world.places.ada.id}> 3 · <@{world.places.linus.id}> 1"
        )
        picture, table = report.attachments
        assert (picture.filename, table.filename) == ("quota-report.png", "quota-report.csv")
        assert picture.description
        with Image.open(BytesIO(picture.data)) as image:
            assert image.width == 900
            image.load()
        rows = list(csv.DictReader(StringIO(table.data.decode())))
        assert [
            (row["outcome"], row["requests"], row["pictures asked for"], row["credits"]) for row in rows
        ] == [
            ("done", "2", "4", "4"),
            ("not made", "1", "1", "0"),
        ]
        for days in (0, 91, -1):
            assert "1 to 90" in (await answered(quota(world, "report", days=days))).content


async def test_the_log_in_pages(world: LocalWorld) -> None:
    """Six changes at a time, the newest first; of one member or one kind alone."""
    async with world.bot():
        for number in range(1, 14):
            await done(world, "default", amount=number)
        await done(world, "set", member=world.places.ada.id, amount=3, reason="because")
        message = await shown(world, "log")
        lines = words(message).splitlines()
        assert len(lines) == 7
        assert "gave" in lines[1]
        assert "“because”" in lines[1]
        assert labels(message) == ["Refresh", "Older", "Overview"]
        await world.grace.press(message, "Older").answered()
        assert [
            line.rpartition("may ")[2].removesuffix(" a day") for line in words(message).splitlines()[1::5]
        ] == ["spend: 8 credits", "spend: 3 credits"]
        await world.grace.press(message, "Older").answered()
        assert labels(message) == ["Newer", "Refresh", "Overview"]
        assert len(words(message).splitlines()) == 3
        one = words(await shown(world, "log", member=world.places.ada.id))
        assert "because" in one
        assert len(one.splitlines()) == 2
        kind = await shown(world, "log", action="default")
        assert "because" not in words(kind)
        await world.grace.press(kind, "Older").answered()
        await world.grace.press(kind, "Older").answered()
        assert words(kind).endswith("1 credit a day")


async def test_a_moderator_role(world: LocalWorld) -> None:
    """Its members moderate from then on, and no longer when it is taken away again."""
    role = world.discord.add_role(world.places.hq, "Helpers", "MANAGE_GUILD")
    world.places.hq.members[world.places.linus.id].roles.append(role)
    async with world.bot():
        role.permissions &= 0  # the commands are shown to them, but they may manage nothing
        log = await set_log_channel(world)
        panel = await shown(world, "settings")
        await changed(world.grace, panel, menu_id(panel, "moderators"), str(role.id))
        assert f"the members of <@&{role.id}>" in words(panel)
        await in_log(world, log, f"moderator roles <@&{role.id}>")
        overview = await answered(offered(world, "overview"))
        assert "## Credits" in words(overview)
        await changed(world.grace, panel, menu_id(panel, "moderators"))
        assert "the members of" not in words(panel)
        assert "moderators" in (await answered(offered(world, "overview"))).content
        with pytest.raises(ClientRefused):
            world.linus.press(overview, "Nothing")
        pressed = world.linus.press(overview, "Refresh")
        await world.linus.until(
            world.images, lambda each: each.interaction is pressed and "moderators" in each.content
        )


def offered(world: LocalWorld, command: str) -> Interaction:
    """Linus types a command of moderators."""
    return forged(world, world.linus, world.images, f"quota {command}")


async def test_the_ceiling_is_told_once_each(world: LocalWorld) -> None:
    """At 50, 80 and 100 percent, also where one request passes several; members read when it is back."""
    world.changes["server_ceiling"] = "10/day"
    async with world.bot():
        log = await set_log_channel(world)
        await world.answer(world.order(count=4), "Done")
        await world.answer(world.order(count=1), "Done")
        await in_log(world, log, "50 % of this server's 10 credits")
        await world.answer(world.order(count=4), "Done")
        await in_log(world, log, "80 % of this server's 10 credits")
        await world.answer(world.order(count=1), "Done")
        await in_log(world, log, "All of this server's 10 credits are used; they are back <t:")
        refusal = await world.answer(world.order(), "This server has used")
        assert "<t:" in refusal.content
    async with world.bot():
        await world.answer(world.order(), "This server has used")
        lines = [message.content for message in world.posted(log) if "this server's" in message.content]
        assert len(lines) == 3
