"""Which job is sent next: members take turns, so that fifty jobs of one do not delay the one of another."""

import asyncio
from collections import Counter, deque


class JobQueue:
    """The jobs that wait to be sent to an image API, and how many are there now.

    `slots` is how many may be in flight at the API, `member_slots` how many of them for one member.
    """

    def __init__(self, *, slots: int, member_slots: int) -> None:
        self.slots = slots
        self._member_slots = member_slots
        self._waiting: dict[int, dict[str, asyncio.Future[None]]] = {}  # by member, oldest first
        self._turns: deque[int] = deque()  # the members with waiting jobs, next one first
        self._running: Counter[int] = Counter()
        self._closed = False

    async def enter(self, job_id: str, member: int) -> None:
        """Wait for this job's turn; whoever entered must `leave`. Raises `QueueClosed` at shutdown."""
        if self._closed:
            raise QueueClosed
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if member not in self._waiting:
            self._waiting[member] = {}
            self._turns.append(member)
        self._waiting[member][job_id] = turn
        self._next()
        try:
            await turn
        except asyncio.CancelledError:
            self._withdraw(job_id, member, turn)
            raise

    def place(self, job_id: str, member: int) -> int | None:
        """The place in line of a job that waits, 1 being next, if nobody else comes and all take turns."""
        waiting = list(self._waiting.get(member, ()))
        if job_id not in waiting:
            return None
        turns = list(self._turns)
        rounds = waiting.index(job_id)  # full rounds, in which everybody who has a job is served
        in_round = turns[: turns.index(member) + 1]
        return sum(min(len(self._waiting[other]), rounds + (other in in_round)) for other in turns)

    def leave(self, member: int) -> None:
        """Give the slot to the next job."""
        self._running[member] -= 1
        if not self._running[member]:
            del self._running[member]
        self._next()

    def close(self) -> None:
        """Send nothing more: everybody who waits gets `QueueClosed`."""
        self._closed = True
        for jobs in self._waiting.values():
            for turn in jobs.values():
                if not turn.done():
                    turn.set_exception(QueueClosed())
        self._waiting.clear()
        self._turns.clear()

    def _next(self) -> None:
        """Let as many jobs go as there are free slots, one member after the other."""
        while self._running.total() < self.slots and (member := self._whose_turn()) is not None:
            turn = self._take(member)
            if not turn.done():  # else it was cancelled a moment ago
                self._running[member] += 1
                turn.set_result(None)

    def _whose_turn(self) -> int | None:
        """The first member in turn who has room for one more job in flight."""
        return next((member for member in self._turns if self._running[member] < self._member_slots), None)

    def _take(self, member: int) -> asyncio.Future[None]:
        """The member's oldest waiting job; its member goes to the end of the line."""
        oldest = next(iter(self._waiting[member]))
        turn = self._waiting[member].pop(oldest)
        self._turns.remove(member)
        if self._waiting[member]:
            self._turns.append(member)
        else:
            del self._waiting[member]
        return turn

    def _withdraw(self, job_id: str, member: int, turn: asyncio.Future[None]) -> None:
        """A job that is cancelled gives up its place, or the slot it has just been given."""
        if turn.done() and not turn.cancelled() and turn.exception() is None:
            self.leave(member)
        elif self._waiting.get(member, {}).pop(job_id, None) and not self._waiting[member]:
            del self._waiting[member]
            self._turns.remove(member)


class QueueClosed(Exception):
    """The bot is shutting down; the job stays accepted and is sent after the restart."""
