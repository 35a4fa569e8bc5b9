"""Many members who ask without end, so that a number of jobs is alive at any time."""

import asyncio
import random

from sandbox.discord.model import Channel, Interaction
from sandbox.discord.people import Person
from tests.local_world import LocalWorld
from tests.reliability.crowd import crowd
from tests.reliability.kills import ALIVE, number
from tests.reliability.plenty import PLENTY

MEMBERS = 50
CALLS = 20  # under way at once at each API
# Nobody is refused.
SETTINGS: dict[str, object] = {
    **PLENTY,
    "member_max_running": 10,
    "member_max_queued": 1_000,
    "queue_max": 10_000,
    "xhuo_max_in_flight": CALLS,
    "ruxa_max_in_flight": CALLS,
    "poll_seconds": 0.3,
}
TOLD = ("In line", "Making", "Done")
AT_ONCE = 50  # requests, so that a slow machine answers all of them in time


class Load:
    """Asks for one picture or four, in a server, in direct messages, and where the bot is no member."""

    def __init__(self, world: LocalWorld, seed: int) -> None:
        self._world = world
        self._dice = random.Random(seed)
        self.members = crowd(world, MEMBERS)
        self._asked: list[Interaction] = []

    def ask(self, times: int) -> list[Interaction]:
        """Let so many requests be made at once, each in its own words."""
        return [self._ask() for _ in range(times)]

    async def keep_alive(self, jobs: int) -> None:
        """Ask until so many jobs are alive."""
        while (missing := jobs - number(self._world, ALIVE)) > 0:
            asked = self.ask(min(missing, AT_ONCE))
            await asyncio.gather(*(each.answered(60) for each in asked), return_exceptions=True)

    def _ask(self) -> Interaction:
        member = self._dice.choice(self.members)
        asked = member.slash(
            self._place(member),
            "generate",
            prompt=f"number {len(self._asked)}.",
            count=self._dice.choice((1, 1, 1, 1, 1, 4)),
            private=self._dice.random() < 0.1,
        )
        self._asked.append(asked)
        return asked

    def told(self) -> list[Interaction]:
        """The requests whose members have read that they are waiting, being made, or done."""
        return [
            each for each in self._asked if each.answer and any(word in each.answer.content for word in TOLD)
        ]

    def _place(self, member: Person) -> Channel:
        places = self._world.places
        return self._dice.choice((places.images, places.lounge, member.dm(), places.sketches))
