"""Clients of the stand-ins, and bodies to send."""

import asyncio
import base64
import io
import json
from typing import Any

import aiohttp
from PIL import Image

from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.xhuo import XHuoServer

GENERATE = {"action": "generate", "prompt": "a red boat"}
HEADERS = {"authorization": "Bearer right", "accept": "application/json", "content-type": "application/json"}

RUXA_HEADERS = {"Authorization": "Bearer right", "Content-Type": "application/json"}


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


def retrieval(task_id: str) -> dict[str, object]:
    """Make the body of a tasks call."""
    return {"id": task_id, "action": "retrieve"}


def ruxa(model: str = "nano-banana", **fields: object) -> dict[str, Any]:
    """Make the body of a task with these fields in its input."""
    return {"model": f"google/{model}", "input": {"prompt": "a red boat", **fields}}


class Client:
    """Sends bodies to the stand-in of XHuoAPI and reads the answers."""

    def __init__(self, api: XHuoServer, http: aiohttp.ClientSession) -> None:
        self.api = api
        self.http = http

    async def post(self, body: object, **headers: str) -> tuple[int, Any]:
        """Return status and JSON of one call."""
        return await self._send("images", body, headers)

    async def retrieve(self, body: object, **headers: str) -> tuple[int, Any]:
        """Return status and JSON of one tasks call."""
        return await self._send("tasks", body, headers)

    async def finished(self, task_id: str) -> Any:
        """Return what the tasks call tells of a task when it is at its end."""
        async with asyncio.timeout(10):
            while True:
                _, shown = await self.retrieve(retrieval(task_id))
                if "finished_at" in shown:
                    return shown
                await asyncio.sleep(0.01)

    async def _send(self, call: str, body: object, headers: dict[str, str]) -> tuple[int, Any]:
        data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        url = f"{self.api.url}/nano-banana/{call}"
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


class RuxaClient:
    """Sends bodies to the stand-in of Ruxa AI and reads the answers."""

    def __init__(self, api: RuxaServer, http: aiohttp.ClientSession) -> None:
        self.api = api
        self.http = http

    async def create(self, body: object, **headers: str) -> tuple[int, Any]:
        """Return status and JSON of one call that creates a task."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"{self.api.url}/api/v1/tasks/create"
        async with self.http.post(url, data=data, headers={**RUXA_HEADERS, **headers}) as response:
            return response.status, await response.json()

    async def created(self, body: object) -> str:
        """Return the id of a task that is accepted."""
        status, answer = await self.create(body)
        assert (status, answer["code"], answer["message"]) == (200, 200, "success"), answer
        return str(answer["data"]["taskId"])

    async def query(self, task_id: str, **headers: str) -> tuple[int, Any]:
        """Return status and JSON of one query."""
        url = f"{self.api.url}/api/v1/tasks/query/{task_id}"
        async with self.http.get(url, headers={**RUXA_HEADERS, **headers}) as response:
            return response.status, await response.json()

    async def history(self, task_id: str) -> list[dict[str, Any]]:
        """Poll a task to its end, and return its data in each state that was seen."""
        seen: list[dict[str, Any]] = []
        async with asyncio.timeout(10):
            while not seen or seen[-1].keys() == {"taskId", "state"}:
                _, answer = await self.query(task_id)
                if not seen or seen[-1] != answer["data"]:
                    seen.append(answer["data"])
                await asyncio.sleep(0.01)
        return seen

    async def end(self, body: object) -> dict[str, Any]:
        """Create a task and return its data at its end."""
        return (await self.history(await self.created(body)))[-1]

    async def made(self, body: object) -> bytes:
        """Create a task and return its one picture."""
        data = await self.end(body)
        [link] = json.loads(data["resultJson"])["resultUrls"]
        return await self.get(link)

    async def get(self, url: str) -> bytes:
        """Download a picture."""
        async with self.http.get(url, raise_for_status=True) as response:
            return await response.read()
