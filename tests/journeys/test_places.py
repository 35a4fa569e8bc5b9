"""The same commands where the bot is no member of a server: in its direct messages, and carried along."""

import pytest

from sandbox.discord.options import ClientRefused
from tests.local_world import LocalWorld, booked, upload


async def test_direct_messages_have_an_account_of_their_own(world: LocalWorld) -> None:
    """What is spent there does not touch the account in a server."""
    async with world.bot():
        there = world.ada.dm()
        interaction = world.ada.slash(there, "generate", prompt="a quiet lake")
        message = await world.result(there)
        assert "a quiet lake" in message.content
        assert "4 credits left" in (await world.answer(interaction, "Done")).content
        interaction = world.ada.slash(world.images, "generate", prompt="a loud lake")
        assert "19 credits left" in (await world.answer(interaction, "Done")).content


async def test_each_server_has_an_account_for_each_member(world: LocalWorld) -> None:
    """What is spent in one server does not touch the account in another one."""
    async with world.bot():
        await world.answer(world.order(count=4), "16 credits left")
        other = world.discord.add_guild("Night Owls", owner=world.places.linus)
        world.discord.join(world.places.ada, other)
        owls = world.discord.add_channel(other, "owls")
        world.discord.install_bot(other)
        interaction = world.ada.slash(owls, "generate", prompt="an owl")
        await world.answer(interaction, "19 credits left")
        interaction = world.linus.slash(world.images, "generate", prompt="a boat")
        await world.answer(interaction, "19 credits left")


async def test_five_credits_a_day_in_direct_messages(world: LocalWorld) -> None:
    """The sixth is refused with its price and what is left."""
    async with world.bot() as services:
        there = world.ada.dm()
        interaction = world.ada.slash(there, "edit", prompt="four", count=4, image1=upload())
        await world.answer(interaction, "Done")
        refused = world.ada.slash(there, "generate", prompt="two more", count=2)
        await world.answer(refused, "This costs 2 credits and you have 1 left; more come <t:")
        assert await booked(services.store) == {"reserve": 4, "settle": 4}


async def test_carried_along_the_result_follows_in_public(world: LocalWorld) -> None:
    """Where the bot is no member, progress is public, and the pictures are its follow-up."""
    world.api.seconds = 0.3
    sketches = world.places.sketches
    async with world.bot():
        interaction = world.ada.slash(sketches, "generate", prompt="a barn", count=2)
        progress = await world.answer(interaction, "Ready about", world.linus)
        assert progress.ephemeral_for is None
        message = await world.result(sketches, world.linus)
        assert message is not progress
        assert len(message.attachments) == 2
        assert message.pinged == {world.places.ada.id}
        done = await world.answer(interaction, "Done")
        assert "3 credits left" in done.content
        assert f"/channels/{world.places.foreign.id}/{sketches.id}/{message.id}" in done.content
        assert world.discord.faults.count("POST", "/api/v10/channels/*/messages") == 0


async def test_direct_messages_and_foreign_servers_share_an_account(world: LocalWorld) -> None:
    """One account for everywhere where the bot is no member."""
    async with world.bot():
        first = world.ada.slash(world.ada.dm(), "generate", prompt="one")
        assert "4 credits left" in (await world.answer(first, "Done")).content
        second = world.ada.slash(world.places.sketches, "generate", prompt="two")
        assert "3 credits left" in (await world.answer(second, "Done")).content


async def test_carried_along_and_private(world: LocalWorld) -> None:
    """A private result stays with its member in a foreign server too."""
    sketches = world.places.sketches
    async with world.bot():
        before = world.linus.sees(sketches)
        interaction = world.ada.slash(sketches, "generate", prompt="a secret barn", private=True)
        message = await world.answer(interaction, "4 credits left")
        assert len(message.attachments) == 1
        assert message.ephemeral_for is world.places.ada
        assert world.linus.sees(sketches) == before


async def test_a_refusal_in_a_foreign_server_is_private(world: LocalWorld) -> None:
    """The public progress makes room for words that only the member sees."""
    sketches = world.places.sketches
    async with world.bot():
        world.ada.slash(sketches, "generate", prompt="much", count=4, model="nano-banana-2")
        refusal = await world.ada.until(sketches, lambda message: "This costs 8 credits" in message.content)
        assert refusal.ephemeral_for is world.places.ada
        assert world.posted(sketches) == []


async def test_nobody_else_is_offered_the_commands_there(world: LocalWorld) -> None:
    """The app is where it was carried, for the one who carries it."""
    async with world.bot():
        with pytest.raises(ClientRefused, match="not offered here"):
            world.linus.slash(world.places.sketches, "generate", prompt="me too")
