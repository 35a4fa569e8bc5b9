"""The world as a whole: it outlives bots, breaks on demand, and serves its page."""

import asyncio

import aiohttp
import discord
import pytest

from sandbox.discord.model import ChannelType, InteractionFailed
from sandbox.discord.server import DiscordWorld
from sandbox.faults import Fault
from tests.sandbox.conftest import Interaction, Place, StartBot, ToyBot


async def test_the_world_outlives_its_bots(world: DiscordWorld, place: Place, start_bot: StartBot) -> None:
    """A second bot finds the commands and messages of the first, and an answer still to be changed."""
    first = await start_bot()

    async def answer(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True)

    first.answer = answer
    sent = place.ada.slash(place.channel, "make", prompt="x")
    loading = await place.ada.until(place.channel, lambda message: message.loading)
    await first.close()
    assert not world.bot_online
    second = await start_bot()
    webhook = discord.Webhook.partial(world.application.id, sent.token, client=second)
    await webhook.edit_message(loading.id, content="from the second")
    assert await sent.answered() is loading
    assert loading.content == "from the second"
    assert loading.edited_at is None


async def test_nobody_answers_while_the_bot_is_away(
    world: DiscordWorld, place: Place, start_bot: StartBot
) -> None:
    """An interaction without a bot fails after its three seconds."""
    bot = await start_bot()
    await bot.close()
    interaction = place.ada.slash(place.channel, "make", prompt="x")
    world.advance(3)
    with pytest.raises(InteractionFailed):
        await interaction.answered()


async def test_a_lost_answer_is_found_by_its_nonce(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """The connection breaks after the message was posted; the second try returns the same message."""
    channel = bot.get_channel(place.channel.id)
    assert isinstance(channel, discord.TextChannel)
    path = f"/api/v10/channels/{channel.id}/messages"
    world.faults.plan("POST", path, Fault(reset="after"))
    with pytest.raises((aiohttp.ClientError, OSError)):
        await channel.send("result", nonce="job-1")
    (posted,) = place.ada.sees(place.channel)
    again = await channel.send("result", nonce="job-1")
    assert again.id == posted.id
    assert world.faults.count("POST", path) == 2


async def test_a_forum_holds_threads_alone(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """Nobody writes in it; in a thread below and in the chat of a voice channel everybody does."""
    forum = world.add_channel(place.guild, "questions", ChannelType.FORUM)
    for channel in (
        world.add_thread(forum, "why"),
        world.add_channel(place.guild, "talk", ChannelType.VOICE),
    ):
        await bot.get_partial_messageable(channel.id).send("because")
        assert [each.content for each in place.ada.sees(channel)] == ["because"]
        assert [each.name for each in place.ada.commands(channel)] == ["make"]
    with pytest.raises(discord.HTTPException) as refusal:
        await bot.get_partial_messageable(forum.id).send("because")
    assert refusal.value.code == 50008
    assert place.ada.commands(forum) == []


async def test_discord_py_waits_out_a_rate_limit(place: Place, bot: ToyBot) -> None:
    """Six messages at once all arrive: the library obeys the headers."""
    channel = bot.get_channel(place.channel.id)
    assert isinstance(channel, discord.TextChannel)
    async with asyncio.timeout(15):
        await asyncio.gather(*(channel.send(str(number)) for number in range(6)))
    assert len(place.ada.sees(place.channel)) == 6


async def test_many_people_act_at_once(place: Place, bot: ToyBot) -> None:
    """64 commands are each answered once, to the right person."""

    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message("ok", ephemeral=True)

    bot.answer = answer
    people = [place.ada, place.linus] * 32
    sent = [person.slash(place.channel, "make", prompt=str(number)) for number, person in enumerate(people)]
    await asyncio.gather(*(interaction.answered() for interaction in sent))
    assert sorted(int(made["prompt"]) for made in bot.made) == list(range(64))
    assert len(place.ada.sees(place.channel)) == 32


async def test_everything_is_on_one_port(world: DiscordWorld) -> None:
    """The page is at the root, the API under its path, and nothing else is there."""
    async with aiohttp.ClientSession() as session:
        async with session.get(world.url) as response:
            assert (response.status, response.content_type) == (200, "text/html")
        async with session.get(f"{world.api_url}/gateway/bot") as response:
            assert response.status == 401
        async with session.get(f"{world.url}/nowhere") as response:
            assert response.status == 404


async def test_a_taken_port_is_said(world: DiscordWorld) -> None:
    """A second world on the same port fails and leaves nothing open."""
    port = int(world.url.rpartition(":")[2])
    with pytest.raises(OSError, match="address"):
        async with DiscordWorld(port):
            pass
