"""What moderators' looks and accepting a request cost on a large server: `python -m benchmarks.quotas`.

50,000 members, 250 role rules, 1,000,000 rows in the ledger; about a minute, most of it to fill the database.
"""

import asyncio
import random
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.periods import Allowance, Period
from bot.services.origin import Asker
from bot.services.oversight import Oversight
from bot.services.quotas import OperatorLimits, Quotas
from storage.accounts import AccountStore
from storage.database import Database
from storage.jobs import JobStore
from storage.oversight import OversightStore
from storage.records import NewJob, Place, QueueLimits
from storage.settings import SettingsStore

GUILD = 1
MEMBERS, ROLES, LINES = 50_000, 250, 1_000_000
JOBS = LINES // 6  # each takes from and settles in three budgets
DAYS = 90
ASKED = 500  # requests that are accepted, each from another member
BONUSES = 10  # of each of those who have used up their allowance
DAY = 86_400.0
PERIODS = tuple(map(str, Period))
MODELS = ("nano-banana", "nano-banana-2", "nano-banana-pro")
LIMITS = OperatorLimits(
    member=Allowance(20, Period.DAY),
    direct=Allowance(5, Period.DAY),
    server=Allowance(1_000_000, Period.DAY),
    bot_budget=100_000_000,
)
JOB_COLUMNS = (
    "id, state, request_id, user_id, guild_id, channel_id, place, prompt, model, resolution, count, spoiler,"
    " private, price, token_expires_at, file_limit, told, accepted_at, sent_at, answered_at, ready_at,"
    " ended_at"
)


def fill(path: Path, now: float) -> None:
    """Write three months of a large server, past the product: that would take hours."""
    today = now // DAY * DAY
    dice = random.Random(1)  # noqa: S311  (no secret)
    budgets: dict[tuple[str, float], int] = {}
    spent: dict[int, int] = {}
    jobs, lines = [], []

    def budget(holder: str, day: float) -> int:
        return budgets.setdefault((holder, day), len(budgets) + 1)

    for number in range(JOBS):
        at = now - (JOBS - number) / JOBS * DAYS * DAY
        day, member, price = at // DAY * DAY, 1000 + dice.randrange(MEMBERS), dice.choice([1, 2, 4])
        state = dice.choices(["delivered", "failed", "cancelled"], [94, 4, 2])[0]
        job_id = f"job{number}"
        asked = (
            job_id,
            state,
            number,
            member,
            GUILD,
            5,
            "guild",
            "",
            dice.choice(MODELS),
            "1K",
            1,
            0,
            0,
            price,
        )
        jobs.append((*asked, 0.0, 10_000_000, 1, at, at, at + 8, at + 9, at + 10))
        end = "settle" if state == "delivered" else "refund"
        for holder in (f"member:{GUILD}:{member}", f"server:{GUILD}", "bot"):
            row = budget(holder, day)
            spent[row] = spent.get(row, 0) + (price if end == "settle" else 0)
            lines += [(at, job_id, row, "reserve", price), (at + 10, job_id, row, end, price)]
    with closing(sqlite3.connect(path)) as file, file:
        file.executemany(f"INSERT INTO jobs ({JOB_COLUMNS}) VALUES ({', '.join('?' * 22)})", jobs)  # noqa: S608
        file.executemany(
            "INSERT INTO budgets (id, holder, period_start, period_end, ceiling, period, of_operator, spent)"
            " VALUES (?, ?, ?, ?, 20, ?, ?, ?)",
            [
                (row, holder, day, day + DAY, PERIODS[row % 3], not holder.startswith("member"), spent[row])
                for (holder, day), row in budgets.items()
            ],
        )
        file.executemany(
            "INSERT INTO ledger (at, job_id, budget_id, kind, credits) VALUES (?, ?, ?, ?, ?)", lines
        )
        file.executemany(
            f"INSERT INTO rules VALUES ({GUILD}, ?, ?, ?, ?)",  # noqa: S608  (numbers of ours)
            [
                *(("role", role, 10 + role % 60, PERIODS[role % 3]) for role in range(1, ROLES + 1)),
                *(("member", 1000 + member, 30, "day") for member in range(0, MEMBERS, 10)),
            ],
        )
        file.executemany(
            "INSERT INTO budgets (holder, period_start, period_end, ceiling, of_operator, spent)"
            " VALUES (?, ?, ?, 10, 0, 0)",
            [
                (f"bonus:{GUILD}:{1000 + member}:{member}", today, today + 9 * DAY)
                for member in range(0, MEMBERS, 5)
            ],
        )
        _fill_purses(file, today)


def _fill_purses(file: sqlite3.Connection, today: float) -> None:
    """Give the members who ask last a credit a day, a week or a month, and bonuses of one credit each."""
    owners = [_member(number) for number in range(ASKED, 2 * ASKED)]
    file.executemany(
        f"INSERT OR REPLACE INTO rules VALUES ({GUILD}, 'member', ?, 1, ?)",  # noqa: S608
        [(owner, [*Period][number % len(Period)]) for number, owner in enumerate(owners)],
    )
    file.executemany(
        "INSERT INTO budgets (holder, period_start, period_end, ceiling, of_operator, spent)"
        " VALUES (?, ?, ?, 1, 0, 0)",
        [
            (f"bonus:{GUILD}:{owner}:{MEMBERS + number}", today, today + (10 + number) * DAY)
            for owner in owners
            for number in range(BONUSES)
        ],
    )


async def measured(what: str, target: float, work: Sequence[Callable[[], Awaitable[object]]]) -> None:
    """Do all of it, one after the other, and print the times in milliseconds."""
    times = []
    for each in work:
        start = time.perf_counter()
        await each()
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    middle, late = times[len(times) // 2], times[int(len(times) * 0.99)]
    found = f"median {middle:8.2f}   99th {late:8.2f}   highest {times[-1]:8.2f}"
    say(f"{what:<22} {found}   target {target:6.0f}")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(folder: Path) -> None:
    """Fill a database, and take all figures."""
    path, now = folder / "bot.sqlite3", time.time()
    async with Database(path):
        pass
    await asyncio.to_thread(fill, path, now)
    say(f"{MEMBERS:,} members, {ROLES} role rules, {LINES:,} lines: {path.stat().st_size / 1e6:.0f} MB")
    async with Database(path) as database:
        jobs, accounts = JobStore(database), AccountStore(database)
        quotas = Quotas(accounts, LIMITS, known_as=lambda user, _: user, clock=time.time)
        oversight = Oversight(
            OversightStore(database),
            SettingsStore(database),
            accounts,
            jobs,
            quotas,
            database=path,
            known_as=lambda user, _: user,
            clock=time.time,
        )
        roles = tuple(range(1, ROLES + 1))

        def asker(number: int) -> Asker:
            return Asker(
                place=Place.GUILD,
                guild_id=GUILD,
                user_id=_member(number),
                role_ids=roles,
                channel_ids=(5,),
            )

        def accept(number: int, price: int) -> Awaitable[object]:
            whose, job = asker(number), _job(number, _member(number), price)
            return jobs.accept(job, [], quotas.payment(whose, job.accepted_at), QueueLimits(10_000, 10_000))

        say("times in milliseconds, with every commit on disk")
        before = await database.write(_busy)
        await measured("accepting a request", 10, [partial(accept, number, 1) for number in range(ASKED)])
        busy = (await database.write(_busy) - before) / ASKED * 1000
        say(f"{'':<22} processor time of the database's thread for each: {busy:.2f}")
        last = range(ASKED, 2 * ASKED)
        await measured("paid by ten bonuses", 10, [partial(accept, number, BONUSES) for number in last])
        await measured("/quota show", 100, [partial(oversight.member, asker(number)) for number in last])
        await measured("/quota overview", 100, [partial(oversight.overview, GUILD)] * 20)
        await measured("/quota report 90", 2000, [partial(oversight.report, GUILD, DAYS)] * 5)


def _busy(_: sqlite3.Connection) -> float:
    """The processor time that the thread which writes has taken."""
    return time.thread_time()


def _member(number: int) -> int:
    """Who asks as so many before them: each is another member."""
    return 1000 + number * 37 % MEMBERS


def _job(number: int, user_id: int, price: int) -> NewJob:
    return NewJob(
        id=f"new{number}",
        request_id=10**9 + number,
        user_id=user_id,
        guild_id=GUILD,
        channel_id=5,
        place=Place.GUILD,
        prompt="a boat",
        model=MODELS[0],
        asked_model=None,
        resolution="1K",
        aspect_ratio="1:1",
        count=1,
        spoiler=False,
        private=False,
        price=price,
        interaction_token=None,
        token_expires_at=0.0,
        progress_message_id=None,
        file_limit=10_000_000,
        accepted_at=time.time(),
    )


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        asyncio.run(main(Path(name)))
