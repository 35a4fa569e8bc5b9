"""Discord is busy, broken or out of reach: everything is said once, and to the right person."""

import shutil
from dataclasses import replace

import pytest

from bot.texts import text
from sandbox.apis.xhuo_errors import ApiError
from sandbox.discord.model import Channel, Upload
from sandbox.faults import Fault
from storage.records import JobState
from tests.journeys.panels import jobs_of, shown
from tests.local_world import LocalWorld, booked, ended, in_state, refusal
from tests.reliability.crowd import crowd

SEND = "/api/v10/channels/*/messages"
ANSWER = "/api/v10/webhooks/*"
FIRST_ANSWER = "/api/v10/interactions/*/callback"
BUSY = Fault(
    429,
    json={"message": "You are being rate limited.", "retry_after": 0.3, "global": False},
    headers={"Via": "1.1 google", "Retry-After": "1"},
)
UNREADABLE = Fault(200, body=b"{", headers={"Content-Type": "application/json"})
BROKEN = ApiError(500, "api_error", "Internal server error.")


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(BUSY, id="429"),
        pytest.param(Fault(500, json={"message": "500: Internal Server Error", "code": 0}), id="500"),
        pytest.param(Fault(502, body=b"<html>bad gateway</html>"), id="502"),
        pytest.param(Fault(503, body=b"busy"), id="503"),
        pytest.param(Fault(reset="before"), id="cut before"),
        pytest.param(Fault(reset="after"), id="cut after"),
    ],
)
async def test_a_result_is_posted_once(world: LocalWorld, fault: Fault) -> None:
    """Under its nonce it is sent again, until it stands there exactly once."""
    world.discord.faults.plan("POST", SEND, fault)
    async with world.bot() as services:
        interaction = world.ada.slash(world.images, "generate", prompt="a kite", count=2)
        done = await world.answer(interaction, "Done")
        [message] = world.posted(world.images)
        assert len(message.attachments) == 2
        assert str(message.id) in done.content
        assert world.discord.faults.count("POST", SEND) == 2
        assert await booked(services.store) == {"reserve": 2, "settle": 2}


async def test_an_answer_that_nobody_can_read_loses_no_picture(world: LocalWorld) -> None:
    """Whether the result stands there is not known: it is held for its member, neither refunded nor lost."""
    world.discord.faults.plan("POST", SEND, UNREADABLE)
    async with world.bot() as services:
        interaction = world.order()
        await world.reads(interaction, "held.unsure")
        await in_state(services.store, JobState.HELD)
        assert await booked(services.store) == {"reserve": 1}
        panel = await jobs_of(world, world.ada)
        await shown(world.ada, world.ada.press(panel, text("button.deliver")))
        await in_state(services.store, JobState.DELIVERED)
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


async def test_nothing_is_held_that_is_gone(world: LocalWorld) -> None:
    """Without its pictures on disk the job ends there, and the credits are back."""
    world.discord.faults.plan("POST", SEND, replace(UNREADABLE, delay=0.5))
    async with world.bot() as services:
        interaction = world.order()
        await world.discord.faults.until_seen("POST", SEND)
        [job] = await services.store.in_states([JobState.READY])
        shutil.rmtree(world.folder / "spool" / job.id)
        await world.reads(interaction, "failed.internal", reference=job.id)
        assert await booked(services.store) == {"reserve": 1, "refund": 1}


@pytest.mark.parametrize("where", ["images", "sketches"])
async def test_a_result_in_the_answer_is_shown_once(world: LocalWorld, where: str) -> None:
    """Neither an edit of a private answer nor a follow-up in a foreign server comes twice."""
    channel = getattr(world.places, where)
    async with world.bot() as services:
        world.api.seconds = 0.5
        interaction = world.ada.slash(channel, "generate", prompt="a kite", private=where == "images")
        await world.answer(interaction, "Making")
        world.discord.faults.plan("PATCH", ANSWER, Fault(reset="after"))
        await world.answer(interaction, "credits left")
        shown = [message for message in world.ada.sees(channel) if message.interaction is interaction]
        assert [len(message.attachments) for message in shown if message.attachments] == [1]
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


@pytest.mark.parametrize("fault", [refusal(404, 10008), Fault(reset="before")])
async def test_progress_that_cannot_be_shown_hurts_nothing(world: LocalWorld, fault: Fault) -> None:
    """The first edit fails; the result and the last words come."""
    world.discord.faults.plan("PATCH", ANSWER, fault)
    async with world.bot():
        interaction = world.ada.slash(world.images, "generate", prompt="a kite")
        await world.answer(interaction, "Done")


@pytest.mark.parametrize("prompt", ["a kite", "a forbidden kite"])
async def test_last_words_that_are_cut_are_said_again(
    world: LocalWorld, prompt: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The member hears how it ended in the answer, and only there; the log tells of no error."""
    world.api.seconds = 0.3
    async with world.bot():
        interaction = world.order(prompt)
        await world.answer(interaction, "Making")
        world.discord.faults.plan("PATCH", ANSWER, Fault(reset="before"))
        await world.answer(interaction, text("failed.content") if "forbidden" in prompt else "Done")
        assert [message for message in world.posted(world.images) if not message.attachments] == []
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_follow_up_stays_whole_without_progress(world: LocalWorld) -> None:
    """Where progress was never shown, Discord puts the follow-up in its place: it must keep its words."""
    world.discord.faults.plan("PATCH", ANSWER, refusal(404, 10008))
    async with world.bot() as services:
        world.ada.slash(world.places.sketches, "generate", prompt="a barn")
        message = await world.result(world.places.sketches)
        await ended(services.store)
        await world.discord.faults.until_seen("PATCH", ANSWER, count=3)
        assert "a barn" in message.content
        assert "AI-generated" in message.content


async def test_only_the_member_is_pinged(world: LocalWorld) -> None:
    """Whatever stands in the prompt."""
    words = f"@everyone @here <@{world.places.linus.id}> <@&{world.places.hq.roles[0].id}> a kite"
    async with world.bot():
        world.ada.slash(world.images, "generate", prompt=words)
        message = await world.result(world.images)
        assert message.pinged == {world.places.ada.id}


@pytest.mark.parametrize("fault", [refusal(401, 50027), refusal(404, 10008), refusal(404, 10062)])
async def test_a_failure_is_told_in_the_channel_when_the_answer_is_gone(
    world: LocalWorld, fault: Fault
) -> None:
    """It pings its member, and its button works for whoever presses, at their cost."""
    world.api.faults.plan("POST", "/v1/*", BROKEN.fault())
    world.discord.faults.plan("PATCH", ANSWER, fault, times=2)
    async with world.bot() as services:
        world.ada.slash(world.images, "generate", prompt="a kite")
        message = await world.ada.until(
            world.images, lambda message: text("failed.lost") in message.content and not message.interaction
        )
        assert message.pinged == {world.places.ada.id}
        assert await booked(services.store) == {"reserve": 1, "refund": 1}
        for person in (world.linus, world.ada):
            again = person.press(message, text("button.try_again", n=1))
            await world.answer(again, "19 credits left")
        assert [each.user_id for each in await ended(services.store, 3)][1:] == [
            world.linus.user.id,
            world.ada.user.id,
        ]
        assert await booked(services.store) == {"reserve": 3, "refund": 1, "settle": 2}
        assert world.api.posts == 3


async def test_a_private_failure_is_never_told_in_the_channel(world: LocalWorld) -> None:
    """Without its answer nobody hears of it."""
    world.api.faults.plan("POST", "/v1/*", BROKEN.fault())
    world.discord.faults.plan("PATCH", ANSWER, refusal(401, 50027), times=100)
    async with world.bot() as services:
        world.ada.slash(world.images, "generate", prompt="a kite", private=True)
        await ended(services.store)
        await world.discord.faults.until_seen("PATCH", ANSWER, count=2)
    assert world.posted(world.images) == []
    assert world.discord.faults.count("POST", SEND) == 0


async def test_a_first_answer_that_is_too_late_accepts_nothing(world: LocalWorld) -> None:
    """Nothing is reserved and nothing runs."""
    world.discord.faults.plan("POST", FIRST_ANSWER, refusal(404, 10062))
    async with world.bot() as services:
        world.ada.slash(world.images, "generate", prompt="too late")
        await world.discord.faults.until_seen("POST", FIRST_ANSWER)
        interaction = world.ada.slash(world.images, "generate", prompt="in time")
        await world.answer(interaction, "Done")
        assert await booked(services.store) == {"reserve": 1, "settle": 1}
        assert [call.prompt for call in world.api.calls] == ["in time"]


@pytest.mark.parametrize("fault", [Fault(reset="after"), Fault(reset="before"), Fault(503, body=b"busy")])
async def test_a_first_answer_that_had_to_be_repeated(world: LocalWorld, fault: Fault) -> None:
    """Whether the first one had arrived (then Discord says 40060) or not, the picture is made, once."""
    world.discord.faults.plan("POST", FIRST_ANSWER, fault)
    async with world.bot() as services:
        interaction = world.ada.slash(world.images, "generate", prompt="a kite")
        await world.answer(interaction, "Done")
        assert await booked(services.store) == {"reserve": 1, "settle": 1}
        assert world.api.posts == 1


async def test_a_token_that_expires_while_the_api_works(world: LocalWorld) -> None:
    """After a quarter of an hour the result comes all the same."""
    world.api.seconds = 0.5
    async with world.bot() as services:
        await world.answer(world.order(), "Making")
        world.discord.advance(16 * 60)
        assert len((await world.result(world.images)).attachments) == 1
        await ended(services.store)
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


@pytest.mark.parametrize("gone", ["dropped", "told to reconnect"])
async def test_a_gateway_that_breaks_while_the_api_works(world: LocalWorld, gone: str) -> None:
    """The job goes on, and the next command is heard."""
    world.api.seconds = 0.5
    async with world.bot():
        interaction = world.order()
        await world.answer(interaction, "Making")
        if gone == "dropped":
            await world.discord.drop_gateway()
        else:
            world.discord.require_reconnect()
        await world.answer(interaction, "Done")
        await world.discord.bot_ready()
        await world.answer(world.order(), "Done")


async def test_a_failure_in_a_foreign_server(world: LocalWorld) -> None:
    """It stands in the public progress, and the button is for whoever presses, at their cost."""
    world.api.faults.plan("POST", "/v1/*", BROKEN.fault())
    sketches = world.places.sketches
    async with world.bot() as services:
        interaction = world.ada.slash(sketches, "generate", prompt="a barn")
        message = await world.answer(interaction, text("failed.lost"), world.linus)
        for person in (world.linus, world.ada):
            again = person.press(message, text("button.try_again", n=1))
            await world.answer(again, "4 credits left")
        assert await booked(services.store) == {"reserve": 3, "refund": 1, "settle": 2}


@pytest.mark.parametrize("fault", [Fault(reset="before"), Fault(reset="after"), Fault(cut=10)])
@pytest.mark.parametrize("where", ["images", "sketches"])
async def test_a_refusal_that_is_cut_is_said_again(world: LocalWorld, where: str, fault: Fault) -> None:
    """The member alone reads why, also where the first answer was for everybody."""
    channel = getattr(world.places, where)
    async with world.bot() as services:
        world.discord.faults.plan("*", ANSWER, fault)
        await refused_for_ada_alone(world, channel)
        assert await booked(services.store) == {}


async def test_a_refusal_after_a_lost_first_answer_is_private(world: LocalWorld) -> None:
    """Discord has the answer and the bot does not know it: what everybody saw is taken away all the same."""
    async with world.bot():
        world.discord.faults.plan("POST", FIRST_ANSWER, Fault(reset="after"))
        await refused_for_ada_alone(world, world.places.sketches)


async def test_a_lost_first_answer_that_cannot_be_fetched_at_once(world: LocalWorld) -> None:
    """Its id is asked for again, and the request is accepted."""
    async with world.bot():
        world.discord.faults.plan("POST", FIRST_ANSWER, Fault(reset="after"))
        world.discord.faults.plan("GET", ANSWER, Fault(cut=10))
        await world.answer(world.order(), "Done")
        assert world.api.posts == 1


async def refused_for_ada_alone(world: LocalWorld, channel: Channel) -> None:
    """Ada sends a file that is no picture, and nobody else sees what became of it."""
    interaction = world.ada.slash(
        channel, "edit", prompt="a kite", image1=Upload("cat.png", b"not a picture" * 10)
    )
    words = text("refused.picture_type", name="cat.png")
    await world.ada.until(
        channel, lambda message: message.content == words and message.ephemeral_for is interaction.user
    )
    public = [message for message in world.posted(channel) if message.interaction is interaction]
    assert public == []


async def test_a_channel_that_does_not_answer_holds_nobody_else_up(world: LocalWorld) -> None:
    """Ten results wait for one channel; the one for another channel goes past them."""
    silent, other = world.images, world.places.lounge
    world.discord.faults.plan("POST", f"/api/v10/channels/{silent.id}/messages", Fault(hang=True), times=50)
    async with world.bot() as services:
        for number, member in enumerate(crowd(world, 10)):
            member.slash(silent, "generate", prompt=f"boat {number}")
        await in_state(services.store, JobState.READY, number=10)
        world.ada.slash(other, "generate", prompt="a barn")
        await world.result(other)
