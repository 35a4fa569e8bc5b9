"""Members with jobs in one queue, and the image APIs that they queue for."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from bot.services.breaker import FAILURES, FIRST_PAUSE, Breaker
from bot.services.image_apis import ImageApi, ImageApis
from bot.services.job_queue import JobQueue, Slot
from tests.bot.services.planned_api import PlannedApi

DEADLINE = 20.0  # seconds; nothing here waits for the time to pass


@dataclass
class Clock:
    """Seconds that a test puts forward."""

    now: float = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


class Crowd:
    """Members with jobs in one queue, served in rounds: who is in leaves, and the next ones come in."""

    def __init__(self, slots: int, member_jobs: int, *, others: int = 0) -> None:
        names = ("a", "b") if others else ("a",)
        limits = dict(zip(names, (slots, others), strict=False))
        self.clock = Clock()
        self.apis = ImageApis(
            [ImageApi(PlannedApi(name=name), limits[name], Breaker(self.clock)) for name in names]
        )
        self.queue = JobQueue(self.apis, member_jobs=lambda _: self.member_jobs)
        self.slots, self.member_jobs = slots, member_jobs
        self.inside: list[Slot] = []
        self.served: list[int] = []
        self.tasks: list[asyncio.Task[None]] = []

    def come(self, member: int, jobs: int = 1, able: str = "a", job_id: str | None = None) -> None:
        """A member brings jobs, or one job makes several calls."""
        for _ in range(jobs):
            call = self._call(job_id or f"job {len(self.tasks)}", member, able)
            self.tasks.append(asyncio.create_task(call))

    async def _call(self, job_id: str, member: int, able: str) -> None:
        slot = await self.queue.enter(job_id, member, None, able)
        assert (slot.job_id, slot.member) == (job_id, member)
        assert slot.api in able
        self.inside.append(slot)
        self.served.append(member)
        self.check()

    def check(self) -> None:
        """No limit is passed, neither of an API nor of a member."""
        for name, calls in Counter(slot.api for slot in self.inside).items():
            assert calls <= self.apis[name].slots
        jobs = {(slot.member, slot.job_id) for slot in self.inside}
        assert max(Counter(member for member, _ in jobs).values(), default=0) <= self.member_jobs

    @property
    def members(self) -> list[int]:
        """The members whose calls are under way."""
        return [slot.member for slot in self.inside]

    def end(self, number: int = 0) -> None:
        """One call ends."""
        self.queue.leave(self.inside.pop(number))

    def fall_ill(self, name: str = "a", *, until_due: bool = False) -> None:
        """An API keeps failing, perhaps long ago."""
        for _ in range(FAILURES):
            self.apis[name].breaker.failed()
        if until_due:
            self.clock.now += FIRST_PAUSE

    async def settle(self) -> None:
        """Let everything happen that can."""
        for _ in range(8):
            await asyncio.sleep(0)

    async def round(self) -> None:
        """All calls that are under way end at the same time."""
        await self.settle()
        for _ in range(len(self.inside)):
            self.end()
        await self.settle()

    async def drain(self) -> None:
        """Serve everybody, and see that nobody was forgotten."""
        async with asyncio.timeout(DEADLINE):
            while self.inside:
                await self.round()
        assert all(task.done() for task in self.tasks)
