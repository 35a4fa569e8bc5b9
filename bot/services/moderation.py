"""What moderators change: each change is checked, and written with its line in the log in one transaction."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from bot.errors import UserError
from bot.periods import Allowance
from bot.services.accounts import bonus_prefix
from bot.services.change_checks import Moderator, Target, TargetRole, check_amount, refuse_bot, refused
from bot.services.clock import Clock
from bot.services.running_limits import RunningLimits
from storage.errors import NothingToChange, StorageError, TooManyBonuses
from storage.jobs import JobStore
from storage.moderation import ModerationStore
from storage.server_records import NEVER, Action, Block, Change, NewChange, Rule, RuleKind, ServerSettings
from storage.settings import SettingsStore

REASON = 200  # characters
BONUSES = 50  # unspent ones of a member: each is looked at with each request of theirs

log = logging.getLogger(__name__)


class Moderation:
    """One method for each change; each gives the change as it stands in the log, or raises `UserError`.

    Credits are whole numbers from 0 to `bot.periods.HIGHEST`, moments are seconds since 1970. A reason is cut
    to what fits. What a change is about stands in `Change.details`, by the names that each method gives.
    """

    def __init__(
        self,
        store: ModerationStore,
        settings: SettingsStore,
        jobs: JobStore,
        running: RunningLimits,
        *,
        cancel_waiting: Callable[[int, int], Awaitable[int]],
        known_as: Callable[[int, float], int],
        clock: Clock,
    ) -> None:
        self._store = store
        self._settings = settings
        self._jobs = jobs
        self._running = running
        self._cancel_waiting = cancel_waiting
        self._known_as = known_as
        self._clock = clock

    async def set_allowance(
        self, by: Moderator, member: Target, allowance: Allowance, reason: str | None = None
    ) -> Change:
        """Give a member an own allowance; 0 credits are none. Details: credits, period."""
        refuse_bot(member)
        rule = _rule(RuleKind.MEMBER, member.user_id, allowance)
        change = self._change(by, Action.SET, member.user_id, reason, **_words(allowance))
        return await self._store.set_rule(change, rule, self._ids(member.user_id))

    async def clear_allowance(self, by: Moderator, member: Target, reason: str | None = None) -> Change:
        """Take a member's own allowance away, so that the rules hold; refused where there is none."""
        change = self._change(by, Action.CLEAR, member.user_id, reason)
        with refused("refused.no_own_allowance"):
            return await self._store.drop_rule(change, RuleKind.MEMBER, self._ids(member.user_id))

    async def grant(
        self,
        by: Moderator,
        member: Target,
        credits_: int,
        *,
        expires_at: float = NEVER,
        reason: str | None = None,
    ) -> Change:
        """Give a member a bonus; refused where they have very many. Details: credits, expires_at."""
        refuse_bot(member)
        check_amount(credits_, least=1)
        if expires_at <= self._clock():
            raise UserError("refused.in_the_past")
        expires_at = min(expires_at, NEVER)
        change = self._change(
            by, Action.GRANT, member.user_id, reason, credits=credits_, expires_at=expires_at
        )
        prefixes = self._bonuses(by, member)
        try:
            return await self._store.grant(change, prefixes, credits_, expires_at, most=BONUSES)
        except TooManyBonuses as error:
            raise UserError("refused.too_many_bonuses", most=BONUSES) from error

    async def take_back(
        self, by: Moderator, member: Target, credits_: int, reason: str | None = None
    ) -> Change:
        """Take back unspent bonus, as much as there is; refused where there is none. Details: credits."""
        check_amount(credits_, least=1)
        change = self._change(by, Action.TAKE_BACK, member.user_id, reason)
        with refused("refused.no_bonus"):
            return await self._store.take_back(change, self._bonuses(by, member), credits_)

    async def reset_all(self, by: Moderator, version: int, reason: str | None = None) -> Change:
        """Let everybody's running period start anew; refused where `version` is not the last change."""
        with refused("refused.outdated"):
            return await self._store.reset(self._change(by, Action.RESET_ALL, 0, reason), 0, version=version)

    async def reset(self, by: Moderator, member: Target, reason: str | None = None) -> Change:
        """Let the running period of a member start anew."""
        refuse_bot(member)
        change = self._change(by, Action.RESET, member.user_id, reason)
        return await self._store.reset(change, self._ids(member.user_id)[-1])

    async def set_role(
        self, by: Moderator, role: TargetRole, allowance: Allowance | None, reason: str | None = None
    ) -> Change:
        """Set the rule of a role, or take it away; refused where there is none. Details: credits, period."""
        if role.role_id == by.guild_id:
            raise UserError("refused.everyone_role")
        if role.is_above:
            raise UserError("refused.role_above")
        if allowance is None:
            change = self._change(by, Action.ROLE_CLEAR, role.role_id, reason)
            with refused("refused.no_role_rule"):
                return await self._store.drop_rule(change, RuleKind.ROLE, [role.role_id])
        rule = _rule(RuleKind.ROLE, role.role_id, allowance)
        change = self._change(by, Action.ROLE, role.role_id, reason, **_words(allowance))
        return await self._store.set_rule(change, rule)

    async def set_default(
        self, by: Moderator, allowance: Allowance | None, reason: str | None = None
    ) -> Change:
        """Set what everybody else may spend, or let the operator's default hold again; refused where it does.

        Details: credits, period.
        """
        if allowance is None:
            change = self._change(by, Action.DEFAULT_CLEAR, 0, reason)
            with refused("refused.no_own_default"):
                return await self._store.drop_rule(change, RuleKind.DEFAULT, [0])
        change = self._change(by, Action.DEFAULT, 0, reason, **_words(allowance))
        return await self._store.set_rule(change, _rule(RuleKind.DEFAULT, 0, allowance))

    async def block(
        self,
        by: Moderator,
        member: Target,
        *,
        until: float | None = None,
        reason: str | None = None,
        anew: bool = True,
    ) -> Change:
        """Let a member make no images until a moment (None: for good); what waits is cancelled and refunded.

        Who is blocked already is blocked anew, or with `anew=False` refused. Details: until (or None).
        """
        refuse_bot(member)
        if member.user_id == by.user_id:
            raise UserError("refused.block_yourself")
        if member.is_moderator:
            raise UserError("refused.block_moderator")
        if until is not None and until <= self._clock():
            raise UserError("refused.in_the_past")
        change = self._change(by, Action.BLOCK, member.user_id, reason, until=until)
        block = Block(member.user_id, until, by.user_id, change.at, change.reason)
        with refused("refused.blocked_already"):
            done = await self._store.block(change, block, self._ids(member.user_id), anew=anew)
        try:
            await self._cancel_waiting(by.guild_id, member.user_id)
        except StorageError as error:  # they are blocked all the same
            log.warning("what member %d has waiting goes on: %s", member.user_id, error)
        return done

    async def unblock(self, by: Moderator, member: Target, reason: str | None = None) -> Change:
        """Let a blocked member make images again; refused where they are not blocked."""
        change = self._change(by, Action.UNBLOCK, member.user_id, reason)
        with refused("refused.not_blocked"):
            return await self._store.unblock(change, self._ids(member.user_id))

    async def change_settings(self, by: Moderator, settings: ServerSettings) -> Change:
        """Set the server's settings, all at once; `settings.version` is the one that was changed.

        Raises `UserError("refused.outdated")` where somebody else has changed them since. Details: the
        settings that are other ones than before, by their names in `ServerSettings`.
        """
        number, most = settings.member_running, self._running.most
        kept = number == self._running.own(by.guild_id)  # perhaps from when the operator let more run
        if number is not None and not kept and not 1 <= number <= most:
            raise UserError("refused.member_running", most=most)
        with refused("refused.same_settings"):
            change = await self._settings.change(self._change(by, Action.SETTINGS, 0, None), settings)
        self._running.learn(by.guild_id, number)
        return change

    async def refund(self, by: Moderator, job_id: str, reason: str | None = None) -> Change:
        """Give a member what a job has cost them as a bonus that does not expire, once; details: credits.

        Refused where it cost nothing or was given back before.
        """
        with refused("refused.nothing_to_refund"):
            job = await self._jobs.get(job_id)
            if job.server_id != by.guild_id or job.user_id < 0:
                raise NothingToChange(f"job {job_id} has no member here")
            change = self._change(by, Action.REFUND, job.user_id, reason, job_id=job_id)
            return await self._store.refund(change, bonus_prefix(by.guild_id, job.user_id), NEVER)

    async def note(
        self, by: Moderator, action: Action, *, subject_id: int, job_id: str | None = None, **details: Any
    ) -> Change:
        """Put into the log what was done elsewhere: `REPORT` by a member, `DELETE` and `DISMISS` after it."""
        return await self._store.note(self._change(by, action, subject_id, None, job_id=job_id, **details))

    def _ids(self, user_id: int) -> list[int]:
        """The ids of a member: their own first, the one of their accounts last."""
        return list(dict.fromkeys([user_id, self._known_as(user_id, self._clock())]))

    def _bonuses(self, by: Moderator, member: Target) -> list[str]:
        """What the names of a member's bonuses begin with, that of new ones first."""
        return [bonus_prefix(by.guild_id, user_id) for user_id in self._ids(member.user_id)]

    def _change(
        self,
        by: Moderator,
        action: Action,
        subject_id: int,
        reason: str | None,
        *,
        job_id: str | None = None,
        **details: Any,
    ) -> NewChange:
        return NewChange(
            at=self._clock(),
            guild_id=by.guild_id,
            actor_id=by.user_id,
            action=action,
            subject_id=subject_id,
            details=details,
            reason=(reason or "").strip()[:REASON] or None,
            job_id=job_id,
        )


def _rule(kind: RuleKind, subject_id: int, allowance: Allowance) -> Rule:
    check_amount(allowance.credits, least=0)
    return Rule(kind, subject_id, allowance.credits, allowance.period)


def _words(allowance: Allowance) -> dict[str, Any]:
    return {"credits": allowance.credits, "period": str(allowance.period)}
