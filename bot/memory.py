"""How the GNU C library keeps what is freed (mallopt(3)): left alone, most of it and for good."""

import ctypes
import sys

_TRIM_THRESHOLD = -1  # the parameters' numbers in malloc.h
_MMAP_THRESHOLD = -3
_ARENA_MAX = -8

LARGE = 512 * 1024  # bytes of a block that goes back at once; what asyncio reads into is smaller, and kept
POOLS = 2  # of smaller blocks: many threads take turns with few of them


def give_back_what_is_freed() -> None:
    """Have the process stay as small as its work is, also after a busy hour.

    The library takes a block that was freed for a reason to keep the next one of its size, and
    gives each thread a pool of its own: pieces of pictures would leave holes that nobody fills.
    """
    if sys.platform == "linux":
        c_library = ctypes.CDLL(None)
        if hasattr(c_library, "mallopt"):  # musl has none, and gives back by itself
            c_library.mallopt(_MMAP_THRESHOLD, LARGE)
            c_library.mallopt(_TRIM_THRESHOLD, 2 * LARGE)  # or the heap would shrink after each read
            c_library.mallopt(_ARENA_MAX, POOLS)
