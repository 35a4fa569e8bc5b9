"""Random histories over a database file: whatever happens in whatever order, the books are right."""

import asyncio
from pathlib import Path

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from storage.database import Database
from tests.storage.books import CEILINGS, Books, Event

PHASES = set(Phase) - {Phase.shrink}  # on a file it takes minutes, and a history is short enough to read
JOBS, IMAGES, CALLS = st.integers(0, 3), st.integers(0, 4), st.integers(0, 3)
ON_JOBS = ["call", "ready", "hold", "deliver", "fail", "give_up", "blocked", "cancel"]
ON_CALLS = ["take_back", "taken", "told", "callback", "refused", "lost"]


def of(
    kinds: list[str], number: st.SearchStrategy[int], position: st.SearchStrategy[int]
) -> st.SearchStrategy[Event]:
    """Events of some kinds."""
    return st.builds(Event, st.sampled_from(kinds), JOBS, number, position)


accept = of(["accept"], st.integers(1, 4), st.integers(0, 3))
forward = of(["advance"], IMAGES, st.just(0))
surroundings = st.one_of(
    st.sampled_from([Event("turn"), Event("restart")]),
    of(["ceilings"], st.integers(0, len(CEILINGS) - 1), st.just(0)),
)
on_jobs, on_calls = of(ON_JOBS, IMAGES, st.just(0)), of(ON_CALLS, IMAGES, CALLS)
histories = st.lists(
    st.one_of(accept, forward, forward, forward, on_jobs, on_calls, on_calls, surroundings),
    min_size=8,
    max_size=20,
)

RICH = Event("ceilings", 0, 1)
FOUR = Event("accept", 0, 4, 2)
ONE_CALL, A_CALL = Event("call", 0, 4), Event("call", 0, 1)
THREE_OF_FOUR_COME_LATE = [
    *(RICH, FOUR, ONE_CALL, Event("taken"), Event("fail"), Event("callback", 0, 3)),
    *(Event("callback", 0, 3), Event("ready", 0, 3), Event("deliver", 0, 3)),
]
FOUR_CALLS_AND_A_RESTART = [
    *(RICH, FOUR, A_CALL, A_CALL, A_CALL, A_CALL),
    *(Event("taken", 0, 0, 1), Event("callback", 0, 1, 2), Event("restart")),
    *(Event("callback", 0, 1, 1), Event("ready", 0, 2), Event("hold"), Event("deliver", 0, 2)),
]
TAKEN_BACK_AND_MADE_IN_PORTIONS = [
    *(RICH, FOUR, ONE_CALL, Event("take_back"), Event("call", 0, 2), Event("callback", 0, 2)),
    *(A_CALL, A_CALL, Event("refused", 0, 0, 1), Event("lost", 0, 0, 2), Event("ready", 0, 2)),
    *(Event("hold"), Event("turn"), Event("fail")),
]
ONE_LATE_RESULT_AFTER_THE_OTHER = [
    *(RICH, FOUR, A_CALL, A_CALL, Event("fail"), Event("callback", 0, 1, 1), Event("callback", 0, 1, 0)),
    *(Event("blocked", 0, 1), Event("callback", 0, 1, 0), Event("ready", 0, 2), Event("hold"), Event("fail")),
]


def test_the_books_are_right_after_every_event(tmp_path: Path) -> None:
    """Balances equal the ledger, no budget goes below zero, each end is even and the bill is covered."""
    numbers = iter(range(1_000_000))

    with asyncio.Runner() as runner:
        database = Database(tmp_path / "bot.sqlite3")
        runner.run(database.__aenter__())

        @settings(max_examples=50, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])
        @given(histories)
        @example(THREE_OF_FOUR_COME_LATE)
        @example(FOUR_CALLS_AND_A_RESTART)
        @example(TAKEN_BACK_AND_MADE_IN_PORTIONS)
        @example(ONE_LATE_RESULT_AFTER_THE_OTHER)
        def live(history: list[Event]) -> None:
            runner.run(_live(Books(database, next(numbers)), history))

        try:
            live()
        finally:
            runner.run(database.__aexit__(None, None, None))


async def _live(books: Books, history: list[Event]) -> None:
    for event in history:
        await books.happen(event)
        await books.check()
