"""`python -m bot doctor`: one line for each thing, `ok` or `MEND` with what to do."""

import asyncio
import io
import sqlite3
import sys
from asyncio.subprocess import PIPE
from contextlib import closing

import pytest

from bot.doctor import examine
from sandbox.faults import Fault
from storage.migrations import head
from tests.local_world import LocalWorld

ALL_WELL = [
    "token",
    "OPERATOR_CHANNEL_ID",
    "XHUO_API_KEY",
    "RUXA_API_KEY",
    "database",
    "folder",
    "HTTP",
]


async def findings(world: LocalWorld, status: int) -> dict[str, tuple[str, str]]:
    """What doctor writes, by what it is about: the mark and the words."""
    output = io.StringIO()
    assert await examine(world.settings(), output) == status
    lines = [line.split(maxsplit=2) for line in output.getvalue().splitlines()]
    return {part.rstrip(":"): (mark, words) for mark, part, words in lines}


async def only_ailment(world: LocalWorld, part: str) -> str:
    """The words about the one thing that has to be mended."""
    found = await findings(world, 1)
    assert [each for each, (mark, _) in found.items() if mark == "MEND"] == [part]
    return found[part][1]


def ask_for_everything(world: LocalWorld) -> None:
    """Both APIs, a public address and an operator's channel."""
    world.changes.update(image_apis="xhuo,ruxa", public=True, operator_channel_id=world.images.id)


async def test_all_is_well_before_the_first_start(world: LocalWorld) -> None:
    """Status 0, nothing was paid for, and no file was left but the folder."""
    ask_for_everything(world)
    found = await findings(world, 0)
    assert list(found) == ALL_WELL
    assert {mark for mark, _ in found.values()} == {"ok"}
    assert found["database"][1].endswith("will be made at the first start")
    assert (world.api.billed, world.ruxa.billed, world.ruxa.posts) == (0, 0, 0)
    assert not (world.folder / "bot.sqlite3").exists()


async def test_all_is_well_beside_a_running_bot(world: LocalWorld) -> None:
    """The port and the database are the bot's, and that is fine."""
    ask_for_everything(world)
    async with world.bot():
        found = await findings(world, 0)
        assert found["database"][1].endswith(f"is whole (schema {head()})")
        assert found["HTTP"][1].endswith("leads to this bot")


async def test_as_a_program(world: LocalWorld) -> None:
    """Its lines go to standard output; the settings' mistakes are findings like the others."""
    ask_for_everything(world)
    for changes, status, words in (
        ({}, 0, b"ok   token"),
        ({"BOT_BUDGET": "much"}, 1, b"MEND settings: BOT"),
    ):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "doctor"),
            cwd=world.folder,
            env=world.environment() | changes,
            stdout=PIPE,
            stderr=PIPE,
        )
        output, _ = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == status
        assert output.startswith(words)
        assert world.discord.application.token.encode() not in output


@pytest.mark.parametrize(
    ("changes", "part", "words"),
    [
        ({"discord_token": "wrong"}, "token", "copy it anew"),
        ({"xhuo_api_key": "wrong"}, "XHUO_API_KEY", "XHuoAPI does not take it"),
        ({"ruxa_api_key": "wrong", "image_apis": "ruxa"}, "RUXA_API_KEY", "Ruxa AI does not take it"),
        ({"xhuo_base_url": "http://127.0.0.1:9"}, "XHUO_API_KEY", "no clear answer at http://127.0.0.1:9"),
        ({"operator_channel_id": 12}, "OPERATOR_CHANNEL_ID", "does not see this channel"),
        ({"public_url": "http://127.0.0.1:9"}, "HTTP", "cannot be reached"),
        ({"http_host": "192.0.2.1"}, "HTTP", "cannot be listened on"),
    ],
)
async def test_a_setting_that_is_wrong(
    world: LocalWorld, changes: dict[str, object], part: str, words: str
) -> None:
    """It is named, with what to do; everything else is still looked at."""
    world.changes.update(changes)
    assert words in await only_ailment(world, part)


async def test_a_public_address_that_leads_elsewhere(world: LocalWorld) -> None:
    """Another server answers there."""
    world.changes["public_url"] = world.ruxa.url
    assert "leads elsewhere" in await only_ailment(world, "HTTP")


@pytest.mark.parametrize("api", ["xhuo", "ruxa"])
async def test_an_address_that_is_not_the_api(world: LocalWorld, api: str) -> None:
    """Another server, or the right one with the wrong path, cannot say that the key is good."""
    wrong = {"xhuo": [world.ruxa.url, world.api.url.removesuffix("/v1")], "ruxa": [world.api.url]}
    world.changes["image_apis"] = api
    for url in wrong[api]:
        world.changes[f"{api}_base_url"] = url
        assert "gives no clear answer" in await only_ailment(world, f"{api.upper()}_API_KEY")


async def test_a_port_that_somebody_else_has(world: LocalWorld) -> None:
    """It is not the bot that answers there."""
    world.changes["http_port"] = world.ruxa.authority.partition(":")[2]
    assert "cannot be listened on" in await only_ailment(world, "HTTP")


async def test_few_logins_are_left(world: LocalWorld) -> None:
    """Discord resets the token of a bot that logs in too often."""
    limit = {"total": 1000, "remaining": 7, "reset_after": 1, "max_concurrency": 1}
    answer = {"url": "ws://127.0.0.1:9", "shards": 1, "session_start_limit": limit}
    world.discord.faults.plan("GET", "*/gateway/bot", Fault(200, json=answer))
    assert "only 7 logins" in await only_ailment(world, "token")


async def test_a_database_of_a_newer_version(world: LocalWorld) -> None:
    """The words say which version to run."""
    async with world.store():
        pass
    with closing(sqlite3.connect(world.folder / "bot.sqlite3")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "newer version" in await only_ailment(world, "database")


async def test_a_damaged_database(world: LocalWorld) -> None:
    """The words say to restore a copy."""
    async with world.store():
        pass
    path = world.folder / "bot.sqlite3"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x5a" * (len(content) - 4096)
    path.write_bytes(content)
    assert "restore a copy" in await only_ailment(world, "database")


async def test_a_folder_that_cannot_be_written(world: LocalWorld) -> None:
    """A file stands where the pictures should go."""
    (world.folder / "spool").write_text("in the way")
    assert "cannot be written" in await only_ailment(world, "folder")
