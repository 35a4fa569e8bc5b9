"""What Discord would make of a text, stricter than any client: what passes here is words and no more."""

import re
import unicodedata
from collections import Counter

# What begins a line, and what counts anywhere unless a backslash stands before it.
_LINE = re.compile(r"(?P<head>#{1,3} )|(?P<small>-# )|(?P<quote>>(?:>>)? )|(?P<list> *(?:[-*]|\d+\.) )")
_ACTIVE = re.compile(
    r"(?P<escaped>\\[^\sA-Za-z0-9])"
    r"|(?P<mention><@!?(?P<who>\d+)>)"
    r"|(?P<role><@&\d+>)|(?P<channel><#\d+>)|(?P<command></[^:>]+:\d+>)|(?P<guide><id:\w+>)"
    r"|(?P<emoji><a?:\w+:\d+>|:[\w+-]+:)"
    r"|(?P<time><t:-?\d+(?::\w)?>)"
    r"|(?P<link>\[[^\]]+\]\(<?https?://(?P<host>[^/\s)>]+)[^)]*\))"
    r"|(?P<address><?\b[a-z][a-z0-9+.-]*://\S+|<[^\s@>]+@[^\s>]+>|<(?:tel|mailto|sms):[^>]+>)"
    r"|(?P<mark>[*_~|`])",
    re.IGNORECASE,
)
# What Discord's servers and clients find in the bare text, past every backslash.
_RAW = re.compile(
    r"(?P<ping><@!?(?P<who>\d+)>)|(?P<role><@&\d+>)|(?P<everyone>@(?:everyone|here))"
    r"|(?P<invitation>(?:discord(?:app)?\.(?:gg|gift|new|com/(?:invite|gifts))|\bdis\.gd)/\w)",
    re.IGNORECASE,
)
_JOINERS = {"\u200c", "\u200d"}
_BREAK = "\u200b"  # keeps what stands around it apart
_ODD = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def rendered(text: str) -> Counter[str]:
    """Count all that would be more than words: formatting, links by host, pings by member, odd characters."""
    found = Counter({"line": text.count("\n")})
    for line in text.split("\n"):
        rest = line
        while begun := _LINE.match(rest):
            found[str(begun.lastgroup)] += 1
            rest = rest[begun.end() :]
        found.update(_name(match) for match in _ACTIVE.finditer(rest) if match["escaped"] is None)
    found.update(f"raw {_name(match)}" for match in _RAW.finditer(text))
    found.update(f"character {ord(each):x}" for each in text if _is_odd(each))
    return found


def is_odd_line(line: str) -> bool:
    """Whether something in a line controls, hides or turns around what stands beside it."""
    return any(_is_odd(each) for each in line)


def _name(match: re.Match[str]) -> str:
    named = match.groupdict()
    kind = next(name for name, value in named.items() if value is not None)
    return f"{kind} {named.get('who') or named.get('host') or ''}".strip()


def _is_odd(character: str) -> bool:
    return character not in {"\n", _BREAK, *_JOINERS} and unicodedata.category(character) in _ODD
