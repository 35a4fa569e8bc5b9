"""Members' own words, made fit to be shown: whatever they hold, one quiet line comes out."""

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.quoting import MARKS, plain, quoted

PIECES = [
    "@everyone",
    "@here",
    "<@123456789012345678>",
    "<@!123456789012345678>",
    "<@&123456789012345678>",
    "<#123456789012345678>",
    "</generate:123456789012345678>",
    "<t:0:R>",
    "<:x:123456789012345678>",
    "<a:x:123456789012345678>",
    "<id:customize>",
    "**bold**",
    "__under__",
    "*i*",
    "_i_",
    "~~s~~",
    "||spoiler||",
    "`code`",
    "```\ncode\n```",
    "# head",
    "-# small",
    "> quote",
    ">>> quote",
    "- list",
    "* list",
    "1. list",
    "[words](https://evil.example)",
    "[**b**](<https://x.example>)",
    "https://evil.example/**x**_y_",
    "<https://evil.example>",
    "HTTPS://EVIL.example",
    "steam://run",
    "discord://x",
    "\\",
    "\\\\",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\u00ad",
    "\ufeff",
    "\U000e0041",
    "\x00",
    "\x1b[2J",
    "\r",
    "\n",
    "\t",
    "\u2028",
    "\u2029",
    "\x85",
    "\ud800",
    "\ue000",
    "z\u0323\u0324\u0325\u0326\u0327\u0328",
    "e\u0489\u0489\u0489\u0489\u0489\u0489",
    "👩\u200d👩\u200d👧",
    "🏳\ufe0f\u200d🌈",
    "🍌",
    "ไทย",
    "नमस्ते",
    "é",
    "سلام",
    "x" * 300,
    "a banana",
    " ",
]
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=12).map("".join)

LIVE = re.compile(r"(?<!\\)(?:\\\\)*([*_~`|<>\[\]()#])")  # a character of markdown without an odd backslash
MENTION = re.compile(r"@(everyone|here|[!&]?\d{17,20})")


@settings(max_examples=200, deadline=None)
@given(hostile, st.integers(5, 250))
@example("https://a\\<t:0:R>", 200)
@example("[**bold**](https://x.example)", 200)
@example("https://x.example/**bold**", 200)
def test_hostile_words_are_one_quiet_line(words: str, limit: int) -> None:
    """Nobody is pinged, nothing is formatted or live, nothing turns the line around or grows out of it."""
    bare, shown = plain(words, limit), quoted(words, limit)
    assert len(bare) <= limit
    assert bare == bare.strip()
    assert len(bare.splitlines()) <= 1
    assert len(shown.splitlines()) <= 1
    assert not MENTION.search(shown)
    assert not LIVE.search(shown)
    assert "://" not in shown
    invisible = {c for c in bare if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}}
    assert invisible <= {"\u200c", "\u200d"}
    assert not re.search(r"^[\u200c\u200d]|[\u200c\u200d]{2}", bare)
    bare.encode()


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("12. item", "12\\. item"),
        ("10.5 mm", "10\\.5 mm"),
        ("a :banana: :+1: at 16:9", "a \\:banana: \\:+1: at 16:9"),
        ("discord.gg/evil", "discord\u200b.gg/evil"),
        ("see DISCORD.com/invite/evil", "see DISCORD\u200b.com/invite/evil"),
        ("dis.gd/evil, this.gd/fine", "dis\u200b.gd/evil, this.gd/fine"),
        ("discord. nothing", "discord. nothing"),
        ("a\u3164b\u2800c\u034fd", "abcd"),
    ],
)
def test_what_discord_would_make_of_words(words: str, shown: str) -> None:
    """Numbered lists, names of emoji, invitations without a scheme, and letters that show nothing."""
    assert quoted(words) == shown


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from("abe\u0301\u0323\u0327\u0489\u20dd\u200b\u200d"), max_size=60).map("".join))
def test_marks_do_not_pile_up(words: str) -> None:
    """No letter carries more than a few marks, of whichever kind."""
    run = 0
    for character in plain(words, 250):
        run = run + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        assert run <= MARKS


@pytest.mark.parametrize(
    "words",
    [
        "a banana",
        "Grüße aus Köln, 100 % schön!",
        "सुनहरा केला नमस्ते",
        "กล้วยสีเหลือง",
        "ذهبي",
        "香蕉",
        "👩‍👩‍👧 🏳️‍🌈 👍🏽",
        "50 km @ noon",
    ],
)
def test_honest_words_stay_as_they_are(words: str) -> None:
    """Languages with marks, scripts from right to left, and composed emoji are not harmed."""
    assert plain(words, 200) == quoted(words) == words


def test_long_words_are_cut_with_a_sign() -> None:
    """The limit includes the sign, and no blank stands before it."""
    assert plain("a" * 201, 200) == "a" * 199 + "…"
    assert plain("a" * 200, 200) == "a" * 200
    assert plain("aa bb", 4) == "aa…"
