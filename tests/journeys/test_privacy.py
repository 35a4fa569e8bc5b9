"""`/privacy show` and `/privacy export`: what is kept of a member, for that member alone."""

import asyncio
import gzip
import json

import pytest

from bot.errors import UserError
from bot.services import privacy
from bot.services.privacy import Export
from bot.texts import text
from sandbox.discord.components import flat
from sandbox.discord.model import Message
from sandbox.faults import Fault
from tests.api_cases import XHUO_CALL
from tests.journeys.exports import exported
from tests.journeys.panels import panel, words
from tests.journeys.restarts import change, look
from tests.local_world import LocalWorld, upload


@pytest.mark.parametrize("place", ["images", "announcements", "dm", "sketches"])
async def test_shown_everywhere(world: LocalWorld, place: str) -> None:
    """What, how long, to whom, and what to do about it; to the member alone."""
    channel = world.ada.dm() if place == "dm" else getattr(world.places, place)
    async with world.bot():
        message = await panel(world.ada.slash(channel, "privacy show"))
        for part in ("30 days", "a day after", "XHuoAPI", "`/privacy export`", "`/privacy delete`"):
            assert part in words(message)
        assert len(words(message)) <= 4000
        assert len(list(flat(message.components))) <= 40
        assert message not in world.linus.sees(channel)
        assert (await exported(world, channel=channel))["requests"] == []


async def test_the_file_holds_all_of_it(world: LocalWorld) -> None:
    """Defaults, each request with words, settings, times, pictures, calls and credits; the newest first."""
    async with world.bot():
        await world.ada.slash(world.images, "defaults", model="nano-banana-2", dm=True).answered()
        await world.answer(world.order("a “quoted” boat\nin Ω-land", count=2), "Done")
        await world.answer(world.order("make it night", command="edit", private=True), "AI-generated")
        found = await exported(world)
    assert found["member"] == str(world.ada.user.id)
    assert (found["defaults"]["model"], found["defaults"]["dm"]) == ("nano-banana-2", True)
    edit, boat = found["requests"]
    assert boat["prompt"] == "a “quoted” boat\nin Ω-land"
    assert (boat["model"], boat["count"], boat["state"]) == ("nano-banana-2", 2, "delivered")
    assert boat["user_id"] == found["member"]
    assert boat["channel_id"] == str(world.images.id)
    assert boat["accepted_at"].endswith("+00:00")
    assert [(line["kind"], line["credits"]) for line in boat["ledger"]] == [("reserve", 4), ("settle", 4)]
    assert [each["kind"] for each in boat["pictures"]] == ["result", "result"]
    assert [each["provider"] for each in boat["calls"]] == ["xhuo"] * len(boat["calls"])
    assert edit["private"] is True
    assert sorted(each["kind"] for each in edit["pictures"]) == ["result", "source"]


async def test_the_file_holds_the_hints(world: LocalWorld) -> None:
    """Where the member was given one, and when; not those of others."""
    async with world.bot() as services:
        for person, channel in ((world.ada, world.images), (world.linus, world.places.sketches)):
            assert await services.hints.take(person.user.id, channel.id, 1_790_000_000.0)
        found = await exported(world)
    assert found["hints"] == [{"channel_id": str(world.images.id), "at": "2026-09-21T14:13:20+00:00"}]


async def test_the_file_holds_nothing_of_others_and_no_key(world: LocalWorld) -> None:
    """Neither tokens nor secrets of addresses, nor what somebody else did, nor the whole bot's budget."""
    async with world.bot():
        await world.answer(world.order("my boat"), "Done")
        theirs = world.linus.slash(world.images, "generate", prompt="their boat", private=True)
        await world.answer(theirs, "AI-generated")
        found = json.dumps(await exported(world))
        assert "my boat" in found
        assert "their boat" not in found
        assert str(world.linus.user.id) not in found
        secrets = look(world, "SELECT interaction_token FROM jobs")
        secrets += look(world, "SELECT callback_hash FROM calls") + look(
            world, "SELECT inputs_hash FROM calls"
        )
        assert not [secret for (secret,) in secrets if str(secret) in found]
        assert '"bot"' not in found
        assert "their boat" in json.dumps(await exported(world, world.linus))


async def test_many_requests_come_in_pages_each_once(
    world: LocalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those of one and the same moment."""
    monkeypatch.setattr(privacy, "AT_ONCE", 2)
    async with world.bot():
        for number in range(5):
            await world.answer(world.order(f"boat {number}"), "Done")
        change(world, "UPDATE jobs SET accepted_at = 1000 WHERE prompt != 'boat 4'")
        requests = (await exported(world))["requests"]
        assert requests[0]["prompt"] == "boat 4"
        assert sorted(each["prompt"] for each in requests) == [f"boat {number}" for number in range(5)]


async def file_of(world: LocalWorld, size: int) -> Message:
    """The answer to an export for a member whose words take so many bytes, with files up to 10 MiB."""
    async with world.bot():
        await world.answer(world.order(), "Done")
    change(world, f"UPDATE jobs SET prompt = hex(randomblob({size // 2}))")
    async with world.bot():
        interaction = world.ada.slash(world.images, "privacy export")
        answer = await world.ada.until(
            world.images,
            lambda each: each.interaction is interaction and bool(each.content),
            timeout=60,
        )
        assert answer.ephemeral_for is world.places.ada
        return answer


async def test_what_is_too_large_is_compressed(world: LocalWorld) -> None:
    """Then it is the same file, packed."""
    [file] = (await file_of(world, 12 * 2**20)).attachments
    assert file.filename == "my-data.json.gz"
    assert len(json.loads(gzip.decompress(file.data))["requests"]) == 1


async def test_what_is_too_large_even_so_is_for_the_operator(world: LocalWorld) -> None:
    """One plain sentence."""
    answer = await file_of(world, 28 * 2**20)
    assert answer.content == text("refused.export_large")
    assert answer.attachments == []


async def test_one_file_at_a_time(world: LocalWorld) -> None:
    """Who asks twice at once gets one file; whatever came of it, they may ask again, and others meanwhile."""
    async with world.bot() as services:
        ada, linus = world.ada.user.id, world.linus.user.id
        asked = [services.privacy.export(user, 10_000) for user in (ada, ada, linus)]
        first, second, others = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(first, Export)
        assert str(second) == "refused.export_running"
        assert isinstance(others, Export)
        with pytest.raises(UserError, match=r"refused\.export_large"):
            await services.privacy.export(ada, 10)
        assert await services.privacy.export(ada, 10_000) == first


async def test_words_that_were_deleted_are_said_to_be(world: LocalWorld) -> None:
    """After a month `/jobs` shows the request without its words, and it cannot be asked for again."""
    world.api.faults.plan("POST", XHUO_CALL, Fault(500, json={}))
    async with world.bot():
        answer = await world.reads(world.order("a lost boat"), "failed.lost")
        change(world, "UPDATE jobs SET prompt = ''")
        listed = words(await panel(world.ada.slash(world.images, "jobs")))
        assert text("jobs.words_deleted") in listed
        again = world.ada.press(answer, text("button.try_again", n=1))
        await world.reads(again, "refused.words_gone")
        assert world.api.posts == 1


async def test_an_export_of_edits_names_their_pictures(world: LocalWorld) -> None:
    """The file says of each picture what it was, and where it could be had."""
    async with world.bot():
        await world.answer(world.order("two", command="edit", image2=upload("blue", (64, 32))), "Done")
        [request] = (await exported(world))["requests"]
    sources = [each for each in request["pictures"] if each["kind"] == "source"]
    assert [(each["width"], each["height"]) for each in sources] == [(96, 64), (64, 32)]
    assert all(each["url"].startswith("http") for each in sources)
    assert not any("path" in each for each in sources)
