"""The API answered, and its pictures are fewer, late, gone or none at all; or it cannot be reached."""

import asyncio
import logging

import pytest

from sandbox.apis.xhuo import XHuoServer
from sandbox.faults import Fault
from tests.local_world import LocalWorld, booked

PICTURES = "/nanobanana/*.png"
LARGE = b"\x89PNG\r\n\x1a\n".ljust(65 * 2**20, b"\0")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (2, "Only 2 of 4 came out, and 2 credits are back."),
        (3, "Only 3 of 4 came out, and 1 credit is back."),
    ],
)
@pytest.mark.parametrize("command", ["generate", "edit"])
async def test_fewer_pictures_than_asked_for(world: LocalWorld, command: str, made: int, words: str) -> None:
    """What came out is delivered and charged, the rest is refunded and said."""
    world.api.partial = made
    async with world.bot() as services:
        interaction = world.order(command=command, count=4)
        done = await world.answer(interaction, "Done")
        assert words in done.content
        assert f"{20 - made} credits left" in done.content
        assert len((await world.result(world.images)).attachments) == made
        assert await booked(services.store) == {"reserve": 4, "settle": made, "refund": 4 - made}


@pytest.mark.parametrize("count", [1, 4])
async def test_a_success_without_a_picture_is_a_refusal(world: LocalWorld, count: int) -> None:
    """It is told as one, and not tried again."""
    world.api.partial = 0
    async with world.bot() as services:
        await world.refunded(services, world.order(count=count), "content", count)
        assert world.api.posts == 1


async def test_one_of_four_is_no_picture(world: LocalWorld) -> None:
    """The other three are delivered."""
    world.api.faults.plan("GET", PICTURES, Fault(200, body=b"<html>not here</html>"))
    async with world.bot() as services:
        done = await world.answer(world.order(count=4), "Done")
        assert "Only 3 of 4 came out, and 1 credit is back." in done.content
        assert len((await world.result(world.images)).attachments) == 3
        assert await booked(services.store) == {"reserve": 4, "settle": 3, "refund": 1}


@pytest.mark.parametrize(
    ("fault", "key", "count"),
    [
        pytest.param(Fault(200, body=b"<html>not here</html>"), "result_type", 4, id="HTML"),
        pytest.param(Fault(200, body=b""), "result_type", 1, id="nothing"),
        pytest.param(Fault(200, body=LARGE), "result_large", 1, id="65 MiB"),
    ],
)
async def test_no_usable_picture(world: LocalWorld, fault: Fault, key: str, count: int) -> None:
    """The member hears why, and gets everything back."""
    world.api.faults.plan("GET", PICTURES, fault, times=count)
    async with world.bot() as services:
        await world.refunded(services, world.order(count=count), key, count)
        assert world.api.posts == 1


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        pytest.param(Fault(404), 2, id="not there yet"),
        pytest.param(Fault(503), 1, id="busy"),
        pytest.param(Fault(reset="before"), 1, id="cut"),
    ],
)
async def test_a_picture_that_is_slow_to_appear(world: LocalWorld, fault: Fault, times: int) -> None:
    """Its link is asked again; the API is not."""
    world.api.faults.plan("GET", PICTURES, fault, times)
    async with world.bot() as services:
        await world.answer(world.order(), "Done")
        assert world.api.posts == 1
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


@pytest.mark.long
async def test_a_picture_that_never_appears(world: LocalWorld) -> None:
    """After a minute it is given up, and the credits go back."""
    world.api.faults.plan("GET", PICTURES, Fault(404), times=1000)
    async with world.bot() as services:
        interaction = world.order()
        await world.ada.until(world.images, lambda message: "could not be fetched" in message.content, 75)
        await world.refunded(services, interaction, "result_gone", 1)
        assert world.api.posts == 1


async def test_an_api_that_is_down(world: LocalWorld) -> None:
    """Nothing can have been billed, so it is tried again for a while; then the credits go back."""
    async with XHuoServer() as gone:
        world.changes["xhuo_base_url"] = gone.url
    async with world.bot() as services:
        answer = await world.refunded(services, world.order(count=4), "unreachable", 4)
        assert answer.components != []


async def test_an_api_that_comes_back(world: LocalWorld, caplog: pytest.LogCaptureFixture) -> None:
    """A refused connection is tried again, and then everything goes on."""
    async with XHuoServer() as gone:
        port = int(gone.authority.partition(":")[2])
    world.changes["xhuo_base_url"] = gone.url
    hosts = world.environment()["ALLOWED_PRIVATE_HOSTS"]
    world.changes["allowed_private_hosts"] = f"{hosts},{gone.authority}"
    caplog.set_level(logging.INFO)
    async with world.bot() as services:
        interaction = world.order()
        async with asyncio.timeout(10):
            while "again in" not in caplog.text:  # noqa: ASYNC110  (a log has no event)
                await asyncio.sleep(0.02)
        async with XHuoServer(port=port, seconds=0.02) as back:
            await world.answer(interaction, "Done")
            assert back.posts == 1
        assert await booked(services.store) == {"reserve": 1, "settle": 1}


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:9/picture.png",
        "http://[::ffff:127.0.0.1]:9/picture.png",
        "http://localhost:9/picture.png",
        "file:///etc/passwd",
        "no link at all",
    ],
)
async def test_a_link_to_where_we_do_not_go(world: LocalWorld, link: str) -> None:
    """A private address or another scheme is not even tried, and the credits go back at once."""
    body = {"success": True, "task_id": "t", "trace_id": "r", "data": [{"prompt": "", "image_url": link}]}
    world.api.faults.plan("POST", "/v1/*", Fault(200, json=body))
    async with world.bot() as services:
        await world.refunded(services, world.order(), "result_gone", 1)
