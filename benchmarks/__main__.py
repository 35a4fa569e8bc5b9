"""Measures this bot beside the bare one and prints the figures with their targets; `make bench`.

With `--quick` the minute at a steady rate takes ten seconds, and nobody comes with a thousand at once.
"""

import argparse
import asyncio
import pstats
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from benchmarks.world import BARE, OURS, Arena, Request, arena

API_SECONDS = 0.05
SMALL, LARGE = 20_000, 1_500_000  # bytes of a picture
SETTLE = 1.5  # seconds for what is told after the result
IN_FLIGHT = 50  # jobs
PROFILED = 100  # jobs
MILLISECONDS = 1000
TRANSACTION = "_refuse_when_closed"  # a function of the storage that each calls once


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run has shown: times in milliseconds, memory in MB."""

    first: Sequence[float]
    overhead: Sequence[float]
    cpu: float
    loop: float
    calls: float
    memory: float

    def line(self) -> str:
        """The figures as they are printed."""
        return (
            f"first answer {at(self.first, 0.5):7.0f} {at(self.first, 0.99):7.0f} {self.first[-1]:7.0f}   "
            f"overhead {at(self.overhead, 0.5):7.0f} {at(self.overhead, 0.99):7.0f}   "
            f"CPU {self.cpu:5.1f}, {self.loop:5.1f} of the loop   "
            f"Discord calls {self.calls:4.1f}   memory {self.memory:4.0f}"
        )


def at(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of all values lies."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def measure(
    program: tuple[str, ...], number: int, *, a_second: float | None = None, picture: int = SMALL
) -> Figures:
    """Let so many members ask one bot for a picture each."""
    async with arena(program, api_seconds=API_SECONDS, picture_bytes=picture) as place:
        await place.ask(3)
        await asyncio.sleep(SETTLE)
        (cpu, loop), calls = place.cpu(), place.discord_calls()
        requests = await place.ask(number, a_second=a_second)
        await asyncio.sleep(SETTLE)
        cpu_then, loop_then = place.cpu()
        calls = place.discord_calls() - calls
        return _figures(place, requests, cpu_then - cpu, loop_then - loop, calls)


def _figures(place: Arena, requests: Sequence[Request], cpu: float, loop: float, calls: int) -> Figures:
    first = sorted((each.first_answer or 0) - each.asked for each in requests)
    whole = sorted((each.result or 0) - each.asked - API_SECONDS for each in requests)
    return Figures(
        [seconds * MILLISECONDS for seconds in first],
        [seconds * MILLISECONDS for seconds in whole],
        cpu / len(requests) * MILLISECONDS,
        loop / len(requests) * MILLISECONDS,
        calls / len(requests),
        place.memory("VmHWM"),
    )


async def side_by_side(crowds: Sequence[int], seconds: int) -> None:
    """Both bots, all at once and at steady rates."""
    loads: list[tuple[str, int, float | None]]
    loads = [(f"{number} at once", number, None) for number in (1, 10, 100, *crowds)]
    loads += [(f"{rate} a second", rate * seconds, float(rate)) for rate in (10, 50)]
    for what, number, a_second in loads:
        bare = await measure(BARE, number, a_second=a_second)
        ours = await measure(OURS, number, a_second=a_second)
        say(f"{what:<14} bare   {bare.line()}")
        say(f"{'':<14} ours   {ours.line()}")
        median = at(ours.overhead, 0.5) / at(bare.overhead, 0.5)
        slowest = at(ours.overhead, 0.99) / at(bare.overhead, 0.99)
        more = at(ours.overhead, 0.5) - at(bare.overhead, 0.5)
        say(f"{'':<14} overhead {median:.1f} times at the median, {slowest:.1f} at the 99th, {more:+.0f} ms")


async def slow_api() -> None:
    """Fifty at once while a picture takes five seconds: how long, how many calls, how much memory."""
    for size in (SMALL, LARGE):
        for name, program in (("bare", BARE), ("ours", OURS)):
            async with arena(program, api_seconds=5.0, picture_bytes=size) as place:
                rest, calls = place.memory("VmRSS"), place.discord_calls()
                requests = await place.ask(IN_FLIGHT)
                await asyncio.sleep(SETTLE)
                last = max((each.result or 0) - each.asked for each in requests)
                say(
                    f"{IN_FLIGHT} at 5 s with {size / 1e6:.2f} MB   {name}   the last after {last:.2f} s   "
                    f"Discord calls {(place.discord_calls() - calls) / IN_FLIGHT:4.1f}   "
                    f"memory {rest:.0f} at rest, {place.memory('VmHWM'):.0f} at most"
                )


async def memory(crowds: Sequence[int]) -> None:
    """What many in flight take, with small and with large pictures."""
    for size in (SMALL, LARGE):
        for number in (IN_FLIGHT, *crowds):
            for name, program in (("bare", BARE), ("ours", OURS)):
                figures = await measure(program, number, picture=size)
                say(f"{number} at once with {size / 1e6:.2f} MB   {name}   {figures.memory:.0f} MB at most")


async def profile() -> None:
    """Where the processor time goes, and how often the database is asked."""
    with NamedTemporaryFile(suffix=".profile") as file:
        runs = []
        for number in (0, PROFILED):
            python = ("-m", "cProfile", "-o", file.name)
            async with arena(OURS, api_seconds=API_SECONDS, picture_bytes=SMALL, python=python) as place:
                await place.ask(3)
                if number:
                    await place.ask(number)
                await asyncio.sleep(SETTLE)
            runs.append(_by_package(Path(file.name)))
    (idle, none), (busy, transactions) = runs
    say("profiled, which takes about three times as long: milliseconds for each job, by package")
    for package, seconds in (busy - idle).most_common(14):
        say(f"  {package:<40} {seconds / PROFILED * MILLISECONDS:6.2f}")
    say(f"  database transactions for each job: {(transactions - none) / PROFILED:.1f}")


def _by_package(path: Path) -> tuple[Counter[str], int]:
    """The seconds in each package, and the number of transactions."""
    packages, transactions = Counter[str](), 0
    for (file, _, name), (_, number, own, *_) in pstats.Stats(str(path)).stats.items():  # type: ignore[attr-defined]
        found = re.search(r"site-packages/(\w+)|python3\.\d+/(?!site-)(\w+)|/(bot|cogs|storage)/", file)
        package = next((each for each in found.groups() if each), name) if found else name
        packages[package] += own
        if name == TRANSACTION:
            transactions += number
    return packages, transactions


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(*, quick: bool) -> None:
    """Take all figures."""
    crowds, seconds = ((300,), 10) if quick else ((300, 1000), 60)
    say("times in milliseconds (first answer: median, 99th, highest), CPU for each job, memory in MB")
    await side_by_side(crowds, seconds)
    await slow_api()
    await memory(crowds)
    await profile()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few minutes instead of half an hour")
    asyncio.run(main(quick=parser.parse_args().quick))
