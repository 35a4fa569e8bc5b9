"""The texts: each is used, each that is used exists, and a refusal says what became of the credits."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from bot import errors
from bot.errors import ProviderError
from bot.periods import Period
from bot.services.quotas import Source
from bot.texts import catalogue, text
from storage.records import JobState
from storage.server_records import Action, Channels, ServerSettings

ROOT = Path(__file__).parents[2]
BACK = "Your credits are back."
SPENT = ("Nothing was spent.", "Nothing was changed.")
# Refusals of what costs nothing anyway, and of a second press: its first one may have cost something.
FREE = {
    "refused.not_yours_to_cancel",
    "refused.too_late_to_cancel",
    "refused.not_yours_to_delete",
    "refused.delete_running",
    "refused.not_yours_to_remove",
    "refused.no_details",
    "refused.pressed_twice",
}

# Keys that are put together while the bot runs: the pattern as written → the keys it stands for.
DYNAMIC = {
    "option.{name}": [
        f"option.{name}"
        for name in ("prompt", "model", "aspect_ratio", "resolution", "count", "spoiler", "private")
    ],
    "button.{label}": [
        f"button.{label}"
        for label in (
            *("cancel", "deliver", "deliver_again", "newer", "refresh", "older"),
            *("edit", "again", "try_again", "bigger", "compare", "delete"),
            *("overview", "rules_before", "rules_after", "report", "log", "settings", "reset_all"),
            *("report_delete", "report_refund", "report_block", "report_dismiss"),
        )
    ],
    "button.{mode}": [f"button.{mode}" for mode in Channels],
    "action.{action}": [f"action.{action}" for action in Action],
    "change.{change.action}": [f"change.{action}" for action in Action],
    "change.{value}": [f"change.{mode}" for mode in Channels],
    "change.{name}": [f"change.{field.name}" for field in fields(ServerSettings) if field.name != "version"],
    "member.by.{decision.source}": [
        f"member.by.{source}" for source in Source if source is not Source.DIRECT
    ],
    "member.{line.kind}": [f"member.{kind}" for kind in ("reserve", "settle", "refund")],
    "report.{state if JobState(state).ended else 'open'}": [
        *(f"report.{state}" for state in JobState if state.ended),
        "report.open",
    ],
    "settings.{settings.channels}": [f"settings.{mode}" for mode in Channels],
    "usage.{period}": [f"usage.{period}" for period in Period],
    "details.{job.state}": [f"details.{state}" for state in JobState],
    "defaults.option.{name}": [
        f"defaults.option.{name}"
        for name in ("model", "aspect_ratio", "resolution", "spoiler", "private", "dm", "clear")
    ],
    "help.{part}": [f"help.{part}" for part in ("title", "make", "edit", "reply", "tips", "rules")],
    "jobs.{job.state}": [f"jobs.{state}" for state in JobState],
    "refused.server_ceiling.{self.limits.server.period}": [
        f"refused.server_ceiling.{period}" for period in Period
    ],
    "usage.{balance.allowance.period}": [f"usage.{period}" for period in Period],
}
# Keys that are chosen while the bot runs, in front of these values.
CHOSEN = {
    r"result\.(originals|only_links)": {"links"},
    r"result\.original(_numbered)?": {"position", "url"},
    r"refused\.(model|resolution|aspect_ratio)": {"given", "choices"},
    r"refused\.picture_\w+": {"name"},
    r"refused\.(member_queue|queue)": {"limit"},
    r"refused\.(model_and_(resolution|edit)|combination)": {"model", "resolution", "ratio", "able"},
    r"refused\.server_ceiling\.\w+": {"back"},
    r"refused\.blocked(_until)?": {"until"},
    r"refused\.(model_and_ratio|ratio)": {"model", "resolution", "ratio", "able", "nearest"},
    r"operator\.(key|balance)": {"api"},
    r"change\.\w+": {"actor", "subject", "role", "allowance", "credits", "until", "what", "value", "line"},
    r"member\.by\.\w+": {"role"},
    r"member\.(bonus_)?line": {"at", "kind", "credits", "job"},
    r"quota\.default_(own|operator)": {"allowance"},
    r"settings\.\w+": {"value", "list"},
    r"jobs\.held": {"until"},
    r"button\.(again|try_again|bigger)": {"n"},
}


def texts(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Give each key with its forms: one, or `one` and `other`."""
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, str):
            yield key, [value]
        elif set(value) == {"one", "other"}:
            yield key, [value["one"], value["other"]]
        else:
            yield from texts(value, f"{key}.")


TEXTS = dict(texts(catalogue()))
GROUPS = tuple(f"{group}." for group in catalogue())


@cache
def trees() -> list[ast.AST]:
    """Parse every file of the product."""
    return [
        ast.parse(path.read_text("utf-8"), str(path))
        for folder in ("bot", "cogs")
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]


def strings(tree: ast.AST) -> Iterator[str]:
    """Give the texts in a file that may be keys; what is put together as `{expression}`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"
                for part in node.values
                if isinstance(part, (ast.Constant, ast.FormattedValue))
            )


def used() -> set[str]:
    """Collect every key that stands in the code."""
    found: set[str] = set()
    for tree in trees():
        for words in strings(tree):
            if words in DYNAMIC:
                found.update(DYNAMIC[words])
            elif words.startswith(GROUPS) and re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", words):
                found.add(words)
    return found


def calls() -> Iterator[tuple[str, set[str]]]:
    """Give the calls that name a key and all of its values in plain sight."""
    speaking = {"text", "UserError", "BotError", "ResultError", "Undeliverable", "BlockedByDiscord"}
    for tree in trees():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in speaking
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and all(keyword.arg for keyword in node.keywords)
            ):
                yield str(node.args[0].value), {str(keyword.arg) for keyword in node.keywords}


def placeholders(form: str) -> set[str]:
    """Name the values that a text mentions."""
    return {name for _, name, _, _ in Formatter().parse(form) if name}


def test_every_key_in_the_code_has_a_text() -> None:
    """A missing text would be found by a member."""
    assert used() - TEXTS.keys() == set()


def test_every_text_is_used() -> None:
    """What nobody says needs no translation."""
    assert TEXTS.keys() - used() == set()


def test_calls_give_the_values_that_the_text_mentions() -> None:
    """A value too few would raise in front of a member; one too many is a mistake of somebody."""
    wrong = []
    for key, values in calls():
        forms = TEXTS[key]
        needed = set().union(*map(placeholders, forms)) | ({"n"} if len(forms) == 2 else set())
        if needed != values:
            wrong.append((key, needed, values))
    assert wrong == []
    assert len(list(calls())) > 30


def test_a_text_mentions_only_what_it_is_given() -> None:
    """Texts whose key is chosen while the bot runs have their values listed here; the others have none."""
    wrong = []
    for key in TEXTS.keys() - {key for key, _ in calls()}:
        given = next((values for pattern, values in CHOSEN.items() if re.fullmatch(pattern, key)), set())
        if not set().union(*map(placeholders, TEXTS[key])) <= given:
            wrong.append(key)
    assert wrong == []


def test_a_refusal_says_that_nothing_was_spent() -> None:
    """The last sentence of each; but for those of what costs nothing."""
    refusals = {key: forms for key, forms in TEXTS.items() if key.startswith("refused.")}
    silent = {key for key, forms in refusals.items() if not all(form.endswith(SPENT) for form in forms)}
    assert silent <= FREE
    assert len(refusals) > 50


def test_a_failure_says_what_became_of_the_credits() -> None:
    """They are back, unless Discord alone forbids a picture that was made and paid."""
    failures = {key: forms for key, forms in TEXTS.items() if key.startswith("failed.")}
    silent = {key for key, forms in failures.items() if not all(form.endswith(BACK) for form in forms)}
    assert silent == {"failed.explicit"}
    assert all(form.endswith("so its credits were spent.") for form in failures["failed.explicit"])


@pytest.mark.parametrize("key", [key for key, forms in TEXTS.items() if len(forms) == 2])
def test_both_forms_say_the_same(key: str) -> None:
    """One and other mention the same values, but for the number that `one` may write as a word."""
    one, other = map(placeholders, TEXTS[key])
    assert other - one <= {"n"}
    assert one <= other
    values = dict.fromkeys(one | other, "x")
    assert text(key, **values | {"n": 1}) == TEXTS[key][0].format(**values | {"n": 1})
    for n in (0, 2, 21):
        assert text(key, **values | {"n": n}) == TEXTS[key][1].format(**values | {"n": n})


def test_a_text_fits_into_discord() -> None:
    """No blank ends; descriptions have at most 100 characters, and the parts of a panel room for many."""
    limits = {"command": 100, "option": 100, "button": 80, "help": 700, "privacy": 400, "reply": 900}
    for key, forms in TEXTS.items():
        for form in forms:
            assert form == form.strip() != "", key
            assert len(form) <= limits.get(key.partition(".")[0], 300), key


def test_every_provider_error_has_a_text() -> None:
    """The error tree and the texts of failures belong together."""
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, ProviderError) and kind is not ProviderError
    ]
    assert len(kinds) == 9
    for kind in kinds:
        assert kind.text_key in TEXTS
        assert errors.explain(kind("detail with a key")) == TEXTS[kind.text_key][0]


def test_what_nobody_foresaw_is_told_with_a_reference() -> None:
    """An error of ours shows none of its own words."""
    told = errors.explain(KeyError("sk-secret"), reference="7f3a")
    assert "7f3a" in told
    assert "secret" not in told


def test_an_unknown_key_is_an_error() -> None:
    """A text that is not there is never replaced by its key."""
    with pytest.raises(KeyError):
        text("refused.nonsense")
