"""What the buttons below a result ask for, and whether it can be had."""

import pytest

from bot.prices import PriceList
from bot.providers.base import Offer
from bot.services.next_steps import again, bigger, cost
from bot.services.request_rules import RequestRules
from storage.records import JobRecord, JobState, Place
from tests.bot.services.real_offers import rules


def job(**values: object) -> JobRecord:
    """A finished job for two hidden pictures, with some values changed."""
    usual = {
        "id": "0123456789abcdef",
        "request_id": 1,
        "user_id": 7,
        "guild_id": 1,
        "channel_id": 2,
        "place": Place.GUILD,
        "prompt": "a boat",
        "model": "nano-banana",
        "asked_model": None,
        "resolution": "1K",
        "aspect_ratio": "16:9",
        "count": 2,
        "spoiler": True,
        "private": False,
        "price": 1,
        "interaction_token": None,
        "token_expires_at": 0.0,
        "progress_message_id": None,
        "file_limit": 2**20,
        "accepted_at": 0.0,
        "state": JobState.DELIVERED,
        "perhaps_billed": 0,
        "late": False,
        "result_message_id": 3,
        "outcome": None,
        "told": True,
        "sent_at": 0.0,
        "answered_at": 1.0,
        "ready_at": 1.0,
        "ended_at": 1.0,
    }
    return JobRecord(**{**usual, **values})  # type: ignore[arg-type]


def test_again_is_the_same_request() -> None:
    """With all that was asked for, and the model that was named."""
    request = again(job(model="nano-banana-pro", asked_model="nano-banana"))
    assert (request.model, request.asked_model) == ("nano-banana", None)
    assert (request.prompt, request.count, request.aspect_ratio) == ("a boat", 2, "16:9")
    assert request.spoiler


@pytest.mark.parametrize(
    ("apis", "model", "resolution", "expected"),
    [
        (["xhuo"], "nano-banana", "1K", ("nano-banana-2", "2K", 3)),
        (["xhuo"], "nano-banana-2", "1K", ("nano-banana-2", "2K", 3)),
        (["xhuo"], "nano-banana-2", "2K", ("nano-banana-2", "4K", 4)),
        (["xhuo"], "nano-banana-pro", "2K", ("nano-banana-pro", "4K", 8)),
        (["xhuo"], "nano-banana-pro", "4K", None),
        (["xhuo"], "a-model-of-last-year", "1K", ("nano-banana-2", "2K", 3)),
        (["xhuo"], "nano-banana", "512", None),
        (["ruxa"], "nano-banana", "1K", ("nano-banana-pro", "2K", 4)),
        (["ruxa"], "nano-banana-pro", "1K", ("nano-banana-pro", "2K", 4)),
    ],
)
async def test_bigger(
    apis: list[str], model: str, resolution: str, expected: tuple[str, str, int] | None
) -> None:
    """One picture at the next size, with its own model if that can, in the shape that it has."""
    offered = await rules(*apis)
    request = bigger(job(model=model, resolution=resolution), offered)
    if expected is None:
        assert request is None
        return
    assert request is not None
    price = cost(request, offered, editing=True)
    assert (request.model, request.resolution, price) == expected
    assert (request.count, request.aspect_ratio, request.prompt, request.spoiler) == (1, None, "a boat", True)


async def test_bigger_with_the_model_that_was_named() -> None:
    """Not with the one that had edited in its place, if the named one can by now."""
    request = bigger(job(model="nano-banana-pro", asked_model="nano-banana-2"), await rules("xhuo"))
    assert request is not None
    assert request.model == "nano-banana-2"


def test_bigger_where_nothing_is() -> None:
    """An API that offers one size alone."""
    offer = Offer("nano-banana", ("1:1", "16:9"), ("1K",))
    assert bigger(job(), RequestRules({"small": [offer]}, PriceList.parse(""))) is None


async def test_a_cost_is_that_of_all_pictures_and_none_for_what_cannot_be_had() -> None:
    """So that the button is left out."""
    offered = await rules("ruxa")
    assert cost(again(job()), offered, editing=False) == 2
    assert cost(again(job()), offered, editing=True) == 8  # with another model, in its place
    assert cost(again(job(model="nano-banana-2")), offered, editing=False) is None
