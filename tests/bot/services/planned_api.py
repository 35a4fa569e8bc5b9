"""An image API that answers as planned, for the parts that call one."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from bot.errors import ProviderError
from bot.images import ImageRequest
from bot.providers.base import NoReply, Offer, Order
from bot.services.breaker import Breaker
from bot.services.image_apis import ImageApi
from storage.records import Ticket

ORDER = Order(ImageRequest(prompt="a banana"))
TICKET = Ticket("task", "trace", ("https://cdn.example/1.png",))
Answer = ProviderError | Ticket | float


class PlannedApi:
    """Gives the planned answers in turn; a number is a wait in seconds before the next one."""

    offers: Sequence[Offer] = ()
    images_per_call = 4
    calls_back = False
    fetches_inputs = False

    def __init__(self, *answers: Answer, name: str = "planned") -> None:
        self.name = name
        self.title = name.title()
        self.answers = list(answers)
        self.calls: list[float] = []
        self.interval = 1000.0  # seconds between questions
        self.replies: list[ProviderError | NoReply | Ticket] = []
        self.asked: list[str] = []

    async def submit(self, order: Order) -> Ticket:
        """Take one call."""
        assert order is ORDER
        self.calls.append(asyncio.get_running_loop().time())
        answer = self.answers.pop(0)
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = self.answers.pop(0)
        if isinstance(answer, ProviderError):
            raise answer
        assert isinstance(answer, Ticket)
        return answer

    async def query(self, task_id: str) -> Ticket:
        """Give the planned replies in turn, and then the same one for ever."""
        self.asked.append(task_id)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def pause(self, questions: int) -> float:
        """Wait for the same time before each question."""
        return self.interval

    def read_callback(self, document: Mapping[str, Any]) -> Ticket:
        """Call nobody back."""
        raise ValueError(document)

    async def check_key(self) -> None:
        """Be content with any key."""

    @property
    def pauses(self) -> list[float]:
        """The seconds between the calls."""
        return [later - earlier for earlier, later in zip(self.calls, self.calls[1:], strict=False)]


def planned(*answers: Answer) -> tuple[ImageApi, PlannedApi]:
    """An API among others, and its own side of the calls."""
    api = PlannedApi(*answers)
    return ImageApi(api, slots=10, breaker=Breaker(asyncio.get_running_loop().time)), api
