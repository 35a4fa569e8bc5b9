"""Many requests at once through all five doors: exactly what the limit allows, on a database file."""

import pytest

from bot.texts import text
from sandbox.discord.model import Message
from sandbox.discord.people import Person
from storage.records import JobState
from tests.journeys.moderating import done
from tests.journeys.replying import ask, shows
from tests.journeys.restarts import until
from tests.local_world import LocalWorld, booked, ended

AT_ONCE = 64
LIMIT = 10
DOORS = 5  # a command, a form, a reply, a button, a menu


async def through_every_door(world: LocalWorld, people: list[Person], result: Message) -> None:
    """Ask for one picture each, 64 times, in turn through each door, all at the same moment."""
    picture = shows(world, "red")
    forms = []
    for number in range(AT_ONCE):
        person = people[number % len(people)]
        if number % DOORS == 1:
            forms.append((person, person.press(result, text("button.edit"))))
        elif number % DOORS == 4:
            forms.append((person, person.menu(picture, text("menu.edit"))))
    for _, opened in forms:
        await opened.answered(30)
    for number in range(AT_ONCE):
        person = people[number % len(people)]
        match number % DOORS:
            case 0:
                person.slash(world.images, "generate", prompt=f"boat {number}")
            case 1 | 4:
                one, opened = forms.pop(0)
                one.submit(opened, words=f"boat {number}")
            case 2:
                ask(world, picture, f"boat {number}", person=person)
            case 3:
                person.press(result, text("button.again", n=1))


def refusals(world: LocalWorld, words: str) -> int:
    """How many were told that there is nothing left."""
    messages = world.discord.state.messages[world.images.id].values()
    return sum(words in message.content for message in messages)


@pytest.mark.parametrize(
    ("limited", "words"),
    [("member", "you have 0 left"), ("server", "This server has used"), ("bot", "today's budget")],
)
@pytest.mark.settings(member_max_queued=1000, queue_max=1000)
async def test_exactly_ten(world: LocalWorld, limited: str, words: str) -> None:
    """Against a member's limit, a server's ceiling, the bot's budget; one picture was there before."""
    discord = world.discord
    people = [world.ada]
    if limited != "member":
        people = [discord.person(discord.add_user(f"Member {number}")) for number in range(8)]
        for person in people:
            discord.join(person.user, world.places.hq)
        world.changes |= (
            {"server_ceiling": f"{LIMIT + 1}/day"} if limited == "server" else {"bot_budget": LIMIT + 1}
        )
    async with world.bot() as services:
        await world.answer(world.linus.slash(world.images, "generate", prompt="first"), "Done", world.linus)
        result = await world.result(world.images, world.linus)
        if limited == "member":
            await done(world, "set", member=world.places.ada.id, amount=LIMIT)
        await through_every_door(world, people, result)
        await until(lambda: refusals(world, words) == AT_ONCE - LIMIT, 60)
        jobs = await ended(services.store, LIMIT + 1, deadline=60)
        assert {job.state for job in jobs} == {JobState.DELIVERED}
        assert len(jobs) == LIMIT + 1
        assert world.api.billed == LIMIT + 1
        assert await booked(services.store) == {"reserve": LIMIT + 1, "settle": LIMIT + 1}
