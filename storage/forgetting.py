"""Deletes what is kept about members: all about one who asks, and everybody's words and links in time."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, bindparam, cast, delete, func, null, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from storage import decisions
from storage.database import Database
from storage.descent import copied_from
from storage.errors import StillRunning
from storage.records import ALIVE, JobState, PictureKind
from storage.statements import Statement, among, given
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
LATELY = 2 * 24 * 3600.0  # seconds in which a job may have left files that no row knows of

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
_THEIRS = select(jobs.c.id).where(jobs.c.user_id == bindparam("user_id"))
_ALIVE = Statement(_THEIRS.where(among(jobs.c.state, ALIVE)).limit(1))
_LINKED = or_(pictures.c.path.is_not(None), pictures.c.url.is_not(None))
_HAS_LINKS = jobs.c.id.in_(select(pictures.c.job_id).where(_LINKED))
_ON_DISK = Statement(_THEIRS.where(or_(_HAS_LINKS, jobs.c.accepted_at > bindparam("since"))))
_OF_A_MEMBER = Statement(select(jobs.c.id).where(jobs.c.id == bindparam("job_id"), jobs.c.user_id > 0))
# What others have had copied from them, which lies on disk for a day.
_COPIES = Statement(
    select(pictures.c.job_id, pictures.c.path).where(
        pictures.c.kind == PictureKind.SOURCE,
        pictures.c.job_id.in_(copied_from(bindparam("user_id"), select(pictures.c.job_id).where(_LINKED))),
    )
)
_UNLINK_COPY = Statement(
    update(pictures)
    .where(pictures.c.job_id == bindparam("of_job"), pictures.c.kind == PictureKind.SOURCE)
    .values(url=None, path=None)
)
_ACCOUNTS = Statement(
    select(
        budgets.c.id, budgets.c.holder, budgets.c.period, budgets.c.period_start, budgets.c.period_end
    ).where(
        budgets.c.id.in_(select(ledger.c.budget_id).where(ledger.c.job_id.in_(_THEIRS))),
        ~budgets.c.of_operator,
        ~decisions.IS_BONUS,
    )
)
_WIPE_JOBS = update(jobs).where(jobs.c.user_id == bindparam("user_id"))
_WIPE = [  # in this order: the last one hides whose the jobs were
    Statement(delete(pictures).where(pictures.c.job_id.in_(_THEIRS))),
    Statement(update(calls).where(calls.c.job_id.in_(_THEIRS)).values(_CUT_OFF)),
    Statement(_WIPE_JOBS.where(jobs.c.state == JobState.UNKNOWN).values(state=JobState.FAILED)),  # for good
    Statement(delete(member_defaults).where(member_defaults.c.user_id == bindparam("user_id"))),
    Statement(delete(hints).where(hints.c.user_id == bindparam("user_id"))),
    Statement(_WIPE_JOBS.values(user_id=bindparam("stand_in"), **WIPED)),
]
_NEW_STAND_IN = upsert(stand_ins).values(given(["tag", "stand_in", "until"]))
_LATER = func.max(stand_ins.c.until, _NEW_STAND_IN.excluded.until)
_NOTE = Statement(
    _NEW_STAND_IN.on_conflict_do_update(
        index_elements=["tag"], set_={"stand_in": _NEW_STAND_IN.excluded.stand_in, "until": _LATER}
    ).returning(stand_ins.c.until)
)
_KEY = Statement(select(stand_in_key.c.key))
_STAND_INS = Statement(select(stand_ins))
_FORGET_STAND_INS = Statement(delete(stand_ins).where(stand_ins.c.until <= bindparam("now")))
_FORGET_HINTS = Statement(delete(hints).where(hints.c.at < bindparam("before")))
_OLD_WORDS = select(jobs.c.id).where(jobs.c.prompt != "", jobs.c.ended_at < bindparam("before"))
_FORGET_WORDS = Statement(
    update(jobs).where(jobs.c.id.in_(_OLD_WORDS.limit(AT_ONCE))).values(prompt="").returning(jobs.c.id)
)
_ENDED = select(jobs.c.id).where(jobs.c.id == pictures.c.job_id, jobs.c.ended_at < bindparam("before"))
_OLD_LINKS = select(pictures.c.job_id).where(_LINKED, _ENDED.exists())
_FORGET_LINKS = Statement(
    update(pictures)
    .where(_LINKED, pictures.c.job_id.in_(_OLD_LINKS.limit(AT_ONCE)))
    .values(url=None, path=None)
    .returning(pictures.c.job_id)
)


@dataclass(frozen=True, slots=True)
class StandIn:
    """The id under which a deleted member's accounts stand, and until when (seconds since 1970)."""

    id: int
    until: float


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is left to be done for a deleted member: these jobs may have files on disk.

    `copies` are the files of other members' jobs that were copied from theirs: job by job, with their names.
    `until` is when the last of what counts for them is over, what they have spent in a period or what was
    decided about them; None if there is nothing.
    """

    jobs: tuple[str, ...]
    copies: tuple[tuple[str, str], ...]
    until: float | None


class Forgetting:
    """Every statement that deletes; raises `StorageError` and its children only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def key(self) -> bytes:
        """The key of the tags of deleted members."""
        return bytes.fromhex(await self._database.read(_KEY.value))

    async def stand_ins(self) -> dict[str, StandIn]:
        """The stand-ins of deleted members, by their tags."""
        rows = await self._database.read(_STAND_INS.rows)
        return {row["tag"]: StandIn(row["stand_in"], row["until"]) for row in rows}

    async def forget_member(
        self,
        user_id: int,
        tag: str,
        stand_in: int,
        now: float,
        all_begin_after: Callable[[float], float],
        renamed: Callable[[str], str],
        counts_until: Callable[[str, float], float],
    ) -> Forgotten:
        """Delete all that is known of a member, but for amounts, which stand under another id from now on.

        That id stands for them until all periods begin anew at once (`all_begin_after` a moment): were it
        given up within a week or a month, the rest of that would be theirs a second time. `renamed` gives the
        name of an account under that id, `counts_until` the end of a period of this name around a moment.
        Raises `StillRunning` while a job of theirs has not ended.
        """
        return await self._database.write(
            _forget_member, user_id, tag, stand_in, now, all_begin_after, renamed, counts_until
        )

    async def strays(self, job_ids: Sequence[str]) -> list[str]:
        """Those of these ids under which there is no job, or that of a deleted member."""
        return await self._database.read(_strays, job_ids)

    async def forget_stand_ins(self, now: float) -> None:
        """Forget who stood behind the ids of periods that are over."""
        await self._database.write(_FORGET_STAND_INS.run, now=now)

    async def forget_hints(self, before: float) -> None:
        """Drop which hints were given before this moment."""
        await self._database.write(_FORGET_HINTS.run, before=before)

    async def forget_expired(self, now: float) -> None:
        """Drop what was decided about members and servers and is over."""
        await self._database.write(decisions.forget_expired, now)

    async def forget_words(self, before: float) -> int:
        """Empty the prompts of jobs that ended before this moment; gives how many it were this time."""
        return len(await self._database.write(_FORGET_WORDS.column, before=before))

    async def forget_links(self, before: float) -> int:
        """Drop where the pictures of jobs were that ended before this moment; gives how many this time."""
        return len(await self._database.write(_FORGET_LINKS.column, before=before))


def _forget_member(
    connection: sqlite3.Connection,
    user_id: int,
    tag: str,
    stand_in: int,
    now: float,
    all_begin_after: Callable[[float], float],
    renamed: Callable[[str], str],
    counts_until: Callable[[str, float], float],
) -> Forgotten:
    if _ALIVE.row(connection, user_id=user_id):
        raise StillRunning(f"member {user_id}")
    found = tuple(_ON_DISK.column(connection, user_id=user_id, since=now - LATELY))
    copies = _COPIES.rows(connection, user_id=user_id)
    for copy in copies:
        _UNLINK_COPY.run(connection, of_job=copy["job_id"])
    files = tuple((each["job_id"], each["path"]) for each in copies if each["path"])
    spent_until = _rename(connection, user_id, renamed, counts_until)
    until = max(spent_until, decisions.rename(connection, user_id, stand_in, now, renamed))
    for wipe in _WIPE:
        wipe.run(connection, user_id=user_id, stand_in=stand_in)
    if until <= now:
        return Forgotten(found, files, None)
    noted = all_begin_after(until)
    return Forgotten(found, files, _NOTE.value(connection, tag=tag, stand_in=stand_in, until=noted))


def _strays(connection: sqlite3.Connection, job_ids: Sequence[str]) -> list[str]:
    return [job_id for job_id in job_ids if not _OF_A_MEMBER.row(connection, job_id=job_id)]


def _rename(
    connection: sqlite3.Connection,
    user_id: int,
    renamed: Callable[[str], str],
    counts_until: Callable[[str, float], float],
) -> float:
    """Put a member's accounts under their stand-in; gives the end of the last period that they count in."""
    accounts = _ACCOUNTS.rows(connection, user_id=user_id)
    for account in accounts:
        decisions.RENAME_BUDGET.run(connection, budget_id=account["id"], name=renamed(account["holder"]))
    return max(
        (
            counts_until(each["period"], each["period_start"]) if each["period"] else each["period_end"]
            for each in accounts
        ),
        default=0.0,
    )
