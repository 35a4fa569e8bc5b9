"""Message components: the shapes Discord takes, version 1 (rows) and 2 (whole layouts)."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from sandbox.discord.commands import Strict
from sandbox.discord.errors import invalid
from sandbox.discord.model import JSON

CustomId = Annotated[str, Field(min_length=1, max_length=100)]
AltText = Annotated[str, Field(max_length=1024)]


class Component(Strict):
    """What all components have."""

    id: int | None = Field(None, ge=0, le=0x7FFF_FFFF)
    """Unique in the message or form; Discord gives one to whatever comes without, or with 0."""


class Emoji(Strict):
    """An emoji on a button or in a menu."""

    name: str | None = None
    id: int | None = None
    animated: bool = False


class Button(Component):
    """A button: styles 1 to 4 are pressed, 5 is a link."""

    type: Literal[2]
    style: Literal[1, 2, 3, 4, 5]
    label: str | None = Field(None, min_length=1, max_length=80)
    emoji: Emoji | None = None
    custom_id: CustomId | None = None
    url: str | None = Field(None, max_length=512, pattern="^(https?|discord)://")
    disabled: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.style == 5) != (self.url is not None) or (self.url is None) == (self.custom_id is None):
            raise ValueError("A link button has a URL, every other button a custom_id.")
        if self.label is None and self.emoji is None:
            raise ValueError("A button has a label or an emoji.")
        return self


class SelectOption(Strict):
    """One line of a menu."""

    label: str = Field(min_length=1, max_length=100)
    value: str = Field(min_length=1, max_length=100)
    description: str | None = Field(None, max_length=100)
    emoji: Emoji | None = None
    default: bool = False


class Select(Component):
    """A menu of texts."""

    type: Literal[3]
    custom_id: CustomId
    options: tuple[SelectOption, ...] = Field(min_length=1, max_length=25)
    placeholder: str | None = Field(None, max_length=150)
    min_values: int = Field(1, ge=0, le=25)
    max_values: int = Field(1, ge=1, le=25)
    required: bool = True
    disabled: bool = False


class DefaultValue(Strict):
    """What a menu of things shows as chosen."""

    id: Annotated[str, BeforeValidator(str), Field(pattern=r"^\d+$")]
    type: Literal["user", "role", "channel"]


class ThingSelect(Component):
    """A menu of the server's people (5), roles (6) or channels (8)."""

    type: Literal[5, 6, 8]
    custom_id: CustomId
    channel_types: tuple[int, ...] = ()
    """Which channels it offers; none named: all."""
    default_values: tuple[DefaultValue, ...] = Field((), max_length=25)
    placeholder: str | None = Field(None, max_length=150)
    min_values: int = Field(1, ge=0, le=25)
    max_values: int = Field(1, ge=1, le=25)
    required: bool = True
    disabled: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        kind = {5: "user", 6: "role", 8: "channel"}[self.type]
        if any(value.type != kind for value in self.default_values):
            raise ValueError("A default value is of the menu's own type.")
        if len(self.default_values) > self.max_values:
            raise ValueError("There are more defaults than may be chosen.")
        if self.channel_types and self.type != 8:
            raise ValueError("Only channels have types.")
        return self


class ActionRow(Component):
    """A row of up to five buttons, or of one menu."""

    type: Literal[1]
    components: tuple[Annotated[Button | Select | ThingSelect, Field(discriminator="type")], ...] = Field(
        min_length=1, max_length=5
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        menus = [component for component in self.components if not isinstance(component, Button)]
        if menus and len(self.components) > 1:
            raise ValueError("A menu fills its row.")
        return self


class TextDisplay(Component):
    """Text in markdown."""

    type: Literal[10]
    content: str = Field(min_length=1, max_length=4000)


class Media(Strict):
    """Where a picture is: a URL, or `attachment://NAME`."""

    url: str = Field(pattern="^(https?|attachment)://")


class Thumbnail(Component):
    """A small picture beside a text."""

    type: Literal[11]
    media: Media
    description: AltText | None = None
    spoiler: bool = False


class Section(Component):
    """Texts with a picture or button beside them."""

    type: Literal[9]
    components: tuple[TextDisplay, ...] = Field(min_length=1, max_length=3)
    accessory: Annotated[Thumbnail | Button, Field(discriminator="type")]


class GalleryItem(Strict):
    """One picture of a gallery."""

    media: Media
    description: AltText | None = None
    spoiler: bool = False


class MediaGallery(Component):
    """One to ten pictures."""

    type: Literal[12]
    items: tuple[GalleryItem, ...] = Field(min_length=1, max_length=10)


class Separator(Component):
    """A line or a gap."""

    type: Literal[14]
    divider: bool = True
    spacing: Literal[1, 2] = 1


class Container(Component):
    """A box around others, with an accent colour."""

    type: Literal[17]
    components: tuple[
        Annotated[ActionRow | TextDisplay | Section | MediaGallery | Separator, Field(discriminator="type")],
        ...,
    ] = Field(min_length=1)
    accent_color: int | None = Field(None, ge=0, le=0xFFFFFF)
    spoiler: bool = False


TopLevel = Annotated[
    ActionRow | TextDisplay | Section | MediaGallery | Separator | Container, Field(discriminator="type")
]


def check_components(components: list[JSON], *, version_2: bool) -> None:
    """Refuse what only the whole message shows: version, numbers, equal ids and custom_ids."""
    every = list(flat(components))
    if not version_2:
        if any(component["type"] != 1 for component in components):
            raise invalid(["components"], "UNION_TYPE_CHOICES", "This component needs flag 32768.")
        if len(components) > 5:
            raise invalid(["components"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    if len(every) > 40:
        raise invalid(["components"], "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "At most 40 components.")
    if sum(len(component.get("content", "")) for component in every) > 4000:
        raise invalid(["components"], "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "At most 4000 characters.")
    check_unique(every)


def check_unique(every: list[JSON]) -> None:
    """Refuse equal custom_ids and equal ids."""
    custom_ids = [component["custom_id"] for component in every if "custom_id" in component]
    if len(custom_ids) != len(set(custom_ids)):
        raise invalid(["components"], "COMPONENT_CUSTOM_ID_DUPLICATED", "Custom ids must be unique.")
    ids = [component["id"] for component in every if component.get("id")]
    if len(ids) != len(set(ids)):
        raise invalid(["components"], "COMPONENT_ID_DUPLICATED", "Ids must be unique.")


def give_ids(components: list[JSON]) -> None:
    """Give an id to each component that has none, as Discord counts them: from 1, leaving out taken ones."""
    every = list(flat(components))
    taken = {component.get("id") for component in every}
    free = (one for one in count(1) if one not in taken)
    for component in every:
        component["id"] = component.get("id") or next(free)


def flat(components: Iterable[JSON]) -> Iterator[JSON]:
    """Yield the components and all that are in them."""
    for component in components:
        yield component
        yield from flat(component.get("components", []))
        for name in ("accessory", "component"):
            if name in component:
                yield component[name]


def media(components: Iterable[JSON]) -> Iterator[JSON]:
    """Yield each `media` object in the components."""
    for component in flat(components):
        if "media" in component:
            yield component["media"]
        for item in component.get("items", []):
            yield item["media"]
