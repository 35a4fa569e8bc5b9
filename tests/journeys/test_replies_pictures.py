"""Which pictures a reply works on: wherever Discord shows them, all of them or those it names."""

from collections.abc import Callable

import pytest

from sandbox.discord.cdn import link
from sandbox.discord.model import JSON, Message, Upload
from tests.journeys.replying import COLOURS, ask, colours_of, result_below, shows, tidy, told_below
from tests.local_world import LocalWorld, upload

RED = upload("red", name="red.png")


def hosted(world: LocalWorld, colour: str) -> str:
    """A link to a picture that the world serves, as Discord does with its copies of pictures."""
    elsewhere = world.discord.add_channel(world.places.hq, "elsewhere")
    photo = world.linus.say(elsewhere, uploads=[upload(colour, name=f"{colour}.png")])
    return link(world.discord.state, photo.attachments[0])


def by_app(world: LocalWorld, **shown: object) -> Message:
    """Another app posts something."""
    app = world.discord.add_user("Other App", bot=True)
    return world.discord.post(world.images, app, **shown)  # type: ignore[arg-type]  # fields of a message


def gallery(url: str) -> JSON:
    """A gallery with one picture."""
    return {"type": 12, "items": [{"media": {"url": url}}]}


def section(url: str) -> JSON:
    """Some words with a thumbnail."""
    words = [{"type": 10, "content": "look"}]
    return {"type": 9, "components": words, "accessory": {"type": 11, "media": {"url": url}}}


def container(*children: JSON) -> JSON:
    """A frame around other components."""
    return {"type": 17, "components": list(children)}


def in_an_embed(world: LocalWorld) -> Message:
    """A link with a preview: only Discord's copy of the picture is asked for."""
    image = {"url": "https://example.org/red.png", "proxy_url": hosted(world, "red"), "width": 3, "height": 2}
    return by_app(world, content="https://example.org/red.png", embeds=[{"type": "rich", "image": image}])


def in_a_thumbnail(world: LocalWorld) -> Message:
    """A preview of a page."""
    thumbnail = {"url": "https://example.org/red.png", "proxy_url": hosted(world, "red")}
    return by_app(world, content="news", embeds=[{"type": "link", "thumbnail": thumbnail}])


def in_a_gallery(world: LocalWorld) -> Message:
    """A file of the app's own in a gallery."""
    return by_app(world, files=[RED], components=[gallery("attachment://red.png")])


def in_a_section(world: LocalWorld) -> Message:
    """A thumbnail beside words, in a frame."""
    return by_app(world, files=[RED], components=[container(section("attachment://red.png"))])


def forwarded(world: LocalWorld) -> Message:
    """A forward, whose first message is gone."""
    photo = world.linus.say(world.places.lounge, "look", uploads=[RED])
    forward = world.linus.forward(photo, world.images)
    world.linus.delete(photo)
    return forward


def by_a_webhook(world: LocalWorld) -> Message:
    """A picture that no member has posted."""
    hook = world.discord.add_user("News")
    return world.discord.post(world.images, hook, "look", files=[RED], webhook=True)


def by_who_left(world: LocalWorld) -> Message:
    """A picture of somebody who is no member any more."""
    photo = shows(world, "red")
    world.discord.leave(world.linus.user, world.places.hq)
    return photo


def beside_other_files(world: LocalWorld) -> Message:
    """What is no picture is passed over."""
    other = Upload("notes.txt", b"notes")
    return world.linus.say(world.images, uploads=[other, RED, Upload("song.ogg", b"OggS")])


@pytest.mark.parametrize(
    "posted",
    [
        in_an_embed,
        in_a_thumbnail,
        in_a_gallery,
        in_a_section,
        forwarded,
        by_a_webhook,
        by_who_left,
        beside_other_files,
    ],
)
async def test_wherever_it_is_shown(world: LocalWorld, posted: Callable[[LocalWorld], Message]) -> None:
    """The picture is found, and it is the only one."""
    target = posted(world)
    async with world.bot() as services:
        asked = ask(world, target, "make it night")
        [job] = await tidy(world, services, await result_below(world, asked))
        assert (job.inputs, job.source_message_id, job.chosen) == (1, target.id, None)
        assert colours_of(world.api.calls[0].inputs) == ["red"]


@pytest.mark.parametrize(
    ("words", "inputs", "said"),
    [
        ("make it one", ["red", "lime", "blue"], "from all 3 pictures"),
        ("#2 make it night", ["lime"], "from picture 2 of 3"),
        ("#3 #1 put the first on the second", ["blue", "red"], "from pictures 3, 1 of 3"),
    ],
)
async def test_a_message_with_several(world: LocalWorld, words: str, inputs: list[str], said: str) -> None:
    """All are used, or those that are named, in this order; the result says which."""
    world.api.seconds = 0.3
    photos = shows(world, "red", "lime", "blue")
    async with world.bot() as services:
        asked = ask(world, photos, words)
        await world.ada.until(world.images, lambda each: "Making" in each.content and said in each.content)
        result = await result_below(world, asked)
        assert result.content.endswith(f" · {said}")
        await tidy(world, services, result)
        [call] = world.api.calls
        assert colours_of(call.inputs) == inputs
        assert call.prompt == words.lstrip("#123 ")


async def test_one_of_several_results(world: LocalWorld) -> None:
    """The bot's own pictures are named in the same way, and spoilers are pictures like all others."""
    async with world.bot() as services:
        await world.answer(world.order("boats", count=3, spoiler=True), "Done")
        first = await world.result(world.images)
        second = await result_below(world, ask(world, first, "#2 make it night"))
        assert "from picture 2 of 3" in second.content
        boats, night = await tidy(world, services, first, second)
        assert (night.parent_id, night.chosen) == (boats.id, "2/3")
        third = await result_below(world, ask(world, second, "add snow"))
        assert "from" not in third.content


async def test_pictures_in_the_reply_come_behind(world: LocalWorld) -> None:
    """What the member adds is not numbered: it is always used."""
    photos = shows(world, "red", "lime")
    async with world.bot() as services:
        asked = ask(world, photos, "#2 put this on", uploads=[upload("blue"), upload("white")])
        [job] = await tidy(world, services, await result_below(world, asked))
        assert colours_of(world.api.calls[0].inputs) == ["lime", "blue", "white"]
        assert (job.inputs, job.chosen) == (3, "2/2")


async def test_eight_pictures_in_all(world: LocalWorld) -> None:
    """One more is refused with what to do, and nothing is fetched."""
    photos = shows(world, *["red"] * 7)
    async with world.bot() as services:
        refused = ask(world, photos, "make it one", uploads=[upload("blue"), upload("white")])
        await told_below(world, refused, "refused.choose_pictures", n=9, limit=8)
        assert world.discord.faults.count("GET", "/attachments/*") == 0
        asked = ask(world, photos, "make it one", uploads=[upload("blue")])
        result = await result_below(world, asked)
        [job] = await services.store.recent(world.ada.user.id, skip=0, limit=9)
        assert job.inputs == 8
        assert colours_of(world.api.calls[0].inputs) == ["red"] * 7 + ["blue"]
        assert "from all 7 pictures" in result.content


@pytest.mark.parametrize(("words", "given"), [("#4 night", 4), ("#0 night", 0), ("#1 #99 night", 99)])
async def test_a_number_that_there_is_not(world: LocalWorld, words: str, given: int) -> None:
    """It says how many there are."""
    photos, photo = shows(world, "red", "lime", "blue"), shows(world, "red")
    async with world.bot() as services:
        await told_below(world, ask(world, photos, words), "refused.no_such_picture", given=given, n=3)
        await told_below(world, ask(world, photo, words), "refused.no_such_picture", given=given, n=1)
        assert await services.store.recent(world.ada.user.id, skip=0, limit=9) == []


@pytest.mark.parametrize("colour", COLOURS)
def test_the_colours_are_told_apart(colour: str) -> None:
    """These tests see which picture is which."""
    assert colours_of([upload(colour).data]) == [colour]
