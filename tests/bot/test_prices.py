"""Prices: the documented ones, and the operator's changes to them."""

import pytest

from bot.prices import PriceList
from bot.providers.xhuo import XHuo

DOCUMENTED = {
    "nano-banana": {"1K": 1},
    "nano-banana-2": {"1K": 2, "2K": 3, "4K": 4},
    "nano-banana-pro": {"1K": 4, "2K": 4, "4K": 8},
}


def prices(changes: str = "") -> dict[str, dict[str, int]]:
    """The whole list after some changes."""
    parsed = PriceList.parse(changes)
    return {model: parsed.of_model(model) for model in DOCUMENTED}


def test_defaults() -> None:
    """Without changes the prices are as the documentation says."""
    assert prices() == DOCUMENTED
    assert PriceList.parse("").price("nano-banana-pro", "4K") == 8


@pytest.mark.parametrize(
    ("changes", "model", "expected"),
    [
        ("nano-banana=7", "nano-banana", {"1K": 7}),
        ("nano-banana-2=5", "nano-banana-2", {"1K": 5, "2K": 5, "4K": 5}),
        ("nano-banana-2:4K=9", "nano-banana-2", {"1K": 2, "2K": 3, "4K": 9}),
        ("nano-banana-2=5,nano-banana-2:4K=9", "nano-banana-2", {"1K": 5, "2K": 5, "4K": 9}),
        ("nano-banana-2:4K=9,nano-banana-2=5", "nano-banana-2", {"1K": 5, "2K": 5, "4K": 5}),
        (" NANO-BANANA-2 : 4k = 0 ,, ", "nano-banana-2", {"1K": 2, "2K": 3, "4K": 0}),
    ],
)
def test_changes(changes: str, model: str, expected: dict[str, int]) -> None:
    """A change is for one size or for all of them, the last one counts, and no other model is touched."""
    assert prices(changes) == DOCUMENTED | {model: expected}


@pytest.mark.parametrize(
    "changes",
    [
        "nano-banana",
        "nano-banana=",
        "=1",
        "nano-banana=-1",
        "nano-banana=1.5",
        "nano-banana=1000001",
        "nano-banana:2K=1",
        "nano-banana-3=1",
        "nano-banana-2:8K=1",
        "nano-banana=1;nano-banana-2=2",
    ],
)
def test_what_cannot_be_meant_is_refused(changes: str) -> None:
    """With a sentence that shows the part that is wrong."""
    with pytest.raises(ValueError, match="is not") as error:
        PriceList.parse(f"nano-banana-pro=4,{changes}")
    assert "nano-banana-pro=4" not in str(error.value)


def test_a_parsed_list_leaves_the_defaults_alone() -> None:
    """Changes are for one list."""
    PriceList.parse("nano-banana=9")
    assert prices() == DOCUMENTED


def test_everything_on_offer_has_a_price() -> None:
    """Each model and size of the API can be paid, and nothing else is listed."""
    offered = {offer.model: set(offer.resolutions) for offer in XHuo.offers}
    assert offered == {model: set(sizes) for model, sizes in DOCUMENTED.items()}


def test_what_is_not_listed_has_no_price() -> None:
    """Asking for it is a mistake of ours, not a price of zero."""
    with pytest.raises(KeyError):
        PriceList.parse("").price("nano-banana", "4K")
