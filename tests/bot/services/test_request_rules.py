"""What may be asked for: everything on offer, however it is typed, and a plain sentence for the rest."""

from typing import Any

import pytest

from bot.errors import UserError, explain
from bot.images import ImageRequest
from bot.prices import PriceList
from bot.providers.base import Offer
from bot.providers.xhuo import ASPECT_RATIOS, XHuo
from bot.services.request_rules import RequestRules

RULES = RequestRules({"xhuo": XHuo.offers}, PriceList.parse(""))


def check(sources: int = 0, **values: Any) -> ImageRequest:
    """The request as it would be sent."""
    return RULES.check(ImageRequest(prompt="a banana").but(**values), sources=sources)


def refusal(sources: int = 0, **values: Any) -> str:
    """The sentence for a request that is refused."""
    with pytest.raises(UserError) as error:
        check(sources, **values)
    return explain(error.value)


def test_the_menu() -> None:
    """Models, sizes and shapes are listed once, in the order of the offers."""
    assert RULES.models == ["nano-banana", "nano-banana-2", "nano-banana-pro"]
    assert RULES.resolutions == ["1K", "2K", "4K"]
    assert RULES.aspect_ratios == ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4"]


@pytest.mark.parametrize("offer", XHuo.offers, ids=lambda offer: offer.model)
def test_everything_on_offer_can_be_asked_for(offer: Offer) -> None:
    """Each model at each of its sizes, in each shape."""
    for resolution in offer.resolutions:
        for ratio in offer.aspect_ratios:
            request = check(model=offer.model, resolution=resolution, aspect_ratio=ratio)
            assert (request.model, request.resolution, request.aspect_ratio) == (
                offer.model,
                resolution,
                ratio,
            )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ({"model": " NANO-Banana-PRO "}, {"model": "nano-banana-pro"}),
        ({"model": "nano-banana-2", "resolution": "4k "}, {"resolution": "4K"}),
        ({"aspect_ratio": " 16 : 9 "}, {"aspect_ratio": "16:9"}),
        ({"prompt": "  a banana\n"}, {"prompt": "a banana"}),
    ],
)
def test_typed_values_are_understood(typed: dict[str, Any], meant: dict[str, object]) -> None:
    """Capitals and blanks do not matter, and the API's own spelling goes out."""
    request = check(**typed)
    assert {name: getattr(request, name) for name in meant} == meant


def test_an_edit_keeps_its_shape_and_a_new_picture_is_square() -> None:
    """Without a ratio an edit follows its input; a ratio that is given counts for both."""
    assert check().aspect_ratio == "1:1"
    assert check(sources=1).aspect_ratio is None
    assert check(sources=1, aspect_ratio="3:4").aspect_ratio == "3:4"


def test_nothing_else_is_changed() -> None:
    """Count, spoiler and private go through; limits may be reached."""
    request = check(8, prompt="x" * 4000, count=4, spoiler=True, private=True)
    assert (len(request.prompt), request.count, request.spoiler, request.private) == (4000, 4, True, True)


@pytest.mark.parametrize("prompt", ["", " ", "\n\t ", "\u200b", "\u200d\u2060"])
def test_an_empty_prompt_is_refused(prompt: str) -> None:
    """Blanks and characters that nobody sees are no prompt."""
    assert "the prompt is empty" in refusal(prompt=prompt)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"prompt": "x" * 4001}, "Your prompt has 4,001 characters and I take 4,000"),
        ({"count": 0}, "I make 1 to 4 pictures"),
        ({"count": 5}, "I make 1 to 4 pictures"),
        ({"sources": 9}, "I take 8 pictures at most"),
        (
            {"model": "x"},
            "no model “x”; choose one of nano-banana, nano-banana-2, nano-banana-pro.",
        ),
        ({"resolution": "8K"}, "no `resolution` “8K”; choose one of 1K, 2K, 4K."),
        ({"aspect_ratio": "21:9"}, f"no `aspect_ratio` “21:9”; choose one of {', '.join(ASPECT_RATIOS)}."),
        ({"resolution": "2K"}, "nano-banana has no 2K: for that choose nano-banana-2 or nano-banana-pro."),
        ({"model": "Nano-Banana", "resolution": "4k"}, "nano-banana has no 4K: for that choose"),
    ],
)
def test_a_refusal_names_what_would_work(values: dict[str, Any], words: str) -> None:
    """One sentence, with the limit or the choices, and nothing was spent."""
    sentence = refusal(**values)
    assert words in sentence
    assert sentence.endswith("Nothing was spent.")


@pytest.mark.parametrize("option", ["model", "resolution", "aspect_ratio"])
def test_what_a_member_typed_is_shown_short(option: str) -> None:
    """A long value does not fill the chat, and the sentence stays on its line."""
    typed: dict[str, Any] = {option: "two\nlines\r\u2028" + "y" * 5000}
    sentence = refusal(**typed)
    assert len(sentence) < 300
    assert len(sentence.splitlines()) == 1


def test_prices_of_what_is_typed_so_far() -> None:
    """However a model is typed; an unknown one has the first one's prices."""
    assert RULES.prices_of("NANO-banana-2 ") == {"1K": 2, "2K": 3, "4K": 4}
    assert RULES.prices_of("nonsense") == RULES.prices_of("nano-banana") == {"1K": 1}


@pytest.mark.parametrize("prompt", ["\u3164\u2800", "\u200b\ufeff", "\ud800", " \n\x00"])
def test_a_prompt_that_shows_nothing_is_empty(prompt: str) -> None:
    """Letters that nobody sees are no words."""
    assert refusal(prompt=prompt).startswith("Tell me what the picture should show")


def test_half_a_character_is_left_out() -> None:
    """It could be neither stored nor sent."""
    request = ImageRequest(prompt="a \ud83dboat", model="nano-banana", resolution="1K")
    assert RULES.check(request, sources=0).prompt == "a boat"
