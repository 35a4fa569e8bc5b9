"""Files that no row knows of: none outlives the next start, or the deletion of whose they are."""

import asyncio

from sandbox.faults import Fault
from tests.api_cases import XHUO_CALL
from tests.journeys.restarts import HANG, change, look, until
from tests.journeys.test_privacy_deletion import INPUTS, delete, files
from tests.local_world import LocalWorld, upload


async def test_a_start_drops_what_belongs_to_nobody(world: LocalWorld) -> None:
    """Killed while a request was taken in, and between a deletion and its files; what is a member's stays."""
    async with world.bot():
        await world.answer(world.order("my boat"), "Done")
        theirs = world.linus.slash(world.images, "edit", prompt="their boat", image1=upload())
        await world.answer(theirs, "Done", world.linus)
    [(kept,)] = look(world, "SELECT id FROM jobs WHERE prompt = 'their boat'")
    async with world.bot_process() as bot:
        world.discord.faults.plan("GET", f"{INPUTS}/second.png", HANG, times=5)
        pictures = {"image1": upload(), "image2": upload(name="second.png")}
        world.ada.slash(world.images, "edit", prompt="my secret", **pictures)
        await until(lambda: any("source" in path.name and kept not in path.parts for path in files(world)))
        bot.kill()
    world.discord.faults.clear()
    change(world, f"UPDATE jobs SET user_id = -5 WHERE id != '{kept}'")
    assert len({path.parent for path in await asyncio.to_thread(files, world)}) == 3
    async with world.bot():
        assert {path.parent.name for path in await asyncio.to_thread(files, world)} == {kept}


async def test_a_deletion_drops_the_folders_of_all_their_jobs(world: LocalWorld) -> None:
    """Also of one that failed before any picture of it was written down."""
    world.api.faults.plan("POST", XHUO_CALL, Fault(500, json={}))
    async with world.bot() as services:
        await world.reads(world.order(), "failed.lost")
        [job] = await services.store.recent(world.ada.user.id, skip=0, limit=1)
        folder = world.folder / "spool" / job.id
        folder.mkdir()
        (folder / "raw-result-1").write_bytes(b"half a picture")
        await delete(world)
        await until(lambda: not folder.exists())
