"""What moderators and the operator change: each change and its line in the log are one transaction."""

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import Integer, bindparam, delete, insert, update
from sqlalchemy.dialects.sqlite import insert as upsert

from storage import ceilings
from storage.changes import last, note, was_refunded
from storage.credits import open_budget, paid
from storage.database import Database
from storage.errors import AlreadyDone, NothingToChange, Outdated, TooManyBonuses
from storage.records import BudgetLimit
from storage.server_records import Block, Change, NewChange, Rule, RuleKind
from storage.server_tables import blocks, operator_state, resets, rules, server_ceilings
from storage.standing import PAUSED, bonuses_of
from storage.statements import Statement, given
from storage.tables import budgets

_SET_RULE = Statement(
    upsert(rules)
    .values(given(["guild_id", "kind", "subject_id", "credits", "period"]))
    .on_conflict_do_update(
        index_elements=["guild_id", "kind", "subject_id"], set_=given(["credits", "period"])
    )
)
_DROP_RULE = Statement(
    delete(rules)
    .where(*(rules.c[name] == bindparam(name) for name in ("guild_id", "kind", "subject_id")))
    .returning(rules.c.subject_id)
)
_RESET = Statement(
    upsert(resets)
    .values(given(["guild_id", "user_id", "at"]))
    .on_conflict_do_update(index_elements=["guild_id", "user_id"], set_=given(["at"]))
)
_BLOCK = Statement(insert(blocks).values(given(["guild_id", "user_id", "until", "by", "at", "reason"])))
_UNBLOCK = Statement(
    delete(blocks)
    .where(*(blocks.c[name] == bindparam(name) for name in ("guild_id", "user_id")))
    .returning(blocks.c.until)
)
_TAKE_BACK = Statement(
    update(budgets)
    .where(budgets.c.holder == bindparam("of_holder"))
    .values(ceiling=budgets.c.ceiling - bindparam("credits", type_=Integer))
)
_SET_CEILING = Statement(
    upsert(server_ceilings)
    .values(given(["guild_id", "credits"]))
    .on_conflict_do_update(index_elements=["guild_id"], set_=given(["credits"]))
)
_DROP_CEILING = Statement(
    delete(server_ceilings)
    .where(server_ceilings.c.guild_id == bindparam("guild_id"))
    .returning(server_ceilings.c.guild_id)
)
_PAUSE = Statement(
    upsert(operator_state)
    .values(key=PAUSED, at=bindparam("at"))
    .on_conflict_do_nothing()
    .returning(operator_state.c.key)
)
_RESUME = Statement(
    delete(operator_state).where(operator_state.c.key == PAUSED).returning(operator_state.c.key)
)


class ModerationStore:
    """Every change; raises `NothingToChange`, `AlreadyDone` and other `StorageError`s only.

    A member may stand under two ids, their own and one from before they deleted their data: `user_ids`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set_rule(self, change: NewChange, rule: Rule, user_ids: Sequence[int] = ()) -> Change:
        """Set a rule in place of the one that there was; a member's own one under the first of their ids."""
        return await self._database.write(_set_rule, change, rule, user_ids)

    async def drop_rule(self, change: NewChange, kind: RuleKind, subject_ids: Sequence[int]) -> Change:
        """Take a rule away; raises `NothingToChange` where there is none."""
        return await self._database.write(_drop_rule, change, kind, subject_ids)

    async def grant(
        self, change: NewChange, prefixes: Sequence[str], credits_: int, expires_at: float, *, most: int
    ) -> Change:
        """Give a bonus, whose holder's name begins with the first of these.

        Raises `TooManyBonuses` where so many with such names are unspent.
        """
        return await self._database.write(_grant_one_more, change, prefixes, credits_, expires_at, most)

    async def take_back(self, change: NewChange, prefixes: Sequence[str], credits_: int) -> Change:
        """Take back what is unspent of so much bonus, the last given first; raises `NothingToChange`."""
        return await self._database.write(_take_back, change, prefixes, credits_)

    async def reset(self, change: NewChange, user_id: int, *, version: int | None = None) -> Change:
        """Let the running period of a member, or of everybody (0), start anew.

        Raises `Outdated` where `version` is given and is not the server's last change.
        """
        return await self._database.write(_reset, change, user_id, version)

    async def block(self, change: NewChange, block: Block, user_ids: Sequence[int], *, anew: bool) -> Change:
        """Block a member; raises `AlreadyDone` for who is blocked already, unless it shall be done anew."""
        return await self._database.write(_block, change, block, user_ids, anew)

    async def unblock(self, change: NewChange, user_ids: Sequence[int]) -> Change:
        """Unblock a member; raises `NothingToChange` where they are not blocked."""
        return await self._database.write(_unblock, change, user_ids)

    async def refund(self, change: NewChange, prefix: str, expires_at: float) -> Change:
        """Give back what the job of a change has cost its member, as a bonus.

        Raises `NothingToChange` where it cost nothing, `AlreadyDone` the second time, and `WrongState` where
        there is no such job.
        """
        return await self._database.write(_refund, change, prefix, expires_at)

    async def note(self, change: NewChange) -> Change:
        """Write a line of the log alone."""
        return await self._database.write(note, change)

    async def set_ceiling(self, change: NewChange, credits_: int | None) -> Change:
        """Give a server a ceiling of its own, or take it away; raises `NothingToChange` where it has none."""
        return await self._database.write(_set_ceiling, change, credits_)

    async def pause(self, now: float) -> bool:
        """Let nothing be accepted; whether something was until now."""
        return await self._database.write(_PAUSE.row, at=now) is not None

    async def resume(self) -> bool:
        """Let requests be accepted again; whether none were until now."""
        return await self._database.write(_RESUME.row) is not None


def _set_rule(
    connection: sqlite3.Connection, change: NewChange, rule: Rule, user_ids: Sequence[int]
) -> Change:
    for other in user_ids:
        _DROP_RULE.rows(connection, guild_id=change.guild_id, kind=rule.kind, subject_id=other)
    _SET_RULE.run(connection, guild_id=change.guild_id, **asdict(rule))
    return note(connection, change)


def _drop_rule(
    connection: sqlite3.Connection, change: NewChange, kind: RuleKind, subject_ids: Sequence[int]
) -> Change:
    dropped = [
        row
        for subject_id in subject_ids
        for row in _DROP_RULE.rows(connection, guild_id=change.guild_id, kind=kind, subject_id=subject_id)
    ]
    if not dropped:
        raise NothingToChange("there is no such rule")
    return note(connection, change)


def _grant_one_more(
    connection: sqlite3.Connection,
    change: NewChange,
    prefixes: Sequence[str],
    credits_: int,
    expires_at: float,
    most: int,
) -> Change:
    if len(bonuses_of(connection, tuple(prefixes), change.at)) >= most:
        raise TooManyBonuses(f"the member has {most} bonuses")
    return _grant(connection, change, prefixes[0], credits_, expires_at)


def _grant(
    connection: sqlite3.Connection, change: NewChange, prefix: str, credits_: int, expires_at: float
) -> Change:
    noted = note(connection, change)
    open_budget(connection, BudgetLimit(f"{prefix}{noted.id}", change.at, expires_at, credits_))
    return noted


def _take_back(
    connection: sqlite3.Connection, change: NewChange, prefixes: Sequence[str], credits_: int
) -> Change:
    bonuses = bonuses_of(connection, tuple(prefixes), change.at)
    missing = credits_
    for bonus in sorted(bonuses, key=lambda each: each.granted_at, reverse=True):
        if taken := min(bonus.left, missing):
            _TAKE_BACK.run(connection, of_holder=bonus.holder, credits=taken)
            missing -= taken
    if missing == credits_:
        raise NothingToChange("there is no unspent bonus")
    return note(connection, replace(change, details={**change.details, "credits": credits_ - missing}))


def _reset(connection: sqlite3.Connection, change: NewChange, user_id: int, version: int | None) -> Change:
    if version is not None and last(connection, change.guild_id) != version:
        raise Outdated("the server has been changed since")
    _RESET.run(connection, guild_id=change.guild_id, user_id=user_id, at=change.at)
    return note(connection, change)


def _block(
    connection: sqlite3.Connection, change: NewChange, block: Block, user_ids: Sequence[int], anew: bool
) -> Change:
    before = _unblocked(connection, change, user_ids)
    if before and not anew:
        raise AlreadyDone("the member is blocked")
    _BLOCK.run(connection, guild_id=change.guild_id, **asdict(block))
    return note(connection, change)


def _unblock(connection: sqlite3.Connection, change: NewChange, user_ids: Sequence[int]) -> Change:
    if not _unblocked(connection, change, user_ids):
        raise NothingToChange("the member is not blocked")
    return note(connection, change)


def _unblocked(connection: sqlite3.Connection, change: NewChange, user_ids: Sequence[int]) -> bool:
    """Delete the blocks of a member; whether one of them still held."""
    ends = [
        end
        for user_id in user_ids
        for end in _UNBLOCK.column(connection, guild_id=change.guild_id, user_id=user_id)
    ]
    return any(end is None or end > change.at for end in ends)


def _refund(connection: sqlite3.Connection, change: NewChange, prefix: str, expires_at: float) -> Change:
    assert change.job_id is not None
    cost = paid(connection, [change.job_id]).get(change.job_id, 0)
    if not cost:
        raise NothingToChange("the job cost nothing")
    if was_refunded(connection, change.job_id):
        raise AlreadyDone("the job was refunded")
    return _grant(connection, replace(change, details={"credits": cost}), prefix, cost, expires_at)


def _set_ceiling(connection: sqlite3.Connection, change: NewChange, credits_: int | None) -> Change:
    if credits_ is not None:
        _SET_CEILING.run(connection, guild_id=change.guild_id, credits=credits_)
    elif not _DROP_CEILING.rows(connection, guild_id=change.guild_id):
        raise NothingToChange("the server has no ceiling of its own")
    ceilings.begin_anew(connection, change.guild_id)
    return note(connection, change)
