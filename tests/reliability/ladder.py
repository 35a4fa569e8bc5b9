"""What becomes of a job that Discord answers with each line of the ladder: the documented ends, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from storage.records import JobState

ALWAYS = 1000
BAD_DAYS = ("429", "429-without-via", "500", "502", "503", "504", "cut-before", "cut-after")


@dataclass(frozen=True)
class End:
    """How a job stands at last, where its picture is shown, how it looks, and where its member reads of it.

    Without a state there is no job. `told` is about the last words: what is left, or why there is no picture.
    """

    state: JobState | None
    shown: str = "nowhere"
    told: str = "in the answer"
    look: str = ""


@dataclass(frozen=True)
class Token:
    """What became of the interaction and of the bot between the request and its result."""

    lives: bool = True
    restarted: bool = False


@dataclass(frozen=True)
class Line:
    """What Discord says to a job's calls, how often, and how it ends by the way that its result goes.

    A trouble without a call is met where the result goes: in the channel, or through the answer.
    """

    trouble: str
    times: int
    channel: End
    channel_late: End
    private: End
    foreign: End
    call: str | None = None

    def end(self, place: str, token: Token, *, private: bool) -> End:
        """The documented end in one place."""
        if place != "foreign" and not private:
            return self.channel if token.lives else self.channel_late
        if not token.lives and self.channel is not NOTHING:
            return HELD_UNTOLD
        return self.private if private else self.foreign

    def named(self, place: str, *, private: bool) -> str:
        """The name of the trouble in this place."""
        call = self.call or ("answer" if private or place == "foreign" else "result")
        return f"{call}-{self.trouble}"


NOTHING = End(None, told="nowhere")
POSTED = End(JobState.DELIVERED, "in the channel", look="whole")
ALONE = End(JobState.DELIVERED, "to its member alone", look="whole")
FOLLOWED = End(JobState.DELIVERED, "as a follow-up", look="whole")
HELD = End(JobState.HELD)
CHARGED = End(JobState.FAILED)
HELD_UNTOLD = replace(HELD, told="nowhere")


def untold(end: End) -> End:
    """The same, but the last words reach nobody."""
    return replace(end, told="nowhere")


def aloud(end: End) -> End:
    """The same, but the last words stand in the channel."""
    return replace(end, told="in the channel")


def arrived(trouble: str, times: int, *, look: str = "whole", call: str | None = None) -> Line:
    """A line that nobody need notice: the result comes where it belongs."""
    posted, alone, followed = (replace(end, look=look) for end in (POSTED, ALONE, FOLLOWED))
    return Line(trouble, times, posted, untold(posted), alone, followed, call)


TOKENS: Mapping[str, Token] = {
    "valid": Token(),
    "expired": Token(lives=False),
    "restarted": Token(restarted=True),
    "restarted late": Token(lives=False, restarted=True),
}
PLACES = {place: place for place in ("server", "thread", "direct", "foreign")}
VISIBILITIES = {"public": False, "private": True}

_TOKEN_GONE = Line("", ALWAYS, untold(POSTED), untold(POSTED), HELD_UNTOLD, HELD_UNTOLD, "answer")
_NO_ACCESS = Line("", ALWAYS, ALONE, HELD_UNTOLD, HELD_UNTOLD, HELD_UNTOLD)
_PLACE_GONE = Line("", ALWAYS, HELD, HELD_UNTOLD, HELD_UNTOLD, HELD_UNTOLD)
_BLOCKED = Line("", 2, ALONE, aloud(HELD), ALONE, ALONE)
_NOT_ACCEPTED = Line("10062", 1, NOTHING, NOTHING, NOTHING, NOTHING, "first-answer")

LINES: Mapping[str, Line] = {
    **{
        f"token gone {code}": replace(_TOKEN_GONE, trouble=code)
        for code in ("50027", "10015", "401", "10062")
    },
    "progress deleted": Line(
        "10008", ALWAYS, untold(POSTED), untold(POSTED), untold(ALONE), untold(FOLLOWED), "answer"
    ),
    "answer repeated 40060": arrived("cut-after", 1, call="first-answer"),
    "answer repeated": arrived("cut-before", 1, call="first-answer"),
    "answer 503": arrived("503", 1, call="first-answer"),
    "answer too late 10062": _NOT_ACCEPTED,
    **{
        f"no access {code}": replace(_NO_ACCESS, trouble=code)
        for code in ("50001", "50013", "160002", "50007", "50083")
    },
    **{f"place gone {code}": replace(_PLACE_GONE, trouble=code) for code in ("10003", "10004")},
    **{f"too large once {code}": arrived(code, 1) for code in ("40005", "413")},
    **{f"too large twice {code}": arrived(code, 2, look="links") for code in ("40005", "413")},
    **{f"AutoMod once {code}": arrived(code, 1, look="bare") for code in ("200000", "240000")},
    **{f"AutoMod twice {code}": replace(_BLOCKED, trouble=code) for code in ("200000", "240000")},
    "explicit": Line("20009", 1, CHARGED, aloud(CHARGED), CHARGED, CHARGED),
    **{f"bad day {name}": arrived(name, 1) for name in BAD_DAYS},
}
SOME_LINES: Mapping[str, Line] = {
    name: LINES[name]
    for name in (
        "token gone 50027",
        "progress deleted",
        "answer repeated 40060",
        "answer too late 10062",
        "no access 50013",
        "no access 50083",
        "place gone 10003",
        "too large twice 40005",
        "AutoMod once 200000",
        "AutoMod twice 200000",
        "explicit",
        "bad day 429",
        "bad day 429-without-via",
        "bad day 503",
        "bad day cut-before",
        "bad day cut-after",
    )
}
SILENT: Mapping[str, Line] = {name: arrived(name, 1) for name in ("silent", "silent-after")}
