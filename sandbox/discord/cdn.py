"""Files under signed links that expire, as Discord's CDN serves them."""

import hashlib
import hmac
from urllib.parse import quote

from aiohttp import web

from sandbox.discord.attachment import Attachment
from sandbox.discord.state import State

LINK_SECONDS = 24 * 60 * 60
# The page is served from the same origin: a file that somebody attached must not act in its name.
_HARMLESS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}


def link(state: State, attachment: Attachment) -> str:
    """Return a fresh link to the file, good for a day."""
    folder = "ephemeral-attachments" if attachment.ephemeral else "attachments"
    path = f"/{folder}/{attachment.channel_id}/{attachment.id}/{quote(attachment.filename)}"
    issued = int(state.clock())
    expires = issued + LINK_SECONDS
    signature = _sign(state, attachment.id, f"{expires:x}", f"{issued:x}")
    return f"{state.url}{path}?ex={expires:x}&is={issued:x}&hm={signature}&"


def add_cdn(app: web.Application, state: State) -> None:
    """Serve the files of the world."""

    async def serve(request: web.Request) -> web.Response:
        attachment = state.files.get(int(request.match_info["id"]))
        expires, issued = request.query.get("ex", ""), request.query.get("is", "")
        signature = request.query.get("hm", "")
        if attachment is None or not hmac.compare_digest(
            signature, _sign(state, attachment.id, expires, issued)
        ):
            raise web.HTTPNotFound(text="This content is no longer available.")
        if int(expires, 16) < state.clock():
            raise web.HTTPNotFound(text="This content is no longer available.")
        return web.Response(
            body=attachment.data,
            content_type=attachment.content_type or "application/octet-stream",
            headers=_HARMLESS,
        )

    for folder in ("attachments", "ephemeral-attachments"):
        app.router.add_get(rf"/{folder}/{{channel:\d+}}/{{id:\d+}}/{{name}}", serve)


def _sign(state: State, attachment_id: int, expires: str, issued: str) -> str:
    return hmac.new(state.secret, f"{attachment_id} {expires} {issued}".encode(), hashlib.sha256).hexdigest()
