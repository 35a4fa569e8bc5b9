"""What a crowd does with the bot all day: requests of all kinds, panels, buttons, mistakes, mishaps."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any

from bot.texts import text
from sandbox.apis.xhuo_errors import gateway_page
from sandbox.discord.components import flat
from sandbox.discord.model import Message
from sandbox.discord.people import Person
from tests.journeys.replying import ask, below
from tests.local_world import LocalWorld, upload
from tests.reliability.crowd import crowd

MEMBERS = 12
KEPT = 400  # messages, files and interactions that the local world remembers
ENDS = ("credits left", "credits are back")
REPLIED = ("Nothing was spent", "credits are back")  # where no picture comes
SECONDS = (0.02, 0.02, 0.5, 4.0)  # that a picture takes: some are waited for, and then told of
PATIENCE = 60.0  # seconds for what a member waits for


@dataclass
class MixedUse:
    """Members who do something every now and then; `jobs` counts what they were given or refused."""

    world: LocalWorld
    dice: Random = field(default_factory=lambda: Random(4))
    people: list[Person] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self.people = crowd(self.world, MEMBERS)
        pace = Random(5)
        self.world.api.seconds = lambda: pace.choice(SECONDS)

    async def go_on(self, seconds: float, *, apart: float) -> None:
        """Let something happen every `apart` seconds, for so long; returns when all of it is over.

        Each thing happens once, then as often as it may.
        """
        ends = asyncio.get_running_loop().time() + seconds
        first = list(HAPPENINGS)
        async with asyncio.TaskGroup() as group:
            while asyncio.get_running_loop().time() < ends:
                [usual] = self.dice.choices(list(HAPPENINGS), list(HAPPENINGS.values()))
                happens = first.pop() if first else usual
                group.create_task(happens(self, self.dice.choice(self.people)))
                await asyncio.sleep(apart)
                self._forget()

    async def all_at_once(self) -> None:
        """Let every member ask for four pictures at the same moment."""
        await asyncio.gather(*(self.asks(person, count=4) for person in 3 * self.people))

    async def asks(self, person: Person, **options: Any) -> Message:
        """A member asks for a picture and reads what came of it; what goes wrong may strike anybody."""
        self.asked += 1
        command = options.pop("command", "generate")
        channel = options.pop("channel", self.world.images)
        asked = person.slash(channel, command, **{"prompt": f"number {self.asked}", **options})
        return await person.until(
            channel,
            lambda message: message is asked.answer and any(end in message.content for end in ENDS),
            PATIENCE,
        )

    def _forget(self) -> None:
        """Keep the local world small: only the bot's memory is looked at."""
        state = self.world.discord.state
        for kept in (*state.messages.values(), state.files, state.interactions):
            old: Any = kept
            for key in list(islice(old, max(0, len(old) - KEPT))):
                del old[key]


async def one(use: MixedUse, person: Person) -> None:
    """One picture."""
    await use.asks(person)


async def four(use: MixedUse, person: Person) -> None:
    """Four pictures."""
    await use.asks(person, count=4)


async def edit(use: MixedUse, person: Person) -> None:
    """A picture is changed."""
    colour = use.dice.choice(["red", "green", "blue"])
    await use.asks(person, command="edit", image1=upload(colour, (640, 480)))


async def replies(use: MixedUse, person: Person) -> None:
    """A picture is changed where it stands, once more or for the first time."""
    use.asked += 1
    images = use.world.images
    results = [each for each in use.world.posted(images)[-20:] if each.attachments]
    colour = use.dice.choice(["red", "green", "blue"])
    target = results[-1] if results else use.world.linus.say(images, uploads=[upload(colour)])
    asked = ask(use.world, target, f"number {use.asked}", person=person)
    await person.until(
        images,
        lambda message: (
            message in below(use.world, asked)
            and bool(message.attachments or any(end in message.content for end in REPLIED))
        ),
        PATIENCE,
    )


async def privately(use: MixedUse, person: Person) -> None:
    """A picture for the member alone, where the answer becomes the result."""
    await use.asks(person, private=True)


async def elsewhere(use: MixedUse, person: Person) -> None:
    """A picture in a server where the bot is no member."""
    await use.asks(person, channel=use.world.places.sketches)


async def forbidden(use: MixedUse, person: Person) -> None:
    """The API refuses the content."""
    await use.asks(person, prompt="forbidden")


async def unlucky(use: MixedUse, person: Person) -> None:
    """The API breaks off, and the member asks again by the button."""
    if not use.world.api.faults.planned:  # or all that were planned while it rests would keep it resting
        use.world.api.faults.plan("POST", use.world.api.paid_path, gateway_page(504))
    answer = await use.asks(person)
    if text("failed.lost") in answer.content:  # else another one was struck
        person.press(answer, text("button.try_again", n=1))


async def mistaken(use: MixedUse, person: Person) -> None:
    """The combination does not exist."""
    options = {"prompt": "a mistake", "model": "nano-banana", "resolution": "4K"}
    await use.world.answer(person.slash(use.world.images, "generate", **options), "Nothing was spent", person)


async def looks(use: MixedUse, person: Person) -> None:
    """The member looks at all panels, and turns a page."""
    for command in ("jobs", "usage", "help"):
        panel = await person.slash(use.world.images, command).answered(PATIENCE)
        if panel and any(each.get("label") == text("button.refresh") for each in flat(panel.components)):
            await person.press(panel, text("button.refresh")).answered(PATIENCE)


async def types(use: MixedUse, person: Person) -> None:
    """The member types, and is given choices."""
    for letter in ("", "n", "na"):
        await person.autocomplete(use.world.images, "generate", "model", letter)


async def cancels(use: MixedUse, person: Person) -> None:
    """The member asks for more than may run at once, and cancels what waits."""

    async def one() -> None:
        asked = person.slash(use.world.images, "generate", prompt="too much")
        answer = await asked.answered(PATIENCE)
        if answer and any(part.get("label") == text("button.cancel") for part in flat(answer.components)):
            await person.press(answer, text("button.cancel")).answered(PATIENCE)

    await asyncio.gather(*(one() for _ in range(8)))


async def loses_touch(use: MixedUse, _: Person) -> None:
    """The gateway's connection is lost."""
    await use.world.discord.drop_gateway(use.dice.choice([4000, 1001, 1006]))


HAPPENINGS: dict[Callable[[MixedUse, Person], Coroutine[None, None, None]], float] = {
    one: 30,
    four: 10,
    edit: 12,
    replies: 12,
    privately: 6,
    elsewhere: 6,
    forbidden: 4,
    unlucky: 1,
    mistaken: 4,
    looks: 10,
    types: 6,
    cancels: 4,
    loses_touch: 0.6,
}
"""What happens, and how often."""
