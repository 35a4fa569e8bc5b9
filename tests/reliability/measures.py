"""What tests read off a crowd and off a running process."""

import asyncio
import math
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from sandbox.faults import Faults

MIB = 2**20


def percentile(values: Iterable[float], share: float) -> float:
    """The value that this share of all values does not pass; of a few values it is the highest."""
    in_order = sorted(values)
    return in_order[math.ceil(share * len(in_order)) - 1]


def at_once(spans: Iterable[tuple[float, float]]) -> int:
    """How many spans of time lie over each other at most; one that ends as another begins does not count."""
    most = now = 0
    for _, step in sorted(step for start, end in spans for step in ((start, 1), (end, -1))):
        now += step
        most = max(most, now)
    return most


def memory(process_id: int, line: str = "VmRSS") -> float:
    """A process's memory in MiB: now, or with `VmHWM` the most it ever had."""
    status = Path(f"/proc/{process_id}/status").read_text("ascii")
    [kibibytes] = re.findall(rf"^{line}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(kibibytes) * 1024 / MIB


def open_files(process_id: int) -> list[str]:
    """What a process has open: files by their names, sockets and pipes by their kinds."""
    found = []
    for link in Path(f"/proc/{process_id}/fd").iterdir():
        try:
            found.append(str(link.readlink()).partition(":[")[0])
        except FileNotFoundError:  # closed meanwhile
            continue
    return sorted(found)


@asynccontextmanager
async def in_flight(faults: Faults, method: str, path_glob: str) -> AsyncIterator[list[int]]:
    """Look again and again how many requests have come and are not answered; gives what was seen."""
    numbers = [0]

    async def look() -> None:
        while True:
            open_now = [seen for seen in faults.seen if seen.status is None and seen.method == method]
            numbers.append(sum(fnmatchcase(seen.path, path_glob) for seen in open_now))
            await asyncio.sleep(0.05)

    looking = asyncio.create_task(look())
    try:
        yield numbers
    finally:
        looking.cancel()
        await asyncio.wait([looking])
