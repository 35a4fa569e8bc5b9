"""The operator hears of a refused key or an empty account once, until the API has served us again."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.errors import (
    AnswerLost,
    CallFailed,
    ContentRefused,
    KeyRefused,
    NothingSent,
    OutOfBalance,
    ProviderError,
    RequestRejected,
    TooManyRequests,
    TooSlow,
)
from bot.services.operator_alerts import OperatorAlerts
from bot.texts import text
from tests.bot.services.planned_api import PlannedApi

DEADLINE = 5.0
ONE, OTHER = PlannedApi(name="one"), PlannedApi(name="other")
KEY, BALANCE = KeyRefused("no"), OutOfBalance("no")


class Channel:
    """The operator's channel; `open` is set while it answers, and `away` is whether it takes nothing then."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.away = False
        self.told: asyncio.Queue[str] = asyncio.Queue()

    async def tell(self, words: str) -> bool:
        """Take a message."""
        await self.open.wait()
        self.told.put_nowait(words)
        return not self.away

    async def heard(self, messages: int) -> list[str]:
        """The messages that came, and no more than these."""
        async with asyncio.timeout(DEADLINE):
            heard = [await self.told.get() for _ in range(messages)]
        await asyncio.sleep(0)
        assert self.told.empty()
        return heard


@pytest.fixture
def channel() -> Channel:
    """A channel that is open."""
    return Channel()


@pytest.fixture
async def alerts(channel: Channel) -> AsyncIterator[OperatorAlerts]:
    """Alerts that go to it."""
    made = OperatorAlerts(channel.tell)
    yield made
    await made.stop()


@pytest.mark.parametrize(("error", "key"), [(KEY, "operator.key"), (BALANCE, "operator.balance")])
async def test_it_is_told_once(
    alerts: OperatorAlerts,
    channel: Channel,
    caplog: pytest.LogCaptureFixture,
    error: ProviderError,
    key: str,
) -> None:
    """In the channel and in the log, with the API's name, however often it happens."""
    for _ in range(5):
        alerts.trouble(ONE, error)
    assert await channel.heard(1) == [text(key, api="One")]
    alerts.trouble(ONE, error)
    assert await channel.heard(0) == []
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "One" in caplog.text


async def test_each_trouble_and_each_api_is_told(alerts: OperatorAlerts, channel: Channel) -> None:
    """They are mended one by one."""
    for api in (ONE, OTHER):
        for error in (KEY, BALANCE, KEY):
            alerts.trouble(api, error)
    assert await channel.heard(4) == [
        text(key, api=api) for api in ("One", "Other") for key in ("operator.key", "operator.balance")
    ]


async def test_it_is_told_again_after_the_api_has_served_us(alerts: OperatorAlerts, channel: Channel) -> None:
    """What happens to another API does not matter."""
    alerts.trouble(ONE, BALANCE)
    alerts.served(OTHER)
    alerts.trouble(ONE, BALANCE)
    assert len(await channel.heard(1)) == 1
    alerts.served(ONE)
    alerts.served(ONE)
    alerts.trouble(ONE, BALANCE)
    assert await channel.heard(1) == [text("operator.balance", api="One")]


async def test_what_did_not_get_through_is_told_the_next_time(
    alerts: OperatorAlerts, channel: Channel
) -> None:
    """Discord may have been away just then; once it is told, that is enough."""
    channel.away = True
    for _ in range(2):
        alerts.trouble(ONE, KEY)
        assert await channel.heard(1) == [text("operator.key", api="One")]
    channel.away = False
    for heard in (1, 0, 0):
        alerts.trouble(ONE, KEY)
        assert len(await channel.heard(heard)) == heard


@pytest.mark.parametrize(
    "kind",
    [NothingSent, TooManyRequests, RequestRejected, ContentRefused, CallFailed, AnswerLost, TooSlow],
)
async def test_what_the_operator_cannot_mend_is_not_told(
    alerts: OperatorAlerts, channel: Channel, caplog: pytest.LogCaptureFixture, kind: type[ProviderError]
) -> None:
    """It passes by itself, or is the member's."""
    alerts.trouble(ONE, kind("words"))
    assert await channel.heard(0) == []
    assert not caplog.records


async def test_stopping_gives_up_what_is_still_being_told(channel: Channel) -> None:
    """A Discord that does not answer holds up no end."""
    alerts = OperatorAlerts(channel.tell)
    await alerts.stop()
    channel.open.clear()
    alerts.trouble(ONE, KEY)
    alerts.trouble(OTHER, KEY)
    await asyncio.sleep(0)
    async with asyncio.timeout(DEADLINE):
        await alerts.stop()
    channel.open.set()
    assert await channel.heard(0) == []
