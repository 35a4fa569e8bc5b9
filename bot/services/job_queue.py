"""Which call is made next: members take turns, so that fifty jobs of one do not delay the one of another."""

import asyncio
import math
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.services.breaker import Health
from bot.services.image_apis import ImageApis


@dataclass(frozen=True, slots=True)
class Slot:
    """The right to make one call at an API, until it is given back; a `probe` finds out how the API is."""

    api: str
    job_id: str
    member: int
    probe: bool = False


@dataclass(slots=True)
class _Waiting:
    """A job's next call, and the APIs that are able to serve it."""

    able: Sequence[str]
    at_once: int  # so many jobs of its member
    turn: asyncio.Future[Slot] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class JobQueue:
    """The jobs whose next call waits, and the calls under way.

    `member_jobs` says how many of one member run at once in a server, or outside of servers.
    """

    def __init__(self, apis: ImageApis, *, member_jobs: Callable[[int | None], int]) -> None:
        self._apis = apis
        self._member_jobs = member_jobs
        self._waiting: dict[int, dict[str, _Waiting]] = {}  # by member, then by job, oldest first
        self._turns: deque[int] = deque()  # the members with waiting jobs, next one first
        self._calls: Counter[str] = Counter()  # under way, by API
        self._running: dict[int, Counter[str]] = {}  # calls under way, by member and job
        self._probes: dict[str, Slot] = {}  # the last one at each API
        self._closed = False
        for api in apis.values():
            api.breaker.on_news = self._next

    async def enter(self, job_id: str, member: int, server_id: int | None, able: Sequence[str]) -> Slot:
        """Wait for this job's turn; the slot must be given back. Raises `QueueClosed` at shutdown."""
        if self._closed:
            raise QueueClosed
        if member not in self._waiting:
            self._waiting[member] = {}
            self._turns.append(member)
        waiting = self._waiting[member][job_id] = _Waiting(able, self._member_jobs(server_id))
        self._next()
        try:
            return await waiting.turn
        except asyncio.CancelledError:
            self._withdraw(job_id, member, waiting)
            raise

    def resume(self, api: str, job_id: str, member: int) -> Slot:
        """The slot of a call that was under way before a restart, whether there is room or not."""
        return self._taken(Slot(api, job_id, member))

    def leave(self, slot: Slot) -> None:
        """Give the slot to the next call."""
        self._calls[slot.api] -= 1
        jobs = self._running[slot.member]
        jobs[slot.job_id] -= 1
        if not jobs[slot.job_id]:
            del jobs[slot.job_id]
        if not jobs:
            del self._running[slot.member]
        if self._probes.get(slot.api) is slot:
            self._apis[slot.api].breaker.probe_ended()
        self._next()

    def place(self, job_id: str, member: int) -> int | None:
        """The place in line of a job that waits, 1 being next, if nobody else comes and all take turns."""
        waiting = list(self._waiting.get(member, ()))
        if job_id not in waiting:
            return None
        turns = list(self._turns)
        rounds = waiting.index(job_id)  # full rounds, in which everybody who has a job is served
        in_round = turns[: turns.index(member) + 1]
        return sum(min(len(self._waiting[other]), rounds + (other in in_round)) for other in turns)

    def rounds(self, job_id: str, member: int, able: Sequence[str]) -> int:
        """How many times all slots have to be filled until a job that waits is served."""
        slots = self._apis[self._apis.which(able) or able[0]].slots
        own = list(self._waiting[member]).index(job_id) + 1
        at_once = self._waiting[member][job_id].at_once
        return max(math.ceil((self.place(job_id, member) or 0) / slots), math.ceil(own / at_once))

    def close(self) -> None:
        """Let nobody go any more: everybody who waits gets `QueueClosed`."""
        self._closed = True
        for jobs in self._waiting.values():
            for waiting in jobs.values():
                if not waiting.turn.done():
                    waiting.turn.set_exception(QueueClosed())
        self._waiting.clear()
        self._turns.clear()

    def _next(self) -> None:
        """Let as many calls go as there are free slots, one member after the other."""
        while found := self._whose_turn():
            member, job_id, api = found
            waiting = self._take(member, job_id)
            if waiting.turn.done():  # it was cancelled a moment ago
                continue
            probe = self._apis[api].breaker.health is Health.DUE
            slot = self._taken(Slot(api, job_id, member, probe))
            if probe:
                self._apis[api].breaker.probe()
                self._probes[api] = slot
            waiting.turn.set_result(slot)

    def _whose_turn(self) -> tuple[int, str, str] | None:
        """The first member in turn with a job that can go, that job, and the API it goes to."""
        if all(self._calls[name] >= api.slots for name, api in self._apis.items()):
            return None
        for member in self._turns:
            running = self._running.get(member, Counter())
            for job_id, waiting in self._waiting[member].items():
                if job_id not in running and len(running) >= waiting.at_once:
                    continue
                api = self._apis.which(waiting.able)
                if api is not None and self._calls[api] < self._apis[api].slots:
                    return member, job_id, api
        return None

    def _take(self, member: int, job_id: str) -> _Waiting:
        """Take a job out of the line; its member goes to the end."""
        waiting = self._waiting[member].pop(job_id)
        self._turns.remove(member)
        if self._waiting[member]:
            self._turns.append(member)
        else:
            del self._waiting[member]
        return waiting

    def _taken(self, slot: Slot) -> Slot:
        self._calls[slot.api] += 1
        self._running.setdefault(slot.member, Counter())[slot.job_id] += 1
        return slot

    def _withdraw(self, job_id: str, member: int, waiting: _Waiting) -> None:
        """A job that is cancelled gives up its place, or the slot it has just been given."""
        if waiting.turn.done() and not waiting.turn.cancelled() and waiting.turn.exception() is None:
            self.leave(waiting.turn.result())
        elif self._waiting.get(member, {}).pop(job_id, None) and not self._waiting[member]:
            del self._waiting[member]
            self._turns.remove(member)


class QueueClosed(Exception):
    """The bot is shutting down; what was not sent is sent after the restart."""
