"""Blocking work beside the event loop."""

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a function in a thread, and wait for its end even when cancelled.

    So nobody deletes a file, or gives a place in a queue away, that a thread still uses.
    """
    context = copy_context()
    work = asyncio.get_running_loop().run_in_executor(None, partial(context.run, function, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.gather(work, return_exceptions=True)
        raise
