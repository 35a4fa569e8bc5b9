"""What stands in a reply: talk, options, far too much, and what shall stay as harmless as it is."""

import pytest

from bot.texts import text
from storage.records import JobState
from tests.journeys.replying import ask, below, is_passed_over, result_below, shows, tidy, told_below
from tests.local_world import LocalWorld, upload

TALK = [
    "",
    "thanks!",
    "hahaha",
    "so cute \U0001f602",
    "\U0001f44d" * 2000,
    "#2 lol",
    "how did you make this?",
    "no, stop, don't",
    "<:banana:7>",
]


async def test_talk_is_no_request(world: LocalWorld) -> None:
    """No words, thanks, laughter and emoji below a picture do nothing, also with a mention."""
    photo = shows(world, "red")
    async with world.bot() as services:
        bot = world.discord.state.bot.id
        said = [f"<@{bot}> {words}" for words in (*TALK, f"<@{bot}>")]
        asked = [world.ada.say(world.images, words, reply_to=photo) for words in said]
        await is_passed_over(world, services, *asked)


async def test_options(world: LocalWorld) -> None:
    """They are taken as a command's would be, and stand nowhere in the words."""
    photo = shows(world, "red")
    options = "--model pro --ar 16:9 --size 2k --count 2 --spoiler"
    async with world.bot() as services:
        result = await result_below(world, ask(world, photo, f"make it {options} night"))
        [job] = await tidy(world, services, result)
        assert job.prompt == world.api.calls[0].prompt == "make it night"
        assert (job.model, job.aspect_ratio, job.resolution) == ("nano-banana-pro", "16:9", "2K")
        assert (job.count, job.spoiler, job.credits) == (2, True, 8)
        assert [file.spoiler for file in result.attachments] == [True, True]


async def test_what_it_does_not_say(world: LocalWorld) -> None:
    """It is taken from the member's defaults, but for `private`; the picture keeps its shape."""
    photo = shows(world, "red")
    async with world.bot() as services:
        mine = {"model": "nano-banana-2", "resolution": "2K", "aspect_ratio": "16:9"}
        await world.ada.slash(world.images, "defaults", **mine, private=True, spoiler=True).answered()
        result = await result_below(world, ask(world, photo, "make it night --size 1k"))
        [job] = await tidy(world, services, result)
        assert (job.model, job.resolution, job.aspect_ratio) == ("nano-banana-2", "1K", None)
        assert (job.private, job.spoiler) == (False, True)
        assert result.ephemeral_for is None


async def test_pictures_without_words(world: LocalWorld) -> None:
    """Nobody knows what to do with them."""
    photo = shows(world, "red")
    async with world.bot() as services:
        await is_passed_over(world, services, ask(world, photo, "", uploads=[upload("blue")]))


@pytest.mark.parametrize(
    ("words", "key", "values"),
    [
        ("--ar 16:9", "only_options", {}),
        ("#1", "only_options", {}),
        ("night --colour red", "option_unknown", {"given": "colour"}),
        ("night --ar", "option_empty", {"option": "ar"}),
        ("night --count two", "option_value", {"given": "two", "option": "count"}),
        ("night --count 5", "count", {"limit": 4}),
        ("night --count 0", "count", {"limit": 4}),
    ],
)
async def test_options_that_do_not_fit(
    world: LocalWorld, words: str, key: str, values: dict[str, object]
) -> None:
    """It says which, and what there is."""
    photo = shows(world, "red")
    async with world.bot() as services:
        await told_below(
            world, ask(world, photo, words), f"refused.{key}", **values, options=text("reply.options")
        )
        assert await services.store.in_states(JobState) == []


@pytest.mark.parametrize("option", ["--model dall-e", "--size 9k", "--ar 17:9"])
async def test_values_that_there_are_not(world: LocalWorld, option: str) -> None:
    """It names those that there are."""
    photo = shows(world, "red")
    async with world.bot() as services:
        asked = ask(world, photo, f"night {option} @everyone **x**")
        refused = await world.ada.until(world.images, lambda each: each in below(world, asked))
        assert option.split()[1] in refused.content
        assert "choose one of" in refused.content
        assert refused.content.endswith("Nothing was spent.")
        assert refused.pinged == set()
        assert await services.store.in_states(JobState) == []


async def test_words_too_many(world: LocalWorld) -> None:
    """Discord's members write 4,000 characters, and the mention takes none of them."""
    async with world.bot() as services:
        await world.answer(world.order("a boat"), "Done")
        first = await world.result(world.images)
        second = await result_below(world, ask(world, first, "x" + "\U0001f44d" * 3999))
        assert second.content.startswith(f"<@{world.ada.user.id}> x\U0001f44d")
        await tidy(world, services, first, second)


async def test_nobody_is_pinged_and_nothing_rendered(world: LocalWorld) -> None:
    """Neither in the progress nor in the result."""
    world.api.seconds = 0.3
    photo = shows(world, "red")
    hostile = f"# @everyone <@{world.linus.user.id}> [here](https://evil.example) **now**"
    async with world.bot() as services:
        asked = ask(world, photo, hostile)
        progress = await world.linus.until(world.images, lambda each: "Making" in each.content)
        result = await result_below(world, asked)
        assert progress.pinged == set()
        assert result.pinged == {world.ada.user.id}
        for message in (progress, result):
            assert "**now**" not in message.content
            assert "](https" not in message.content
        await tidy(world, services, result)
