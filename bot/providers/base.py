"""What every image API looks like from inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.images import ImageRequest, SourceImage
from storage.records import Ticket


@dataclass(frozen=True, slots=True)
class Offer:
    """A model at an API, with the resolutions and aspect ratios it takes, spelt our way.

    `edited_as` is the model that works on pictures in its place, where this one cannot.
    """

    model: str
    resolutions: tuple[str, ...]
    aspect_ratios: tuple[str, ...]
    edited_as: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One paid call: the pictures of a request that it shall bring, with their inputs.

    `callback_url` is where the API may tell us of the result.
    """

    request: ImageRequest
    sources: Sequence[SourceImage] = ()
    callback_url: str | None = None


class NoReply(Exception):
    """The API was asked how far it is and gave no usable reply; it may be asked again."""


class Provider(Protocol):
    """One image API."""

    @property
    def name(self) -> str:
        """The short name that stands in the settings, the database and the log."""

    @property
    def title(self) -> str:
        """Its name as people write it."""

    @property
    def offers(self) -> Sequence[Offer]:
        """What can be asked of it."""

    @property
    def images_per_call(self) -> int:
        """How many pictures one call may ask for."""

    @property
    def calls_back(self) -> bool:
        """Whether it wants an address to call us back."""

    @property
    def fetches_inputs(self) -> bool:
        """Whether it fetches the inputs from addresses, instead of taking their bytes."""

    async def submit(self, order: Order) -> Ticket:
        """Make one paid call, and only one; raises a `ProviderError`."""

    async def query(self, task_id: str) -> Ticket:
        """Ask how far a call is; raises `ProviderError` when it has failed, `NoReply` for the rest."""

    def pause(self, questions: int) -> float:
        """Seconds to wait after so many questions until the next one."""

    def read_callback(self, document: Mapping[str, Any]) -> Ticket:
        """What a callback says, a wake-up where it has no links.

        Raises `ProviderError` when the call has failed, and `ValueError` for what is no callback of it.
        """

    async def check_key(self) -> None:
        """Ask something that costs nothing.

        Raises `ProviderError` when the API would not serve us, `NoReply` when it cannot be told.
        """
