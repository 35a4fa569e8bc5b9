"""What one image costs, in credits, by model and resolution."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

DEFAULT_PRICES: Mapping[tuple[str, str], int] = {
    ("nano-banana", "1K"): 1,
    ("nano-banana-2", "1K"): 2,
    ("nano-banana-2", "2K"): 3,
    ("nano-banana-2", "4K"): 4,
    ("nano-banana-pro", "1K"): 4,
    ("nano-banana-pro", "2K"): 4,
    ("nano-banana-pro", "4K"): 8,
}
HIGHEST = 1_000_000  # credits; a typing mistake, not a price, is beyond it


@dataclass(frozen=True)
class PriceList:
    """Credits for one image of each model and resolution; what is not listed is not for sale."""

    prices: Mapping[tuple[str, str], int]

    @classmethod
    def parse(cls, changes: str) -> Self:
        """The default prices with changes such as `nano-banana=1,nano-banana-2:4K=4`.

        Without a size a change is for every size of the model. Raises `ValueError` with a sentence.
        """
        prices = dict(DEFAULT_PRICES)
        for change in filter(None, (part.strip() for part in changes.split(","))):
            name, _, price = (part.strip() for part in change.partition("="))
            if not price.isdecimal() or int(price) > HIGHEST:
                raise ValueError(f"'{change}' is not like nano-banana-2:4K=4 (whole credits)")
            model, _, size = (part.strip().casefold() for part in name.partition(":"))
            meant = [key for key in prices if key[0] == model and size in {"", key[1].casefold()}]
            if not meant:
                raise ValueError(f"'{name}' is not a model, or not a size of it")
            prices.update(dict.fromkeys(meant, int(price)))
        return cls(prices)

    def price(self, model: str, resolution: str) -> int:
        """Credits for one image; raises `KeyError` for what is not offered."""
        return self.prices[model, resolution]

    def of_model(self, model: str) -> dict[str, int]:
        """The resolutions of a model with their prices."""
        return {resolution: price for (name, resolution), price in self.prices.items() if name == model}
