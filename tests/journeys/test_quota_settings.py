"""What moderators set for their server, in the panel of `/quota settings`."""

import pytest

from sandbox.discord.components import flat
from sandbox.discord.model import FORUMS, ChannelType
from sandbox.discord.options import ClientRefused
from tests.journeys.moderating import changed, done, in_log, menu_id, set_log_channel, shown
from tests.journeys.panels import words
from tests.journeys.replying import ask, shows, told_below
from tests.local_world import LocalWorld, upload

WRITTEN = (ChannelType.ANNOUNCEMENT, ChannelType.VOICE, ChannelType.STAGE_VOICE)


async def test_where_images_may_be_made(world: LocalWorld) -> None:
    """Everywhere, only or except in some channels; a thread follows its channel, at every door."""
    lounge, images = world.places.lounge, world.images
    thread = world.discord.add_thread(lounge, "ideas")
    async with world.bot():
        panel = await shown(world, "settings")
        assert "**Everywhere**; threads follow" in words(panel)
        await changed(world.grace, panel, menu_id(panel, "except"))
        assert "choose channels below" in words(panel)
        await changed(world.grace, panel, menu_id(panel, "channels"), str(lounge.id))
        assert f"**Everywhere except in <#{lounge.id}>**" in words(panel)
        for channel in (lounge, thread):
            refusal = world.ada.slash(channel, "generate", prompt="x")
            await world.reads(refusal, "refused.channel")
            asked = ask(world, shows(world, "red", channel=channel), "more")
            await told_below(world, asked, "refused.channel")
        await world.answer(world.order(), "Done")
        await changed(world.grace, panel, menu_id(panel, "only"))
        await world.reads(world.order(), "refused.channel")
        await world.answer(world.ada.slash(thread, "generate", prompt="x"), "Done")
        world.discord.delete_channel(lounge)
        panel = await shown(world, "settings")
        assert str(lounge.id) not in words(panel)
        assert [each for each in flat(panel.components) if each.get("default_values")] == []
        await changed(world.grace, panel, menu_id(panel, "everywhere"))
        await world.answer(world.ada.slash(images, "edit", prompt="x", image1=upload()), "Done")


async def test_where_images_may_be_made_among_all_kinds_of_channels(world: LocalWorld) -> None:
    """Wherever a command can be used, if only in the threads of a forum."""
    channels = [world.discord.add_channel(world.places.hq, "x", kind) for kind in (*WRITTEN, *FORUMS)]
    below = [world.discord.add_thread(channel, "a post") for channel in channels[len(WRITTEN) :]]
    places = [*channels[: len(WRITTEN)], *below]
    async with world.bot():
        panel = await shown(world, "settings")
        await changed(world.grace, panel, menu_id(panel, "except"))
        await changed(world.grace, panel, menu_id(panel, "channels"), *(str(each.id) for each in channels))
        for place in places:
            await world.reads(world.ada.slash(place, "generate", prompt="x"), "refused.channel")
        await changed(world.grace, panel, menu_id(panel, "only"))
        for order in [world.ada.slash(place, "generate", prompt="x") for place in places]:
            await world.answer(order, "Done")
            await world.result(order.channel)


async def test_a_log_channel_of_another_kind(world: LocalWorld) -> None:
    """Each in which the bot can write, so no forum."""
    async with world.bot():
        for kind in WRITTEN:
            log = await set_log_channel(world, world.discord.add_channel(world.places.hq, "log", kind))
            await done(world, "default", amount=int(kind))
            await in_log(world, log, "what everybody else may spend")
        panel = await shown(world, "settings")
        assert "⚠️" not in words(panel)
        for kind in FORUMS:
            forum = world.discord.add_channel(world.places.hq, "log", kind)
            with pytest.raises(ClientRefused, match="kind of channel"):
                world.grace.choose(panel, menu_id(panel, "log"), str(forum.id))


@pytest.mark.settings(member_max_running=3)
async def test_how_much_of_a_member_runs_at_once(world: LocalWorld) -> None:
    """A server may let fewer run; the operator's number holds again when it says nothing."""
    world.api.seconds = 0.5
    async with world.bot():
        panel = await shown(world, "settings")
        await changed(world.grace, panel, menu_id(panel, "running"), "1")
        assert "at once\n**1**" in words(panel)
        first, second = world.order("first"), world.order("second")
        await world.answer(second, "In line")
        await world.answer(first, "Done")
        await world.answer(second, "Done")
        await changed(world.grace, panel, menu_id(panel, "running"), "0")
        assert "**As the operator has set it**" in words(panel)


async def test_the_operator_lets_fewer_run_than_a_server(world: LocalWorld) -> None:
    """The panel says what holds, and what else is set there can be changed as before."""
    async with world.bot():
        panel = await shown(world, "settings")
        await changed(world.grace, panel, menu_id(panel, "running"), "3")
    world.changes["member_max_running"] = 2
    async with world.bot():
        await set_log_channel(world)
        panel = await shown(world, "settings")
        assert f"stands there: <#{world.places.lounge.id}>" in words(panel)
        assert "at once\n**2**" in words(panel)
        chosen = [each["label"] for menu in flat(panel.components) for each in menu.get("options", ())]
        assert chosen == ["As the operator has set it", "1", "2"]


async def test_a_panel_that_is_older_than_the_settings(world: LocalWorld) -> None:
    """It says so, shows the new state, and nothing was changed; then it works."""
    async with world.bot():
        first, second = await shown(world, "settings"), await shown(world, "settings")
        await changed(world.grace, first, menu_id(first, "log"), str(world.places.lounge.id))
        await changed(world.grace, second, menu_id(second, "log"), str(world.images.id))
        assert "nothing was done" in words(second)
        assert f"stands there: <#{world.places.lounge.id}>" in words(second)
        await changed(world.grace, second, menu_id(second, "log"), str(world.images.id))
        assert f"stands there: <#{world.images.id}>" in words(second)


async def test_two_moderators_at_the_same_menu(world: LocalWorld) -> None:
    """One of them wins, and the other one reads how it stands."""
    async with world.bot():
        panels = [await shown(world, "settings") for _ in range(2)]
        presses = [world.grace.press(panel, menu_id(panel, "only")) for panel in panels]
        for pressed in presses:
            await pressed.answered()
        assert sorted("nothing was done" in words(panel) for panel in panels) == [False, True]
        assert words(await shown(world, "log")).count("changed the settings") == 1


async def test_a_log_channel_that_is_gone(world: LocalWorld) -> None:
    """Changes are made all the same, and the panel shows none."""
    async with world.bot():
        log = await set_log_channel(world)
        world.discord.delete_channel(log)
        await done(world, "default", amount=3)
        panel = words(await shown(world, "settings"))
        assert "stands there: none yet, so members can't report images" in panel
        assert str(log.id) not in panel
