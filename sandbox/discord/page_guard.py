"""Keeps everybody but this server's own page away from what the page may do."""

from aiohttp import web
from yarl import URL

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def refuse_strangers(request: web.Request) -> None:
    """Let no other site's script in, and no name that was bound to loopback: HTTPForbidden."""
    host = URL(f"http://{request.host}").host
    origin = request.headers.get("Origin")
    if host not in _LOOPBACK or origin not in (None, f"http://{request.host}"):
        raise web.HTTPForbidden
