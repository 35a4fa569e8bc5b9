"""Who may write, read and be notified where, over plain HTTP."""

from typing import Any

import pytest

from sandbox.discord.model import Upload
from sandbox.discord.options import ClientRefused
from sandbox.discord.server import DiscordWorld
from tests.sandbox.conftest import Api, Place, form, path_of


@pytest.mark.parametrize(
    ("denied", "status", "code"),
    [
        ("VIEW_CHANNEL", 403, 50001),
        ("SEND_MESSAGES", 403, 50013),
        ("ATTACH_FILES", 403, 50013),
        ("READ_MESSAGE_HISTORY", 400, 160002),
    ],
)
async def test_permissions_decide(
    world: DiscordWorld, place: Place, api: Api, denied: str, status: int, code: int
) -> None:
    """A reply with a file needs them all; each missing one has its own code."""
    asked = place.ada.say(place.channel, "please")
    payload = {"message_reference": {"message_id": str(asked.id)}}
    assert (await api("POST", path_of(place), data=form(payload, a_png=b"x")))[0] == 200
    world.deny(place.channel, denied)
    answered, body = await api("POST", path_of(place), data=form(payload, a_png=b"x"))
    assert (answered, body["code"]) == (status, code)


async def test_places_that_are_gone(world: DiscordWorld, place: Place, api: Api) -> None:
    """Archived thread, deleted channel and message, lost server, closed DMs."""
    thread = world.add_thread(place.channel, "details")
    messages = f"/channels/{thread.id}/messages"
    assert (await api("POST", messages, {"content": "x"}))[0] == 200
    world.archive(thread)
    assert (await api("POST", messages, {"content": "x"}))[1]["code"] == 50083
    world.delete_channel(thread)
    assert (await api("POST", messages, {"content": "x"}))[1]["code"] == 10003
    message = place.ada.say(place.channel, "x")
    world.delete_message(message)
    assert (await api("GET", path_of(place, message)))[1]["code"] == 10008
    assert (await api("GET", f"/guilds/{place.guild.id}"))[1]["id"] == str(place.guild.id)
    world.remove_bot(place.guild)
    assert (await api("POST", path_of(place), {"content": "x"}))[1]["code"] == 50001
    assert (await api("GET", f"/guilds/{place.guild.id}"))[1]["code"] == 10004


async def test_direct_messages_need_an_open_door(place: Place, api: Api) -> None:
    """The bot opens a DM and writes; somebody who takes none is 50007, nobody is 50033."""
    status, conversation = await api("POST", "/users/@me/channels", {"recipient_id": str(place.ada_user.id)})
    assert (status, conversation["id"]) == (200, str(place.ada.dm().id))
    messages = f"/channels/{conversation['id']}/messages"
    assert (await api("POST", messages, {"content": "hello"}))[0] == 200
    assert [message.content for message in place.ada.sees(place.ada.dm())] == ["hello"]
    place.ada_user.takes_dms = False
    assert (await api("POST", messages, {"content": "hello"}))[1]["code"] == 50007
    assert (await api("POST", "/users/@me/channels", {"recipient_id": "1"}))[1]["code"] == 50033


@pytest.mark.parametrize(
    ("allowed", "pinged"),
    [
        (None, {"Ada", "Linus"}),
        ({"parse": []}, set()),
        ({"parse": ["users"]}, {"Ada"}),
        ({"parse": [], "replied_user": True}, {"Linus"}),
        ({"users": ["ADA"]}, {"Ada"}),
    ],
)
async def test_allowed_mentions_decide_who_is_notified(
    place: Place, api: Api, allowed: dict[str, Any] | None, pinged: set[str]
) -> None:
    """Mentions and replies notify only whom the bot allows."""
    ada, linus = place.ada.user, place.linus.user
    asked = place.linus.say(place.channel, "please")
    payload: dict[str, Any] = {"content": f"<@{ada.id}>", "message_reference": {"message_id": str(asked.id)}}
    if allowed is not None:
        users = [str(ada.id) for _ in allowed.get("users", ())]
        payload["allowed_mentions"] = allowed | ({"users": users} if users else {})
    await api("POST", path_of(place), payload)
    message = place.ada.sees(place.channel)[-1]
    assert {user.name for user in (ada, linus) if user.id in message.pinged} == pinged


async def test_without_the_intent_others_messages_are_empty(
    world: DiscordWorld, place: Place, api: Api
) -> None:
    """Unless they mention the bot, reply to it with a ping, or are its own."""
    world.application.message_content = False
    _, own = await api("POST", path_of(place), {"content": "mine"})
    mine = place.ada.sees(place.channel)[0]
    place.ada.say(place.channel, "private", uploads=[Upload("a.png", b"x")])
    place.ada.say(place.channel, f"<@{world.application.bot.id}> look")
    place.ada.say(place.channel, "brighter", reply_to=mine)
    place.ada.say(place.channel, "quietly", reply_to=mine, ping=False)
    _, found = await api("GET", path_of(place))
    assert [message["content"] for message in reversed(found)] == [
        own["content"],
        "",
        f"<@{world.application.bot.id}> look",
        "brighter",
        "",
    ]
    assert found[3]["attachments"] == []
    assert found[1]["referenced_message"]["content"] == "mine"


async def test_people_have_clients_with_rules(world: DiscordWorld, place: Place) -> None:
    """An empty message, a foreign channel and an archived thread are refused by the client."""
    with pytest.raises(ClientRefused):
        place.ada.say(place.channel, " ")
    stranger = world.person(world.add_user("Mallory"))
    with pytest.raises(ClientRefused):
        stranger.say(place.channel, "hello")
    assert stranger.sees(place.channel) == []
    thread = world.add_thread(place.channel, "old")
    world.archive(thread)
    with pytest.raises(ClientRefused):
        place.ada.say(thread, "hello")
