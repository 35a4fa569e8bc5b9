"""Programs that write to a database file, say what they have committed, and are killed in the middle of it.

They are forked from one process that has everything imported, so that a kill costs no start.
"""

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

from storage.database import Database
from storage.jobs import JobStore
from storage.records import JobState
from tests.storage.samples import BOT, MEMBER, accepted, brought_to, new_job

WRITERS = 4  # tasks that take turns, as the jobs of a bot do
ENDS = [JobState.ACCEPTED, JobState.CANCELLED, JobState.DELIVERED, JobState.UNKNOWN]
PATIENCE = 30.0  # seconds for the next word of a program

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])

Word = tuple[str, JobState | None]
Program = Callable[[Path, Connection], None]


class Killed:
    """A program that runs over a file until it is killed; gives what it has said."""

    def __init__(self, program: Program, path: Path) -> None:
        self._words, theirs = _FORKS.Pipe(duplex=False)
        self._process = _FORKS.Process(target=program, args=(path, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._words.close()
        self._process.close()

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._process.kill()
        self._process.join(PATIENCE)

    def words(self, number: int) -> list[Word]:
        """The next words."""
        return [self._next() for _ in range(number)]

    def last_words(self) -> list[Word]:
        """What was said and not yet heard, once the program is dead."""
        return list(self._rest())

    def _next(self) -> Word:
        if not self._words.poll(PATIENCE):
            raise TimeoutError("the program says nothing")
        word: Word = self._words.recv()
        return word

    def _rest(self) -> Iterator[Word]:
        while True:
            try:
                yield self._next()
            except EOFError:
                return


def accept_for_ever(path: Path, words: Connection) -> None:
    """Take jobs to all their ends as fast as the file allows, and say each commit as soon as it returned."""
    asyncio.run(_accept_for_ever(path, words))


def open_and_close(path: Path, words: Connection) -> None:
    """Open the file as the bot does at its start, which migrates it."""
    asyncio.run(_open_and_close(path, words))


async def _accept_for_ever(path: Path, words: Connection) -> None:
    async with Database(path) as database, asyncio.TaskGroup() as group:
        before = len(await JobStore(database).in_states(JobState))
        for writer in range(WRITERS):
            group.create_task(_take_jobs(database, (before * WRITERS + writer) * 10**6, words))


async def _take_jobs(database: Database, first: int, words: Connection) -> None:
    store = JobStore(database)
    budgets = [replace(limit, ceiling=10**9) for limit in (MEMBER, BOT)]
    for number in count(first):
        job = await accepted(store, new_job(f"{number}", request_id=number, count=2), *budgets)
        words.send((job.id, job.state))
        job = await brought_to(database, job.id, ENDS[number % len(ENDS)])
        words.send((job.id, job.state))


async def _open_and_close(path: Path, words: Connection) -> None:
    words.send(("opening", None))
    async with Database(path):
        words.send(("open", None))
