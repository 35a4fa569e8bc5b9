"""Keys, tokens and secret addresses: whatever goes wrong and is logged at DEBUG, none of them gets out.

Every journey in `tests/journeys` is watched in the same way.
"""

import asyncio

import pytest

from bot.replies import TOKEN_LIFE
from bot.services.housekeeping import EVERY
from sandbox.faults import Fault
from storage.records import JobState
from tests.api_cases import CALLED_BACK, WAYS, Way
from tests.fault_table import Figures
from tests.journeys.restarts import change, look, until
from tests.local_world import LocalWorld, in_state, refusal
from tests.secret_watch import secrets_watched

pytestmark = pytest.mark.row("secrets")

SEND = "/api/v10/channels/*/messages"
ANSWER = "/api/v10/webhooks/*"
LIFE = 15 * 60  # seconds in which Discord takes an interaction token
NO_ROOM = "CREATE TRIGGER no BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'no'); END"


async def suffers(world: LocalWorld, way: Way) -> None:
    """Let a bot meet what is logged with a traceback or with the other side's own words."""
    api = way.arrange(world)
    async with world.bot() as services:
        world.discord.faults.plan("POST", SEND, Fault(reset="before"))
        world.discord.faults.plan("PATCH", ANSWER, Fault(reset="after"), times=2)
        await world.answer(world.order(command="edit"), "Done")
        world.discord.faults.plan("POST", SEND, refusal(403, 50013))
        await world.answer(world.order("no place for it"), "only you see this")
        addresses = " ".join([*api.inputs_asked, *(url for url, _ in api.callbacks.sent)])
        odd = f"Authorization: Bearer {api.key} is odd, and so is {addresses}"
        words = {"error": {"code": "api_error", "message": odd}}
        for status, key in ((500, "lost"), (401, "key")):
            api.faults.plan("POST", api.paid_path, Fault(status, json={**words, "code": status}))
            await world.reads(world.order(f"a {status}"), f"failed.{key}")
        await asyncio.to_thread(change, world, NO_ROOM)
        await world.answer(world.order("no room"), "My database has a problem")
        await asyncio.to_thread(change, world, "DROP TRIGGER no")
        assert len(await in_state(services.store, JobState.DELIVERED, number=2)) == 2


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(way, id=name, marks=() if name in {"xhuo-sync", "ruxa-callback"} else pytest.mark.long)
        for name, way in WAYS.items()
    ],
)
async def test_no_secret_gets_out(world: LocalWorld, way: Way, figures: Figures) -> None:
    """Logs, tracebacks, messages and rows, of a bot that is killed once more at the end."""
    with secrets_watched(world) as watch:
        await suffers(world, way)
        async with world.bot_process() as bot:
            bot.kill()
        kinds = set(watch.planted().values())
        assert {"Discord token", "key of xhuo", "key of ruxa", "interaction token"} <= kinds
        assert ("secret address" in kinds) == (way.settings.items() >= CALLED_BACK.items())
        lines = watch.log.console.getvalue()
        assert "[hidden]" in lines
        assert "Traceback" in lines
    figures.add(lines=lines.count("\n"), secrets=len(watch.planted()))


def test_a_token_is_kept_fifteen_minutes_at_most() -> None:
    """What we trust it for, and the time until it is dropped, are no more than its life."""
    assert TOKEN_LIFE + EVERY < LIFE


async def test_a_token_is_dropped_as_soon_as_it_is_dead(world: LocalWorld, figures: Figures) -> None:
    """Also by a bot that starts long afterwards; a living one stays with its job."""
    async with world.bot():
        for prompt in ("dead", "alive"):
            await world.answer(world.order(prompt), "Done")
    await asyncio.to_thread(change, world, "UPDATE jobs SET token_expires_at = 1 WHERE prompt = 'dead'")
    async with world.bot():
        await until(lambda: look(world, "SELECT prompt FROM jobs WHERE interaction_token IS NULL") != [])
        assert look(world, "SELECT prompt FROM jobs WHERE interaction_token IS NULL") == [("dead",)]
    figures.add(tokens=2)
