"""The image APIs side by side: which of them a call goes to, by preference and health."""

import pytest

from bot.services.breaker import FAILURES, FIRST_PAUSE, Breaker, Health
from bot.services.image_apis import ImageApi, ImageApis
from tests.bot.services.crowd import Clock
from tests.bot.services.planned_api import PlannedApi


def apis(*healths: Health) -> ImageApis:
    """One API for each of these, called a, b and so on."""
    return ImageApis([_api(name, health) for name, health in zip("abc", healths, strict=False)])


def _api(name: str, health: Health) -> ImageApi:
    clock = Clock()
    breaker = Breaker(clock)
    if health is not Health.WELL:
        for _ in range(FAILURES):
            breaker.failed()
    if health in {Health.DUE, Health.PROBED}:
        clock.now += FIRST_PAUSE
    if health is Health.PROBED:
        breaker.probe()
    assert breaker.health is health
    return ImageApi(PlannedApi(name=name), slots=1, breaker=breaker)


def test_they_are_found_by_name_in_order() -> None:
    """The preferred one stands first."""
    three = apis(*[Health.WELL] * 3)
    assert list(three) == ["a", "b", "c"]
    assert len(three) == 3
    assert three["b"].name == "b"
    assert three.get("ruxa") is None


@pytest.mark.parametrize(
    ("healths", "able", "which"),
    [
        ([Health.WELL, Health.WELL], "ab", "a"),
        ([Health.WELL, Health.WELL], "ba", "b"),
        ([Health.WELL, Health.WELL], "b", "b"),
        ([Health.RESTING, Health.WELL], "ab", "b"),
        ([Health.DUE, Health.WELL], "ab", "a"),
        ([Health.PROBED, Health.WELL], "ab", "b"),
        ([Health.RESTING, Health.DUE], "ab", "b"),
        ([Health.RESTING, Health.RESTING], "ab", "a"),
        ([Health.RESTING, Health.RESTING], "ba", "b"),
        ([Health.RESTING, Health.PROBED], "ab", None),
        ([Health.PROBED, Health.RESTING], "ab", None),
        ([Health.PROBED], "a", None),
        ([Health.RESTING, Health.WELL], "a", "a"),
    ],
)
def test_a_call_goes_to_the_first_that_is_well(healths: list[Health], able: str, which: str | None) -> None:
    """A probe is waited for only where nobody else is well; where all rest, the first one fails."""
    assert apis(*healths).which(able) == which


def test_who_may_be_asked() -> None:
    """All but those that rest, and those that have just refused to serve us."""
    assert apis(Health.RESTING, Health.DUE, Health.PROBED).well() == ["b", "c"]
    two = apis(Health.WELL, Health.WELL)
    two["a"].breaker.refused()
    assert two.well() == ["b"]
    assert two.which("ab") == "a"  # its account may have been filled since
