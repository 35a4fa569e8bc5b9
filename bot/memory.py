"""How the GNU C library keeps what is freed (malloc(3)): left alone, most of it and for good."""

import ctypes
import sys

_TRIM_THRESHOLD = -1  # the parameters' numbers in malloc.h
_MMAP_THRESHOLD = -3
_ARENA_MAX = -8

LARGE = 512 * 1024  # bytes of a block that goes back at once; what asyncio reads into is smaller, and kept
POOLS = 2  # of smaller blocks: many threads take turns with few of them

# musl, and the libraries of other systems, give back by themselves and have none of this.
_LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None
_IS_GNU = hasattr(_LIBRARY, "malloc_trim")


def keep_little() -> None:
    """Have large blocks go back as soon as they are freed, and threads share their pools.

    The library takes a block that was freed for a reason to keep the next one of its size, and
    gives each thread a pool of its own: pieces of pictures would leave holes that nobody fills.
    """
    if _LIBRARY and _IS_GNU:
        _LIBRARY.mallopt(_MMAP_THRESHOLD, LARGE)
        _LIBRARY.mallopt(_TRIM_THRESHOLD, 2 * LARGE)  # or the heap would shrink after each read
        _LIBRARY.mallopt(_ARENA_MAX, POOLS)


def give_back() -> None:
    """Give back the holes between smaller blocks, too, which takes a fraction of a millisecond."""
    if _LIBRARY and _IS_GNU:
        _LIBRARY.malloc_trim(0)
