"""A trouble strikes as its data says, and what is done by hand can be undone."""

from collections.abc import Callable, Mapping

import pytest

from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.troubles import RUXA, XHUO
from sandbox.apis.xhuo import XHuoServer
from sandbox.discord.gateway_troubles import GATEWAY
from sandbox.discord.server import DiscordWorld
from sandbox.discord.troubles import TROUBLES
from sandbox.faults import Fault, Faults, Plan
from sandbox.troubles import Breakable, Trouble, Troublemaker

BUSY = Trouble("has no time", "POST", "/paid", Fault(429))
LOST = Trouble("cuts the connection", fault=Fault(reset="after"))
TWICE = Trouble("calls back twice", changes={"callbacks.times": 2})
SHORT = Trouble("makes one picture alone", changes={"share": 1})
NONE = Trouble("makes no picture", changes={"share": 0})
BOTH = Trouble("has no time, then half of it", fault=Fault(503), changes={"callbacks.times": 0, "share": 1})
FALL = Trouble("falls over", call="callbacks.fall")
TABLE = {"busy": BUSY, "lost": LOST, "twice": TWICE, "short": SHORT, "none": NONE, "both": BOTH, "fall": FALL}


class Callbacks:
    """A part of the server."""

    def __init__(self) -> None:
        self.times = 1
        self.falls = 0

    def fall(self) -> None:
        """Fall over."""
        self.falls += 1


class Server:
    """Has what the troubles speak of, and is never asked anything."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.callbacks = Callbacks()
        self.share = 4

    def is_as_usual(self) -> bool:
        """Tell whether nothing is planned and nothing changed."""
        return not self.faults.planned and (self.callbacks.times, self.share) == (1, 4)


@pytest.fixture
def server() -> Server:
    """Return a server that is well."""
    return Server()


@pytest.fixture
def by_hand(server: Server) -> Troublemaker:
    """Return what strikes it by hand."""
    return Troublemaker(server, TABLE)


def test_a_fault_is_planned_for_so_many_requests(server: Server) -> None:
    """With the trouble's method and path, or for any request; nothing else changes."""
    BUSY.strike(server, 3)
    LOST.strike(server)
    assert server.faults.planned == [
        Plan("POST", "/paid", Fault(429), 3, 0),
        Plan("*", "*", Fault(reset="after"), 1, 0),
    ]
    server.faults.clear()
    assert server.is_as_usual()


def test_a_change_reaches_the_server_and_its_parts(server: Server) -> None:
    """Names with a dot are attributes of a part; nothing is planned for a trouble without a fault."""
    BOTH.strike(server)
    assert (server.callbacks.times, server.share) == (0, 1)
    assert [plan.fault for plan in server.faults.planned] == [Fault(503)]
    TWICE.strike(server)
    assert server.callbacks.times == 2
    assert len(server.faults.planned) == 1


def test_a_call_happens_once_and_at_once(server: Server) -> None:
    """However many requests are named."""
    FALL.strike(server, 5)
    assert server.callbacks.falls == 1
    assert server.is_as_usual()


def test_the_requests_that_are_left_are_counted(server: Server) -> None:
    """Over all plans of this trouble, and no other."""
    BUSY.strike(server, 2)
    LOST.strike(server, 5)
    BUSY.strike(server, 3)
    assert (BUSY.left(server), LOST.left(server), TWICE.left(server)) == (5, 5, 0)


@pytest.mark.parametrize(
    ("names", "struck"),
    [
        ([], {}),
        (["busy"], {"busy": 3}),
        (["lost", "busy", "busy"], {"busy": 6, "lost": 3}),
        (["twice", "none"], {"twice": None, "none": None}),
        (["short", "none"], {"none": None}),
        (["both"], {"both": 3, "short": None}),
        (["fall"], {}),
    ],
)
def test_what_is_in_force_is_named_and_undone(
    server: Server, by_hand: Troublemaker, names: list[str], struck: dict[str, int | None]
) -> None:
    """Faults with the requests to come, changes without a number, and after clear() nothing of it is left."""
    for name in names:
        by_hand.strike(name, 3)
    assert by_hand.struck() == struck
    by_hand.clear()
    assert by_hand.struck() == {}
    assert server.is_as_usual()


def test_what_others_changed_is_left_alone(server: Server, by_hand: Troublemaker) -> None:
    """What was not struck by hand is not named; an attribute goes back to what it was before the strike."""
    server.share = 0
    assert by_hand.struck() == {}
    by_hand.strike("short", 1)
    by_hand.clear()
    assert server.share == 0
    server.share = 3
    by_hand.clear()
    assert server.share == 3


@pytest.mark.parametrize(
    ("make", "table"),
    [(XHuoServer, XHUO), (RuxaServer, RUXA), (DiscordWorld, {**GATEWAY, **TROUBLES})],
    ids=["xhuo", "ruxa", "discord"],
)
async def test_every_trouble_of_the_tables_fits_its_server(
    make: Callable[[], Breakable], table: Mapping[str, Trouble]
) -> None:
    """What it changes or calls is there; by hand it shows what it did, unless that is over at once."""
    for name, trouble in table.items():
        by_hand = Troublemaker(make(), table)
        by_hand.strike(name, 2)
        assert by_hand.struck().get(name, 0) == (2 if trouble.fault else None if trouble.changes else 0), name
        assert trouble.fault or trouble.changes or trouble.call, name
        by_hand.clear()
        assert by_hand.struck() == {}, name
