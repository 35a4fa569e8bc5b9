"""What the services ask of the chat; the Discord side gives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.errors import BotError
from storage.records import JobRecord


@dataclass(frozen=True, slots=True)
class ResultImage:
    """A finished picture on our disk; `url` is the API's link to the same, `size` in bytes."""

    path: Path
    media_type: str
    size: int
    url: str | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where a result stands now: a message with a link, or the answer itself with this content."""

    message_id: int | None
    link: str | None
    content: str | None = None


class Messenger(Protocol):
    """Tells members how their jobs go."""

    async def show_progress(self, job: JobRecord, ready_at: float | None) -> None:
        """Say what is being made and when it should be ready; None where it takes longer than that.

        Never raises: a job does not hang on it.
        """

    async def show_waiting(self, job: JobRecord, place: int, ready_at: float) -> None:
        """Say that the job waits, behind how many others, and how to cancel it; never raises."""

    async def deliver(self, job: JobRecord, images: Sequence[ResultImage]) -> Delivered:
        """Bring the result to where it belongs; trying again never shows it twice.

        Raises `Undeliverable` when there is no place for it, `BlockedByDiscord` when Discord forbids it.
        """

    async def show_done(self, job: JobRecord, delivered: Delivered, *, left: int, images: int) -> None:
        """Close the progress message; never raises."""

    async def close_reply(self, job: JobRecord, *, images: int) -> None:
        """Take the progress of a delivered job away where a message asked for it; never raises."""

    async def show_cancelled(self, job: JobRecord) -> None:
        """Say that the job was cancelled, and that the credits are back; never raises."""

    async def show_failure(self, job: JobRecord, error: BotError) -> None:
        """Say why there is no result, and what became of the credits; never raises."""
