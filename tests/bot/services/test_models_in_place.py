"""Another model in place of the one that was named: only for edits, only where nobody who is well has it."""

import pytest

from tests.bot.services.real_offers import BANANA, BOTH, EDIT_MODEL, rules


async def test_a_new_picture_is_never_made_by_another_model() -> None:
    """Whoever is well: who makes it is decided when its turn comes."""
    for names in (BOTH, ["ruxa"]):
        some = await rules(*names)
        request = some.check(BANANA, sources=0)
        for well in ([], ["xhuo"], ["ruxa"], BOTH):
            assert some.as_made(request, editing=False, well=well) == request


@pytest.mark.parametrize(
    ("names", "well", "instead"),
    [
        (BOTH, BOTH, False),
        (["ruxa", "xhuo"], BOTH, False),
        (BOTH, ["xhuo"], False),
        (BOTH, ["ruxa"], True),
        (BOTH, [], False),
        (["ruxa"], ["ruxa"], True),
        (["ruxa"], [], True),
        (["xhuo"], [], False),
    ],
)
async def test_another_model_edits_where_nobody_offers_the_same(
    names: list[str], well: list[str], instead: bool
) -> None:
    """Only where no API that is well has the model that was named; the member is told, and pays its price."""
    some = await rules(*names)
    request = some.check(BANANA, sources=1)
    made = some.as_made(request, editing=True, well=well)
    if instead:
        assert (made.model, made.asked_model) == ("nano-banana-pro", "nano-banana")
        assert some.price(made) == 4
        assert made.but(model="nano-banana", asked_model=None) == request
    else:
        assert made == request
        assert some.price(made) == 1
    assert some.able(made, editing=True)


@pytest.mark.parametrize("names", [BOTH, ["ruxa"]])
@pytest.mark.parametrize("well", [BOTH, ["ruxa"], []])
async def test_with_an_edit_model_nobody_takes_its_place(names: list[str], well: list[str]) -> None:
    """Both offer the same, and so does one alone."""
    some = await rules(*names, edit_model=EDIT_MODEL)
    request = some.check(BANANA, sources=1)
    assert some.as_made(request, editing=True, well=well) == request


async def test_an_edit_in_a_shape_that_only_the_other_api_has() -> None:
    """The preferred API is well and does not have the shape: the other one's model makes it."""
    both = await rules(*BOTH)
    request = both.check(BANANA.but(aspect_ratio="21:9"), sources=1)
    for well in (BOTH, ["xhuo"], []):
        made = both.as_made(request, editing=True, well=well)
        assert (made.model, made.asked_model, made.aspect_ratio) == ("nano-banana-pro", "nano-banana", "21:9")
        assert both.able(made, editing=True) == ("ruxa",)


async def test_an_edit_leaves_its_shape_to_the_model_by_name_too() -> None:
    """`auto` is what an edit without a shape does anyway, so that every API can do it."""
    both = await rules(*BOTH)
    assert both.check(BANANA.but(aspect_ratio="AUTO"), sources=1).aspect_ratio is None
    assert both.check(BANANA.but(aspect_ratio="AUTO"), sources=0).aspect_ratio == "auto"


@pytest.mark.parametrize(
    ("names", "edit_model", "editing", "price"),
    [
        (["xhuo"], None, True, 1),
        (["ruxa"], None, False, 1),
        (["ruxa"], None, True, 4),
        (["ruxa"], EDIT_MODEL, True, 1),
        (BOTH, None, True, 1),
    ],
)
async def test_the_price_of_an_edit(
    names: list[str], edit_model: str | None, editing: bool, price: int
) -> None:
    """It is the price of the model that will make it."""
    some = await rules(*names, edit_model=edit_model)
    assert some.prices_of("nano-banana", editing=editing)["1K"] == price


@pytest.mark.parametrize("names", [BOTH, ["xhuo"], ["ruxa"]])
@pytest.mark.parametrize("edit_model", [None, EDIT_MODEL])
@pytest.mark.parametrize("sources", [0, 1])
async def test_every_size_with_a_price_can_be_had(
    names: list[str], edit_model: str | None, sources: int
) -> None:
    """The sizes that are shown with a price are those that pass, at that price."""
    some = await rules(*names, edit_model=edit_model)
    for model in some.models:
        for resolution, price in some.prices_of(model, editing=bool(sources)).items():
            request = some.check(BANANA.but(model=model, resolution=resolution), sources=sources)
            made = some.as_made(request, editing=bool(sources), well=names)
            assert some.price(made) == price
