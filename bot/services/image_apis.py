"""The image APIs that the operator has set up, in order of preference, each with its health and its limit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.providers.base import Provider
from bot.services.breaker import Breaker, Health


@dataclass(frozen=True, slots=True)
class ImageApi:
    """One API; `slots` is how many calls may be under way there at once."""

    provider: Provider
    slots: int
    breaker: Breaker = field(default_factory=Breaker)

    @property
    def name(self) -> str:
        """The short name of the API."""
        return self.provider.name


class ImageApis(Mapping[str, ImageApi]):
    """The APIs by name, the preferred one first."""

    def __init__(self, apis: Sequence[ImageApi]) -> None:
        self._apis = {api.name: api for api in apis}

    def __getitem__(self, name: str) -> ImageApi:
        return self._apis[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._apis)

    def __len__(self) -> int:
        return len(self._apis)

    def well(self) -> list[str]:
        """The APIs that are likely to serve us now."""
        return [
            name
            for name, api in self.items()
            if api.breaker.health is not Health.RESTING and not api.breaker.refuses
        ]

    def which(self, able: Sequence[str]) -> str | None:
        """The API that the next call goes to, of those that are able to serve it.

        None while only a probe can tell; where all rest, the first one, which then fails without being asked.
        """
        health = {name: self[name].breaker.health for name in able}
        for name in able:
            if health[name] in {Health.WELL, Health.DUE}:
                return name
        return None if Health.PROBED in health.values() else able[0]
