"""Slash commands and message commands: what the bot may register, by Discord's limits."""

import re
from enum import IntEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from sandbox.discord.permissions import Permission

_NAME = r"^[-_'\w]{1,32}$"
Name = Annotated[str, StringConstraints(pattern=_NAME)]
Description = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class OptionType(IntEnum):
    """The option types the bot uses, with Discord's numbers."""

    SUB_COMMAND = 1
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    ROLE = 8
    NUMBER = 10
    ATTACHMENT = 11


_WITH_CHOICES = {OptionType.STRING, OptionType.INTEGER, OptionType.NUMBER}


class Strict(BaseModel):
    """An object in which an unknown field is an error, so that a slip is never lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ChoiceDefinition(Strict):
    """One fixed choice of an option."""

    name: Description
    value: str | int | float


class OptionDefinition(Strict):
    """One option of a command, or a command below it with options of its own."""

    type: OptionType
    name: Name
    description: Description
    required: bool = False
    choices: tuple[ChoiceDefinition, ...] = Field((), max_length=25)
    autocomplete: bool = False
    min_length: int | None = Field(None, ge=0, le=6000)
    max_length: int | None = Field(None, ge=1, le=6000)
    min_value: int | float | None = None
    max_value: int | float | None = None
    options: tuple[Self, ...] = Field((), max_length=25)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.type is OptionType.SUB_COMMAND:
            _check_list(self.options)
            if self.required or self.autocomplete or self.choices:
                raise ValueError("A subcommand takes no value.")
        elif self.options:
            raise ValueError("Only subcommands have options.")
        if self.name != self.name.lower():
            raise ValueError("Command names must be lower case.")
        if self.autocomplete and self.choices:
            raise ValueError("An option has either autocomplete or choices.")
        if (self.choices or self.autocomplete) and self.type not in _WITH_CHOICES:
            raise ValueError("This type of option has no choices.")
        if (self.min_length is not None or self.max_length is not None) and self.type != OptionType.STRING:
            raise ValueError("Only strings have a length.")
        if (self.min_value is not None or self.max_value is not None) and self.type not in (
            OptionType.INTEGER,
            OptionType.NUMBER,
        ):
            raise ValueError("Only numbers have a least and a greatest value.")
        return self


class CommandBody(Strict):
    """A command as the bot registers it."""

    name: str = Field(min_length=1, max_length=32)
    description: str = Field("", max_length=100)
    type: Literal[1, 3] = 1
    """1: after a "/"; 3: in the menu of a message."""
    options: tuple[OptionDefinition, ...] = Field((), max_length=25)
    default_member_permissions: int | None = None
    contexts: tuple[Literal[0, 1, 2], ...] | None = None
    integration_types: tuple[Literal[0, 1], ...] | None = None
    dm_permission: bool | None = None
    nsfw: bool = False

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.type == 3 and (self.description or self.options):
            raise ValueError("A message command has neither a description nor options.")
        if self.type == 1 and not self.description:
            raise ValueError("A slash command has a description.")
        if self.type == 1 and (self.name != self.name.lower() or not re.fullmatch(_NAME, self.name)):
            raise ValueError("Command names must be one word in lower case.")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _check_list(self.options)
        if len({option.type is OptionType.SUB_COMMAND for option in self.options}) > 1:
            raise ValueError("Subcommands and other options do not mix.")
        if _size(self) > 8000:
            raise ValueError("A command has 8000 characters at most.")
        return self


class CommandDefinition(CommandBody):
    """A registered command."""

    id: int
    application_id: int
    guild_id: int | None = None
    version: int

    @property
    def permissions(self) -> Permission:
        """Return what a member needs by default to be offered it."""
        return Permission(self.default_member_permissions or 0)

    @property
    def entries(self) -> list[Self]:
        """Return what a client lists: the command itself, or its subcommands under both names."""
        below = [option for option in self.options if option.type is OptionType.SUB_COMMAND]
        return [
            self.model_copy(
                update={
                    "name": f"{self.name} {each.name}",
                    "description": each.description,
                    "options": each.options,
                }
            )
            for each in below
        ] or [self]

    def offered(self, context: int, integration_type: int) -> bool:
        """Tell whether it is there in a context (0 server, 1 bot's DM, 2 private) for a kind of install."""
        default_contexts = (0,) if self.dm_permission is False else (0, 1, 2)
        contexts = default_contexts if self.contexts is None else self.contexts
        integration_types = (0,) if self.integration_types is None else self.integration_types
        return context in contexts and integration_type in integration_types


def _check_list(options: tuple[OptionDefinition, ...]) -> None:
    """Refuse options that do not go together."""
    names = [option.name for option in options]
    if len(names) != len(set(names)):
        raise ValueError("Option names must be unique.")
    required = [option.required for option in options]
    if required != sorted(required, reverse=True):
        raise ValueError("Required options must be placed before non-required options.")


def _size(command: CommandBody | OptionDefinition) -> int:
    texts = [command.name, command.description]
    if isinstance(command, OptionDefinition):
        texts += [text for choice in command.choices for text in (choice.name, str(choice.value))]
    return sum(map(len, texts)) + sum(map(_size, command.options))
