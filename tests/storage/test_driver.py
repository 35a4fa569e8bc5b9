"""Transactions that wait at the same time are committed together, and none suffers from another one."""

import asyncio
import math
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import pytest

from storage.driver import TOGETHER, Connection
from storage.errors import StorageError, WrongState

CROWD = 50


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[Connection]:
    """A connection to a file with one table."""
    opened = Connection(tmp_path / "a.sqlite3", busy_timeout=0.1)
    await opened
    await opened.run(lambda file: file.execute("CREATE TABLE kept (number INTEGER PRIMARY KEY)"))
    yield opened
    await opened.close()


class Keep:
    """Writes a number, and counts how often it was asked to."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.tries = 0

    def __call__(self, file: sqlite3.Connection) -> int:
        """The work."""
        self.tries += 1
        file.execute("INSERT INTO kept VALUES (?)", (self.number,))
        return self.number


def refuse(file: sqlite3.Connection) -> None:
    """Write something, then find that it may not be."""
    file.execute("INSERT INTO kept VALUES (1000)")
    raise WrongState("no")


async def in_line(connection: Connection, *waiting: Awaitable[Any]) -> list[Any]:
    """Let all of them stand in line before the first is served; what each gave or raised."""
    gate = threading.Event()
    held = asyncio.ensure_future(connection.run(lambda _: gate.wait(10)))
    await asyncio.sleep(0)
    together = asyncio.gather(*waiting, return_exceptions=True)
    for _ in range(10):  # to stand in line, and to hear of being cancelled
        await asyncio.sleep(0)
    gate.set()
    await held
    return await together


async def kept(connection: Connection) -> list[int]:
    """The numbers in the file."""
    rows = await connection.run(
        lambda file: file.execute("SELECT number FROM kept ORDER BY number").fetchall()
    )
    return [number for (number,) in rows]


async def test_a_crowd_shares_commits(connection: Connection) -> None:
    """Each gets its own result, and the disk is waited for a few times instead of fifty."""
    said: list[str] = []
    await connection.run(lambda file: file.set_trace_callback(said.append))
    done = await in_line(connection, *(connection.transact(Keep(number)) for number in range(CROWD)))
    assert done == list(range(CROWD))
    assert await kept(connection) == list(range(CROWD))
    assert said.count("COMMIT") == math.ceil(CROWD / TOGETHER)


async def test_one_that_is_refused_harms_nobody(connection: Connection) -> None:
    """It alone gets its error, and leaves nothing; the others are done anew, each by itself."""
    works = [Keep(number) for number in range(5)]
    outcomes = await in_line(
        connection,
        connection.transact(works[0]),
        *(connection.transact(work) for work in works[1:3]),
        connection.transact(refuse),
        connection.transact(Keep(0)),
        *(connection.transact(work) for work in works[3:]),
    )
    refused, twice = outcomes[3], outcomes[4]
    assert isinstance(refused, WrongState)
    assert isinstance(twice, StorageError)
    assert [each for each in outcomes if isinstance(each, int)] == [0, 1, 2, 3, 4]
    assert await kept(connection) == [0, 1, 2, 3, 4]
    assert [work.tries for work in works] == [2, 2, 2, 1, 1]  # the first three before the refusal


async def test_what_nobody_waits_for_is_not_committed(connection: Connection) -> None:
    """Cancelled in a crowd: the others are committed, and it is not."""
    waiting = dict[int, asyncio.Task[int]]()

    async def wait_for(number: int) -> int:
        waiting[number] = asyncio.ensure_future(connection.transact(Keep(number)))
        return await waiting[number]

    async def change_its_mind() -> None:
        await asyncio.sleep(0)  # all stand in line then
        waiting[7].cancel()

    outcomes = await in_line(connection, *(wait_for(number) for number in range(10)), change_its_mind())
    assert isinstance(outcomes[7], asyncio.CancelledError)
    assert await kept(connection) == [0, 1, 2, 3, 4, 5, 6, 8, 9]


async def test_somebody_else_who_writes_is_waited_for_once(connection: Connection, tmp_path: Path) -> None:
    """The whole crowd gives up together, not one after the other, and nothing of it is written."""
    other = sqlite3.connect(tmp_path / "a.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with asyncio.timeout(CROWD * 0.1 / 2):
        outcomes = await in_line(connection, *(connection.transact(Keep(each)) for each in range(CROWD)))
    other.close()
    assert {type(each).__name__ for each in outcomes} == {"DatabaseBusy"}
    assert await kept(connection) == []
