"""The ways of asking both image APIs for pictures, and the few of all cases that are tried every time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from bot.client import Services
from sandbox.apis import ruxa_errors, xhuo_errors
from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.xhuo import XHuoServer
from sandbox.discord.model import Interaction, Message
from sandbox.faults import Fault
from storage.records import JobState
from tests.local_world import LocalWorld, billed, booked, ended

XHUO_CALL = XHuoServer.paid_path
RUXA_CALL = RuxaServer.paid_path
RUXA_QUERY = "/api/v1/tasks/query/*"


@dataclass(frozen=True)
class Way:
    """An API, and how its pictures are waited for: `later` where its answer comes before them."""

    api: str
    settings: Mapping[str, object] = field(default_factory=dict)
    later: bool = True

    def arrange(self, world: LocalWorld, *, one_by_one: bool = False) -> XHuoServer | RuxaServer:
        """Set bot and API up, with one call at a time where their number has to be known; give the API."""
        world.changes |= {"image_apis": self.api, **self.settings}
        if one_by_one:
            world.changes["ruxa_max_in_flight"] = 1
        world.api.has_tasks_call = self.settings.get("xhuo_mode") == "async"
        return world.api if self.api == "xhuo" else world.ruxa

    def calls(self, count: int) -> int:
        """How many paid calls so many pictures take."""
        return 1 if self.api == "xhuo" else count

    def credits(self, command: str, count: int) -> int:
        """What so many pictures of the standard model cost: Ruxa AI edits with a dearer one."""
        return count * (4 if self.api == "ruxa" and command == "edit" else 1)


@dataclass(frozen=True)
class Trouble:
    """What goes wrong at an API: with the next calls, or because of how its stand-in is set.

    `task` is the error with which a call ends that was taken.
    """

    key: str
    fault: Fault | None = None
    task: xhuo_errors.ApiError | ruxa_errors.ApiError | None = None
    changes: Mapping[str, object] = field(default_factory=dict)

    def strikes(self, api: XHuoServer | RuxaServer, times: int = 1) -> None:
        """Let it happen to so many calls."""
        if self.fault:
            api.faults.plan("POST", api.paid_path, self.fault, times)
        for name, value in {**self.changes, "fail_tasks": self.task}.items():
            setattr(api, name, value)


# Who is called back does not ask until long after the test has given up.
CALLED_BACK: Mapping[str, object] = {"public": True, "poll_seconds": 30}
XHUO_WAYS: Mapping[str, Way] = {
    "xhuo-sync": Way("xhuo", {"xhuo_mode": "sync"}, later=False),
    "xhuo-callback": Way("xhuo", {"xhuo_mode": "callback", **CALLED_BACK}),
    "xhuo-async": Way("xhuo", {"xhuo_mode": "async"}),
}
RUXA_WAYS: Mapping[str, Way] = {
    "ruxa-polling": Way("ruxa"),
    "ruxa-callback": Way("ruxa", CALLED_BACK),
}
WAYS = {**XHUO_WAYS, **RUXA_WAYS}
COMMANDS = {name: name for name in ("generate", "edit")}
COUNTS = {str(count): count for count in (1, 4)}


def all_pairs(*sizes: int) -> list[tuple[int, ...]]:
    """A few combinations of one value of each factor, in which each two values meet; always the same ones.

    Each next one is the first of those that bring the most pairs together which have not met before.
    """
    everything = list(product(*map(range, sizes)))
    apart = set().union(*map(_pairs, everything))
    chosen = []
    while apart:
        best = max(everything, key=lambda each: len(_pairs(each) & apart))
        chosen.append(best)
        apart -= _pairs(best)
    return chosen


def cases(*factors: Mapping[str, Any]) -> list[ParameterSet]:
    """Every combination as parameters of a test; those that bring no two values together are `long`."""
    chosen = set(all_pairs(*map(len, factors)))
    labels = [list(factor) for factor in factors]
    return [
        pytest.param(
            *(factor[names[at]] for factor, names, at in zip(factors, labels, each, strict=True)),
            id="-".join(names[at] for names, at in zip(labels, each, strict=True)),
            marks=() if each in chosen else pytest.mark.long,
        )
        for each in product(*map(range, map(len, factors)))
    ]


def given_up_at_once(fault: Fault) -> Fault:
    """An API that is busy, and asks for a longer pause than we make."""
    return replace(fault, headers={"Retry-After": "121"}) if _is_busy(fault) else fault


async def comes_to_nothing(
    world: LocalWorld, services: Services, interaction: Interaction, key: str, *, spent: int, lost: bool
) -> Message:
    """The member reads why and has all back; what may have been billed stays in the bot's budget."""
    answer = await world.refunded(services, interaction, key, spent)
    assert await billed(services.store) == (spent if lost else 0)
    [job] = await ended(services.store)
    assert job.state is (JobState.UNKNOWN if lost else JobState.FAILED)
    return answer


async def is_delivered(
    world: LocalWorld, services: Services, interaction: Interaction, *, images: int, credits_: int
) -> Message:
    """The member has so many pictures for so many credits; the answer is what they read."""
    done = await world.answer(interaction, "Done")
    assert f"{20 - credits_} credits left" in done.content
    assert len((await world.result(interaction.channel)).attachments) == images
    assert len(world.posted(interaction.channel)) == 1
    assert (await booked(services.store))["settle"] == credits_
    [job] = await ended(services.store)
    assert job.state is JobState.DELIVERED
    return done


def _pairs(combination: Sequence[int]) -> set[tuple[tuple[int, int], ...]]:
    return set(combinations(enumerate(combination), 2))


def _is_busy(fault: Fault) -> bool:
    code = fault.json.get("code") if isinstance(fault.json, dict) else None
    return 429 in {fault.status, code}
