"""A world with people in it, and a browser in front of its page."""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import discord
import pytest
from playwright.async_api import Browser, ConsoleMessage, Error, Page, ViewportSize, async_playwright

from sandbox.discord.model import Channel, Guild, User
from sandbox.discord.server import DiscordWorld
from tests.browser.chat import Chat
from tests.browser.tiny_bot import TinyBot
from tests.browser.toy_service import Toy

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
DESKTOP = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PATIENCE_MILLISECONDS = 8_000


@dataclass(frozen=True)
class Scene:
    """Two servers, one with the bot and one without, and three people."""

    world: DiscordWorld
    guild: Guild
    images: Channel
    lounge: Channel
    abroad: Channel
    ada: User
    linus: User
    grace: User


@pytest.fixture
def toys() -> tuple[Toy, ...]:
    """Return the services behind the bot: none, unless a file of tests has some."""
    return ()


@pytest.fixture
async def scene(toys: tuple[Toy, ...]) -> AsyncIterator[Scene]:
    """Open a world and set the scene; the bot is still offline."""
    async with DiscordWorld(services=[toy.service for toy in toys]) as world:
        ada, linus, grace = (world.add_user(name) for name in ("Ada", "Linus", "Grace"))
        guild = world.add_guild("Studio", owner=grace)
        foreign = world.add_guild("Harbour", owner=linus)
        images, lounge = world.add_channel(guild, "images"), world.add_channel(guild, "lounge")
        abroad = world.add_channel(foreign, "pier")
        moderator = world.add_role(guild, "Moderator", "MANAGE_GUILD")
        world.join(ada, guild)
        world.join(linus, guild)
        world.join(grace, guild, roles=[moderator])
        world.join(ada, foreign)
        world.install_bot(guild)
        world.install_for_user(ada)
        yield Scene(world, guild, images, lounge, abroad, ada, linus, grace)


@pytest.fixture
async def bot(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TinyBot]:
    """Bring a small bot of the real library online."""
    monkeypatch.setattr(discord.http.Route, "BASE", scene.world.api_url)
    async with TinyBot.running(scene.world) as bot:
        yield bot


@pytest.fixture
def viewport() -> ViewportSize:
    """Return the size of the window; a test for phones parametrises it."""
    return DESKTOP


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Return the system's Chromium; without one the tests fail, they are not left out."""
    for name in CHROMIUM_NAMES:
        if path := shutil.which(name):
            return Path(path)
    pytest.fail("there is no Chromium: install the package chromium to run the browser tests")


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    """Start the browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """Collect what the browser complains about; at the end of a test there must be nothing."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
async def page(browser: Browser, viewport: ViewportSize, complaints: list[str]) -> AsyncIterator[Page]:
    """Open an empty tab; errors of scripts and of the content security policy fail the test."""
    page = await browser.new_page(viewport=viewport, reduced_motion="reduce")
    page.set_default_timeout(_PATIENCE_MILLISECONDS)

    def hear(message: ConsoleMessage) -> None:
        # An answer with an error status is the page's business; it tells people what the answer says.
        if message.type == "error" and not message.text.startswith(("Failed to load resource", "WebSocket")):
            complaints.append(message.text)

    def crash(error: Error) -> None:
        complaints.append(str(error))

    page.on("console", hear)
    page.on("pageerror", crash)
    yield page
    await page.close()


@pytest.fixture
async def chat(page: Page, scene: Scene) -> Chat:
    """Open the page as Ada in #images."""
    chat = Chat(page, scene.world.url)
    await chat.open(scene.ada, scene.images)
    return chat
