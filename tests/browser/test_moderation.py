"""What moderators do, on the page, with the real bot behind it: on a desk, and on a phone."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import DESKTOP, PHONE
from tests.local_world import LocalWorld

pytestmark = pytest.mark.browser


async def test_the_operator_steers_the_bot_in_their_own_server(world: LocalWorld, page: Page) -> None:
    """The demo lets one be the operator as well: the last of the people, with `/operator`."""
    world.changes["operator_guild_id"] = world.places.hq.id
    async with world.bot():
        chat = Chat(page, world.discord.url)
        await chat.open(world.discord.application.owner, world.images)
        await expect(page.get_by_role("radio").last).to_be_checked()
        await chat.command("operator pause")
        await chat.send()
        await expect(chat.messages.last).to_contain_text("accepted ones are made")
        await chat.become(world.places.ada)
        await chat.command("generate", "a banana")
        await chat.send()
        await expect(chat.messages.last).to_contain_text("my operator has paused me")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP])
async def test_members_roles_and_channels_are_picked_by_name(world: LocalWorld, page: Page) -> None:
    """Options list people and roles, menus list channels and roles, and their names stand in the answers."""
    world.discord.add_role(world.places.hq, "Artists")
    moderators = next(role for role in world.places.hq.roles if role.name == "Moderators")
    world.places.hq.roles.sort(key=lambda role: role is moderators)  # which stands above the artists
    async with world.bot():
        chat = Chat(page, world.discord.url)
        await chat.open(world.places.grace, world.images)
        await chat.command("quota set")
        await chat.option("member").fill("ad")
        await chat.suggestions.filter(has_text="Ada").click()
        await chat.option("amount").fill("3")
        await chat.send()
        await expect(chat.message("allowance of their own")).to_contain_text(
            "@Grace gave @Ada an allowance of their own: 3 credits"
        )

        await chat.command("quota role")
        await chat.option("role").fill("art")
        await chat.suggestions.filter(has_text="Artists").click()
        field = await chat.add_option("amount")
        await field.fill("50")
        await chat.send()
        await expect(chat.message("set the rule of")).to_contain_text("@Artists: 50 credits a day")

        await chat.command("quota overview")
        await chat.send()
        panel = chat.message("Credits in this server")
        await expect(panel).to_contain_text("@Artists: 50 credits a day")
        await panel.get_by_role("button", name="Settings").click()
        settings = chat.message("Settings of this server")
        await settings.get_by_label("No log channel").select_option(label="lounge")
        await expect(settings).to_contain_text("stands there: #lounge")
        await settings.get_by_label("No further roles").select_option(label=["Artists"])
        await expect(settings).to_contain_text("the members of @Artists")
        await settings.get_by_role("button", name="Only in …").click()
        await settings.get_by_label("Channels").select_option(label=["images", "lounge"])
        await expect(settings).to_contain_text("Only in #images #lounge")
        await settings.get_by_label("No log channel").select_option(label="No log channel")
        await expect(settings).to_contain_text("stands there: none yet")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
