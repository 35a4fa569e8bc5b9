"""Forms, which Discord calls modals: the shapes it takes when the bot opens one."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from sandbox.discord.commands import Strict
from sandbox.discord.components import (
    Component,
    CustomId,
    Select,
    SelectOption,
    TextDisplay,
    check_unique,
    flat,
    give_ids,
)
from sandbox.discord.model import JSON

LONGEST_TEXT = 4000
_HIGHEST = Annotated[int, Field(ge=1, le=10)]
_LOWEST = Annotated[int, Field(ge=0, le=10)]


class TextInput(Component):
    """A text to be typed, on one line (1) or several (2)."""

    type: Literal[4]
    custom_id: CustomId
    style: Literal[1, 2]
    label: str | None = Field(None, min_length=1, max_length=45)
    """Only outside a Label, in the old form."""
    min_length: int = Field(0, ge=0, le=LONGEST_TEXT)
    max_length: int = Field(LONGEST_TEXT, ge=1, le=LONGEST_TEXT)
    required: bool = True
    value: str = ""
    placeholder: str | None = Field(None, max_length=100)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.min_length > self.max_length:
            raise ValueError("min_length is at most max_length.")
        if self.value and not self.min_length <= len(self.value) <= self.max_length:
            raise ValueError(f"Must be between {self.min_length} and {self.max_length} in length.")
        return self


class Menu(Select):
    """A menu of texts in a form."""

    disabled: Literal[False] = False

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _check_options(self.options, self.max_values)
        return self


class Option(Strict):
    """One line of a group."""

    label: str = Field(min_length=1, max_length=100)
    value: str = Field(min_length=1, max_length=100)
    description: str | None = Field(None, max_length=100)
    default: bool = False


class RadioGroup(Component):
    """Lines of which one is chosen."""

    type: Literal[21]
    custom_id: CustomId
    options: tuple[Option, ...] = Field(min_length=2, max_length=10)
    required: bool = True

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _check_options(self.options, 1)
        return self


class _Several(Component):
    """What takes several values."""

    custom_id: CustomId
    min_values: _LOWEST | None = None
    max_values: _HIGHEST | None = None
    required: bool = True

    @model_validator(mode="after")
    def _numbers_fit(self) -> Self:
        if self.required and self.min_values == 0:
            raise ValueError("min_values is at least 1 while it is required.")
        if self.max_values and (self.min_values or 0) > self.max_values:
            raise ValueError("min_values is at most max_values.")
        return self


class CheckboxGroup(_Several):
    """Lines of which several may be ticked."""

    type: Literal[22]
    options: tuple[Option, ...] = Field(min_length=1, max_length=10)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _check_options(self.options, self.max_values or len(self.options))
        if max(self.min_values or 0, self.max_values or 0) > len(self.options):
            raise ValueError("There are fewer options.")
        return self


class FileUpload(_Several):
    """A place for files."""

    type: Literal[19]


class Checkbox(Component):
    """One box to tick."""

    type: Literal[23]
    custom_id: CustomId
    default: bool = False


class Label(Component):
    """A field with its name and what it is for."""

    type: Literal[18]
    label: str = Field(min_length=1, max_length=45)
    description: str | None = Field(None, min_length=1, max_length=100)
    component: Annotated[
        TextInput | Menu | RadioGroup | CheckboxGroup | Checkbox | FileUpload, Field(discriminator="type")
    ]

    @field_validator("component")
    @classmethod
    def _named_once(cls, component: Component) -> Component:
        if isinstance(component, TextInput) and component.label is not None:
            raise ValueError("The Label has the label.")
        return component


class OldRow(Component):
    """A text input in a row, the old form of a Label."""

    type: Literal[1]
    components: tuple[TextInput] = Field()

    @field_validator("components")
    @classmethod
    def _named(cls, components: tuple[TextInput]) -> tuple[TextInput]:
        if components[0].label is None:
            raise ValueError("A text input outside a Label has a label.")
        return components


class ModalBody(Strict):
    """A form as the bot opens it."""

    custom_id: CustomId
    title: str = Field(min_length=1, max_length=45)
    components: tuple[Annotated[Label | TextDisplay | OldRow, Field(discriminator="type")], ...] = Field(
        min_length=1, max_length=5
    )


class ModalResponse(Strict):
    """The answer that opens a form."""

    type: Literal[9]
    data: ModalBody


def modal_json(body: ModalBody) -> JSON:
    """Return the form as the client gets it, with an id for each component; equal ids are refused."""
    modal = body.model_dump(mode="json", exclude_none=True)
    components = modal["components"]
    check_unique(list(flat(components)))
    give_ids(components)
    return modal


def _check_options(options: Iterable[SelectOption | Option], most: int) -> None:
    values = [option.value for option in options]
    if len(values) != len(set(values)):
        raise ValueError("The values of the options must be unique.")
    if sum(option.default for option in options) > most:
        raise ValueError("There are more defaults than may be chosen.")
