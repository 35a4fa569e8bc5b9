"""Messages, files, permissions and history, over plain HTTP."""

import io
from typing import Any

import aiohttp
import pytest
from PIL import Image

from sandbox.discord.cdn import LINK_SECONDS
from sandbox.discord.model import MEBIBYTE
from sandbox.discord.server import DiscordWorld
from tests.sandbox.conftest import Api, Place, form, path_of


async def test_the_same_nonce_is_posted_once(world: DiscordWorld, place: Place, api: Api) -> None:
    """With enforce_nonce the second request returns the first message, for some minutes."""
    payload = {"content": "result", "nonce": "job-1", "enforce_nonce": True}
    _, first = await api("POST", path_of(place), payload)
    _, second = await api("POST", path_of(place), payload)
    assert first["id"] == second["id"]
    assert first["nonce"] == "job-1"
    world.advance(200)
    _, third = await api("POST", path_of(place), payload)
    assert third["id"] != first["id"]
    await api("POST", path_of(place), {"content": "result", "nonce": "job-1"})
    assert len(place.ada.sees(place.channel)) == 3


async def test_files_come_with_size_alt_text_and_link(world: DiscordWorld, place: Place, api: Api) -> None:
    """A picture is stored with its dimensions, and its signed link leads to it until it expires."""
    file = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(file, "PNG")
    payload = {"attachments": [{"id": 0, "filename": "a.png", "description": "red"}]}
    status, message = await api("POST", path_of(place), data=form(payload, a_png=file.getvalue()))
    (attachment,) = message["attachments"]
    assert status == 200
    assert (attachment["width"], attachment["height"]) == (30, 20)
    assert (attachment["description"], attachment["content_type"]) == ("red", "image/png")
    assert attachment["url"].startswith(f"{world.url}/attachments/{place.channel.id}/")
    assert await _get(attachment["url"]) == (200, file.getvalue())
    assert (await _get(attachment["url"].replace("hm=", "hm=0")))[0] == 404
    world.advance(LINK_SECONDS + 1)
    assert (await _get(attachment["url"]))[0] == 404
    _, again = await api("GET", f"{path_of(place)}/{message['id']}")
    assert await _get(again["attachments"][0]["url"]) == (200, file.getvalue())


@pytest.mark.parametrize(
    ("payload", "status", "code", "field"),
    [
        ({}, 400, 50006, None),
        ({"content": "x" * 2001}, 400, 50035, "content"),
        ({"content": "x", "nonce": "n" * 26}, 400, 50035, "nonce"),
        ({"content": "x", "colour": 1}, 400, 50035, "colour"),
        ({"content": 1}, 400, 50035, "content"),
        ({"content": "x", "attachments": [{"id": 0}]}, 400, 50035, "attachments"),
        ({"content": "x", "message_reference": {"message_id": "1"}}, 400, 50035, "message_reference"),
        ({"content": "x", "allowed_mentions": {"parse": ["friends"]}}, 400, 50035, "allowed_mentions"),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            400,
            50035,
            "allowed_mentions",
        ),
        ({"content": "x", "flags": 1 << 9}, 400, 50035, "flags"),
    ],
)
async def test_a_wrong_message_is_refused(
    place: Place, api: Api, payload: dict[str, Any], status: int, code: int, field: str | None
) -> None:
    """Each mistake has Discord's status and code, and names the field."""
    answered, body = await api("POST", path_of(place), payload)
    assert (answered, body["code"]) == (status, code)
    assert field is None or field in body["errors"]
    assert place.ada.sees(place.channel) == []


async def test_files_have_limits(place: Place, api: Api) -> None:
    """Ten files of ten mebibytes, 25 in a request: 40005 beyond."""
    ten = {f"f{number}_png": b"x" for number in range(10)}
    assert (await api("POST", path_of(place), data=form({}, **ten)))[0] == 200
    status, body = await api("POST", path_of(place), data=form({}, **ten, more_png=b"x"))
    assert (status, body["code"]) == (400, 50035)
    large = b"x" * (10 * MEBIBYTE)
    assert (await api("POST", path_of(place), data=form({}, a_bin=large)))[0] == 200
    status, body = await api("POST", path_of(place), data=form({}, a_bin=large + b"x"))
    assert (status, body["code"]) == (413, 40005)
    status, body = await api("POST", path_of(place), data=form({}, a_bin=large, b_bin=large, c_bin=large))
    assert (status, body["code"]) == (413, 40005)


async def test_an_edit_changes_only_what_it_names(place: Place, api: Api) -> None:
    """Files stay unless the list of attachments leaves them out; others' messages are 50005."""
    _, posted = await api("POST", path_of(place), data=form({"content": "a"}, one_png=b"1", two_png=b"2"))
    path = f"{path_of(place)}/{posted['id']}"
    _, edited = await api("PATCH", path, {"content": "b"})
    assert [file["filename"] for file in edited["attachments"]] == ["one.png", "two.png"]
    keep = {"attachments": [{"id": posted["attachments"][1]["id"]}, {"id": 0, "filename": "three.png"}]}
    _, edited = await api("PATCH", path, data=form(keep, three_png=b"3"))
    assert [file["filename"] for file in edited["attachments"]] == ["two.png", "three.png"]
    assert edited["content"] == "b"
    assert edited["edited_timestamp"] is not None
    status, body = await api("PATCH", path_of(place, place.ada.say(place.channel, "x")), {"content": "y"})
    assert (status, body["code"]) == (403, 50005)


async def test_deleting_needs_authorship(place: Place, api: Api) -> None:
    """The bot deletes its own message, but nobody else's."""
    _, own = await api("POST", path_of(place), {"content": "x"})
    assert (await api("DELETE", f"{path_of(place)}/{own['id']}"))[0] == 204
    theirs = place.ada.say(place.channel, "x")
    assert (await api("DELETE", path_of(place, theirs)))[1]["code"] == 50013


async def test_history_has_windows(world: DiscordWorld, place: Place, api: Api) -> None:
    """The newest come first; before, after and around move the window; without the permission it is empty."""
    said = [place.ada.say(place.channel, str(number)) for number in range(6)]

    async def contents(query: str) -> str:
        status, found = await api("GET", f"{path_of(place)}?{query}")
        assert status == 200
        return "".join(message["content"] for message in found)

    assert await contents("") == "543210"
    assert await contents("limit=2") == "54"
    assert await contents(f"before={said[3].id}&limit=2") == "21"
    assert await contents(f"after={said[1].id}&limit=2") == "32"
    assert await contents(f"around={said[2].id}&limit=3") == "321"
    assert (await api("GET", f"{path_of(place)}?limit=101"))[0] == 400
    world.deny(place.channel, "READ_MESSAGE_HISTORY")
    assert await contents("") == ""


async def test_unknown_routes_and_wrong_requests_are_noted(
    world: DiscordWorld, place: Place, api: Api
) -> None:
    """404, 401 and the exact content type; what no Discord understands stands in the problems."""
    assert await api("GET", "/users/1/profile") == (404, {"message": "404: Not Found", "code": 0})
    assert (await api("POST", path_of(place), {"content": "x"}, headers={"Authorization": "x"}))[0] == 401
    plain = {"Content-Type": "application/json; charset=utf-8"}
    assert (await api("POST", path_of(place), data=b"{}", headers=plain))[1]["code"] == 50035
    exact = {"Content-Type": "application/json"}
    assert (await api("POST", path_of(place), data=b"{", headers=exact))[1]["code"] == 50109
    assert [problem.split(":")[0] for problem in world.problems] == [
        "GET /api/v10/users/1/profile",
        f"POST /api/v10{path_of(place)}",
        f"POST /api/v10{path_of(place)}",
    ]


async def test_a_channel_takes_five_messages_in_five_seconds(
    world: DiscordWorld, place: Place, api: Api
) -> None:
    """The sixth is 429 with what discord.py needs to wait; other channels are not concerned."""
    for _ in range(5):
        assert (await api("POST", path_of(place), {"content": "x"}))[0] == 200
    status, body = await api("POST", path_of(place), {"content": "x"})
    assert status == 429
    assert 0 < body["retry_after"] <= 5
    other = world.add_channel(place.guild, "other")
    assert (await api("POST", f"/channels/{other.id}/messages", {"content": "x"}))[0] == 200
    world.advance(5)
    assert (await api("POST", path_of(place), {"content": "x"}))[0] == 200


async def _get(url: str) -> tuple[int, bytes]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.read()


@pytest.mark.parametrize(
    ("allowed", "pinged"),
    [
        (None, {"Ada", "Linus"}),
        ({"parse": ["everyone"]}, {"Ada", "Linus"}),
        ({"parse": ["roles"]}, {"Linus"}),
        ({"parse": ["users"]}, {"Ada"}),
        ({"parse": []}, set()),
    ],
)
async def test_who_is_pinged_is_allowed(
    world: DiscordWorld, place: Place, api: Api, allowed: dict[str, object] | None, pinged: set[str]
) -> None:
    """Everybody, a role and a member are mentioned; a bot that allows nothing by name allows all."""
    assert place.channel.guild is not None
    painters = world.add_role(place.channel.guild, "Painters")
    linus = world.add_user("Linus")
    world.join(linus, place.channel.guild, roles=[painters])
    payload: dict[str, object] = {"content": f"@everyone <@&{painters.id}> <@{place.ada.user.id}>"}
    await api(
        "POST", path_of(place), payload if allowed is None else {**payload, "allowed_mentions": allowed}
    )
    [message] = place.ada.sees(place.channel)
    names = {user.name for user in (place.ada.user, linus) if user.id in message.pinged}
    assert names == pinged
