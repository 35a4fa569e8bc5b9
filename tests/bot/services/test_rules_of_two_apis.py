"""What two image APIs offer together: who is able to make it, and what works instead."""

from collections.abc import Mapping, Sequence
from itertools import permutations, product
from typing import Any

import pytest

from bot.errors import UserError, explain
from bot.images import ImageRequest
from bot.prices import PriceList
from bot.providers.base import Offer
from bot.services.request_rules import RequestRules
from tests.bot.services.real_offers import BANANA, BOTH, EDIT_MODEL, rules

OTHERS = "which is near, or the model nano-banana or nano-banana-pro."


def invented(offers: Mapping[str, Sequence[Offer]]) -> RequestRules:
    """The rules for APIs that nobody has built yet."""
    return RequestRules(offers, PriceList.parse(""))


def refusal(of: RequestRules, *, sources: int = 0, **values: object) -> str:
    """The sentence for a request that is refused."""
    with pytest.raises(UserError) as error:
        of.check(BANANA.but(**values), sources=sources)
    return explain(error.value)


async def test_the_menu_is_what_both_offer() -> None:
    """Each choice once, those of the preferred API first."""
    both = await rules(*BOTH)
    assert both.models == ["nano-banana", "nano-banana-2", "nano-banana-pro"]
    assert both.resolutions == ["1K", "2K", "4K"]
    xhuo = ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4"]
    assert both.aspect_ratios == [*xhuo, "4:5", "5:4", "21:9", "auto"]
    assert (await rules("ruxa", "xhuo")).models == ["nano-banana", "nano-banana-pro", "nano-banana-2"]
    assert (await rules("ruxa")).models == ["nano-banana", "nano-banana-pro"]


@pytest.mark.parametrize(
    ("values", "editing", "able"),
    [
        ({}, False, ["xhuo", "ruxa"]),
        ({"aspect_ratio": "16:9"}, False, ["xhuo", "ruxa"]),
        ({"aspect_ratio": "21:9"}, False, ["ruxa"]),
        ({"aspect_ratio": "auto"}, False, ["ruxa"]),
        ({"model": "nano-banana-2", "resolution": "4K"}, False, ["xhuo"]),
        ({"model": "nano-banana-2", "aspect_ratio": "21:9"}, False, []),
        ({"model": "nano-banana-pro", "resolution": "4K"}, False, ["xhuo", "ruxa"]),
        ({"resolution": "2K"}, False, []),
        ({}, True, ["xhuo"]),
        ({"aspect_ratio": "21:9"}, True, []),
        ({"model": "nano-banana-pro", "aspect_ratio": "21:9"}, True, ["ruxa"]),
        ({"model": "nano-banana-pro"}, True, ["xhuo", "ruxa"]),
    ],
)
async def test_who_is_able(values: dict[str, object], editing: bool, able: list[str]) -> None:
    """Those that offer exactly this, the preferred one first; a model in its place is not the same."""
    both, turned = await rules(*BOTH), await rules("ruxa", "xhuo")
    request = BANANA.but(**{"aspect_ratio": None if editing else "1:1"} | values)
    assert both.able(request, editing=editing) == tuple(able)
    assert sorted(turned.able(request, editing=editing)) == sorted(able)
    if len(able) == 2:
        assert turned.able(request, editing=editing) == ("ruxa", "xhuo")


async def test_an_edit_model_makes_the_other_api_able() -> None:
    """With it the standard model edits there as itself."""
    assert (await rules(*BOTH, edit_model=EDIT_MODEL)).able(BANANA, editing=True) == ("xhuo", "ruxa")


@pytest.mark.parametrize("names", [*permutations(BOTH), ("xhuo",), ("ruxa",)], ids=str)
@pytest.mark.parametrize("edit_model", [None, EDIT_MODEL])
async def test_everything_that_passes_can_be_made(names: tuple[str, ...], edit_model: str | None) -> None:
    """Whatever the menu combines is either made by somebody who is able, or refused with a sentence."""
    some = await rules(*names, edit_model=edit_model)
    outcomes = []
    for model, size, ratio, sources in product(
        some.models, some.resolutions, (None, *some.aspect_ratios), (0, 1)
    ):
        asked = BANANA.but(model=model, resolution=size, aspect_ratio=ratio)
        made = made_or_refused(some, asked, sources, names)
        if isinstance(made, ImageRequest):
            assert some.able(made, editing=bool(sources))
            assert some.price(made) > 0
        else:
            assert made.endswith("Nothing was spent.")
        outcomes.append(type(made))
    assert outcomes.count(ImageRequest) > 60
    assert outcomes.count(str) > 10


def made_or_refused(
    of: RequestRules, asked: ImageRequest, sources: int, well: Sequence[str]
) -> ImageRequest | str:
    """The request as it is made, or the sentence that refuses it."""
    try:
        return of.as_made(of.check(asked, sources=sources), editing=bool(sources), well=well)
    except UserError as error:
        return explain(error)


@pytest.mark.parametrize(
    ("names", "values", "sentence"),
    [
        (
            BOTH,
            {"resolution": "2K"},
            "nano-banana has no 2K: for that choose nano-banana-2 or nano-banana-pro.",
        ),
        (
            BOTH,
            {"model": "nano-banana-2", "resolution": "2K", "aspect_ratio": "21:9"},
            "nano-banana-2 can't do 21:9: choose 16:9, which is near, or the model nano-banana-pro.",
        ),
        (
            BOTH,
            {"model": "nano-banana-2", "aspect_ratio": "auto"},
            f"nano-banana-2 can't do auto: choose 1:1, {OTHERS}",
        ),
        (
            BOTH,
            {"model": "nano-banana-2", "aspect_ratio": "4:5"},
            f"nano-banana-2 can't do 4:5: choose 3:4, {OTHERS}",
        ),
        (
            BOTH,
            {"model": "nano-banana-2", "aspect_ratio": "5:4", "sources": 1},
            f"nano-banana-2 can't do 5:4: choose 4:3, {OTHERS}",
        ),
        (
            BOTH,
            {"resolution": "4K", "aspect_ratio": "21:9", "sources": 1},
            "nano-banana has no 4K: for that choose nano-banana-pro.",
        ),
        (["ruxa"], {"resolution": "2K"}, "nano-banana has no 2K: for that choose nano-banana-pro."),
        (["ruxa"], {"model": "nano-banana-2"}, "There is no model “nano-banana-2”; choose one of"),
        (["xhuo"], {"aspect_ratio": "auto"}, "There is no `aspect_ratio` “auto”; choose one of 1:1, 3:2"),
    ],
)
async def test_the_nearest_that_works_is_named(
    names: list[str], values: dict[str, Any], sentence: str
) -> None:
    """Another model for the same, or the nearest shape for the same model."""
    told = refusal(await rules(*names), **values)
    assert told.startswith(sentence)
    assert told.endswith("Nothing was spent.")


SQUARE = ("1:1",)
WIDE = ("1:1", "16:9")


def test_a_shape_that_no_model_has_at_this_size() -> None:
    """Then only the nearest shape is named."""
    of = invented({"one": [Offer("draw", ("1K",), WIDE), Offer("draw", ("2K",), SQUARE)]})
    told = refusal(of, model="draw", resolution="2K", aspect_ratio="16:9")
    assert told == "draw can't do 16:9: choose 1:1, which is near. Nothing was spent."


def test_a_size_that_fits_nothing_in_this_shape() -> None:
    """Neither another model nor another shape of the same would do."""
    of = invented({"one": [Offer("draw", ("1K",), WIDE), Offer("paint", ("2K",), SQUARE)]})
    told = refusal(of, model="draw", resolution="2K", aspect_ratio="16:9")
    assert (
        told == "draw can't do 2K in 16:9: choose another `resolution` or `aspect_ratio`. Nothing was spent."
    )


def test_a_model_that_cannot_change_pictures() -> None:
    """The one that can is named; where none can, no empty place is left in the sentence."""
    words_only = Offer("draw", ("1K",), SQUARE, edited_as="nothing")
    of = invented({"one": [words_only, Offer("paint", ("1K",), SQUARE)]})
    told = refusal(of, model="draw", sources=1)
    assert told == "draw cannot change pictures: for that choose paint. Nothing was spent."
    assert "choose ." not in refusal(invented({"one": [words_only]}), model="draw", sources=1)
