"""Many at once: never more pictures than credits, on a real database file."""

import asyncio

import pytest

from sandbox.discord.model import Interaction
from tests.local_world import LocalWorld, booked

AT_ONCE = 64


async def refusals(interactions: list[Interaction], words: str) -> int:
    """How many are refused in these words, once every one has its first real answer."""
    answers = await asyncio.gather(*(interaction.answered(30) for interaction in interactions))
    return sum(words in answer.content for answer in answers if answer)


@pytest.mark.settings(default_allowance="10/day", member_max_queued=100)
async def test_sixty_four_at_once_by_one_member(world: LocalWorld) -> None:
    """Ten credits are ten pictures, and fifty-four refusals."""
    async with world.bot() as services:
        interactions = [world.order(f"boat {number}") for number in range(AT_ONCE)]
        assert await refusals(interactions, "This costs 1 credit and you have 0 left") == AT_ONCE - 10
        await all_posted(world, 10)
        assert world.api.posts == world.api.billed == 10
        assert await booked(services.store) == {"reserve": 10, "settle": 10}


@pytest.mark.settings(bot_budget=10, member_max_queued=100)
async def test_several_members_at_once_against_the_bots_budget(world: LocalWorld) -> None:
    """The whole bot's budget holds, whoever asks."""
    people = [world.ada, world.linus, world.discord.person(world.places.grace)]
    async with world.bot() as services:
        interactions = [
            people[number % 3].slash(world.images, "generate", prompt=f"boat {number}")
            for number in range(30)
        ]
        assert await refusals(interactions, "I have used up today's budget") == 20
        await all_posted(world, 10)
        assert world.api.posts == world.api.billed == 10
        assert await booked(services.store) == {"reserve": 10, "settle": 10}


@pytest.mark.settings(default_allowance="10/day", member_max_queued=100)
async def test_what_fails_can_be_spent_again(world: LocalWorld) -> None:
    """Refunds and new requests cross each other, and the sums stay right."""
    world.api.refuse_words = {"odd"}
    async with world.bot() as services:
        prompts = [f"{('even', 'odd')[number % 2]} boat {number}" for number in range(10)]
        first = [world.order(prompt) for prompt in prompts]
        for interaction in first[::2]:
            await world.answer(interaction, "Done")
        for interaction in first[1::2]:
            await world.reads(interaction, "failed.content")
        second = [world.order(f"even boat {number}") for number in range(10, 20)]
        assert await refusals(second, "you have 0 left") == 5
        await all_posted(world, 10)
        assert await booked(services.store) == {"reserve": 15, "settle": 10, "refund": 5}


async def all_posted(world: LocalWorld, number: int) -> None:
    """Wait until so many results stand in the channel and are told as done, and no more."""
    await world.ada.until(world.images, lambda _: len(world.posted(world.images)) >= number, 30)

    def done() -> int:
        answers = world.discord.state.messages[world.images.id].values()
        return sum("Done: [your picture]" in message.content for message in answers)

    await world.ada.until(world.images, lambda _: done() >= number, 30)
    assert len(world.posted(world.images)) == done() == number
