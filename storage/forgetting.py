"""Deletes what is kept about members: all about one who asks, and everybody's words and links in time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, String, bindparam, cast, delete, func, null, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.errors import StillRunning
from storage.records import JobState
from storage.tables import (
    budgets,
    calls,
    hints,
    jobs,
    ledger,
    member_defaults,
    pictures,
    stand_in_key,
    stand_ins,
)

AT_ONCE = 500  # rows that one transaction cleans, so that nobody waits long for it

# What becomes of the columns of a job whose member is deleted; `user_id` becomes their stand-in's. What is
# not named here stays, for the operator's books.
WIPED: dict[str, Any] = {
    "request_id": -1 - func.abs(func.random() / 2),  # it leads to an answer with a name on it
    "channel_id": 0,
    "prompt": "",
    "chosen": null(),
    "interaction_token": null(),
    "progress_message_id": null(),
    "result_message_id": null(),
    "source_message_id": null(),
    "reply_to": null(),
    "parent_id": null(),
    "press": null(),
    "told": True,
}
# Nobody can call back for them any more, nor find the pictures at the API.
_CUT_OFF: dict[str, Any] = {
    "task_id": null(),
    "trace_id": null(),
    "callback_hash": "gone-" + calls.c.job_id + "-" + cast(calls.c.position, String),
    "inputs_hash": "gone-" + calls.c.job_id + "-" + cast(calls.c.position, String),
}
_NO_LINKS: dict[str, Any] = {"url": null(), "path": null()}
_LINKED = or_(pictures.c.path.is_not(None), pictures.c.url.is_not(None))


@dataclass(frozen=True, slots=True)
class StandIn:
    """The id under which a deleted member's accounts stand, and until when (seconds since 1970)."""

    id: int
    until: float


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is left to be done for a deleted member: these jobs had pictures on disk.

    `until` is the end of the last period in which they have spent something; None if none goes on.
    """

    jobs: tuple[str, ...]
    until: float | None


class Forgetting:
    """Every statement that deletes; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def key(self) -> bytes:
        """The key of the tags of deleted members."""
        async with self._database.read() as connection:
            return bytes.fromhex((await connection.execute(select(stand_in_key.c.key))).scalar_one())

    async def stand_ins(self) -> dict[str, StandIn]:
        """The stand-ins of deleted members, by their tags."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(stand_ins))).mappings()
            return {row["tag"]: StandIn(row["stand_in"], row["until"]) for row in rows}

    async def forget_member(
        self, user_id: int, tag: str, stand_in: int, now: float, renamed: Callable[[str], str]
    ) -> Forgotten:
        """Delete all that is known of a member, but for amounts, which stand under another id from now on.

        `renamed` gives the name of an account under that id. Raises `StillRunning` while a job of theirs has
        not ended.
        """
        theirs = select(jobs.c.id).where(jobs.c.user_id == user_id)
        async with self._database.write() as connection:
            alive = jobs.c.state.in_([state for state in JobState if not state.ended])
            if (await connection.execute(theirs.where(alive).limit(1))).first():
                raise StillRunning(f"member {user_id}")
            on_disk = select(pictures.c.job_id).where(_LINKED, pictures.c.job_id.in_(theirs)).distinct()
            found = tuple((await connection.execute(on_disk)).scalars())
            until = await _rename(connection, theirs, now, renamed)
            await connection.execute(delete(pictures).where(pictures.c.job_id.in_(theirs)))
            await connection.execute(update(calls).where(calls.c.job_id.in_(theirs)).values(_CUT_OFF))
            lost = (jobs.c.user_id == user_id) & (jobs.c.state == JobState.UNKNOWN)
            await connection.execute(update(jobs).where(lost).values(state=JobState.FAILED))  # for good
            wiped = update(jobs).where(jobs.c.user_id == user_id).values(user_id=stand_in, **WIPED)
            await connection.execute(wiped)
            await connection.execute(delete(member_defaults).where(member_defaults.c.user_id == user_id))
            await connection.execute(delete(hints).where(hints.c.user_id == user_id))
            if until is not None:
                values = {"stand_in": stand_in, "until": until}
                known = upsert(stand_ins).values(tag=tag, **values)
                await connection.execute(known.on_conflict_do_update(index_elements=["tag"], set_=values))
        return Forgotten(found, until)

    async def forget_stand_ins(self, now: float) -> None:
        """Forget who stood behind the ids of periods that are over."""
        async with self._database.write() as connection:
            await connection.execute(delete(stand_ins).where(stand_ins.c.until <= now))

    async def forget_hints(self, before: float) -> None:
        """Drop which hints were given before this moment."""
        async with self._database.write() as connection:
            await connection.execute(delete(hints).where(hints.c.at < before))

    async def forget_words(self, before: float) -> int:
        """Empty the prompts of jobs that ended before this moment; gives how many it were this time."""
        old = select(jobs.c.id).where(jobs.c.prompt != "", jobs.c.ended_at < before).limit(AT_ONCE)
        async with self._database.write() as connection:
            changed = await connection.execute(update(jobs).where(jobs.c.id.in_(old)).values(prompt=""))
            return changed.rowcount

    async def forget_links(self, before: float) -> int:
        """Drop where the pictures of jobs were that ended before this moment; gives how many this time."""
        ended = select(jobs.c.id).where(jobs.c.id == pictures.c.job_id, jobs.c.ended_at < before)
        old = select(pictures.c.job_id).where(_LINKED, ended.exists()).limit(AT_ONCE)
        async with self._database.write() as connection:
            changed = await connection.execute(
                update(pictures).where(_LINKED, pictures.c.job_id.in_(old)).values(_NO_LINKS)
            )
            return changed.rowcount


async def _rename(
    connection: AsyncConnection,
    theirs: Select[tuple[str]],
    now: float,
    renamed: Callable[[str], str],
) -> float | None:
    """Put a member's accounts under their stand-in; gives the end of the last period that still counts."""
    used = select(ledger.c.budget_id).where(ledger.c.job_id.in_(theirs))
    query = select(budgets.c.id, budgets.c.holder, budgets.c.period_end).where(
        budgets.c.id.in_(used), ~budgets.c.of_operator
    )
    accounts = (await connection.execute(query)).all()
    if accounts:
        change = update(budgets).where(budgets.c.id == bindparam("of")).values(holder=bindparam("name"))
        await connection.execute(
            change, [{"of": id_, "name": renamed(holder)} for id_, holder, _ in accounts]
        )
    return max((end for _, _, end in accounts if end > now), default=None)
