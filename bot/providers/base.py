"""What every image API looks like from inside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.images import ImageRequest, SourceImage


@dataclass(frozen=True, slots=True)
class Offer:
    """A model at an API, with the resolutions and aspect ratios it takes, spelt our way."""

    model: str
    resolutions: tuple[str, ...]
    aspect_ratios: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """An API's answer: its ids for support cases, and the links of the pictures it made."""

    task_id: str | None
    trace_id: str | None
    urls: tuple[str, ...]


class Provider(Protocol):
    """One image API."""

    @property
    def name(self) -> str:
        """The short name that stands in the database and the log."""

    @property
    def offers(self) -> Sequence[Offer]:
        """What can be asked of it."""

    async def submit(self, request: ImageRequest, sources: Sequence[SourceImage]) -> Ticket:
        """Make one paid call, and only one; raises a `ProviderError`."""
