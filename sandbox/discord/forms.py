"""Filling in the forms that the bot opens, by the client's rules."""

from collections.abc import Mapping, Sequence

from sandbox.discord.attachment import Attachment
from sandbox.discord.components import flat
from sandbox.discord.files import keep
from sandbox.discord.model import JSON, Channel, Upload
from sandbox.discord.options import ClientRefused
from sandbox.discord.state import State

FieldValue = str | bool | Sequence[str] | Sequence[Upload]
"""What one field takes: a text or a choice, a tick, several choices, or files."""

_TEXT, _FILES, _RADIO_GROUP, _CHECKBOX = 4, 19, 21, 23
_ONE_LINE = 1


def fill_in(
    state: State, channel: Channel, modal: JSON, values: Mapping[str, FieldValue]
) -> tuple[JSON, list[Attachment]]:
    """Return the `data` of a filled-in form and its files; fields that are left out keep their defaults."""
    fields = {field["custom_id"]: field for field in flat(modal["components"]) if "custom_id" in field}
    unknown = values.keys() - fields.keys()
    if unknown:
        raise ClientRefused(f"the form has no field {min(unknown)!r}")
    uploads = {
        name: _uploads(field, values.get(name, ()), channel.file_limit)
        for name, field in fields.items()
        if field["type"] == _FILES
    }
    answers = {
        name: _answer(field, values.get(name)) for name, field in fields.items() if name not in uploads
    }
    kept = {name: [keep(state, channel, file, ephemeral=True) for file in uploads[name]] for name in uploads}
    answers |= {name: {"values": [str(file.id) for file in files]} for name, files in kept.items()}
    components = [_submitted(component, answers) for component in modal["components"]]
    data = {"custom_id": modal["custom_id"], "components": components}
    return data, [file for files in kept.values() for file in files]


def _submitted(component: JSON, answers: Mapping[str, JSON]) -> JSON:
    result: JSON = {"type": component["type"], "id": component["id"]}
    if "component" in component:
        result["component"] = _submitted(component["component"], answers)
    if "components" in component:
        result["components"] = [_submitted(part, answers) for part in component["components"]]
    if "custom_id" in component:
        result |= {"custom_id": component["custom_id"], **answers[component["custom_id"]]}
    return result


def _answer(field: JSON, value: FieldValue | None) -> JSON:
    if field["type"] == _TEXT:
        return {"value": _text(field, field["value"] if value is None else value)}
    if field["type"] == _CHECKBOX:
        ticked = field["default"] if value is None else value
        if not isinstance(ticked, bool):
            raise _refused(field, "it is ticked or not")
        return {"value": ticked}
    chosen = _chosen(field, value)
    if field["type"] == _RADIO_GROUP:
        return {"value": chosen[0] if chosen else None}
    return {"values": chosen}


def _text(field: JSON, value: FieldValue) -> str:
    if not isinstance(value, str):
        raise _refused(field, "it takes a text")
    if not value and field["required"]:
        raise _refused(field, "it must be filled in")
    if value and not field["min_length"] <= len(value) <= field["max_length"]:
        raise _refused(field, f"{field['min_length']} to {field['max_length']} characters")
    if field["style"] == _ONE_LINE and "\n" in value:
        raise _refused(field, "it has one line")
    return value


def _chosen(field: JSON, value: FieldValue | None) -> list[str]:
    if value is None:
        value = [option["value"] for option in field["options"] if option["default"]]
    chosen = [value] if isinstance(value, str | bool) else list(value)
    known = [option["value"] for option in field["options"]]
    several = len(known) if field["type"] not in (3, _RADIO_GROUP) else 1
    texts = [choice for choice in chosen if isinstance(choice, str) and choice in known]
    if len(texts) < len(chosen) or len(set(texts)) < len(texts):
        raise _refused(field, f"one of {known}")
    _check_number(field, len(texts), several)
    return texts


def _uploads(field: JSON, value: FieldValue, file_limit: int) -> list[Upload]:
    given = [] if isinstance(value, str | bool) else list(value)
    files = [file for file in given if isinstance(file, Upload)]
    if isinstance(value, str | bool) or len(files) < len(given):
        raise _refused(field, "it takes files")
    if any(len(file.data) > file_limit for file in files):
        raise _refused(field, "a file is too large")
    _check_number(field, len(files), 1)
    return files


def _check_number(field: JSON, number: int, most: int) -> None:
    """Refuse too few or too many; a field that is not required may be left empty all the same."""
    least, most = field.get("min_values", 1), field.get("max_values", most)
    if number == 0 and field["required"]:
        raise _refused(field, "it must be filled in")
    if number and not least <= number <= most:
        raise _refused(field, f"{least} to {most}")


def _refused(field: JSON, why: str) -> ClientRefused:
    return ClientRefused(f"{field['custom_id']}: {why}")
