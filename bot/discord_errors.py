"""What Discord's refusals mean for a delivery (Discord's documentation, "JSON error codes")."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import discord
import stamina

EXPLICIT = 20009  # explicit content
PLACE_GONE = {10003, 10004}  # unknown channel, unknown server
TOO_LARGE = {40005}
AUTOMOD = {200000, 240000}  # the text was blocked by the server's AutoMod, or holds a blocked link
NO_REPLY = {50001, 50013, 160002}  # no access, no permission; a reply needs that to read the history
PAYLOAD_TOO_LARGE = 413
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500

CALL = 120.0  # seconds for one call, an upload included

CALL_FAILED = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)  # and timeouts

T = TypeVar("T")


def may_pass(error: Exception) -> bool:
    """Whether the same call may go through later: Discord is busy, broken or out of reach."""
    if isinstance(error, discord.HTTPException):
        return error.status == TOO_MANY_REQUESTS or error.status >= SERVER_ERROR
    return isinstance(error, (aiohttp.ClientError, ConnectionError, TimeoutError, discord.RateLimited))


def is_too_large(error: discord.HTTPException) -> bool:
    """Whether the files are more than Discord takes."""
    return error.status == PAYLOAD_TOO_LARGE or error.code in TOO_LARGE


async def patiently(patience: float, call: Callable[[], Awaitable[T]], *, each: float | None = CALL) -> T:
    """Call until Discord takes or refuses it, for so many seconds; `each` is the limit for one call."""
    try:
        async with asyncio.timeout(each):
            return await call()  # all there is to it but for bad days, and cheaper than to plan for them
    except CALL_FAILED as error:
        if not may_pass(error):
            raise
    await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311  (no secret)
    async for attempt in stamina.retry_context(
        on=may_pass, attempts=None, timeout=patience, wait_initial=1, wait_max=60
    ):
        with attempt:
            async with asyncio.timeout(each):
                return await call()
    raise AssertionError("unreachable: the last attempt raises")


async def as_reply_or_not(send: Callable[[bool], Awaitable[T]]) -> T:
    """Send something as a reply; where Discord takes none, as a message of its own."""
    try:
        return await send(True)  # noqa: FBT003  (the one thing that it is asked)
    except discord.HTTPException as error:
        if error.code not in NO_REPLY:
            raise
        return await send(False)  # noqa: FBT003
