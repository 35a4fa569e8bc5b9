"""What XHuoAPI's client sends."""

import json
from pathlib import Path

import pytest

from bot.errors import KeyRefused, NothingSent
from bot.images import ImageRequest, SourceImage
from bot.providers.xhuo import open_xhuo
from tests.bot.providers.broken_server import Server


async def test_what_is_sent(server: Server, tmp_path: Path) -> None:
    """The fields of the specification: without pictures a generation, with pictures an edit."""
    server.reply = json.dumps(
        {"success": True, "data": [{"image_url": "https://cdn.example/1.png"}]}
    ).encode()
    (tmp_path / "input").write_bytes(b"picture")
    request = ImageRequest(
        prompt="a banana", model="nano-banana-2", resolution="4K", aspect_ratio="16:9", count=2
    )
    async with open_xhuo("key", f"http://127.0.0.1:{server.port}/v1", 10.0) as xhuo:
        await xhuo.submit(request, [])
        await xhuo.submit(request.but(aspect_ratio=None), [SourceImage(tmp_path / "input", "image/webp", 7)])
    generate, edit = map(json.loads, server.bodies)
    plain = {"prompt": "a banana", "model": "nano-banana-2", "resolution": "4K", "count": 2}
    assert generate == {"action": "generate", "aspect_ratio": "16:9", **plain}
    assert edit == {"action": "edit", "image_urls": ["data:image/webp;base64,cGljdHVyZQ=="], **plain}
    assert server.heads[0].startswith("POST /v1/nano-banana/images ")
    assert "Authorization: Bearer key\r\n" in server.heads[0]


async def test_no_error_shows_the_key(server: Server) -> None:
    """Neither a refused connection nor a refused key has our key in its words."""
    server.reply = json.dumps(
        {"success": False, "error": {"code": "invalid_token", "message": "bad"}}
    ).encode()
    for port, kind in ((server.port, KeyRefused), (1, NothingSent)):
        async with open_xhuo("sk-planted", f"http://127.0.0.1:{port}/v1", 10.0) as xhuo:
            with pytest.raises(kind) as error:
                await xhuo.submit(ImageRequest(prompt="a banana"), [])
        assert "planted" not in f"{error.value} {error.value!r} {error.value.__cause__!r}"
