"""Ruxa AI's tasks and the many shapes in which it words them."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sandbox.apis.ruxa_errors import ApiError

ResultShape = Literal["json_string", "json_object", "urls", "results"]
"""Where the links stand: as documented, in an object instead of a string, and as its relatives do."""
CallbackShape = Literal["enveloped", "flat", "bare"]
"""The bodies of callbacks: like the query's answer, as in an official article, and without the id."""


@dataclass(slots=True)
class Task:
    """One task on its way from waiting to its end."""

    id: str = field(default_factory=lambda: f"task_sandbox_{uuid.uuid4().hex}")
    state: str = "waiting"
    """waiting, queuing, generating, success or fail."""
    links: tuple[str, ...] = ()
    failure: ApiError | None = None

    def shown(self, words: Mapping[str, str], shape: ResultShape) -> dict[str, object]:
        """Word the task as the query does; `words` are other names of states."""
        data: dict[str, object] = {"taskId": self.id, "state": words.get(self.state, self.state)}
        if self.state == "success":
            data |= _result(list(self.links), shape)
        if self.failure is not None:
            data |= {"failCode": str(self.failure.code), "failMsg": self.failure.message}
        return data

    def told_flat(self, words: Mapping[str, str]) -> dict[str, object]:
        """Word the finished task as a flat callback."""
        return {
            "taskId": self.id,
            "state": words.get(self.state, self.state),
            "resultUrls": list(self.links),
            "failMsg": self.failure.message if self.failure else None,
        }


def success(data: object) -> dict[str, object]:
    """Put data into the envelope of every good answer."""
    return {"code": 200, "message": "success", "data": data}


def _result(links: list[str], shape: ResultShape) -> dict[str, object]:
    match shape:
        case "json_string":
            return {"resultJson": json.dumps({"resultUrls": links})}
        case "json_object":
            return {"resultJson": {"resultUrls": links}}
        case "urls":
            return {"resultUrls": links}
        case "results":
            return {"results": [{"url": link} for link in links]}
