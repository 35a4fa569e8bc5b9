"""The words we speak: what a member asks for, whatever the API is called that makes it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

PROMPT_LIMIT = 4000  # characters
COUNT_LIMIT = 4  # images a request
SOURCES_LIMIT = 8  # input images a request

DEFAULT_MODEL = "nano-banana"
DEFAULT_RESOLUTION = "1K"
DEFAULT_ASPECT_RATIO = "1:1"  # of new images; an edit keeps the shape of its input
BIGGER = "bigger"  # the button that asks for a result at the next size
AUTO = "auto"  # the aspect ratio that leaves the shape to the model


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """What shall be made. Without an aspect ratio the picture keeps the shape of its input.

    `asked_model` is the model that was named, where another one makes the picture in its place.
    """

    prompt: str
    model: str = DEFAULT_MODEL
    asked_model: str | None = None
    resolution: str = DEFAULT_RESOLUTION
    aspect_ratio: str | None = None
    count: int = 1
    spoiler: bool = False
    private: bool = False

    def but(self, **changes: object) -> Self:
        """The same request with some values changed."""
        return replace(self, **changes)  # type: ignore[arg-type]  # the fields' types are checked by callers


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture that a member gave, still where Discord keeps it; `size` in bytes.

    A `spoiler` is hidden until it is clicked, and so is what is made of it.
    """

    url: str
    filename: str
    size: int
    spoiler: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Descent:
    """Where the pictures of a request come from, where they are not new.

    Some are results of the job `parent_id`, or stand in the message `source_message_id` of the same channel;
    `chosen` says which of a message's pictures were used where there was a choice, as in "2/4". `press` names
    the button that asked; it does one job at a time.
    """

    parent_id: str | None = None
    source_message_id: int | None = None
    chosen: str | None = None
    press: str | None = None


@dataclass(frozen=True, slots=True)
class SourceImage:
    """An input picture that was checked and cleaned and lies on our disk; `size` in bytes.

    `url` is where an API can fetch it that takes no bytes.
    """

    path: Path
    media_type: str
    size: int
    url: str | None
