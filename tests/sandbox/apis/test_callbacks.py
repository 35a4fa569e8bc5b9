"""The stand-ins send their callbacks once, never, late, doubled and again, as planned."""

import asyncio
import time

import pytest

from sandbox.apis.xhuo import XHuoServer
from tests.sandbox.apis.client import GENERATE, Client
from tests.sandbox.apis.listener import Listener


async def started(client: Client, listener: Listener) -> str:
    """Start a task that calls the listener back, and return its id."""
    _, answer = await client.post({**GENERATE, "callback_url": listener.url})
    return str(answer["task_id"])


async def test_a_callback_comes_once(api: XHuoServer, client: Client, listener: Listener) -> None:
    """It is sent once, and the receiver's status is kept."""
    listener.status = 404
    task_id = await started(client, listener)
    await api.callbacks.until_sent()
    assert list(api.callbacks.sent) == [(listener.url, 404)]
    assert (await listener.next())["task_id"] == task_id
    assert listener.is_empty


async def test_a_callback_comes_twice(api: XHuoServer, client: Client, listener: Listener) -> None:
    """Doubled ones are the same."""
    api.callbacks.times = 2
    await started(client, listener)
    assert await listener.next() == await listener.next()
    await api.callbacks.until_sent(2)
    assert list(api.callbacks.sent) == [(listener.url, 200)] * 2


async def test_a_callback_stays_away_until_it_is_sent_again(
    api: XHuoServer, client: Client, listener: Listener
) -> None:
    """With none planned only sending it by hand brings it, as often as wanted."""
    api.callbacks.times, api.has_tasks_call = 0, True
    task_id = await started(client, listener)
    await client.finished(task_id)
    assert (listener.is_empty, list(api.callbacks.sent)) == (True, [])
    for _ in range(2):
        await api.callbacks.send_again(task_id)
        assert (await listener.next())["task_id"] == task_id
    assert len(api.callbacks.sent) == 2


async def test_a_callback_comes_late(api: XHuoServer, client: Client, listener: Listener) -> None:
    """The delay counts from the result, which holds no place in flight any more."""
    api.callbacks.delay, api.has_tasks_call = 0.3, True
    done = await client.finished(await started(client, listener))
    assert (api.in_flight, listener.is_empty) == (0, True)
    await listener.next()
    assert time.time() - done["finished_at"] >= 0.3


async def test_a_callback_is_forestalled(api: XHuoServer, client: Client, listener: Listener) -> None:
    """A stranger sends the same to an address that is nearly right; the true one comes all the same."""
    api.callbacks.forgeries = 2
    task_id = await started(client, listener)
    await api.callbacks.until_sent()
    assert list(api.callbacks.forged) == [404, 404]
    assert list(api.callbacks.sent) == [(listener.url, 200)]
    assert (await listener.next())["task_id"] == task_id
    assert listener.is_empty


async def test_only_finished_tasks_with_a_callback_can_be_sent_again(
    api: XHuoServer, client: Client, listener: Listener
) -> None:
    """A synchronous call and an unknown task have no callback."""
    _, answer = await client.post(GENERATE)
    for task_id in (answer["task_id"], "unknown"):
        with pytest.raises(KeyError):
            await api.callbacks.send_again(task_id)


async def test_a_receiver_that_is_gone_hurts_nothing(api: XHuoServer, client: Client) -> None:
    """No answer is kept as such, and the next call works."""
    async with Listener() as listener:
        gone = listener.url
    await client.post({**GENERATE, "callback_url": gone})
    await api.callbacks.until_sent()
    assert list(api.callbacks.sent) == [(gone, None)]
    assert await client.made(GENERATE)


async def test_a_closing_server_sends_no_more_callbacks(client: Client, listener: Listener) -> None:
    """A callback that waits for its time ends with the server."""
    async with XHuoServer(key="right", seconds=0) as api:
        api.callbacks.delay, api.has_tasks_call = 60, True
        other = Client(api, client.http)
        await other.finished(await started(other, listener))
    assert (list(api.callbacks.sent), listener.is_empty) == ([], True)
    assert asyncio.all_tasks() == {asyncio.current_task()}
