"""What a change says: the same line in the log channel, in `/quota log`, and to whoever has made it."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.quoting import quoted
from bot.texts import text
from storage.server_records import NEVER, Action, Change

REASON = 100  # characters that are shown
NAMED = 5  # roles or channels that are shown

# What a deleted role or channel is called: its id is looked up in the server as it is now.
IsThere = Callable[[int], bool]


def line(change: Change, role_is_there: IsThere) -> str:
    """One line: who, what, for whom, why. Nobody is pinged by it, since the bot pings only by exception."""
    return with_reason(_words(change, role_is_there), change.reason)


def with_reason(words: str, reason: str | None) -> str:
    """The words, and why."""
    return text("change.reason", line=words, reason=quoted(reason, REASON)) if reason else words


def member(user_id: int) -> str:
    """A member as a mention; those who have deleted their data have no name any more."""
    return f"<@{user_id}>" if user_id > 0 else text("quota.somebody")


def role(role_id: int, role_is_there: IsThere) -> str:
    """A role as a mention, if the server still has it."""
    return f"<@&{role_id}>" if role_is_there(role_id) else text("quota.gone_role")


def allowance(credits_: int, period: str) -> str:
    """Credits in each period."""
    if credits_ == 0:
        return text("quota.no_allowance")
    return text("quota.allowance", n=credits_, period=text(f"usage.{period}"))


def until(moment: float | None, otherwise: str) -> str:
    """When something ends, or these words where it never does."""
    return otherwise if moment is None or moment >= NEVER else text("quota.until", at=round(moment))


def _words(change: Change, role_is_there: IsThere) -> str:
    """Each text takes what it mentions of all that is known."""
    key, details = f"change.{change.action}", change.details
    values = {
        "actor": member(change.actor_id),
        "subject": member(change.subject_id),
        "role": role(change.subject_id, role_is_there),
    }
    if change.action is Action.SETTINGS:
        values["what"] = _settings(details, role_is_there)
    if "period" in details:
        values["allowance"] = allowance(details["credits"], details["period"])
    elif details.get("credits") is not None:
        values["credits"] = text("quota.credits", n=details["credits"])
    elif change.action is Action.CEILING:
        key = "change.ceiling_default"
    if details.get("gone"):
        key = "change.delete_gone"
    if "expires_at" in details:
        values["until"] = until(details["expires_at"], text("quota.never"))
    if "until" in details:
        values["until"] = until(details["until"], text("quota.for_good"))
    return text(key, **values)


def _settings(details: Mapping[str, Any], role_is_there: IsThere) -> str:
    """What was set."""
    found = []
    for name, value in details.items():
        match name:
            case "log_channel_id":
                shown = f"<#{value}>" if value else text("change.nothing")
            case "moderator_role_ids":
                shown = _listed([f"<@&{each}>" for each in value if role_is_there(each)])
            case "channel_ids":
                shown = _listed([f"<#{each}>" for each in value])
            case "channels":
                shown = text(f"change.{value}")
            case _:
                shown = text("change.as_operator") if value is None else str(value)
        found.append(text(f"change.{name}", value=shown or text("change.nothing")))
    return ", ".join(found)


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED
    return " ".join([*names[:NAMED], text("quota.more", n=more)] if more > 0 else names)
