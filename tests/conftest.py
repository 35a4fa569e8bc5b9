"""What all tests share."""

import gc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fault_table import figures, pytest_runtest_setup, pytest_terminal_summary
from tests.local_world import LocalWorld, local_world

__all__ = ["figures", "pytest_runtest_setup", "pytest_terminal_summary", "world"]


@pytest.fixture
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[LocalWorld]:
    """The local world; settings are changed with `@pytest.mark.settings(bot_budget=3)`."""
    marker = request.node.get_closest_marker("settings")
    async with local_world(tmp_path, **(marker.kwargs if marker else {})) as opened:
        yield opened


@pytest.hookimpl(trylast=True)  # when the choice is made
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the hour of use, so that all the rest runs beside it: it changes places with the first."""
    for place, item in enumerate(items):
        limit = item.get_closest_marker("timeout")
        if limit and limit.args[0] > 3600:
            items[0], items[place] = item, items[0]


def pytest_collection_finish() -> None:
    """Keep the tests themselves, a hundred thousand objects, out of every later search for garbage."""
    gc.collect()
    gc.freeze()
