"""A client of the stand-in of XHuoAPI, and bodies to send."""

import base64
import io
import json
from typing import Any

import aiohttp
from PIL import Image

from sandbox.apis.xhuo import XHuoServer

GENERATE = {"action": "generate", "prompt": "a red boat"}
HEADERS = {"authorization": "Bearer right", "accept": "application/json", "content-type": "application/json"}


def picture_file(kind: str = "PNG", colour: str = "red", size: tuple[int, int] = (60, 40)) -> bytes:
    """Make a plain picture as a file."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def data_uri(data: bytes, kind: str = "png") -> str:
    """Put a file into a data URI."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def edit(*image_urls: object, **fields: object) -> dict[str, object]:
    """Make the body of an edit."""
    return {"action": "edit", "prompt": "make it blue", "image_urls": list(image_urls), **fields}


class Client:
    """Sends bodies to the stand-in and reads the answers."""

    def __init__(self, api: XHuoServer, http: aiohttp.ClientSession) -> None:
        self.api = api
        self.http = http

    async def post(self, body: object, **headers: str) -> tuple[int, Any]:
        """Return status and JSON of one call."""
        data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        url = f"{self.api.url}/nano-banana/images"
        async with self.http.post(url, data=data, headers={**HEADERS, **headers}) as response:
            return response.status, await response.json()

    async def made(self, body: object) -> list[bytes]:
        """Return the pictures of a call that succeeds."""
        status, answer = await self.post(body)
        assert status == 200, answer
        return [await self.get(item["image_url"]) for item in answer["data"]]

    async def get(self, url: str) -> bytes:
        """Download a picture."""
        async with self.http.get(url, raise_for_status=True) as response:
            return await response.read()
