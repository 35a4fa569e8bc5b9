"""The panels of `/quota`: one look at the server, at a member, at the log of changes."""

from collections.abc import Sequence
from typing import Any

import discord

from bot import change_words
from bot.change_words import IsThere, allowance, until
from bot.panels import Part, panel
from bot.quoting import quoted
from bot.services.oversight import Insight, Overview
from bot.texts import text
from storage.records import JobRecord
from storage.server_records import AccountLine, Action, Bonus, Change, Rule

OVERVIEW, LOG, SETTINGS, REPORT, RESET_ALL = "q-overview", "q-log", "q-settings", "q-report", "q-reset"
SHOWN = 10  # lines of a list
ON_A_PAGE = 6
SHOWN_BONUSES = 5
PROMPT = 60  # characters of a prompt in a line
REASON = 70  # characters of a reason that the id of a button has room for
BAR = 20  # signs
EVERYTHING = "all"  # in the id of a page of the log: changes of every kind

Button = discord.ui.Button[Any]


def navigation(*without: str) -> discord.ui.ActionRow[Any]:
    """Buttons to the other panels."""
    row = {
        "overview": overview_id(0, "overview"),
        "report": f"{REPORT}:30",
        "log": log_id(0, None, None, "log"),
        "settings": SETTINGS,
    }
    buttons = [_button(label, name) for label, name in row.items() if label not in without]
    return discord.ui.ActionRow(*buttons)


def overview_panel(overview: Overview, role_is_there: IsThere, page: int = 0) -> discord.ui.LayoutView:
    """What is spent, a page of the rules, who stands out, and the way to the rest.

    The rule of a deleted role counts for nobody, so it is not shown.
    """
    roles = [rule for rule in overview.role_rules if role_is_there(rule.subject_id)]
    last = max(0, len(roles) - 1) // SHOWN
    page = min(page, last)  # there may have been more when the button was shown
    words = [
        text("quota.title"),
        _spent(overview),
        "\n".join([text("quota.rules"), *_rules(overview, roles[page * SHOWN :])]),
        "\n".join([text("quota.near"), *(_near(overview) or [text("quota.nobody_near")])]),
        "\n".join([text("quota.blocked"), *(_blocked(overview) or [text("quota.nobody_blocked")])]),
    ]
    row = navigation("overview").add_item(_button("refresh", overview_id(page, "refresh")))
    pages = [_button("rules_before", overview_id(page - 1, "before"))] if page else []
    pages += [_button("rules_after", overview_id(page + 1, "after"))] if page < last else []
    return panel(*_parts(words), *([discord.ui.ActionRow(*pages)] if pages else []), row)


def member_panel(user_id: int, insight: Insight, role_is_there: IsThere) -> discord.ui.LayoutView:
    """What a member may spend, by which rule, and what they have done with it."""
    words = [
        text("member.title", user=user_id),
        "\n".join(_account(insight, role_is_there)),
        "\n".join(
            [
                text("member.running"),
                *([_running(job) for job in insight.running[:SHOWN]] or [text("usage.nothing_running")]),
            ]
        ),
        "\n".join(
            [text("member.lines"), *([_line(each) for each in insight.lines] or [text("member.nothing")])]
        ),
    ]
    return panel(*_parts(words))


def log_panel(
    changes: Sequence[Change],
    role_is_there: IsThere,
    *,
    page: int,
    member_id: int | None,
    action: Action | None,
    more: bool,
) -> discord.ui.LayoutView:
    """A page of the changes, newest first."""
    lines = [
        text("change.line", at=round(change.at), line=change_words.line(change, role_is_there))
        for change in changes
    ]
    pages = [_button("newer", log_id(page - 1, member_id, action, "newer"))] if page else []
    pages += [_button("refresh", log_id(page, member_id, action, "refresh"))]
    pages += [_button("older", log_id(page + 1, member_id, action, "older"))] if more else []
    words = [text("log.title"), "\n".join(lines) or text("log.none")]
    return panel(
        *_parts(words), discord.ui.ActionRow(*pages, _button("overview", overview_id(0, "overview")))
    )


def reset_panel(version: int, reason: str | None, note: str | None = None) -> discord.ui.LayoutView:
    """The question whether everybody's period shall start anew, as the server stood when it was asked."""
    kept = (reason or "")[:REASON]
    words = [text("quota.reset_ask"), text("quota.reset_consequences")]
    words += [text("quota.reason", reason=quoted(kept))] if kept else []
    yes = _button("reset_all", f"{RESET_ALL}:{version}:{kept}", style=discord.ButtonStyle.danger)
    return panel(*_parts([*words, note] if note else words), discord.ui.ActionRow(yes))


def words_panel(words: str) -> discord.ui.LayoutView:
    """A panel that says what was done, in place of the question."""
    return panel(discord.ui.TextDisplay(words))


def overview_id(page: int, label: str) -> str:
    """The id of a button that shows the overview with a page of its role rules."""
    return f"{OVERVIEW}:{page}:{label}"


def log_id(page: int, member_id: int | None, action: Action | None, label: str) -> str:
    """The id of a button that shows a page of the log; the label makes it its own."""
    return f"{LOG}:{page}:{member_id or 0}:{action or EVERYTHING}:{label}"


def bar(spent: int, ceiling: int) -> str:
    """How much of something is used, as signs."""
    share = min(1.0, spent / ceiling) if ceiling else 1.0
    full = round(share * BAR)
    return text("quota.bar", bar="█" * full + "░" * (BAR - full), percent=int(100 * share))


def _spent(overview: Overview) -> str:
    spent = text(
        "quota.spent", spent=overview.spent, ceiling=overview.ceiling, back=round(overview.period_end)
    )
    words = [spent, bar(overview.spent, overview.ceiling)]
    return "\n".join([*words, text("quota.paused")] if overview.paused else words)


def _rules(overview: Overview, roles: Sequence[Rule]) -> list[str]:
    """The rules that hold, in the order in which they decide; of roles, those from a page on."""
    lines = [text("quota.member_rules", n=overview.member_rules)] if overview.member_rules else []
    lines += _cut([_role(rule) for rule in roles])
    default = "quota.default_own" if overview.own_default else "quota.default_operator"
    own = allowance(overview.default.credits, overview.default.period)
    return [*lines, text(default, allowance=own)]


def _role(rule: Rule) -> str:
    return text("quota.role_line", role=rule.subject_id, allowance=allowance(rule.credits, rule.period))


def _near(overview: Overview) -> list[str]:
    return _cut(
        [
            text(
                "quota.near_line",
                member=change_words.member(each.user_id),
                used=each.used,
                allowance=allowance(each.credits, each.period),
            )
            for each in overview.near
        ]
    )


def _blocked(overview: Overview) -> list[str]:
    lines = [
        text(
            "quota.blocked_line",
            member=change_words.member(block.user_id),
            until=until(block.until, text("quota.for_good")),
        )
        for block in overview.blocks
    ]
    return _cut(lines)


def _cut(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], text("quota.more", n=more)] if more > 0 else lines


def _account(insight: Insight, role_is_there: IsThere) -> list[str]:
    """What is left, by which rule, the bonuses, and whether they are blocked."""
    balance = insight.balance
    decision = balance.decision
    left = text(
        "member.left",
        n=balance.left,
        allowance=allowance(balance.allowance.credits, balance.allowance.period),
        used=balance.used,
        renews=round(balance.renews_at),
    )
    role = change_words.role(decision.role_id, role_is_there) if decision.role_id else ""
    lines = [left, text(f"member.by.{decision.source}", role=role)]
    lines += [_bonus(bonus) for bonus in decision.bonuses[:SHOWN_BONUSES]]
    if more := sum(bonus.left for bonus in decision.bonuses[SHOWN_BONUSES:]):
        lines.append(text("usage.more_bonus", n=more))
    if decision.refusal and decision.refusal.key == "refused.blocked":
        lines.append(text("member.blocked", until=text("quota.for_good")))
    elif decision.refusal and decision.refusal.key == "refused.blocked_until":
        end = text("quota.until", at=decision.refusal.values["until"])
        lines.append(text("member.blocked", until=end))
    return lines


def _bonus(bonus: Bonus) -> str:
    return text("member.bonus", n=bonus.left, until=until(bonus.expires_at, text("quota.never")))


def _running(job: JobRecord) -> str:
    """A line about a request; what its member asked for alone is no moderator's business."""
    return text(
        "usage.running_line",
        prompt=text("member.private") if job.private else quoted(job.prompt, PROMPT),
        model=job.model,
        since=round(job.accepted_at),
    )


def _line(line: AccountLine) -> str:
    return text(
        "member.bonus_line" if line.bonus else "member.line",
        at=round(line.at),
        kind=text(f"member.{line.kind}"),
        credits=text("quota.credits", n=line.credits),
        job=line.job_id,
    )


def _parts(words: Sequence[str]) -> list[Part]:
    return [discord.ui.TextDisplay(each) for each in words]


def _button(label: str, custom_id: str, style: discord.ButtonStyle = discord.ButtonStyle.secondary) -> Button:
    return discord.ui.Button(label=text(f"button.{label}"), custom_id=custom_id, style=style)
