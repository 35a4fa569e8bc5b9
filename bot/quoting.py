"""Members' own words made fit to be shown: short, on one line, nobody is pinged, nothing is rendered."""

import re
import unicodedata

SHOWN = 200  # characters, where a message says nothing else
MARKS = 3  # combining marks on one letter; languages need two, zalgo has dozens
INVISIBLE = {"Cf", "Cs", "Co", "Cn"}  # Unicode's categories of format, surrogate, private, unassigned
FILLERS = set(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
)  # letters, marks and signs that show nothing
JOINERS = {"\u200c", "\u200d"}  # they make one emoji of several, and shape letters
BREAK = "\u200b"  # seen by nobody, and nothing is recognised across it

_MARKDOWN = re.compile(r"[\\*_~`|<>\[\]()#]|^-|:(?=[\w+-]+:)")  # the last one begins the name of an emoji
_NUMBERED = re.compile(r"^(\d+)\.")
# What Discord finds past any backslash: pings, links, and invitations, which need no scheme.
_ALIVE = re.compile(
    r"@(?=everyone|here|[!&]?\d)|(?<=[a-z]):(?=//)|discord(?:app)?(?=\.\w+/)|\bdis(?=\.gd/)", re.IGNORECASE
)


def plain(words: str, limit: int) -> str:
    """The words on one line, without control, invisible and direction characters, cut at `limit`."""
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", words):
        category = unicodedata.category(character)
        if category in INVISIBLE or character in FILLERS:
            kept.extend(character if character in JOINERS and kept and _may_join(kept[-1]) else "")
            continue
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if category in {"Cc", "Zl", "Zp"}:
            kept.append(" ")
        elif marks <= MARKS:
            kept.append(character)
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def quoted(words: str, limit: int = SHOWN) -> str:
    """The words as they can stand in a message: nobody is pinged, nothing is formatted, no link is live."""
    escaped = _NUMBERED.sub(r"\1\\.", _MARKDOWN.sub(r"\\\g<0>", plain(words, limit)))
    return _ALIVE.sub(rf"\g<0>{BREAK}", escaped)


def _may_join(character: str) -> bool:
    """Joiners belong behind emoji, and behind letters of scripts without capitals (Persian, Hindi)."""
    return unicodedata.category(character) in {"So", "Sk", "Lo", "Mn", "Mc"} or character == "\ufe0f"
