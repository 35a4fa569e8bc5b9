"""`/quota` changes who may spend what: it counts for the next request, and stands in the log channel."""

import pytest

from sandbox.discord.model import Message
from tests.journeys.forging import forged
from tests.journeys.moderating import answered, done, in_log, quota, refused, set_log_channel, shown
from tests.journeys.panels import words
from tests.journeys.restarts import until
from tests.local_world import LocalWorld, booked, ended


async def left(world: LocalWorld, credits_: int) -> None:
    """Ada makes a picture, and so many credits are left then."""
    await world.answer(world.order(), f"{credits_} credit")


async def test_an_own_allowance(world: LocalWorld) -> None:
    """It counts at once, for that member alone; cleared, the rules hold again."""
    ada = world.places.ada.id
    async with world.bot():
        log = await set_log_channel(world)
        said = await done(world, "set", member=ada, amount=3, period="week", reason="a *contest*")
        assert said == (
            f"<@{world.places.grace.id}> gave <@{ada}> an allowance of their own: 3 credits a week"
            " · “a \\*contest\\*”"
        )
        await in_log(world, log, said)
        await left(world, 2)
        await world.answer(world.linus.slash(world.images, "generate", prompt="x"), "19 credits left")
        panel = await shown(world, "show", member=ada)
        assert "**2 credits left** of 3 credits a week, 1 used" in words(panel)
        assert "Nothing is running." in words(panel)
        assert "By an allowance of their own" in words(panel)
        said = await done(world, "clear", member=ada)
        assert "put" in said
        await in_log(world, log, said)
        await left(world, 18)
        await refused(world, "refused.no_own_allowance", "clear", member=ada)


async def test_none_at_all(world: LocalWorld) -> None:
    """An allowance of nothing says so to the member."""
    async with world.bot() as services:
        assert "no credits" in await done(world, "set", member=world.places.ada.id, amount=0)
        refusal = await world.reads(world.order(), "refused.no_allowance")
        assert refusal.content.endswith("Nothing was spent.")
        assert await booked(services.store) == {}


async def test_the_most_generous_role_wins(world: LocalWorld) -> None:
    """By what there is a day; an own allowance goes before; without an amount the rule goes."""
    hq, ada = world.places.hq, world.places.ada
    small, large = (world.discord.add_role(hq, name) for name in ("Small", "Large"))
    top = world.discord.add_role(hq, "Chiefs", "MANAGE_GUILD")
    hq.members[world.places.grace.id].roles.append(top)
    hq.members[ada.id].roles += [large, small]
    async with world.bot():
        assert "60 credits a month" in await done(world, "role", role=small.id, amount=60, period="month")
        await done(world, "role", role=large.id, amount=21, period="week")
        await left(world, 20)
        panel = await shown(world, "show", member=ada.id)
        assert f"By the rule of <@&{large.id}>" in words(panel)
        await done(world, "role", role=large.id)
        await left(world, 58)
        await refused(world, "refused.no_role_rule", "role", role=large.id)
        world.discord.remove_role(hq, small)
        await left(world, 17)
        assert str(small.id) not in words(await shown(world, "overview"))


async def test_everybody_else(world: LocalWorld) -> None:
    """The server's default goes before the operator's; without an amount the operator's holds again."""
    async with world.bot():
        said = await done(world, "default", amount=7)
        assert said.endswith("set what everybody else may spend: 7 credits a day")
        await left(world, 6)
        panel = await shown(world, "show", member=world.places.ada.id)
        assert "By what everybody else may spend" in words(panel)
        direct = world.ada.slash(world.ada.dm(), "generate", prompt="elsewhere")
        await world.answer(direct, "4 credits left")
        assert "let the operator's default hold again" in await done(world, "default")
        await left(world, 18)
        await refused(world, "refused.no_own_default", "default")


@pytest.mark.settings(default_allowance="2/day")
async def test_a_bonus_comes_after_the_allowance(world: LocalWorld) -> None:
    """It is used when the allowance is, and what is not spent can be taken back."""
    ada = world.places.ada.id
    async with world.bot() as services:
        said = await done(world, "grant", member=ada, credits=5, expires="7d", reason="thanks")
        assert "granted" in said
        assert "5 credits of bonus, until <t:" in said
        for credits_ in (6, 5, 4):
            await left(world, credits_)
        panel = words(await shown(world, "show", member=ada))
        assert "**0 credits left** of 2 credits a day, 2 used" in panel
        assert "Bonus: **4 credits**, until <t:" in panel
        assert "reserved 1 credit of bonus" in panel
        assert "took 3 credits of bonus back" in await done(world, "grant", member=ada, credits=-3)
        await left(world, 0)
        await world.answer(world.order(), "you have 0 left")
        await refused(world, "refused.no_bonus", "grant", member=ada, credits=-1)
        assert await booked(services.store) == {"reserve": 4, "settle": 4}


async def test_a_period_starts_anew(world: LocalWorld) -> None:
    """For one member at once; for everybody after a question, which works once."""
    async with world.bot():
        await left(world, 19)
        await world.answer(world.linus.slash(world.images, "generate", prompt="x"), "19 credits left")
        await done(world, "reset", member=world.places.ada.id)
        await left(world, 19)
        question = await shown(world, "reset", reason="a *new*\nstart")
        assert "everybody" in words(question)
        assert "Why: “a \\*new\\* start”" in words(question)
        await left(world, 18)
        pressed = world.grace.press(question, "Start everybody anew")
        await pressed.answered()
        assert "started everybody's period anew · “a \\*new\\* start”" in words(question)
        await left(world, 19)
        await world.answer(world.linus.slash(world.images, "generate", prompt="x"), "19 credits left")


async def test_an_old_question_is_asked_again(world: LocalWorld) -> None:
    """Two moderators have the same question: the second one reads that something has changed."""
    async with world.bot():
        first, second = await shown(world, "reset"), await shown(world, "reset")
        await world.grace.press(first, "Start everybody anew").answered()
        await world.grace.press(second, "Start everybody anew").answered()
        assert "nothing was done" in words(second)
        assert words(await shown(world, "log")).count("everybody's period") == 1
        await world.grace.press(second, "Start everybody anew").answered()
        assert words(await shown(world, "log")).count("everybody's period") == 2


@pytest.mark.settings(xhuo_max_in_flight=1)
async def test_a_block_cancels_what_waits(world: LocalWorld) -> None:
    """No images at all, the waiting ones refunded; unblocked, they may again."""
    world.api.seconds = 1.0
    ada = world.places.ada.id
    async with world.bot() as services:
        log = await set_log_channel(world)
        first = world.order("first")
        await world.api.faults.until_seen("POST", "/v1/nano-banana/*")
        second = world.order("second")
        await world.answer(second, "In line")
        said = await done(world, "block", member=ada, duration="12h", reason="rude")
        assert f"blocked <@{ada}> until <t:" in said
        assert said.endswith("· “rude”")
        await in_log(world, log, said)
        await world.answer(second, "Cancelled. Your credits are back.")
        await world.answer(first, "19 credits left")
        refusal = await world.answer(world.order(), "blocked")
        assert "<t:" in refusal.content
        assert f"<@{ada}> until <t:" in words(await shown(world, "overview"))
        await done(world, "unblock", member=ada)
        await refused(world, "refused.not_blocked", "unblock", member=ada)
        await left(world, 18)
        await ended(services.store, 3)
        assert await booked(services.store) == {"reserve": 3, "settle": 2, "refund": 1}


async def test_a_member_who_has_left_and_comes_back(world: LocalWorld) -> None:
    """Nothing is reset by it: what was decided about them still holds."""
    hq, ada = world.places.hq, world.places.ada
    async with world.bot():
        await done(world, "set", member=ada.id, amount=2)
        await left(world, 1)
        world.discord.leave(ada, hq)
        panel = words(await shown(world, "show", member=ada.id))
        assert "**1 credit left** of 2 credits a day" in panel
        await done(world, "block", member=ada.id)
        world.discord.join(ada, hq)
        await world.reads(world.order(), "refused.blocked")
        await done(world, "unblock", member=ada.id)
        await left(world, 0)


async def test_the_bot_leaves_and_comes_back(world: LocalWorld) -> None:
    """A server that removes it and adds it again finds what was decided."""
    async with world.bot():
        await done(world, "default", amount=5)
        await left(world, 4)
        world.discord.remove_bot(world.places.hq)
        world.discord.install_bot(world.places.hq)
        await until(lambda: bool(world.ada.commands(world.images)))
        await left(world, 3)


async def test_members_read_nothing_of_it(world: LocalWorld) -> None:
    """Each answer is the moderator's alone."""
    async with world.bot():
        before: list[Message] = world.linus.sees(world.images)
        for interaction in (
            quota(world, "overview"),
            quota(world, "default", amount=3),
            quota(world, "set", member=world.places.linus.id, amount=3),
        ):
            await answered(interaction)
        assert world.linus.sees(world.images) == before
        tried = forged(world, world.linus, world.images, "quota default", amount=1000)
        assert "moderators" in (await answered(tried)).content
