"""Forms over plain HTTP: which shapes Discord takes, and what comes back."""

from typing import Any

import pytest

from sandbox.discord.model import Interaction as Sent
from sandbox.discord.options import ClientRefused
from tests.sandbox.conftest import Api, Place, ToyBot

TEXT: dict[str, Any] = {"type": 4, "custom_id": "text", "style": 1}
CHOICES = [{"label": name, "value": name} for name in ("a", "b", "c")]


def label(component: dict[str, Any], **changes: object) -> dict[str, Any]:
    """Return a component in its Label."""
    return {"type": 18, "label": "Name", "component": component} | changes


async def open_form(place: Place, api: Api, form: dict[str, Any]) -> tuple[Sent, int, Any]:
    """Answer a command of Ada's with a form over plain HTTP."""
    sent = place.ada.slash(place.channel, "make", prompt="x")
    path = f"/interactions/{sent.id}/{sent.token}/callback"
    return sent, *await api("POST", path, {"type": 9, "data": form})


async def test_a_box_to_tick_and_the_old_row(place: Place, bot: ToyBot, api: Api) -> None:
    """A single checkbox, a text input in a row, and a text to be read; components get ids."""
    old = {"type": 1, "components": [TEXT | {"label": "Old", "required": False}]}
    box = {"type": 23, "custom_id": "sure"}
    words = {"type": 10, "content": "Mind the gap"}
    form = {"custom_id": "f", "title": "F", "components": [words, old, label(box)]}
    sent, status, _ = await open_form(place, api, form)
    assert status == 204
    assert place.ada.submit(sent, sure=True).data == {
        "custom_id": "f",
        "components": [
            {"type": 10, "id": 1},
            {"type": 1, "id": 2, "components": [{"type": 4, "id": 3, "custom_id": "text", "value": ""}]},
            {
                "type": 18,
                "id": 4,
                "component": {"type": 23, "id": 5, "custom_id": "sure", "value": True},
            },
        ],
    }
    with pytest.raises(ClientRefused):
        place.ada.submit(sent, sure="yes")


@pytest.mark.parametrize(
    "changes",
    [
        {"title": ""},
        {"title": "x" * 46},
        {"custom_id": ""},
        {"components": []},
        {"components": [label(TEXT | {"custom_id": str(number)}) for number in range(6)]},
        {"components": [label(TEXT), label(TEXT)]},
        {"components": [TEXT]},
        {"components": [{"type": 1, "components": [TEXT]}]},
        {"components": [label(TEXT, label="x" * 46)]},
        {"components": [label(TEXT, label="")]},
        {"components": [label(TEXT, description="x" * 101)]},
        {"components": [label(TEXT | {"label": "twice"})]},
        {"components": [label(TEXT | {"max_length": 4001})]},
        {"components": [label(TEXT | {"max_length": 2, "value": "abc"})]},
        {"components": [label(TEXT | {"placeholder": "x" * 101})]},
        {"components": [label({"type": 3, "custom_id": "s", "options": []})]},
        {"components": [label({"type": 3, "custom_id": "s", "options": [CHOICES[0]] * 2})]},
        {"components": [label({"type": 3, "custom_id": "s", "options": CHOICES, "disabled": True})]},
        {"components": [label({"type": 21, "custom_id": "r", "options": CHOICES[:1]})]},
        {
            "components": [
                label({"type": 21, "custom_id": "r", "options": [c | {"default": True} for c in CHOICES]})
            ]
        },
        {"components": [label({"type": 22, "custom_id": "c", "options": CHOICES * 4})]},
        {"components": [label({"type": 22, "custom_id": "c", "options": CHOICES, "max_values": 4})]},
        {"components": [label({"type": 22, "custom_id": "c", "options": CHOICES, "min_values": 0})]},
        {"components": [label({"type": 19, "custom_id": "u", "max_values": 11})]},
        {"components": [label({"type": 19, "custom_id": "u", "min_values": 2, "max_values": 1})]},
        {"components": [label({"type": 2, "style": 1, "label": "Go", "custom_id": "go"})]},
        {"colour": 1},
    ],
)
async def test_wrong_forms_are_refused(place: Place, bot: ToyBot, api: Api, changes: dict[str, Any]) -> None:
    """Each is 50035, and the interaction still waits for its answer."""
    form = {"custom_id": "f", "title": "F", "components": [label(TEXT)]} | changes
    sent, status, body = await open_form(place, api, form)
    assert (status, body["code"]) == (400, 50035)
    assert (sent.state, sent.modal) == ("waiting", None)


async def test_a_form_answers_no_form(place: Place, bot: ToyBot, api: Api) -> None:
    """A submitted form takes messages, but no further form, and no change of a message without a button."""
    form = {"custom_id": "f", "title": "F", "components": [label(TEXT | {"required": False})]}
    sent, _, _ = await open_form(place, api, form)
    submitted = place.ada.submit(sent)
    path = f"/interactions/{submitted.id}/{submitted.token}/callback"
    for wrong in ({"type": 9, "data": form}, {"type": 6}, {"type": 7, "data": {"content": "x"}}):
        status, body = await api("POST", path, wrong)
        assert (status, body["code"]) == (400, 50035)
    assert (await api("POST", path, {"type": 4, "data": {"content": "x"}}))[0] == 204
