"""Rate limits as Discord applies them: headers on each answer, 429 with `Via` when a bucket is empty."""

import hashlib
import math
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.discord.clock import Clock
from sandbox.discord.errors import answer

_MESSAGES = (5, 5.0)
_WEBHOOKS = (5, 2.0)
_OTHERS = (50, 1.0)
"""Requests within seconds."""


@dataclass(slots=True)
class _Bucket:
    ends: float
    left: int


class RateLimits:
    """Counts requests by route and channel or webhook."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, ...], _Bucket] = {}

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a request through while its bucket lasts."""
        resource = request.match_info.route.resource
        canonical = resource.canonical if resource else ""
        if "/interactions/" in canonical:  # callbacks have no limit
            return await handler(request)
        limit, seconds = _limit(request.method, canonical)
        major = request.match_info.get("channel") or request.match_info.get("token") or ""
        key = (request.method, canonical, major)
        bucket = self._buckets.get(key)
        if bucket is None or bucket.ends <= self._clock():
            bucket = self._buckets[key] = _Bucket(self._clock() + seconds, limit)
        wait = bucket.ends - self._clock()
        headers = {
            "X-RateLimit-Bucket": hashlib.sha256(f"{request.method} {canonical}".encode()).hexdigest()[:32],
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(bucket.left - 1, 0)),
            "X-RateLimit-Reset": f"{bucket.ends:.3f}",
            "X-RateLimit-Reset-After": f"{wait:.3f}",
        }
        if bucket.left == 0:
            headers |= {
                "Retry-After": str(math.ceil(wait)),
                "X-RateLimit-Scope": "user",
                "Via": "1.1 sandbox",
            }
            body = {"message": "You are being rate limited.", "retry_after": round(wait, 3), "global": False}
            return answer(body, 429, headers)
        bucket.left -= 1
        response = await handler(request)
        response.headers.update(headers)
        return response


def _limit(method: str, canonical: str) -> tuple[int, float]:
    if "/webhooks/" in canonical:
        return _WEBHOOKS
    return _MESSAGES if method == "POST" and canonical.endswith("/messages") else _OTHERS
