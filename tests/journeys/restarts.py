"""What tests of restarts share: how far a job comes, and a look into the bot's database from outside."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from sandbox.apis.server import ApiServer
from sandbox.faults import Fault
from tests.api_cases import RUXA_QUERY, Way
from tests.local_world import LocalWorld

TABLES = ("jobs", "calls", "pictures", "ledger", "budgets")
TASKS = "/v1/nano-banana/tasks"
SEND = "/api/v10/channels/*/messages"
HANG = Fault(hang=True)

Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class Moment:
    """Where the job and each of its calls stand when the bot dies."""

    job: str
    call: str


MOMENTS = {
    "sending": Moment("submitting", "submitting"),
    "taken": Moment("submitted", "submitted"),
    "fetching": Moment("submitted", "done"),
    "posting": Moment("ready", "done"),
}


def look(world: LocalWorld, statement: str) -> Rows:
    """What a query gives now."""
    with closing(sqlite3.connect(world.folder / "bot.sqlite3")) as database:
        return database.execute(statement).fetchall()


def change(world: LocalWorld, statement: str) -> None:
    """Change rows, so that time has passed for them."""
    with closing(sqlite3.connect(world.folder / "bot.sqlite3")) as database, database:
        database.execute(statement)


def everything(world: LocalWorld) -> dict[str, Rows]:
    """All rows of all tables, to be compared with what they are later."""
    return {table: sorted(look(world, f"SELECT * FROM {table}"), key=repr) for table in TABLES}


async def until(holds: Callable[[], bool], deadline: float = 20) -> None:
    """Wait until something outside of the loop's sight is so."""
    async with asyncio.timeout(deadline):
        while not holds():  # noqa: ASYNC110  (a file of another process has no event)
            await asyncio.sleep(0.02)


async def until_told(world: LocalWorld) -> None:
    """Wait until the bot has noted that its members have heard how their jobs ended: then no row changes."""
    untold = "SELECT id FROM jobs WHERE NOT told AND ended_at IS NOT NULL"
    await until(lambda: not look(world, untold))


async def until_stands(world: LocalWorld, job: str, *calls: str) -> None:
    """Wait until the only job and its calls are in these states; a bot that starts has no tables yet."""

    def stands() -> bool:
        try:
            jobs = look(world, "SELECT state FROM jobs")
            found = look(world, "SELECT state FROM calls ORDER BY position")
        except sqlite3.OperationalError:
            return False
        return jobs == [(job,)] and found == [(call,) for call in calls]

    await until(stands)


async def call_back(api: ApiServer, task_id: str) -> None:
    """An API tells of a task once more, as soon as it has ended."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await api.callbacks.send_again(task_id)
            except KeyError:
                await asyncio.sleep(0.02)


def task_ids(world: LocalWorld) -> list[str]:
    """What the bot knows its tasks by, in the order of their pictures."""
    return [str(task_id) for (task_id,) in look(world, "SELECT task_id FROM calls ORDER BY position")]


def nobody_answers(world: LocalWorld, way: Way, moment: str) -> None:
    """Let the job come as far as this moment, and no further."""
    api = way.arrange(world)
    match moment:
        case "sending":
            api.faults.plan("POST", api.paid_path, HANG, times=10)
        case "taken":
            api.callbacks.times = 0
            api.faults.plan("GET", RUXA_QUERY, HANG, times=50)
            api.faults.plan("POST", TASKS, HANG, times=50)
        case "fetching":
            api.faults.plan("GET", f"{api.pictures_path}/*", HANG, times=10)
        case "posting":
            world.discord.faults.plan("POST", SEND, HANG, times=10)
