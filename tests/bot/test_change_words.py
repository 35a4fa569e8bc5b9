"""What is said of changes: each kind has a sentence, whatever the reason, and names nothing that is gone."""

from typing import Any

import pytest

from bot.change_words import line
from storage.server_records import NEVER, Action, Change

GIVEN = {"credits": 1, "period": "week"}
DETAILS: dict[Action, dict[str, Any]] = {
    Action.SET: GIVEN,
    Action.GRANT: {"credits": 5, "expires_at": NEVER},
    Action.TAKE_BACK: {"credits": 5},
    Action.ROLE: GIVEN,
    Action.DEFAULT: {"credits": 0, "period": "day"},
    Action.BLOCK: {"until": None},
    Action.SETTINGS: {"log_channel_id": None, "member_running": None, "channels": "only"},
    Action.REFUND: {"credits": 2},
    Action.CEILING: {"credits": None},
}


def change(action: Action, **values: Any) -> Change:
    """A change by somebody about somebody."""
    known: dict[str, Any] = {"actor_id": 11, "subject_id": 22, "details": DETAILS.get(action, {})}
    return Change(id=1, at=0.0, guild_id=1, action=action, **known | values)


@pytest.mark.parametrize("action", Action)
def test_each_has_a_sentence(action: Action) -> None:
    """Who has done it stands first; the operator is not named in a server."""
    said = line(change(action, reason="so"), lambda _: True)
    assert said.startswith("The operator" if action is Action.CEILING else "<@11> ")
    assert said.endswith(" · “so”")
    assert "\n" not in said
    assert "None" not in said


def test_amounts_and_ends() -> None:
    """As people say them."""
    assert line(change(Action.SET), bool).endswith("<@22> an allowance of their own: 1 credit a week")
    assert line(change(Action.DEFAULT), bool).endswith("may spend: no credits")
    assert line(change(Action.GRANT), bool).endswith("5 credits of bonus, without an end")
    until = change(Action.BLOCK, details={"until": 1234.5})
    assert line(until, bool) == "<@11> blocked <@22> until <t:1234:f>"
    assert line(change(Action.BLOCK), bool) == "<@11> blocked <@22> for good"


def test_what_is_gone_is_not_named() -> None:
    """Deleted roles, and members who have deleted their data."""
    assert line(change(Action.ROLE_CLEAR), lambda _: False) == "<@11> took the rule of a deleted role away"
    forgotten = line(change(Action.UNBLOCK, subject_id=-5), bool)
    assert forgotten == "<@11> unblocked somebody who has deleted their data"
    forgotten = line(change(Action.UNBLOCK, actor_id=-5), bool)
    assert forgotten == "somebody who has deleted their data unblocked <@22>"
    roles = change(Action.SETTINGS, details={"moderator_role_ids": [1, 2]})
    assert line(roles, lambda role_id: role_id == 2) == "<@11> changed the settings: moderator roles <@&2>"


def test_long_lists_and_reasons_are_cut() -> None:
    """A line stays a line."""
    many = change(Action.SETTINGS, details={"channel_ids": list(range(1, 26))}, reason="@everyone " * 100)
    said = line(many, bool)
    assert "<#5> … and 20 more" in said
    assert "<#6>" not in said
    assert len(said) < 400
    assert "@everyone" not in said
