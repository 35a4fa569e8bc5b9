"""Prompts, options and file names that want to be more than words: words they stay, wherever they stand."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Coroutine, Iterable, Sequence
from typing import TypeVar

import pytest

from bot.errors import UserError, explain
from bot.images import Attachment
from bot.services.downloads import Downloads
from bot.services.pictures import SOURCE_BYTES, Darkroom
from bot.services.source_images import SourceImages
from bot.services.spool import Spool
from bot.texts import text
from sandbox.discord.model import Channel, Message, Upload
from sandbox.faults import Fault
from storage.database import Database
from storage.jobs import JobStore
from tests.debug_log import DebugLog, debug_log
from tests.fault_table import Figures
from tests.journeys.panels import labels
from tests.local_world import LocalWorld, upload
from tests.reliability.ear import PATIENCE, Ear, listening
from tests.reliability.hostile_words import CHANNEL, ROLE, USER, WORDS
from tests.reliability.plenty import PLENTY
from tests.reliability.rendering import is_odd_line, rendered

pytestmark = [
    pytest.mark.row("hostile words"),
    pytest.mark.settings(**PLENTY, member_max_running=8, xhuo_max_in_flight=8),
]

CALM = [*(f"boat {number}" for number in range(11)), " "]  # what is said to honest words, and to none
OPTIONS = ("model", "resolution", "aspect_ratio")
REFUSED = "Nothing was spent."
AT_ONCE = 10
STEP = 10  # each so many words are tried in one world, so that the sample has some of each
PICTURE = "/nanobanana/one.png"

T = TypeVar("T")


def answers_with(world: LocalWorld, picture: bytes) -> None:
    """Let the image API answer at once with this file, which nobody has to paint."""
    url = f"http://{world.api.authority}{PICTURE}"
    answer = {"success": True, "task_id": "task", "trace_id": "trace", "data": [{"image_url": url}]}
    world.api.faults.clear()
    world.api.faults.plan("POST", world.api.paid_path, Fault(200, json=answer), times=10_000)
    world.api.faults.plan("GET", PICTURE, Fault(200, body=picture), times=10_000)


async def say_everywhere(world: LocalWorld, words: Sequence[str]) -> Ear:
    """Use the words as prompts that fail and then succeed, as options, as names of files; then list them."""
    places = [
        (world.images, True),
        (world.images, False),
        (world.places.sketches, False),
        (world.ada.dm(), False),
    ]
    async with listening(world) as ear:
        answers_with(world, b"no picture")
        failed = await some_at_once(
            fails(ear, word, *places[number % 4]) for number, word in enumerate(words)
        )
        assert sum(map(bool, failed)) > len(words) / 2  # the others are refused: empty, or too long
        world.api.faults.clear()
        await some_at_once(hears_from_the_api(ear, word) for word in words)
        answers_with(world, upload().data)
        await some_at_once(tries_again(ear, answer) for answer in failed)
        await some_at_once(names_a_file(ear, word) for word in words)
        await some_at_once(chooses(ear, OPTIONS[number % 3], word) for number, word in enumerate(words))
        await leafs_through_jobs(ear)
    return ear


async def some_at_once(work: Iterable[Coroutine[None, None, T]]) -> list[T]:
    """Do all of it, a few at a time."""
    left, done = list(work), []
    while left:
        done += await asyncio.gather(*left[:AT_ONCE])
        del left[:AT_ONCE]
    return done


async def fails(ear: Ear, prompt: str, place: Channel, private: bool) -> Message | None:
    """Ask for a picture that turns out to be none; gives the answer with its button, if there is one."""
    ada = ear.world.ada
    interaction = ada.slash(place, "generate", prompt=prompt, private=private)
    await ada.slash(place, "usage").answered(PATIENCE)
    answer = await ear.until(interaction, text("failed.result_type"), REFUSED)
    return answer if answer.components else None


async def hears_from_the_api(ear: Ear, words: str) -> None:
    """The API refuses a request with these words, which only the log repeats."""
    answer = {"error": {"code": "token_mismatched", "message": words}, "trace_id": words}
    ear.world.api.faults.plan("POST", ear.world.api.paid_path, Fault(400, json=answer))
    await ear.until(ear.world.order(), text("failed.rejected"))


async def tries_again(ear: Ear, failed: Message | None) -> None:
    """Press the button; this time the picture comes."""
    if failed:
        await ear.until(ear.world.ada.press(failed, text("button.try_again", n=1)), "credits left")


async def names_a_file(ear: Ear, name: str) -> None:
    """Attach a file of this name that is no picture."""
    file = Upload(name, b"not a picture at all, only words" * 10)
    interaction = ear.world.ada.slash(ear.world.images, "edit", prompt="a boat", image1=file)
    answer = await ear.until(interaction, REFUSED)
    assert answer.content.endswith(text("refused.picture_type", name="")[3:])


async def chooses(ear: Ear, option: str, value: str) -> None:
    """Type something that an option does not have."""
    interaction = ear.world.ada.slash(ear.world.images, "generate", prompt="a boat", **{option: value})
    await ear.until(interaction, REFUSED)


async def leafs_through_jobs(ear: Ear) -> None:
    """Look at all that was asked for, page by page."""
    ada = ear.world.ada
    message = await ada.slash(ear.world.images, "jobs").answered(PATIENCE)
    assert message is not None
    while text("button.older") in labels(message):
        shown = message.components
        ada.press(message, text("button.older"))
        async with asyncio.timeout(PATIENCE):
            while message.components is shown:
                await ear.changed.wait()


def with_ids(world: LocalWorld, words: str) -> str:
    """Name people and places that exist."""
    ids = {USER: world.linus.user.id, ROLE: world.places.hq.roles[0].id, CHANNEL: world.images.id}
    for name, number in ids.items():
        words = words.replace(name, str(number))
    return words


def odd_lines(log: DebugLog) -> list[str]:
    """What is no line of its own in the logs: a record begins with its time, a traceback is indented."""
    begins = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ \w+ +[-\w]+ [\w.]+: |    ")
    written = log.console.getvalue().removesuffix("\n").split("\n")
    odd = [line for line in written if is_odd_line(line) or not begins.match(line)]
    return odd + [
        line
        for line in log.json.getvalue().removesuffix("\n").split("\n")
        if not line.isascii() or is_odd_line(line) or "message" not in json.loads(line)
    ]


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(slice(0, None, STEP), id="sample"),
        *(pytest.param(slice(n, None, STEP), id=f"{n}", marks=pytest.mark.long) for n in range(1, STEP)),
    ],
)
async def test_hostile_words_stay_words(world: LocalWorld, chosen: slice, figures: Figures) -> None:
    """Nobody but who asks is pinged, nothing is shown as other than words, and the log keeps its lines."""
    words = [with_ids(world, each) for each in WORDS[chosen]]
    with debug_log([], alone=True) as log:
        async with world.bot():
            calm = await say_everywhere(world, CALM)
            ear = await say_everywhere(world, words)
    making = text("progress.making", n=1, model="m", sizes="1K", prompt="a boat")
    running = text("usage.running_line", prompt="a boat", model="m", since=0)
    for slow in (f"{making}\n{text('progress.longer')}", running):  # what only a busy machine shows
        calm.shapes[frozenset(rendered(slow).items())] = slow
    assert {ascii(part) for shape, part in ear.shapes.items() if shape not in calm.shapes} == set()
    assert ear.pinged <= {world.ada.user.id}
    assert [*map(ascii, ear.odd_alts)] == ear.crashes == []
    assert odd_lines(log) == []
    figures.add(words=len(words), messages=ear.messages)


async def test_file_names_are_names_whatever_discord_lets_through(
    world: LocalWorld, figures: Figures
) -> None:
    """The local Discord cleans names as the real one does; without that they are as harmless."""
    async with Database(world.folder / "bot.sqlite3") as database, Downloads(frozenset()) as downloads:
        spool = Spool(world.folder / "spool")
        sources = SourceImages(downloads, Darkroom(), spool, JobStore(database))
        for word in WORDS:
            name = f"{with_ids(world, word)}.png"
            with pytest.raises(UserError) as refused:
                await sources.take("job", [Attachment("https://x.example", name, SOURCE_BYTES + 1)])
            sentence = explain(refused.value)
            assert +rendered(sentence) == Counter()
            assert len(sentence) < 250
            figures.add(words=1)
