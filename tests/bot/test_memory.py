"""What is freed goes back to the system, also where small things were kept between large ones."""

import subprocess
import sys

MUCH = 60_000_000  # bytes that are freed, with a twentieth that is kept between them
BUSY = """
from pathlib import Path
from bot.memory import give_back, keep_little

{first}
pages = lambda: int(Path("/proc/self/statm").read_text().split()[1])
b"x" * 800_000  # a block of this size has been freed before
before = pages()
freed, kept = [], []
for _ in range({much} // {size}):
    freed.append(b"x" * {size})
    kept.append(b"x" * ({size} // 20))
freed.clear()
{last}
print((pages() - before) * 4096)
"""


def stays(size: int, *, first: str = "", last: str = "") -> int:
    """Bytes that a process has more after it was busy with blocks of this size."""
    script = BUSY.format(much=MUCH, size=size, first=first, last=last)
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return int(told.stdout)


def test_large_blocks_leave_no_holes() -> None:
    """Little more than what was kept stays; left alone the C library would keep all of it."""
    assert stays(600_000, first="keep_little()") < MUCH / 10
    assert stays(600_000) > MUCH


def test_holes_between_smaller_blocks_are_given_back() -> None:
    """They stay until they are asked for."""
    assert stays(60_000, first="keep_little()", last="give_back()") < MUCH / 5
    assert stays(60_000, first="keep_little()") > MUCH * 0.9
