"""Planned failures and the log of requests, for every server of the local world."""

import asyncio
import json
import random
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Literal

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import CIMultiDict

_SEEN_AT_MOST = 10_000
_HANG_CHECK = 0.02
_ENDLESS_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request; everything left out stays as it was."""

    status: int | None = None
    """Answer this instead of the handler."""
    json: object | None = None
    """The answer's JSON body."""
    body: bytes | None = None
    """The answer's raw body, instead of JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """The answer's headers, above the ones that the body or the handler implies."""
    delay: float = 0
    """Seconds before anything happens."""
    reset: Literal["before", "after"] | None = None
    """Cut the connection before the handler, or after its effect."""
    hang: bool = False
    """Never answer, until the client goes; with `reset="after"` only once it has taken effect."""
    drip: float | None = None
    """Send the body byte by byte, with so many seconds in between."""
    cut: int | None = None
    """Announce the whole body and cut the connection after so many bytes of it."""
    endless: bool = False
    """Go on with zeros behind the body, and never end."""


@dataclass(slots=True)
class Seen:
    """One request in the log, written at its arrival."""

    at: float
    """Arrival by the monotonic clock, in seconds."""
    method: str
    path: str
    status: int | None = None
    """What was answered; None while it runs, and for ever if the connection was cut."""
    fault: Fault | None = None
    held: bool = False
    """Whether it hangs by now: what effect it was to have, it has had."""


@dataclass(slots=True)
class Plan:
    """A fault that waits for the requests it is meant for."""

    method: str
    path_glob: str
    fault: Fault
    times: int
    """How many requests will still meet it."""
    skip: int
    """How many pass before."""


@dataclass(slots=True)
class _Chance:
    share: float
    faults: Sequence[Fault]
    dice: random.Random


class Faults:
    """Breaks a server's answers as planned, and remembers what it was asked."""

    def __init__(self) -> None:
        self.seen: deque[Seen] = deque(maxlen=_SEEN_AT_MOST)
        self._plans: list[Plan] = []
        self._chance: _Chance | None = None
        self._arrival = asyncio.Condition()

    @property
    def planned(self) -> list[Plan]:
        """The plans that are left, as they are now."""
        return [replace(plan) for plan in self._plans]

    def plan(self, method: str, path_glob: str, fault: Fault, times: int = 1, skip: int = 0) -> None:
        """Let the next `times` matching requests meet this fault, once `skip` others have passed.

        Earlier plans are used up first; the method "*" is any.
        """
        self._plans.append(Plan(method, path_glob, fault, times, skip))

    def at_random(self, share: float, faults: Sequence[Fault], seed: int) -> None:
        """Let this share of all requests for which nothing is planned meet one of these faults."""
        self._chance = _Chance(share, faults, random.Random(seed))  # noqa: S311 - no secret

    def clear(self) -> None:
        """Forget the plans that are left, and the random faults; the log stays."""
        self._plans.clear()
        self._chance = None

    def count(self, method: str, path_glob: str) -> int:
        """Return how many matching requests arrived so far."""
        return sum(_matches(seen.method, seen.path, method, path_glob) for seen in self.seen)

    async def until_seen(
        self,
        method: str,
        path_glob: str,
        count: int = 1,
        timeout: float = 10,  # noqa: ASYNC109 - a wait without its own deadline would hang the tests
    ) -> None:
        """Wait until `count` matching requests arrived; TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout), self._arrival:
            await self._arrival.wait_for(lambda: self.count(method, path_glob) >= count)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Log each request of an aiohttp application and let it meet its planned fault."""
        seen = Seen(time.monotonic(), request.method, request.path, fault=self._take(request))
        self.seen.append(seen)
        async with self._arrival:
            self._arrival.notify_all()
        try:
            response = await _answer(request, handler, seen)
        except web.HTTPException as error:
            seen.status = error.status
            raise
        if request.transport is not None and not request.transport.is_closing():
            seen.status = response.status
        return response

    def _take(self, request: web.Request) -> Fault | None:
        for plan in self._plans:
            if _matches(request.method, request.path, plan.method, plan.path_glob):
                if plan.skip:
                    plan.skip -= 1
                    continue
                plan.times -= 1
                if plan.times <= 0:
                    self._plans.remove(plan)
                return plan.fault
        if self._chance and self._chance.dice.random() < self._chance.share:
            return self._chance.dice.choice(self._chance.faults)
        return None


def _matches(method: str, path: str, wanted_method: str, path_glob: str) -> bool:
    return wanted_method in {method, "*"} and fnmatchcase(path, path_glob)


async def _answer(request: web.Request, handler: Handler, seen: Seen) -> web.StreamResponse:
    fault = seen.fault or Fault()
    await asyncio.sleep(fault.delay)
    if fault.reset == "after":
        with suppress(web.HTTPException):  # a refusal is lost with the connection just as well
            await handler(request)
    seen.held = fault.hang
    while fault.hang and request.transport is not None:  # noqa: ASYNC110 - aiohttp has no event for it
        await asyncio.sleep(_HANG_CHECK)
    if fault.reset or fault.hang:
        return _cut(request)
    response = await handler(request) if fault.status is None else _planned(fault, fault.status)
    response.headers.update(fault.headers)
    if fault.drip is None and fault.cut is None and not fault.endless:
        return response
    return await _break_off(request, response, fault)


async def _break_off(request: web.Request, response: web.StreamResponse, fault: Fault) -> web.StreamResponse:
    """Send a response's head as it is, and its body as the fault says."""
    body = response.body if isinstance(response, web.Response) and isinstance(response.body, bytes) else b""
    broken = web.StreamResponse(status=response.status, headers=response.headers)
    broken.content_length = None if fault.endless else len(body)
    with suppress(ConnectionError):
        await broken.prepare(request)
        if fault.drip is None:
            await broken.write(body[: fault.cut])
        else:
            for byte in body:
                await broken.write(bytes([byte]))
                await asyncio.sleep(fault.drip)
        while fault.endless:
            await broken.write(bytes(_ENDLESS_PIECE))
        if fault.cut is not None and request.transport is not None:
            request.transport.abort()
    return broken


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # reaches nobody


def _planned(fault: Fault, status: int) -> web.Response:
    headers = CIMultiDict[str]()
    body = fault.body
    if body is None and fault.json is not None:
        headers["Content-Type"] = "application/json"  # exactly so, or discord.py reads it as text
        body = json.dumps(fault.json).encode()
    return web.Response(status=status, body=body, headers=headers)
