"""Commands, answers, follow-ups, autocomplete and buttons, through the real discord.py."""

import io

import discord
import pytest

from sandbox.discord.interactions import TOKEN_SECONDS
from sandbox.discord.model import InteractionFailed, MessageFlag, Upload
from sandbox.discord.server import DiscordWorld
from tests.sandbox.conftest import Api, Interaction, Place, ToyBot


async def test_a_command_brings_its_options_and_files(place: Place, bot: ToyBot) -> None:
    """The bot gets each option as it was typed, and fetches the picture from its link."""

    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message("done")

    bot.answer = answer
    sent = place.ada.slash(place.channel, "make", prompt="a cat", image1=Upload("cat.png", b"bytes"), count=2)
    message = await sent.answered()
    assert message is not None
    assert message.content == "done"
    assert bot.made == [{"prompt": "a cat", "image1": b"bytes", "count": 2, "style": None, "spoiler": False}]


async def test_a_private_progress_ends_with_a_public_result(place: Place, bot: ToyBot) -> None:
    """An ephemeral defer, a message with files and nonce, then an edit by message id through the webhook."""

    async def answer(interaction: Interaction) -> None:
        deferred = await interaction.response.defer(ephemeral=True)
        assert isinstance(interaction.channel, discord.TextChannel)
        assert deferred is not None
        assert deferred.message_id is not None
        assert deferred.is_thinking()
        assert deferred.is_ephemeral()
        result = await interaction.channel.send(
            interaction.user.mention,
            file=discord.File(io.BytesIO(b"picture"), "a.png", description="A cat", spoiler=True),
            nonce="job-1",
            allowed_mentions=discord.AllowedMentions(users=[interaction.user]),
        )
        webhook = discord.Webhook.partial(interaction.application_id, interaction.token, client=bot)
        await webhook.edit_message(deferred.message_id, content=f"Done: {result.jump_url}")

    bot.answer = answer
    progress = await place.ada.slash(place.channel, "make", prompt="x").answered()
    seen_by_linus = place.linus.sees(place.channel)
    assert progress is not None
    assert [message.content for message in seen_by_linus] == [f"<@{place.ada_user.id}>"]
    assert progress.content.endswith(str(seen_by_linus[0].id))
    assert progress.ephemeral_for is place.ada_user
    assert place.ada.sees(place.channel) == [progress, seen_by_linus[0]]
    assert seen_by_linus[0].pinged == {place.ada_user.id}
    (file,) = seen_by_linus[0].attachments
    assert (file.filename, file.description, file.data) == ("SPOILER_a.png", "A cat", b"picture")


async def test_the_first_follow_up_fills_a_loading_message(place: Place, bot: ToyBot) -> None:
    """After a deferred answer the follow-up takes its place, and stays as private as that was."""

    async def answer(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send("first", ephemeral=False)
        await interaction.followup.send("second", ephemeral=False)

    bot.answer = answer
    interaction = place.ada.slash(place.channel, "make", prompt="x")
    second = await place.ada.until(place.channel, lambda message: message.content == "second")
    assert interaction.answer is not None
    assert interaction.answer.content == "first"
    assert MessageFlag.EPHEMERAL in interaction.answer.flags
    assert place.linus.sees(place.channel) == [second]


async def test_a_reply_to_an_answer_pings_nobody(world: DiscordWorld, place: Place, bot: ToyBot) -> None:
    """Without the message-content intent the bot can read replies to its messages, not to its answers."""

    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message("answer")

    bot.answer = answer
    answered = await place.ada.slash(place.channel, "make", prompt="x").answered()
    assert place.ada.say(place.channel, "brighter", reply_to=answered).pinged == set()
    posted = place.linus.say(place.channel, "plain")
    assert place.ada.say(place.channel, "yes", reply_to=posted).pinged == {place.linus.user.id}


async def test_silence_for_three_seconds_fails(
    world: DiscordWorld, place: Place, bot: ToyBot, api: Api
) -> None:
    """The client says that the application did not respond; an answer after that is 10062."""
    interaction = place.ada.slash(place.channel, "make", prompt="x")
    world.advance(2.5)
    assert interaction.state == "waiting"
    world.advance(0.6)
    with pytest.raises(InteractionFailed):
        await interaction.answered()
    path = f"/interactions/{interaction.id}/{interaction.token}/callback"
    status, body = await api("POST", path, {"type": 5})
    assert (status, body["code"]) == (404, 10062)


async def test_an_interaction_is_answered_once(
    world: DiscordWorld, place: Place, bot: ToyBot, api: Api
) -> None:
    """The second answer is 40060."""
    interaction = place.ada.slash(place.channel, "make", prompt="x")
    path = f"/interactions/{interaction.id}/{interaction.token}/callback"
    first, _ = await api("POST", path, {"type": 5})
    second, body = await api("POST", path, {"type": 5})
    assert (first, second, body["code"]) == (204, 400, 40060)


async def test_a_token_lives_fifteen_minutes(
    world: DiscordWorld, place: Place, bot: ToyBot, api: Api
) -> None:
    """Webhook routes answer 50027 after that, 10015 before the first answer and for other applications."""
    interaction = place.ada.slash(place.channel, "make", prompt="x")
    webhook = f"/webhooks/{world.application.id}/{interaction.token}"
    status, body = await api("POST", webhook, {"content": "too early"})
    assert (status, body["code"]) == (404, 10015)
    await api("POST", f"/interactions/{interaction.id}/{interaction.token}/callback", {"type": 5})
    status, body = await api("PATCH", f"{webhook}/messages/@original", {"content": "in time"})
    assert (status, body["content"]) == (200, "in time")
    status, body = await api("GET", f"/webhooks/1/{interaction.token}/messages/@original")
    assert (status, body["code"]) == (404, 10015)
    world.advance(TOKEN_SECONDS)
    status, body = await api("PATCH", f"{webhook}/messages/@original", {"content": "late"})
    assert (status, body["code"]) == (401, 50027)


async def test_a_deleted_answer_is_unknown(world: DiscordWorld, place: Place, bot: ToyBot, api: Api) -> None:
    """The bot may delete its answer; editing it afterwards is 10008."""
    interaction = place.ada.slash(place.channel, "make", prompt="x")
    original = f"/webhooks/{world.application.id}/{interaction.token}/messages/@original"
    await api("POST", f"/interactions/{interaction.id}/{interaction.token}/callback", {"type": 5})
    assert (await api("DELETE", original))[0] == 204
    status, body = await api("PATCH", original, {"content": "x"})
    assert (status, body["code"]) == (404, 10008)
    assert place.ada.sees(place.channel) == []


async def test_ephemeral_messages_are_no_part_of_the_channel(place: Place, bot: ToyBot, api: Api) -> None:
    """The channel's routes neither list nor return them."""

    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message("secret", ephemeral=True)

    bot.answer = answer
    message = await place.ada.slash(place.channel, "make", prompt="x").answered()
    assert message is not None
    messages = f"/channels/{place.channel.id}/messages"
    assert await api("GET", messages) == (200, [])
    status, body = await api("GET", f"{messages}/{message.id}")
    assert (status, body["code"]) == (404, 10008)


async def test_the_bot_suggests_while_one_types(place: Place, bot: ToyBot) -> None:
    """Autocomplete carries the text and the other options, and comes back as choices."""
    (choice,) = await place.ada.autocomplete(place.channel, "make", "style", "oil", count=3)
    assert (choice.name, choice.value) == ("oil x3", "OIL")


async def test_buttons_change_their_message_or_wait(place: Place, bot: ToyBot) -> None:
    """A press is answered by changing the message at once, or by a deferred change."""

    class Buttons(discord.ui.View):
        @discord.ui.button(label="Now", custom_id="now")
        async def now(self, interaction: discord.Interaction, _button: object) -> None:
            await interaction.response.edit_message(content="changed now")

        @discord.ui.button(label="Later", custom_id="later")
        async def later(self, interaction: discord.Interaction, _button: object) -> None:
            await interaction.response.defer()
            await interaction.edit_original_response(content="changed later")

    async def answer(interaction: Interaction) -> None:
        await interaction.response.send_message("press", view=Buttons())

    bot.answer = answer
    message = await place.ada.slash(place.channel, "make", prompt="x").answered()
    assert message is not None
    await place.linus.press(message, "Now").answered()
    assert message.content == "changed now"
    await place.linus.press(message, "later").answered()
    assert message.content == "changed later"
    assert message.edited_at is not None
