"""A third image API is one file, its settings and one line in the registry: here is a tiny one."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.assembly import assemble
from bot.errors import AnswerLost, KeyRefused
from bot.providers.base import NoReply, Offer, Order
from bot.providers.http import api_session, post_once, word
from bot.providers.registry import REGISTRY, Registration
from bot.settings import Settings
from storage.records import Ticket
from tests.local_world import LocalWorld, booked, upload

SHAPES = ("1:1", "5:1")


class TinySettings(Settings):
    """Its settings beside the others."""

    tiny_api_key: SecretStr | None = None
    tiny_url: str = ""
    tiny_max_in_flight: int = 2


class Tiny:
    """Its file: it makes one square or very wide picture at once, and speaks of nothing else."""

    name = "tiny"
    title = "Tiny"
    images_per_call = 1
    calls_back = False
    fetches_inputs = False
    offers = (Offer("nano-banana", ("1K",), SHAPES),)

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def submit(self, order: Order) -> Ticket:
        """Make one paid call."""
        answer = await post_once(self._session, self._url, {"words": order.request.prompt}, (), deadline=10)
        if answer.status == 401:
            raise KeyRefused("Tiny says 401")
        link = word((answer.document or {}).get("picture"))
        if link is None:
            raise AnswerLost(f"Tiny says {answer.status}")
        return Ticket(None, None, (link,))

    async def query(self, task_id: str) -> Ticket:
        """It answers at once, so there is nothing to ask."""
        raise NoReply(task_id)

    def pause(self, questions: int) -> float:
        """It need not be asked."""
        return 60.0

    def read_callback(self, document: Mapping[str, Any]) -> Ticket:
        """It never calls back."""
        raise ValueError(document)

    async def check_key(self) -> None:
        """It has nothing that costs nothing."""


@asynccontextmanager
async def open_tiny(settings: Settings) -> AsyncIterator[Tiny]:
    """The API with a session of its own."""
    assert isinstance(settings, TinySettings)
    assert settings.tiny_api_key
    headers = {"Authorization": settings.tiny_api_key.get_secret_value()}
    async with api_session(headers) as session:
        yield Tiny(session, settings.tiny_url)


WITH_TINY = {
    **REGISTRY,
    "tiny": Registration(open_tiny, "tiny_api_key", "tiny_url", "tiny_max_in_flight"),
}


class TinyServer:
    """Its stand-in."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def make(self, request: web.Request) -> web.Response:
        """Take words, give a link."""
        if request.headers["Authorization"] != "tiny-key":
            return web.Response(status=401)
        self.heard.append((await request.json())["words"])
        return web.json_response({"picture": str(request.url.with_path("/picture.png"))})

    async def picture(self, _: web.Request) -> web.Response:
        """Give a picture."""
        return web.Response(body=upload("green").data, content_type="image/png")


@asynccontextmanager
async def with_tiny(world: LocalWorld, **changes: object) -> AsyncIterator[TinyServer]:
    """The real bot with the third API, which stands last in the order."""
    tiny = TinyServer()
    app = web.Application()
    app.add_routes([web.post("/make", tiny.make), web.get("/picture.png", tiny.picture)])
    async with TestServer(app) as server:
        own = {
            "tiny_api_key": SecretStr("tiny-key"),
            "tiny_url": str(server.make_url("/make")),
            "allowed_private_hosts": world.settings().allowed_private_hosts | {f"127.0.0.1:{server.port}"},
            "image_apis": ("xhuo", "ruxa", "tiny"),
        }
        settings = TinySettings.model_construct(**dict(world.settings()) | own | changes)
        async with assemble(settings, WITH_TINY) as parts:
            connection = asyncio.create_task(parts.client.start(settings.discord_token.get_secret_value()))
            background = asyncio.create_task(parts.background)
            await world.discord.bot_ready()
            yield tiny
            background.cancel()
            connection.cancel()
        await asyncio.gather(connection, background, return_exceptions=True)


async def test_it_is_asked_for_what_it_alone_can(world: LocalWorld) -> None:
    """Its shape is on offer like any other, and costs the same."""
    async with with_tiny(world) as tiny:
        await world.answer(world.order("a very long dog", aspect_ratio="5:1", count=2), "18 credits left")
        assert tiny.heard == ["a very long dog"] * 2
        result = await world.result(world.images)
        assert len(result.attachments) == 2
    assert world.api.posts == world.ruxa.posts == 0
    async with world.store() as store:
        assert await booked(store) == {"reserve": 2, "settle": 2}


async def test_it_stands_in_for_the_others(world: LocalWorld) -> None:
    """When the others refuse their keys, a member hears nothing of it."""
    async with with_tiny(world) as tiny:
        world.api.key = world.ruxa.key = "changed since"
        await world.answer(world.order("a dog"), "19 credits left")
        assert tiny.heard == ["a dog"]
    assert (world.api.posts, world.ruxa.posts) == (1, 1)
