"""Ruxa AI's tasks: each call creates a task that brings one picture, and is then asked how far it is.

Its errors stand in the body's `code`, also under HTTP 200; its texts may be Chinese; what is spelt in several
ways in this family of APIs is read in all of them.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar
from urllib.parse import quote

import aiohttp

from bot.errors import RequestRejected
from bot.images import AUTO
from bot.providers.base import NoReply, Offer, Order
from bot.providers.http import api_session, ask, post_once
from bot.providers.pauses import growing
from bot.providers.ruxa_answers import NOT_THERE, fields_of, first_of, read_created, read_task, refusal_of
from bot.settings import Settings
from storage.records import Ticket

ASPECT_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", AUTO)
STANDARD = "google/nano-banana"
PRO = "google/nano-banana-pro"
TASKS = "api/v1/tasks"


class Ruxa:
    """The API's client; open it with `open_ruxa`.

    Without an `edit_model` the standard model makes pictures from words alone, and the pro model edits.
    """

    name: ClassVar[str] = "ruxa"
    title: ClassVar[str] = "Ruxa AI"
    images_per_call: ClassVar[int] = 1
    calls_back: ClassVar[bool] = True
    fetches_inputs: ClassVar[bool] = True

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        *,
        edit_model: str | None,
        output_format: str,
        deadline: float,
        interval: float,
    ) -> None:
        self._session = session
        self._tasks = f"{base_url}/{TASKS}"
        self._edit_model = edit_model
        self._format = output_format
        self._deadline = deadline
        self._interval = interval
        self.offers: Sequence[Offer] = (
            Offer(
                "nano-banana",
                ("1K",),
                ASPECT_RATIOS,
                edited_as=None if edit_model else "nano-banana-pro",
            ),
            Offer("nano-banana-pro", ("1K", "2K", "4K"), ASPECT_RATIOS),
        )

    async def submit(self, order: Order) -> Ticket:
        """Create a task; raises a `ProviderError`."""
        document = self._task(order)
        if order.callback_url is not None:
            document["callBackUrl"] = order.callback_url
        url = f"{self._tasks}/create"
        answer = await post_once(self._session, url, document, (), deadline=self._deadline)
        return read_created(answer)

    async def query(self, task_id: str) -> Ticket:
        """Ask how far a task is; raises `ProviderError` when it has failed, `NoReply` for the rest."""
        answer = await ask(self._session, "GET", f"{self._tasks}/query/{quote(task_id, safe='')}")
        return read_task(answer, task_id)

    def pause(self, questions: int) -> float:
        """Ask as often as it is usual, whether it calls back or not."""
        return growing(self._interval, questions)

    def read_callback(self, document: Mapping[str, Any]) -> Ticket:
        """A wake-up: nothing in it is believed before the task was asked."""
        fields = fields_of(document)
        if not fields.keys() & {"state", "status", "taskId", "task_id"}:
            raise ValueError("no callback of Ruxa AI")
        return Ticket(first_of(fields, "taskId", "task_id", "id"), None)

    async def check_key(self) -> None:
        """A task that cannot exist is not found, and tells whether the key is good."""
        answer = await ask(self._session, "GET", f"{self._tasks}/query/none")
        refusal = refusal_of(answer)
        if refusal is not None and not isinstance(refusal, RequestRejected):
            raise refusal
        if str((answer.document or {}).get("code")) not in NOT_THERE:
            raise NoReply(f"this is not Ruxa AI: HTTP {answer.status}")

    def _task(self, order: Order) -> dict[str, object]:
        """The order in the words of the model that takes it; without a ratio an edit keeps its shape."""
        request, urls = order.request, [source.url for source in order.sources]
        ratio = request.aspect_ratio or AUTO
        lossy = self._format == "jpeg" or request.resolution == "4K"
        if request.model == "nano-banana-pro":
            return {
                "model": PRO,
                "input": {
                    "prompt": request.prompt,
                    "image_input": urls,
                    "aspect_ratio": ratio,
                    "resolution": request.resolution.lower(),
                    "output_format": "jpg" if lossy else "png",
                },
            }
        fields = {
            "prompt": request.prompt,
            "output_format": "jpeg" if lossy else "png",
            "image_size": ratio,
        }
        if urls:
            return {"model": self._edit_model, "input": fields | {"image_urls": urls}}
        return {"model": STANDARD, "input": fields}


@asynccontextmanager
async def open_ruxa(settings: Settings) -> AsyncIterator[Ruxa]:
    """The API with a session of its own."""
    key = settings.ruxa_api_key.get_secret_value() if settings.ruxa_api_key else ""
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    async with api_session(headers) as session:
        yield Ruxa(
            session,
            settings.ruxa_base_url,
            edit_model=settings.ruxa_edit_model,
            output_format=settings.ruxa_output_format,
            deadline=float(settings.job_timeout),
            interval=settings.poll_seconds,
        )
