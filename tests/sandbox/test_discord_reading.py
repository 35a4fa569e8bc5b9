"""What the bot may read of others, with and without the intent: replies, forwards, other apps."""

import asyncio
import io
from typing import Any

import discord
import pytest

from sandbox.discord.model import ChannelType, Message, Upload
from sandbox.discord.options import ClientRefused
from sandbox.discord.server import DiscordWorld
from tests.sandbox.conftest import INTENTS, Api, Interaction, Place, StartBot, ToyBot, path_of

LINK = "https://example.org/cat.png"
PREVIEW = {
    "type": "image",
    "url": LINK,
    "thumbnail": {"url": LINK, "proxy_url": LINK, "width": 3, "height": 2},
}
GALLERY = {
    "type": 12,
    "items": [{"media": {"url": "attachment://own.png"}}, {"media": {"url": LINK}}],
}
POLL = {
    "question": {"text": "Which?"},
    "answers": [{"answer_id": 1, "poll_media": {"text": "this"}}],
    "expiry": "2030-01-01T00:00:00+00:00",
    "allow_multiselect": False,
    "layout_type": 1,
}
STICKER = {"id": "7", "name": "wave", "format_type": 1}
CAT = Upload("cat.png", b"meow", description="A cat")


@pytest.fixture
async def blind(world: DiscordWorld, place: Place, start_bot: StartBot) -> ToyBot:
    """Return a bot without the message-content intent."""
    world.application.message_content = False
    intents = discord.Intents(INTENTS.value)
    intents.message_content = False
    return await start_bot(intents)


def everything(world: DiscordWorld, place: Place) -> Message:
    """Let another app post whatever a message can have."""
    other = world.add_user("Other App", bot=True)
    return world.post(
        place.channel,
        other,
        "look",
        files=[CAT, Upload("own.png", b"own")],
        embeds=[PREVIEW],
        components=[GALLERY],
        extra={"poll": POLL, "sticker_items": [STICKER]},
    )


async def test_other_apps_post_all_that_a_message_can_have(
    world: DiscordWorld, place: Place, bot: ToyBot
) -> None:
    """With the intent, embeds, galleries, polls and stickers arrive as discord.py reads them."""
    posted = everything(world, place)
    for message in (await hear(bot), await fetch(bot, posted)):
        assert (message.content, message.author.bot, message.webhook_id) == ("look", True, None)
        assert message.embeds[0].thumbnail.proxy_url == LINK
        assert [file.filename for file in message.attachments] == ["cat.png"]
        (gallery,) = message.components
        assert isinstance(gallery, discord.MediaGalleryComponent)
        own, foreign = (item.media for item in gallery.items)
        assert own.attachment_id == posted.component_files[0].id
        assert own.url.startswith(f"{world.url}/attachments/")
        assert (foreign.url, foreign.proxy_url) == (LINK, LINK)
        assert message.poll is not None
        assert message.poll.question == "Which?"
        assert [sticker.name for sticker in message.stickers] == ["wave"]


async def test_without_the_intent_all_of_it_is_hidden(
    world: DiscordWorld, place: Place, blind: ToyBot
) -> None:
    """The gateway and HTTP hide the same; stickers stay, as at Discord."""
    posted = everything(world, place)
    for message in (await hear(blind), await fetch(blind, posted)):
        assert (message.content, message.embeds, message.attachments) == ("", [], [])
        assert (message.components, message.poll) == ([], None)
        assert [sticker.name for sticker in message.stickers] == ["wave"]


async def test_a_reply_shows_what_it_answers_only_as_far_as_that_may_be_read(
    world: DiscordWorld, place: Place, blind: ToyBot
) -> None:
    """A reply that mentions the bot is readable; what it replies to follows the rule by itself."""
    photo = place.linus.say(place.channel, "my cat", uploads=[CAT])
    place.ada.say(place.channel, f"<@{world.application.bot.id}> in snow", reply_to=photo)
    assert (await hear(blind)).content == ""
    reply = await hear(blind)
    assert reply.content.endswith("in snow")
    assert reply.reference is not None
    assert isinstance(reply.reference.resolved, discord.Message)
    assert (reply.reference.resolved.content, reply.reference.resolved.attachments) == ("", [])


async def test_a_reply_to_the_bot_brings_the_bot_s_own_pictures(
    world: DiscordWorld, place: Place, blind: ToyBot
) -> None:
    """Replying with a ping makes words and files readable, in threads and private messages too."""
    thread = world.add_thread(place.channel, "details")
    for channel in (place.channel, thread, place.ada.dm()):
        there = blind.get_partial_messageable(channel.id)
        own = await there.send("mine", file=discord.File(io.BytesIO(b"own"), "own.png"))
        assert (await hear(blind)).id == own.id
        shown = place.ada.sees(channel)[-1]
        place.ada.say(channel, "brighter", uploads=[CAT], reply_to=shown)
        reply = await hear(blind)
        assert (reply.content, [file.filename for file in reply.attachments]) == ("brighter", ["cat.png"])
        assert reply.reference is not None
        assert isinstance(reply.reference.resolved, discord.Message)
        assert await reply.reference.resolved.attachments[0].read() == b"own"
        place.ada.say(channel, "quietly", reply_to=shown, ping=False)
        expected = "quietly" if channel.type is ChannelType.DM else ""
        assert (await hear(blind)).content == expected


async def test_a_forward_shows_the_message_as_it_was(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """It keeps words and files when the first message is gone, also forwarded again."""
    lounge = world.add_channel(place.guild, "lounge")
    photo = place.linus.say(place.channel, "my cat", uploads=[CAT])
    once = place.ada.forward(photo, lounge)
    twice = place.ada.forward(once, place.channel)
    assert once.pinged == set()
    place.linus.delete(photo)
    place.ada.delete(once)
    await hear(bot)
    await hear(bot)
    for forward in (await hear(bot), await fetch(bot, twice)):
        assert (forward.content, forward.type) == ("", discord.MessageType.default)
        assert forward.reference is not None
        assert forward.reference.type is discord.MessageReferenceType.forward
        assert forward.reference.message_id == once.id
        assert forward.flags.forwarded
        (snapshot,) = forward.message_snapshots
        assert snapshot.content == "my cat"
        assert await snapshot.attachments[0].read() == b"meow"


async def test_without_the_intent_a_forward_is_empty(
    world: DiscordWorld, place: Place, blind: ToyBot
) -> None:
    """Its snapshot is hidden with it, unless it comes in private messages with the bot."""
    photo = place.linus.say(place.channel, "my cat", uploads=[CAT])
    place.ada.forward(photo, place.channel)
    place.ada.forward(photo, place.ada.dm())
    await hear(blind)
    hidden, private = await hear(blind), await hear(blind)
    assert (hidden.message_snapshots[0].content, hidden.message_snapshots[0].attachments) == ("", [])
    assert private.message_snapshots[0].content == "my cat"
    assert await private.message_snapshots[0].attachments[0].read() == b"meow"


async def test_forwards_have_rules(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """Polls, private answers and closed channels are refused by the client."""

    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message("secret", ephemeral=True)

    bot.answer = answer
    secret = await place.ada.slash(place.channel, "make", prompt="x").answered()
    poll = world.post(place.channel, place.linus.user, extra={"poll": POLL})
    plain = place.linus.say(place.channel, "x")
    thread = world.add_thread(place.channel, "old")
    world.archive(thread)
    elsewhere = world.add_channel(world.add_guild("Elsewhere", owner=place.linus.user), "foreign")
    foreign = place.linus.say(elsewhere, "x")
    assert secret is not None
    for message, channel in (
        (secret, place.channel),
        (poll, place.channel),
        (plain, thread),
        (foreign, place.channel),
    ):
        with pytest.raises(ClientRefused):
            place.ada.forward(message, channel)


async def test_a_webhook_s_message_has_no_member(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """It carries the webhook's id, and flags of special clients pass."""
    hook = world.add_user("News")
    world.post(place.channel, hook, "breaking", webhook=True)
    world.post(place.channel, place.linus.user, files=[Upload("voice.ogg", b"x")], extra={"flags": 1 << 13})
    news, voice = await hear(bot), await hear(bot)
    assert (news.webhook_id, news.author.id) == (hook.id, hook.id)
    assert isinstance(news.author, discord.User)
    assert voice.flags.voice


async def test_who_left_is_no_member_any_more(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """Their messages stay; the channel is closed to them."""
    said = place.linus.say(place.channel, "bye")
    world.leave(place.linus.user, place.guild)
    assert isinstance((await fetch(bot, said)).author, discord.User)
    assert place.linus.sees(place.channel) == []
    with pytest.raises(ClientRefused):
        place.linus.say(place.channel, "hello?")


async def test_people_delete_their_own_messages(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """And moderators anybody's; the bot hears of it."""
    own = await bot.get_partial_messageable(place.channel.id).send("mine")
    said = place.ada.say(place.channel, "x")
    with pytest.raises(ClientRefused):
        place.linus.delete(said)
    place.ada.delete(said)
    with pytest.raises(ClientRefused):
        place.ada.delete(said)
    moderator = world.person(world.add_user("Grace"))
    world.join(moderator.user, place.guild, roles=[world.add_role(place.guild, "Mods", "MANAGE_MESSAGES")])
    (message,) = place.ada.sees(place.channel)
    assert message.id == own.id
    moderator.delete(message)
    assert place.ada.sees(place.channel) == []


async def test_a_reply_may_live_without_its_message(place: Place, api: Api) -> None:
    """A reply to a lost message is refused, unless it may go out as a plain message."""
    asked = place.ada.say(place.channel, "please")
    place.ada.delete(asked)
    reply: dict[str, Any] = {"content": "x", "message_reference": {"message_id": str(asked.id)}}
    status, body = await api("POST", path_of(place), reply)
    assert (status, body["code"]) == (400, 50035)
    reply["message_reference"]["fail_if_not_exists"] = False
    status, posted = await api("POST", path_of(place), reply)
    assert status == 200
    assert "message_reference" not in posted


async def hear(bot: ToyBot) -> discord.Message:
    """Return the next message that the bot hears."""
    async with asyncio.timeout(10):
        return await bot.heard.get()


async def fetch(bot: ToyBot, message: Message) -> discord.Message:
    """Return a message as HTTP gives it."""
    return await bot.get_partial_messageable(message.channel.id).fetch_message(message.id)
