"""What is freed goes back to the system, also where small things were kept between large ones."""

import subprocess
import sys

BUSY = """
from pathlib import Path
from bot.memory import give_back_what_is_freed

{first}
pages = lambda: int(Path("/proc/self/statm").read_text().split()[1])
b"x" * 800_000  # a block of this size has been freed before
before = pages()
large, small = [], []
for _ in range(100):
    large.append(b"x" * 600_000)
    small.append(b"x" * 30_000)
large.clear()
print((pages() - before) * 4096)
"""


def kept(first: str) -> int:
    """Bytes that a process still has after it has freed 60 MB, and kept 3 MB that lie between."""
    told = subprocess.run([sys.executable, "-c", BUSY.format(first=first)], capture_output=True, check=True)
    return int(told.stdout)


def test_a_busy_hour_leaves_no_holes() -> None:
    """Little more than what was kept stays; left alone the C library would keep all of it."""
    assert kept("give_back_what_is_freed()") < 4_000_000
    assert kept("") > 60_000_000
