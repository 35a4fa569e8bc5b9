"""The form that asks what to change: what stands in it, what comes of it, and what it refuses."""

from collections.abc import Mapping

import pytest

from bot.texts import text
from sandbox.discord.model import Interaction, Message, Upload
from sandbox.discord.options import ClientRefused
from storage.records import JobState
from tests.journeys.result_row import RICH, Spot, chosen, form, job_id, newest, press
from tests.journeys.test_refusals import animated
from tests.local_world import LocalWorld, ended, upload

COLOURS = ["red", "green", "blue", "white", "black", "orange", "pink", "brown", "grey", "cyan"]


async def opened_on(world: LocalWorld, number: int) -> Interaction:
    """Linus posts so many pictures, and Ada opens the form on them."""
    files = [upload(colour, name=f"{colour}.png") for colour in COLOURS[:number]]
    opened = world.ada.menu(world.linus.say(world.images, uploads=files), "Edit image")
    await opened.answered()
    return opened


async def test_what_stands_in_it_for_one_picture(world: LocalWorld) -> None:
    """No choice of pictures, the usual model and size, the models with what each size costs."""
    async with world.bot():
        fields = await form(await opened_on(world, 1))
        assert list(fields) == ["words", "model", "size", "more"]
        assert chosen(fields["model"]) == ["nano-banana"]
        assert chosen(fields["size"]) == ["1K"]
        pro = fields["model"]["options"][-1]
        assert (pro["value"], pro["description"]) == (
            "nano-banana-pro",
            "Credits an image: 4 at 1K · 4 at 2K · 8 at 4K",
        )
        assert fields["more"]["max_values"] == 4


async def test_a_members_defaults_stand_in_it(world: LocalWorld) -> None:
    """And on a result, the model and size that made it."""
    async with world.bot():
        await world.ada.slash(world.images, "defaults", model="nano-banana-2", resolution="4K").answered()
        fields = await form(await opened_on(world, 1))
        assert (chosen(fields["model"]), chosen(fields["size"])) == (["nano-banana-2"], ["4K"])
        made = await Spot(world, "images").ask(model="nano-banana-pro", resolution="2K")
        fields = await form(press(world.ada, made, "edit"))
        assert (chosen(fields["model"]), chosen(fields["size"])) == (["nano-banana-pro"], ["2K"])


async def test_the_model_that_was_named_stands_in_it(world: LocalWorld) -> None:
    """Where another one has edited in its place."""
    world.changes["image_apis"] = "ruxa"
    async with world.bot():
        edited = await Spot(world, "images").ask("edit")
        assert chosen((await form(press(world.ada, edited, "edit")))["model"]) == ["nano-banana"]


async def test_all_pictures_unless_some_are_chosen(world: LocalWorld) -> None:
    """The result says which were used, where there was a choice."""
    world.changes |= RICH
    spot = Spot(world, "images")
    async with world.bot():
        opened = await opened_on(world, 4)
        assert chosen((await form(opened))["which"]) == ["1", "2", "3", "4"]
        world.ada.submit(opened, words="one picture of all")
        assert text("result.used_all", total=4) in (await spot.next()).content
        assert len(world.api.calls[-1].inputs) == 4
        opened = await opened_on(world, 4)
        world.ada.submit(opened, words="one of two", which=["2", "4"])
        assert text("result.used", n=2, numbers="2, 4", total=4) in (await spot.next()).content
        assert len(world.api.calls[-1].inputs) == 2


async def test_model_size_and_further_pictures(world: LocalWorld) -> None:
    """What is filled in is what is asked for, and paid."""
    world.changes |= RICH
    spot = Spot(world, "images")
    async with world.bot() as services:
        opened = await opened_on(world, 1)
        hat = [upload("green", name=f"hat-{number}.png") for number in range(4)]
        world.ada.submit(opened, words="with these hats", model="nano-banana-2", size="4K", more=hat)
        await spot.next()
        [job] = await ended(services.store)
        assert (job.model, job.resolution, job.inputs, job.credits) == ("nano-banana-2", "4K", 5, 4)
        assert len(world.api.calls[-1].inputs) == 5
        assert job.source_message_id is not None


async def test_a_hidden_picture_stays_hidden(world: LocalWorld) -> None:
    """Whoever has hidden it, until it is clicked."""
    spot = Spot(world, "images")
    async with world.bot():
        photo = world.linus.say(world.images, uploads=[upload(name="SPOILER_photo.png")])
        opened = world.ada.menu(photo, "Edit image")
        await opened.answered()
        world.ada.submit(opened, words="let it snow")
        assert [file.spoiler for file in (await spot.next()).attachments] == [True]


async def refused(
    world: LocalWorld, opened: Interaction, key: str, values: Mapping[str, object], **fields: object
) -> None:
    """What is filled in comes to nothing, and its member alone reads why."""
    sent = world.ada.submit(opened, **fields)  # type: ignore[arg-type]
    await world.reads(sent, f"refused.{key}", **values)


async def test_bad_input(world: LocalWorld) -> None:
    """One sentence each; nothing is spent, nothing is sent."""
    words = {"words": "let it snow"}
    dance = Upload("dance.gif", animated("GIF"))
    async with world.bot() as services:
        await refused(world, await opened_on(world, 1), "prompt_empty", {}, words=" \n ")
        fit = {"model": "nano-banana", "resolution": "2K", "able": "nano-banana-2 or nano-banana-pro"}
        await refused(world, await opened_on(world, 1), "model_and_resolution", fit, size="2K", **words)
        nine = [str(number) for number in range(1, 10)]
        await refused(
            world, await opened_on(world, 10), "too_many_pictures", {"limit": 8}, which=nine, **words
        )
        more = [upload()]
        await refused(world, await opened_on(world, 8), "too_many_pictures", {"limit": 8}, more=more, **words)
        await refused(
            world, await opened_on(world, 1), "picture_animated", {"name": "dance.gif"}, more=[dance], **words
        )
        opened = await opened_on(world, 1)
        [photo] = [each for each in world.ada.sees(world.images)[-1:] if each.attachments]
        world.discord.delete_message(photo)
        await refused(world, opened, "picture_gone", {"name": "red.png"}, **words)
        with pytest.raises(ClientRefused):
            world.ada.submit(await opened_on(world, 1), words="")
        with pytest.raises(ClientRefused):
            world.ada.submit(await opened_on(world, 1), words="x" * 4001)
        assert await services.store.in_states(JobState) == []
        assert world.api.posts == 0


@pytest.mark.parametrize("words", ["x" * 4000, "@everyone **bold** `code` <@1> # x", "[" * 4000])
async def test_any_words_are_taken_as_they_are(world: LocalWorld, words: str) -> None:
    """The API gets all of them; in the chat nobody is pinged and nothing is rendered."""
    spot = Spot(world, "images")
    async with world.bot():
        world.ada.submit(await opened_on(world, 1), words=words)
        result = await spot.next()
        assert world.api.calls[-1].prompt == words
        assert result.pinged == {world.ada.user.id}
        assert "@everyone" not in result.content
        assert "**" not in result.content.replace("\\*", "")


async def test_the_chain_goes_on_from_every_result(world: LocalWorld) -> None:
    """Each edit knows the job that it works on; from an earlier one it is a branch of its own."""
    world.changes |= RICH
    spot = Spot(world, "images")
    async with world.bot() as services:
        first = await spot.ask()

        async def edit(message: Message) -> Message:
            opened = press(world.linus, message, "edit")
            await opened.answered()
            world.linus.submit(opened, words="snow")
            edited = await spot.next()
            job = await newest(services, world.linus)
            assert (job.parent_id, job.source_message_id) == (job_id(message), message.id)
            return edited

        await edit(await edit(first))
        await edit(first)
        await ended(services.store, 4)
        children = await services.descent.children(await services.store.get(job_id(first)), most=10)
        assert len(children) == 2
