"""What the client checks before it sends a slash command."""

from collections.abc import Mapping

from sandbox.discord.commands import CommandDefinition, OptionDefinition, OptionType
from sandbox.discord.model import Upload

OptionValue = str | int | float | bool | Upload

_LONGEST_TEXT = 6000
_TYPES: dict[OptionType, type | tuple[type, ...]] = {
    OptionType.STRING: str,
    OptionType.INTEGER: int,
    OptionType.BOOLEAN: bool,
    OptionType.USER: str,  # an id, as over the wire
    OptionType.ROLE: str,
    OptionType.NUMBER: (int, float),
    OptionType.ATTACHMENT: Upload,
}


class ClientRefused(Exception):
    """The real client would not let the person do this."""


def check_options(command: CommandDefinition, values: Mapping[str, OptionValue]) -> None:
    """Refuse unknown, missing and wrong options."""
    for name, value in values.items():
        check_option(command, name, value)
    missing = [option.name for option in command.options if option.required and option.name not in values]
    if missing:
        raise ClientRefused(f"/{command.name} needs {', '.join(missing)}")


def check_option(command: CommandDefinition, name: str, value: OptionValue) -> None:
    """Refuse a value that its option does not take."""
    for option in command.options:
        if option.name == name:
            mistake = _mistake(option, value)
            if mistake:
                raise ClientRefused(f"{name}: {mistake}")
            return
    raise ClientRefused(f"/{command.name} has no option {name}")


def _is_of(kind: OptionType, value: OptionValue) -> bool:
    if isinstance(value, bool) != (kind == OptionType.BOOLEAN) or not isinstance(value, _TYPES[kind]):
        return False
    return kind not in (OptionType.USER, OptionType.ROLE) or str(value).isdecimal()


def _mistake(option: OptionDefinition, value: OptionValue) -> str | None:
    if not _is_of(option.type, value):
        return f"not a {option.type.name.lower()}"
    if isinstance(value, Upload):
        return None
    if isinstance(value, str):
        least, most = option.min_length or 0, option.max_length or _LONGEST_TEXT
        if not least <= len(value) <= most or (option.required and not value):
            return f"{least} to {most} characters"
    elif option.min_value is not None and value < option.min_value:
        return f"at least {option.min_value:g}"
    elif option.max_value is not None and value > option.max_value:
        return f"at most {option.max_value:g}"
    known = [choice.value for choice in option.choices]
    return f"one of {known}" if known and value not in known else None
