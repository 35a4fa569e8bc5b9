"""What moderators change: each change is checked, and written with its line in the log in one transaction."""
# ruff: noqa: ARG002

from dataclasses import dataclass

from bot.periods import Allowance
from storage.server_records import NEVER, Action, Change, ServerSettings


@dataclass(frozen=True, slots=True)
class Moderator:
    """Who changes something, in which server: whether they may is checked before."""

    guild_id: int
    user_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The member whom a change is about, as the request shows them."""

    user_id: int
    is_bot: bool = False
    is_moderator: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRole:
    """The role that a rule is for; `is_above` says that it stands above the moderator's own highest one."""

    role_id: int
    is_above: bool = False


class Moderation:
    """One method for each change; each gives the change as it stands in the log, or raises `UserError`.

    Credits are whole numbers from 0 to `bot.periods.HIGHEST`, moments are seconds since 1970. A reason is cut
    to what fits. What a change is about stands in `Change.details`, by the names that each method gives.
    """

    async def set_allowance(
        self, by: Moderator, member: Target, allowance: Allowance, reason: str | None = None
    ) -> Change:
        """Give a member an own allowance; 0 credits are none. Details: credits, period."""
        raise NotImplementedError

    async def clear_allowance(self, by: Moderator, member: Target, reason: str | None = None) -> Change:
        """Take a member's own allowance away, so that the rules hold; refused where there is none."""
        raise NotImplementedError

    async def grant(
        self,
        by: Moderator,
        member: Target,
        credits_: int,
        *,
        expires_at: float = NEVER,
        reason: str | None = None,
    ) -> Change:
        """Give a member a bonus. Details: credits, expires_at."""
        raise NotImplementedError

    async def take_back(
        self, by: Moderator, member: Target, credits_: int, reason: str | None = None
    ) -> Change:
        """Take back unspent bonus, as much as there is; refused where there is none. Details: credits."""
        raise NotImplementedError

    async def reset(self, by: Moderator, member: Target | None, reason: str | None = None) -> Change:
        """Let the running period of a member, or of everybody, start anew."""
        raise NotImplementedError

    async def set_role(
        self, by: Moderator, role: TargetRole, allowance: Allowance | None, reason: str | None = None
    ) -> Change:
        """Set the rule of a role, or take it away; refused where there is none. Details: credits, period."""
        raise NotImplementedError

    async def set_default(self, by: Moderator, allowance: Allowance, reason: str | None = None) -> Change:
        """Set what everybody else may spend. Details: credits, period."""
        raise NotImplementedError

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

        Who is blocked already is blocked anew, or with `anew=False` refused. Details: until (or None),
        cancelled (jobs).
        """
        raise NotImplementedError

    async def unblock(self, by: Moderator, member: Target, reason: str | None = None) -> Change:
        """Let a blocked member make images again; refused where they are not blocked."""
        raise NotImplementedError

    async def change_settings(self, by: Moderator, settings: ServerSettings) -> Change:
        """Set the server's settings, all at once; `settings.version` is the one that was changed.

        Raises `UserError("refused.outdated")` where somebody else has changed them since. Details: the
        settings that are other ones than before, by their names in `ServerSettings`.
        """
        raise NotImplementedError

    async def refund(self, by: Moderator, job_id: str, reason: str | None = None) -> Change:
        """Give a member what a job has cost them as a bonus that does not expire, once; details: credits.

        Refused where it cost nothing or was given back before.
        """
        raise NotImplementedError

    async def note(
        self, by: Moderator, action: Action, *, subject_id: int, job_id: str | None = None
    ) -> Change:
        """Put into the log what was done elsewhere: `DELETE` and `DISMISS` of a reported image."""
        raise NotImplementedError
