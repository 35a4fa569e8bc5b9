"""The table of faults as the tests print it: for each row how many cases held, and what was measured."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

Figure = int | float


class Figures:
    """What a test measured; shown in the row that its marker names."""

    def __init__(self, node: pytest.Item) -> None:
        self._node = node

    def add(self, **numbers: Figure) -> None:
        """Numbers that are summed over the tests of the row: `figures.add(kills=3)`."""
        self._node.user_properties.extend((f"sum {name}", number) for name, number in numbers.items())

    def most(self, **numbers: Figure) -> None:
        """Numbers of which the row shows the highest: `figures.most(recovery_s=1.4)`."""
        self._node.user_properties.extend((f"most {name}", number) for name, number in numbers.items())


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a test notes what it has measured."""
    return Figures(request.node)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let the report of a test know its row."""
    if marker := item.get_closest_marker("row"):
        item.user_properties.append(("row", marker.args[0]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the rows that were tried, with their figures."""
    rows: dict[str, list[pytest.TestReport]] = {}
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, ()):
            for row in _named(report, "row") if isinstance(report, pytest.TestReport) else ():
                rows.setdefault(row, []).append(report)
    if rows:
        terminalreporter.write_sep("=", "table of faults")
        for row in sorted(rows):
            terminalreporter.write_line(_line(row, rows[row]))


def _line(row: str, reports: list[pytest.TestReport]) -> str:
    held = sum(report.passed for report in reports)
    shown = [f"{row:<14}", f"{held} of {len(reports)} hold"]
    for kind, combined in _COMBINED.items():
        shown += [f"{name.replace('_', ' ')} {number:,.10g}" for name, number in combined(reports, kind)]
    return "  ".join(shown)


def _sums(reports: list[pytest.TestReport], kind: str) -> list[tuple[str, Figure]]:
    totals = Counter[str]()
    for name, number in _measured(reports, kind):
        totals[name] += number  # type: ignore[assignment]  # a Counter counts in fractions as well
    return list(totals.items())


def _highest(reports: list[pytest.TestReport], kind: str) -> list[tuple[str, Figure]]:
    found: dict[str, Figure] = {}
    for name, number in _measured(reports, kind):
        found[name] = max(number, found.get(name, number))
    return list(found.items())


_COMBINED: dict[str, Callable[[list[pytest.TestReport], str], list[tuple[str, Figure]]]] = {
    "sum": _sums,
    "most": _highest,
}


def _measured(reports: list[pytest.TestReport], kind: str) -> list[tuple[str, Figure]]:
    return [
        (name.removeprefix(f"{kind} "), number)
        for report in reports
        for name, number in _properties(report)
        if name.startswith(f"{kind} ")
    ]


def _named(report: pytest.TestReport, name: str) -> list[str]:
    return [str(value) for key, value in _properties(report) if key == name]


def _properties(report: pytest.TestReport | pytest.CollectReport) -> list[tuple[str, Any]]:
    """What a report carries; that of a file that cannot be read carries nothing."""
    return [(str(name), value) for name, value in getattr(report, "user_properties", ())]
