"""The ladder: where a result goes when Discord does not take it where it belongs."""

import pytest

from bot.texts import text
from sandbox.faults import Fault
from storage.records import JobState
from tests.journeys.panels import jobs_of, shown
from tests.local_world import LocalWorld, booked, ended, in_state, refusal

SEND = "/api/v10/channels/*/messages"
ANSWER = "/api/v10/webhooks/*"


@pytest.mark.parametrize("fault", [refusal(403, 50013), refusal(403, 50001), refusal(400, 160002)])
async def test_where_the_bot_may_not_post_the_answer_becomes_the_result(
    world: LocalWorld, fault: Fault
) -> None:
    """The member gets the pictures alone, and pays for them."""
    world.discord.faults.plan("POST", SEND, fault)
    async with world.bot() as services:
        interaction = world.ada.slash(world.images, "generate", prompt="a kite", count=2)
        message = await world.answer(interaction, "18 credits left")
        assert message.ephemeral_for is world.places.ada
        assert len(message.attachments) == 2
        assert world.posted(world.images) == []
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


@pytest.mark.parametrize("permission", ["SEND_MESSAGES", "ATTACH_FILES"])
async def test_a_channel_that_denies_the_bot(world: LocalWorld, permission: str) -> None:
    """A real denial ends in the answer, too."""
    world.discord.deny(world.images, permission)
    async with world.bot():
        interaction = world.ada.slash(world.images, "generate", prompt="a kite")
        message = await world.answer(interaction, "19 credits left")
        assert len(message.attachments) == 1
        assert world.posted(world.images) == []


async def test_a_server_that_throws_the_bot_out(world: LocalWorld) -> None:
    """The answer outlives its membership, and takes the result."""
    world.api.seconds = 0.5
    async with world.bot():
        interaction = world.order()
        await world.answer(interaction, "Making")
        world.discord.remove_bot(world.places.hq)
        message = await world.answer(interaction, "19 credits left")
        assert len(message.attachments) == 1


async def test_a_member_who_takes_no_direct_messages(world: LocalWorld) -> None:
    """In the bot's direct messages the answer itself can still hold the result."""
    world.discord.faults.plan("POST", SEND, refusal(403, 50007))
    async with world.bot():
        interaction = world.ada.slash(world.ada.dm(), "generate", prompt="a kite")
        message = await world.answer(interaction, "4 credits left")
        assert len(message.attachments) == 1


@pytest.mark.parametrize("fault", [refusal(404, 10003), refusal(404, 10004)])
async def test_a_place_that_is_gone(world: LocalWorld, fault: Fault) -> None:
    """There is nowhere to show it: it waits in /jobs, and nothing is spent yet."""
    world.discord.faults.plan("POST", SEND, fault)
    async with world.bot() as services:
        interaction = world.ada.slash(world.images, "generate", prompt="a kite", count=4)
        await world.reads(interaction, "held.undeliverable")
        assert await booked(services.store) == {"reserve": 4}
        assert world.api.posts == 1


async def test_an_archived_thread(world: LocalWorld) -> None:
    """A thread that was archived meanwhile takes no result: the private answer does, and says so."""
    world.api.seconds = 0.3
    thread = world.discord.add_thread(world.images, "night pictures")
    async with world.bot() as services:
        interaction = world.ada.slash(thread, "generate", prompt="a kite")
        await world.answer(interaction, "Making")
        world.discord.archive(thread)
        message = await world.answer(interaction, "19 credits left")
        assert text("result.only_you") in message.content
        assert len(message.attachments) == 1
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


async def test_a_channel_that_was_deleted(world: LocalWorld) -> None:
    """Nobody can be told, and still the picture waits in /jobs."""
    world.api.seconds = 0.3
    lounge = world.places.lounge
    async with world.bot() as services:
        interaction = world.ada.slash(lounge, "generate", prompt="a kite")
        await world.answer(interaction, "Making")
        world.discord.delete_channel(lounge)
        await in_state(services.store, JobState.HELD)
        assert await booked(services.store) == {"reserve": 1}


@pytest.mark.parametrize(("status", "code"), [(413, 40005), (400, 40005), (413, 0)])
async def test_too_large_for_discord_twice_becomes_a_link(world: LocalWorld, status: int, code: int) -> None:
    """First smaller, then a link to the API's file; either is paid for."""
    world.discord.faults.plan("POST", SEND, refusal(status, code), times=2)
    async with world.bot() as services:
        interaction = world.ada.slash(world.images, "generate", prompt="a kite", count=2)
        await world.answer(interaction, "18 credits left")
        [message] = world.posted(world.images)
        assert message.attachments == []
        assert "Too large for Discord: [original 1](http" in message.content
        assert "[original 2](http" in message.content
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


async def test_large_pictures_are_made_smaller_and_linked(world: LocalWorld) -> None:
    """A photograph in 4K goes as a smaller file, with a link to the original."""
    world.api.noisy = True
    async with world.bot():
        options = {"model": "nano-banana-pro", "resolution": "4K", "aspect_ratio": "1:1"}
        interaction = world.ada.slash(world.images, "generate", prompt="a kite", **options)
        message = await world.ada.until(
            world.images, lambda message: "Made smaller" in message.content, timeout=60
        )
        [attachment] = message.attachments
        assert len(attachment.data) <= 10 * 2**20
        assert (attachment.width, attachment.height) == (4096, 4096)
        assert "[original](<http" in message.content
        await world.answer(interaction, "Done")


async def test_a_large_picture_is_made_smaller_once(world: LocalWorld) -> None:
    """However often Discord has to be asked, and when its member has it shown again."""
    world.api.noisy = True
    world.discord.faults.plan("POST", SEND, Fault(503), times=2)
    async with world.bot():
        options = {"model": "nano-banana-pro", "resolution": "4K", "aspect_ratio": "1:1"}
        interaction = world.ada.slash(world.images, "generate", prompt="a kite", **options)
        await world.discord.faults.until_seen("POST", SEND, timeout=60)
        [smaller] = world.folder.glob("spool/*/*-for-discord.*")
        made_at = smaller.stat().st_mtime_ns
        await world.answer(interaction, "Done")
        [message] = world.posted(world.images)
        assert message.attachments[0].data == smaller.read_bytes()
        panel = await jobs_of(world, world.ada)
        again = await shown(world.ada, world.ada.press(panel, text("button.deliver_again")))
        assert again.attachments[0].data == smaller.read_bytes()
        assert smaller.stat().st_mtime_ns == made_at


@pytest.mark.long
async def test_what_was_made_for_a_smaller_limit_is_not_shown_under_a_larger_one(world: LocalWorld) -> None:
    """The channel wants far less and then nothing: the answer gets as much as it takes."""
    world.api.noisy = True
    world.discord.faults.plan("POST", SEND, refusal(413, 40005))
    world.discord.faults.plan("POST", SEND, refusal(403, 50013))
    async with world.bot():
        options = {"model": "nano-banana-pro", "resolution": "4K", "aspect_ratio": "1:1"}
        interaction = world.ada.slash(world.images, "generate", prompt="a kite", **options)
        await world.discord.faults.until_seen("POST", SEND, 2, timeout=60)
        answer = await world.answer(interaction, text("result.only_you"))
        small, large = sorted(path.stat().st_size for path in world.folder.glob("spool/*/*-for-discord.*"))
        assert small <= 2.5 * 2**20 < large == len(answer.attachments[0].data)


@pytest.mark.parametrize("code", [200000, 240000])
async def test_words_that_automod_blocks(world: LocalWorld, code: int) -> None:
    """The second try does without the prompt."""
    world.discord.faults.plan("POST", SEND, refusal(400, code))
    async with world.bot():
        interaction = world.ada.slash(world.images, "generate", prompt="a rude kite")
        message = await world.result(world.images)
        assert "rude" not in message.content
        assert "here is your picture" in message.content
        await world.answer(interaction, "Done")


async def test_automod_that_blocks_everything(world: LocalWorld) -> None:
    """Then the member alone gets the picture."""
    world.discord.faults.plan("POST", SEND, refusal(400, 200000), times=2)
    async with world.bot():
        interaction = world.ada.slash(world.images, "generate", prompt="a rude kite")
        message = await world.answer(interaction, "19 credits left")
        assert len(message.attachments) == 1
        assert world.posted(world.images) == []


async def test_a_picture_that_discord_finds_explicit(world: LocalWorld) -> None:
    """It was made, so it is charged; the member hears it, and it is shown nowhere."""
    world.discord.faults.plan("POST", SEND, refusal(400, 20009))
    async with world.bot() as services:
        interaction = world.ada.slash(world.images, "generate", prompt="a kite", count=2)
        await world.reads(interaction, "failed.explicit")
        assert world.posted(world.images) == []
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


async def test_a_progress_message_that_was_deleted(world: LocalWorld) -> None:
    """The result comes all the same."""
    world.api.seconds = 0.5
    async with world.bot() as services:
        interaction = world.ada.slash(world.images, "generate", prompt="a kite")
        world.discord.delete_message(await world.answer(interaction, "Making"))
        assert len((await world.result(world.images)).attachments) == 1
        await ended(services.store)
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


@pytest.mark.parametrize("fault", [refusal(401, 50027), refusal(404, 10015), refusal(404, 10062)])
async def test_a_token_that_is_gone(world: LocalWorld, fault: Fault) -> None:
    """A result for the channel does not need it."""
    world.discord.faults.plan("PATCH", ANSWER, fault, times=100)
    async with world.bot() as services:
        world.ada.slash(world.images, "generate", prompt="a kite")
        assert len((await world.result(world.images)).attachments) == 1
        await ended(services.store)
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


@pytest.mark.parametrize("where", ["images", "sketches"])
async def test_without_its_token_such_a_result_has_no_place(world: LocalWorld, where: str) -> None:
    """A private result never goes to the channel, a foreign one cannot: both wait in /jobs."""
    channel = getattr(world.places, where)
    world.discord.faults.plan("PATCH", ANSWER, refusal(401, 50027), times=100)
    world.discord.faults.plan("POST", ANSWER, refusal(401, 50027), times=100)
    async with world.bot() as services:
        world.ada.slash(channel, "generate", prompt="a kite", private=where == "images")
        await in_state(services.store, JobState.HELD)
        assert [message for message in world.posted(channel) if not message.loading] == []
        assert await booked(services.store) == {"reserve": 1}
