"""What the page's server tells and takes, without a browser: pushes, refusals, and strangers kept out."""

import io
import json
from http import HTTPStatus

import aiohttp
import pytest

from tests.browser.conftest import Scene

LIMIT = 10 * 1024 * 1024


def _form(payload: object, *, file: bytes | None = None) -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("payload", json.dumps(payload))
    if file is not None:
        form.add_field("file0", io.BytesIO(file), filename="x.png", content_type="image/png")
    return form


@pytest.fixture
def address(scene: Scene) -> str:
    """Return where Ada says something in #images."""
    return f"{scene.world.url}/page/say?user={scene.ada.id}&channel={scene.images.id}"


SAY = {"text": "Hello", "reply_to": None, "ping": True}


async def test_pushes_hold_what_changed_and_nothing_else(scene: Scene) -> None:
    """The first push is everything; a message is one value then, and a deleted one is gone."""
    linus = scene.world.person(scene.linus)
    first = linus.say(scene.images, "first")
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{scene.world.url}/page/live?user={scene.ada.id}") as socket,
    ):
        everything = await socket.receive_json(timeout=5)
        assert everything["fresh"] is True
        assert everything["set"]["me"] == str(scene.ada.id)
        assert everything["set"][f"message:{scene.images.id}:{first.id}"]["content"] == "first"
        second = linus.say(scene.images, "second")
        push = await socket.receive_json(timeout=5)
        assert list(push["set"]) == [f"message:{scene.images.id}:{second.id}"]
        scene.world.delete_message(second)
        push = await socket.receive_json(timeout=5)
        assert (push["set"], push["gone"]) == ({}, [f"message:{scene.images.id}:{second.id}"])


async def test_an_unknown_person_watches_as_the_first_one_but_does_nothing(scene: Scene) -> None:
    """A tab from an earlier world still shows the page; its actions are refused."""
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{scene.world.url}/page/live?user=1") as socket:
            assert (await socket.receive_json(timeout=5))["set"]["me"] == str(scene.ada.id)
        address = f"{scene.world.url}/page/say?user=1&channel={scene.images.id}"
        async with session.post(address, data=_form(SAY)) as response:
            assert response.status == HTTPStatus.NOT_FOUND


async def test_what_the_client_refuses_is_told_in_a_sentence(scene: Scene) -> None:
    """The page shows it as it is."""
    address = f"{scene.world.url}/page/slash?user={scene.ada.id}&channel={scene.images.id}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(address, data=_form({"command": "fly", "options": {}})) as response,
    ):
        assert response.status == HTTPStatus.BAD_REQUEST
        assert await response.json() == {"message": "/fly is not offered here."}


async def test_nobody_submits_the_form_of_another(scene: Scene) -> None:
    """A form belongs to the person whose client shows it."""
    button = {"type": 2, "style": 1, "label": "Edit", "custom_id": "edit"}
    row = {"type": 1, "components": [button]}
    posted = scene.world.post(scene.images, scene.world.state.bot, "Press", components=[row])
    shown = scene.world.person(scene.linus).press(posted, "Edit")
    address = f"{scene.world.url}/page/submit?user={scene.ada.id}&channel={scene.images.id}"
    payload = {"interaction": str(shown.id), "fields": {}, "files": {}}
    async with (
        aiohttp.ClientSession() as session,
        session.post(address, data=_form(payload)) as response,
    ):
        assert response.status == HTTPStatus.BAD_REQUEST
        assert await response.json() == {"message": "This form is gone."}


@pytest.mark.parametrize(("size", "status"), [(LIMIT, HTTPStatus.OK), (LIMIT + 1, 413)])
async def test_a_file_has_ten_mebibytes_at_most(scene: Scene, address: str, size: int, status: int) -> None:
    """One byte more is too large, whatever the browser let through."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(address, data=_form(SAY, file=bytes(size))) as response,
    ):
        assert response.status == status
    assert len(scene.world.person(scene.linus).sees(scene.images)) == (status == HTTPStatus.OK)


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://example.com"}, {"Origin": "null"}, {"Host": "example.com"}],
    ids=["another site", "a sandboxed frame", "a name bound to loopback"],
)
async def test_strangers_are_kept_out(scene: Scene, address: str, headers: dict[str, str]) -> None:
    """Another site's script reaches neither the actions nor the pushes, also under a name of its own."""
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.post(address, data=_form(SAY)) as response:
            assert response.status == HTTPStatus.FORBIDDEN
        async with session.get(f"{scene.world.url}/page/live") as response:
            assert response.status == HTTPStatus.FORBIDDEN
    assert scene.world.person(scene.ada).sees(scene.images) == []


async def test_the_page_loads_nothing_from_elsewhere(scene: Scene) -> None:
    """Its policy names this server alone, and only the page's own files are served."""
    async with aiohttp.ClientSession() as session:
        async with session.get(scene.world.url) as response:
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "http" not in policy
        for name in ("..%2fpage.py", "%2e%2e%2fpage.py", "nothing.js"):
            async with session.get(f"{scene.world.url}/page/files/{name}") as response:
                assert response.status == HTTPStatus.NOT_FOUND
