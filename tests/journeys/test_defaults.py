"""`/defaults`: a member says once what all of their commands shall take."""

import pytest

from sandbox.discord.model import Channel
from sandbox.discord.options import OptionValue
from sandbox.discord.people import Person
from tests.journeys.panels import panel, words
from tests.journeys.restarts import change, look
from tests.local_world import LocalWorld, upload

NOTHING_SET = {
    "model": "not set",
    "aspect_ratio": "not set",
    "resolution": "not set",
    "spoiler": "no",
    "private": "no",
    "dm": "no",
}
PRO = {"model": "nano-banana-pro", "resolution": "4K", "aspect_ratio": "16:9"}


async def defaults(
    world: LocalWorld, person: Person | None = None, channel: Channel | None = None, /, **options: OptionValue
) -> dict[str, str]:
    """What the panel says after these options."""
    message = await panel((person or world.ada).slash(channel or world.images, "defaults", **options))
    lines = [line.split() for line in words(message).splitlines() if line.startswith("`")]
    return {name.strip("`"): " ".join(value).strip("*") for name, *value in lines[: len(NOTHING_SET)]}


def asked(world: LocalWorld) -> tuple[str, str, str | None]:
    """What the last call asked of the API."""
    call = world.api.calls[-1]
    return call.model, call.resolution, call.aspect_ratio


@pytest.mark.parametrize("place", ["images", "announcements", "dm", "sketches"])
async def test_set_and_seen_everywhere(world: LocalWorld, place: str) -> None:
    """In a server, also where the bot may not write, in direct messages, and where the app is carried to."""
    channel = world.ada.dm() if place == "dm" else getattr(world.places, place)
    async with world.bot():
        assert await defaults(world, world.ada, channel) == NOTHING_SET
        changed = await defaults(world, world.ada, channel, spoiler=True, **PRO)
        assert changed == NOTHING_SET | PRO | {"spoiler": "yes"}
        assert await defaults(world) == changed
        assert world.posted(channel) == []


async def test_what_a_command_leaves_open_is_filled(world: LocalWorld) -> None:
    """Model, size and shape, at their price; the result is hidden as the member likes it."""
    async with world.bot():
        await defaults(world, spoiler=True, **PRO)
        done = world.order()
        assert "12 credits left" in (await world.answer(done, "Done")).content
        assert asked(world) == ("nano-banana-pro", "4K", "16:9")
        result = await world.result(world.images)
        assert [attachment.spoiler for attachment in result.attachments] == [True]


async def test_what_a_command_names_wins(world: LocalWorld) -> None:
    """Also over what hides a result."""
    async with world.bot():
        await defaults(world, spoiler=True, private=True, **PRO)
        world.order(aspect_ratio="3:4", resolution="2K", spoiler=False, private=False)
        result = await world.result(world.images)
        assert asked(world) == ("nano-banana-pro", "2K", "3:4")
        assert [attachment.spoiler for attachment in result.attachments] == [False]


async def test_private_from_the_very_first_answer(world: LocalWorld) -> None:
    """Where the bot is no member its progress would be public: nobody else sees even that."""
    sketches = world.places.sketches
    async with world.bot():
        await defaults(world, private=True)
        before = world.linus.sees(sketches)
        done = world.ada.slash(sketches, "generate", prompt="a secret barn")
        assert len((await world.answer(done, "4 credits left")).attachments) == 1
        assert world.linus.sees(sketches) == before


async def test_an_edit_keeps_the_shape_of_its_picture(world: LocalWorld) -> None:
    """A member's usual shape is for new pictures; model and size count for both."""
    async with world.bot():
        await defaults(world, **PRO)
        await world.answer(world.order(command="edit"), "Done")
        assert asked(world) == ("nano-banana-pro", "4K", None)
        assert world.api.calls[-1].action == "edit"


async def test_a_default_that_does_not_fit_gives_way(world: LocalWorld) -> None:
    """The model that is named has no 4K: the picture comes in the size that it has, in the usual shape."""
    async with world.bot():
        await defaults(world, **PRO)
        await world.answer(world.order(model="nano-banana"), "19 credits left")
        assert asked(world) == ("nano-banana", "1K", "16:9")
        refusal = await world.answer(world.order(model="nano-banana", resolution="4K"), "has no 4K")
        assert "Nothing was spent" in refusal.content


async def test_they_are_one_members_own(world: LocalWorld) -> None:
    """Somebody else's commands take nothing of them."""
    async with world.bot():
        await defaults(world, **PRO)
        assert await defaults(world, world.linus) == NOTHING_SET
        await world.answer(world.linus.slash(world.images, "generate", prompt="a boat"), "19 credits left")


async def test_set_one_after_the_other(world: LocalWorld) -> None:
    """What is not named stays as it is; spelling does not matter."""
    async with world.bot():
        await defaults(world, model=" Nano-BANANA-2 ")
        await defaults(world, resolution="2k", aspect_ratio="16 : 9")
        named = {"model": "nano-banana-2", "resolution": "2K", "aspect_ratio": "16:9"}
        assert await defaults(world, dm=True) == NOTHING_SET | named | {"dm": "yes"}
        assert await defaults(world, dm=False) == NOTHING_SET | named


async def test_clear_forgets_them_and_nothing_else(world: LocalWorld) -> None:
    """Requests and credits stay; what is named beside it is set anew; no row is left of what is not set."""
    async with world.bot():
        await defaults(world, **PRO, spoiler=True)
        await world.answer(world.order(model="nano-banana"), "Done")
        assert await defaults(world, clear=True, private=True) == NOTHING_SET | {"private": "yes"}
        assert await defaults(world, clear=True) == NOTHING_SET
        assert look(world, "SELECT * FROM member_defaults") == []
        await world.answer(world.order(), "18 credits left")


async def test_a_restart_keeps_them(world: LocalWorld) -> None:
    """The next run of the bot knows them before its first command."""
    async with world.bot():
        changed = await defaults(world, dm=True, **PRO)
    async with world.bot() as services:
        assert services.defaults.of(world.ada.user.id).dm
        assert await defaults(world) == changed
        await world.answer(world.order(), "Done")
        assert asked(world) == ("nano-banana-pro", "4K", "16:9")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"model": "dall-e"}, "There is no model “dall-e”; choose one of nano-banana, "),
        ({"resolution": "8K"}, "There is no `resolution` “8K”"),
        ({"aspect_ratio": "7:1"}, "There is no `aspect_ratio` “7:1”"),
        ({"model": "nano-banana", "resolution": "4K"}, "nano-banana has no 4K: for that choose"),
        ({"resolution": "4K"}, "nano-banana has no 4K: for that choose"),
        ({"model": "@everyone `x` " * 400}, "There is no model “@"),
    ],
)
async def test_what_cannot_be_made_is_refused(
    world: LocalWorld, options: dict[str, OptionValue], says: str
) -> None:
    """One plain sentence, and nothing was changed, not even what could have been."""
    async with world.bot():
        await defaults(world, spoiler=True)
        refusal = await world.answer(world.ada.slash(world.images, "defaults", dm=True, **options), says)
        assert refusal.ephemeral_for is world.places.ada
        assert refusal.content.endswith("Nothing was spent.")
        assert len(refusal.content) < 400
        assert await defaults(world) == NOTHING_SET | {"spoiler": "yes"}


async def test_suggestions_know_them(world: LocalWorld) -> None:
    """Sizes and prices are those of the model that will be used; `/defaults` suggests as well."""
    async with world.bot():
        await defaults(world, model="nano-banana-2", resolution="4K")
        for command in ("generate", "defaults"):
            sizes = await world.ada.autocomplete(world.images, command, "resolution", "")
            assert [choice.name for choice in sizes][-1] == "4K · 4 credits an image"
            shapes = await world.ada.autocomplete(world.images, command, "aspect_ratio", "16:9")
            assert [choice.name for choice in shapes] == ["16:9 · 4 credits an image"]
            models = await world.ada.autocomplete(world.images, command, "model", "pro")
            assert [choice.value for choice in models] == ["nano-banana-pro"]
        shapes = await world.ada.autocomplete(
            world.images, "generate", "aspect_ratio", "16:9", model="nano-banana"
        )
        assert [choice.name for choice in shapes] == ["16:9 · 1 credit an image"]


async def test_a_default_that_nobody_offers_any_more_is_left_out(world: LocalWorld) -> None:
    """The operator has taken an API away: its members go on with what there is."""
    async with world.bot():
        await defaults(world, **PRO)
    change(world, "UPDATE member_defaults SET model = 'nano-banana-9', aspect_ratio = '5:4'")
    async with world.bot():
        await world.answer(world.order(), "19 credits left")
        assert asked(world) == ("nano-banana", "1K", "1:1")


async def test_a_reference_picture_makes_it_an_edit(world: LocalWorld) -> None:
    """`/generate` with a picture keeps that picture's shape too."""
    async with world.bot():
        await defaults(world, **PRO)
        await world.answer(world.order(image1=upload()), "Done")
        assert asked(world) == ("nano-banana-pro", "4K", None)
