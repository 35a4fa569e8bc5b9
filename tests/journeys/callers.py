"""Who calls the bot back: the image APIs, and those who pretend to be one."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.xhuo import XHuoServer
from tests.api_cases import WAYS, Way
from tests.journeys.restarts import until
from tests.local_world import LocalWorld

XHUO, RUXA = WAYS["xhuo-callback"], WAYS["ruxa-callback"]
BOTH = pytest.mark.parametrize("way", [pytest.param(XHUO, id="xhuo"), pytest.param(RUXA, id="ruxa")])
Api = XHuoServer | RuxaServer
EVIL = "http://127.0.0.1:9/evil.png"


def silent(world: LocalWorld, way: Way) -> Api:
    """Set everything up for callbacks, and let none come by itself."""
    api = way.arrange(world)
    api.callbacks.times = 0
    return api


async def told_about(api: Api) -> tuple[str, str]:
    """Where an API has to call back for the first call that it has carried out, and its task."""
    await until(lambda: bool(api.calls))
    return str(api.calls[0].callback_url), api.calls[0].task_id


async def send(url: str, body: bytes | Mapping[str, Any] | list[object], method: str = "POST") -> int:
    """Somebody sends something to the bot; gives the status of its answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, url, data=data, headers=headers) as answer,
    ):
        return answer.status


def news(way: Way, task_id: str | None) -> dict[str, Any]:
    """A callback that promises somebody else's picture."""
    if way is XHUO:
        data = [{"prompt": "a boat", "image_url": EVIL}]
        return {"success": True, "task_id": task_id, "trace_id": "trace", "data": data}
    result = {"taskId": task_id, "state": "success", "resultJson": json.dumps({"resultUrls": [EVIL]})}
    return {"code": 200, "message": "success", "data": result}
