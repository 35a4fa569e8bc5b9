"""XHuoAPI's Nano Banana Images API: one POST brings up to four pictures, at once or later.

Its modes: in `sync` the POST stays open until the pictures are made; in `callback` they are POSTed to us; in
`async` we ask for them through the tasks call, which is not documented for every account.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, ClassVar

import aiohttp

from bot.images import COUNT_LIMIT
from bot.providers.base import NoReply, Offer, Order
from bot.providers.http import QUESTION_TIMEOUT, api_session, ask, post_once
from bot.providers.pauses import growing
from bot.providers.xhuo_answers import (
    INCOMPLETE,
    read_answer,
    read_finished,
    read_taken,
    read_task,
    reason_of,
)
from bot.settings import Settings
from storage.records import Ticket

ASPECT_RATIOS = ("1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4")
CALLBACK_OVERDUE = 12  # intervals of asking after which a callback counts as staying away,
LONGEST_OVERDUE = 60.0  # or so many seconds


class XHuo:
    """The API's client; open it with `open_xhuo`."""

    name: ClassVar[str] = "xhuo"
    title: ClassVar[str] = "XHuoAPI"
    images_per_call: ClassVar[int] = COUNT_LIMIT
    fetches_inputs: ClassVar[bool] = False
    offers: ClassVar[Sequence[Offer]] = (
        Offer("nano-banana", ("1K",), ASPECT_RATIOS),
        Offer("nano-banana-2", ("1K", "2K", "4K"), ASPECT_RATIOS),
        Offer("nano-banana-pro", ("1K", "2K", "4K"), ASPECT_RATIOS),
    )

    def __init__(
        self, session: aiohttp.ClientSession, base_url: str, *, mode: str, deadline: float, interval: float
    ) -> None:
        self._session = session
        self._base = f"{base_url}/nano-banana"
        self._mode = mode
        self._deadline = deadline
        self._interval = interval

    @property
    def calls_back(self) -> bool:
        """Whether it is told where to call us back."""
        return self._mode == "callback"

    async def submit(self, order: Order) -> Ticket:
        """Ask for the pictures and, in mode `sync`, wait for them; raises a `ProviderError`."""
        request = order.request
        document: dict[str, object] = {
            "action": "edit" if order.sources else "generate",
            "prompt": request.prompt,
            "model": request.model,
            "resolution": request.resolution,
            "count": request.count,
        }
        if request.aspect_ratio is not None:
            document["aspect_ratio"] = request.aspect_ratio
        if order.callback_url is not None:
            document["callback_url"] = order.callback_url
        if self._mode == "async":
            document["async"] = True
        answer = await post_once(
            self._session, f"{self._base}/images", document, order.sources, deadline=self._deadline
        )
        return read_taken(answer) if self._mode != "sync" else read_answer(answer)

    async def query(self, task_id: str) -> Ticket:
        """Ask the tasks call; raises `ProviderError` when the task has failed, `NoReply` for the rest."""
        answer = await ask(
            self._session, "POST", f"{self._base}/tasks", {"id": task_id, "action": "retrieve"}
        )
        return read_task(answer, task_id)

    def pause(self, questions: int) -> float:
        """Ask as often as it is usual in mode `async`, else only where a callback is overdue."""
        if self._mode == "async":
            return growing(self._interval, questions)
        return min(LONGEST_OVERDUE, self._interval * CALLBACK_OVERDUE)

    def read_callback(self, document: Mapping[str, Any]) -> Ticket:
        """The same document as a synchronous answer; only who knows the address can have sent it."""
        if not document.keys() & {"success", "error", "data"}:
            raise ValueError("no callback of XHuoAPI")
        return read_finished(document)

    async def check_key(self) -> None:
        """An order without a prompt is refused, and tells whether the key is good."""
        url = f"{self._base}/images"
        answer = await post_once(self._session, url, {}, (), deadline=QUESTION_TIMEOUT)
        if answer.status == HTTPStatus.BAD_REQUEST and reason_of(answer.document or {})[0] in INCOMPLETE:
            return
        read_answer(answer)
        raise NoReply(f"this is not XHuoAPI: HTTP {answer.status}")


@asynccontextmanager
async def open_xhuo(settings: Settings) -> AsyncIterator[XHuo]:
    """The API with a session of its own."""
    key = settings.xhuo_api_key.get_secret_value() if settings.xhuo_api_key else ""
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    async with api_session(headers) as session:
        yield XHuo(
            session,
            settings.xhuo_base_url,
            mode=settings.xhuo_mode or ("callback" if settings.public_url else "sync"),
            deadline=float(settings.job_timeout),
            interval=settings.poll_seconds,
        )
