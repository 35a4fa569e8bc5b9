"""Each line of the ladder, wherever the request came from and whatever became of its token meanwhile."""

import asyncio
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import pytest

from storage.records import JobState
from tests.api_cases import all_pairs
from tests.fault_table import Figures
from tests.local_world import LocalWorld, booked, ended
from tests.reliability.ladder import LINES, PLACES, SILENT, SOME_LINES, TOKENS, VISIBILITIES
from tests.reliability.ladder_walk import Walk, collect, paid, price, set_out, still_wrong, walked, wrong

pytestmark = pytest.mark.row("Discord")


def pairs(*factors: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """A few combinations of the factors' names, in which each two meet."""
    chosen = all_pairs(*map(len, factors))
    return [tuple(list(factor)[at] for factor, at in zip(factors, each, strict=True)) for each in chosen]


SOME = pairs(TOKENS, SOME_LINES, PLACES, VISIBILITIES)


async def all_end_as_documented(
    world: LocalWorld, figures: Figures, token: str, walks: Iterable[Walk], deadline: float = 60
) -> None:
    """Nothing is stuck, nothing private is public, each credit is where it belongs, what is held is found."""
    cases = set_out(world, TOKENS[token], list(walks))
    held = [case for case in cases if case.end.state is JobState.HELD]
    async with walked(world, TOKENS[token], cases) as services:
        assert await still_wrong(world, services.store, cases, deadline) == {}
        for case in cases:
            assert (case.name, await paid(services.store, case)) == (case.name, price(case))
    async with world.store() as store:
        assert await wrong(world, store, cases) == {}  # nothing more came until the bot had stopped
    assert [case.name for case in cases if not case.met(world, TOKENS[token])] == []
    async with world.bot() as services:
        await asyncio.gather(*(collect(world, case) for case in held))
        jobs = sum(case.end.state is not None for case in cases)
        await ended(services.store, jobs)
        assert await booked(services.store) == {"reserve": jobs, "settle": jobs}
    assert [case.name for case in cases if case.leaks(world)] == []
    figures.add(cases=len(cases), held=len(held))


@pytest.mark.parametrize("token", TOKENS)
async def test_some_of_all_combinations(world: LocalWorld, figures: Figures, token: str) -> None:
    """A few of all combinations of line, token, place and visibility, in which each two meet."""
    walks = [
        Walk(name, LINES[name], place, private=VISIBILITIES[visibility])
        for of, name, place, visibility in SOME
        if of == token
    ]
    await all_end_as_documented(world, figures, token, walks)


@pytest.mark.long
@pytest.mark.parametrize("visibility", VISIBILITIES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("token", TOKENS)
async def test_every_line(
    world: LocalWorld, figures: Figures, token: str, place: str, visibility: str
) -> None:
    """All lines in one place, with one fate of the token."""
    walks = [Walk(name, line, place, private=VISIBILITIES[visibility]) for name, line in LINES.items()]
    await all_end_as_documented(world, figures, token, walks)


@pytest.mark.long
@pytest.mark.timeout(500)
@pytest.mark.parametrize("token", TOKENS)
async def test_no_answer_at_all(world: LocalWorld, figures: Figures, token: str) -> None:
    """A call that hangs is given up after two minutes; what it did all the same is not done twice."""
    walks = [
        Walk(name, line, place, private=VISIBILITIES[visibility])
        for (name, line), place, visibility in product(SILENT.items(), PLACES, VISIBILITIES)
    ]
    await all_end_as_documented(world, figures, token, walks, deadline=400)
