"""What a reply says: words, options, numbers of pictures, or only talk."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.reply_words import NAMES, OPTIONS, Wish, chosen_of, is_talk, model_meant, read_wish

MODELS = ("nano-banana", "nano-banana-2", "nano-banana-pro")

READ: dict[str, dict[str, Any]] = {
    "": {"words": ""},
    "  make it night \n": {"words": "make it night"},
    "#2 make it night": {"words": "make it night", "pictures": (2,)},
    "#1, #3 both in one": {"words": "both in one", "pictures": (1, 3)},
    "#3 #1 #3 in this order": {"words": "in this order", "pictures": (3, 1)},
    "#12,make it night": {"words": "make it night", "pictures": (12,)},
    "#0 nothing": {"words": "nothing", "pictures": (0,)},
    "write #2 on it": {"words": "write #2 on it"},
    "#100 as a poster": {"words": "#100 as a poster"},
    "#2nd place": {"words": "#2nd place"},
    "#sunset": {"words": "#sunset"},
    "make it night --ar 16:9": {"words": "make it night", "aspect_ratio": "16:9"},
    "--model pro make it night": {"words": "make it night", "model": "pro"},
    "make it --size 2k night": {"words": "make it night", "resolution": "2k"},
    "#2 --count=2 a hat --spoiler": {"words": "a hat", "pictures": (2,), "count": 2, "spoiler": True},
    "--spoiler a hat": {"words": "a hat", "spoiler": True},
    "--spoiler=yes a hat": {"words": "yes a hat", "spoiler": True},
    "--spoiler --ar 1:1": {"words": "", "spoiler": True, "aspect_ratio": "1:1"},
    "\u2014ar 16:9 night": {"words": "night", "aspect_ratio": "16:9"},
    "\u2013-ar 16:9 night": {"words": "\u2013-ar 16:9 night"},
    "--AR 16:9 night": {"words": "night", "aspect_ratio": "16:9"},
    "--ar 1:1 --ar 16:9 night": {"words": "night", "aspect_ratio": "16:9"},
    "one line\n--ar 16:9\nanother": {"words": "one line\n \nanother", "aspect_ratio": "16:9"},
    "day -- and night": {"words": "day -- and night"},
    "day \u2014 and night": {"words": "day \u2014 and night"},
    "a boat \u2014moored\u2014 at night": {"words": "a boat \u2014moored\u2014 at night"},
    "well--known": {"words": "well--known"},
    "--2 is a number": {"words": "--2 is a number"},
    "<@5> --count 1000000000000": {"words": "<@5>", "count": 100_000_000},
}

WRONG = {
    "a hat --colour red": ("refused.option_unknown", {"given": "colour", "options": OPTIONS}),
    "a hat --ar": ("refused.option_empty", {"option": "ar", "options": OPTIONS}),
    "a hat --model --ar 16:9": ("refused.option_empty", {"option": "model", "options": OPTIONS}),
    "a hat --count two": ("refused.option_value", {"given": "two", "option": "count", "options": OPTIONS}),
    "a hat --count \u00b2": (
        "refused.option_value",
        {"given": "\u00b2", "option": "count", "options": OPTIONS},
    ),
    "a hat --n -1": ("refused.option_value", {"given": r"\-1", "option": "count", "options": OPTIONS}),
    "a hat --count 1.5": ("refused.option_value", {"given": r"1\.5", "option": "count", "options": OPTIONS}),
}

TALK = [
    "",
    " ",
    "\n",
    "thanks",
    "Thank you so much!",
    "THANKS!!!",
    "ty",
    "lol",
    "hahaha",
    "HAHAHAHA",
    "hehe",
    "haha lol",
    "that's amazing",
    "so cute \U0001f602",
    "sooooo cute",
    "cooool",
    "goood",
    "wowww",
    "\U0001f44d",
    "\U0001f44d\U0001f3fd",
    "\u2764\ufe0f",
    "\U0001f1eb\U0001f1f7",
    "1\ufe0f\u20e3",
    "\u2122\ufe0f",
    "\u24c2\ufe0f",
    "\u3297\ufe0f",
    "\U0001f201",
    "\u2139\ufe0f",
    "\U0001f3f3\ufe0f\u200d\U0001f308",
    "<:banana:123456789>",
    "<a:dance:123456789> <@1> <@!2> <@&3> <#4>",
    "thx <@123>",
    "\uff4c\uff4f\uff4c",
    "10/10",
    "...",
    "?!",
    "^^",
    ":)",
    "https://tenor.com/view/happy-dance-gif-123",
    "lol https://tenor.com/view/x",
    "\u8c22\u8c22",
    "good bot",
    "well done",
    "nice one",
    "oh my god",
    "no way",
    "no",
    "nope",
    "why",
    "wtf",
    "looks great",
    "i like it",
    "not bad",
    "thanks a lot",
    "great work",
    "it's perfect",
    "this is fire",
    "muchas gracias",
    "same",
    "how did you make this?",
    "what was the prompt?",
    "which model is this?",
    "stop",
    "no don\u2019t",
    "delete this",
    "rip",
]

REQUESTS = [
    "night",
    "thanks, now make it night",
    "a hat please",
    "add \U0001f602",
    "more",
    "red",
    "la nuit",
    "\u591c\u306b\u3057\u3066",
    "\u043d\u043e\u0447\u044c",
    "make it like https://example.org",
    "haha but darker",
    "can you make it night?",
    "what if it was night",
    "delete the dog",
]


@pytest.mark.parametrize("content", READ)
def test_it_is_taken_apart(content: str) -> None:
    """Numbers stand at the start, options anywhere, and all else are the words."""
    assert read_wish(content) == Wish(**READ[content])


@pytest.mark.parametrize("content", WRONG)
def test_a_wrong_option_is_named(content: str) -> None:
    """The refusal names what is wrong with it."""
    with pytest.raises(UserError) as refused:
        read_wish(content)
    assert (refused.value.key, refused.value.values) == WRONG[content]


@pytest.mark.parametrize("name", NAMES)
def test_each_option_is_known_by_each_of_its_names(name: str) -> None:
    """What a name stands for changes the wish, and none of it stays among the words."""
    wish = read_wish(f"a hat --{name} 2")
    assert wish.has_options
    assert wish.words == ("a hat 2" if NAMES[name] == "spoiler" else "a hat")


@pytest.mark.parametrize("words", TALK)
def test_talk(words: str) -> None:
    """Nobody who only says something is charged for it."""
    assert is_talk(words)


@pytest.mark.parametrize("words", REQUESTS)
def test_requests(words: str) -> None:
    """One word that says what to do is enough."""
    assert not is_talk(words)


@pytest.mark.parametrize(
    ("word", "model"),
    [
        ("pro", "nano-banana-pro"),
        ("PRO", "nano-banana-pro"),
        ("2", "nano-banana-2"),
        ("nano-banana", "nano-banana"),
        ("banana", "nano-banana"),
        ("dall-e", "dall-e"),
        ("", ""),
    ],
)
def test_a_model_is_known_by_its_end(word: str, model: str) -> None:
    """What stands for none is passed on, and refused with the list of models."""
    assert model_meant(word, MODELS) == model


@pytest.mark.parametrize(
    ("numbers", "total", "chosen"),
    [((1,), 1, None), ((2,), 4, "2/4"), ((3, 1), 3, "3,1/3"), (range(1, 4), 3, "1,2,3/3")],
)
def test_what_was_chosen(numbers: range, total: int, chosen: str | None) -> None:
    """There is nothing to say where there was no choice."""
    assert chosen_of(numbers, total) == chosen


PIECES = st.sampled_from(
    ["#1", "#", "--", "\u2014", "ar", "count", "spoiler", " ", "\n", "=", "2", "<@1>", "x", "\ud800", "\x00"]
)


@given(st.text() | st.lists(PIECES).map("".join))
@example("--" * 2000)
@example("#1 " * 1300)
@example("--spoiler " * 400)
@example("\U0001f44d" * 2000)
def test_whatever_is_written(content: str) -> None:
    """It is read, or refused in words; what was not an option is given back as it was."""
    try:
        wish = read_wish(content)
    except UserError:
        return
    assert is_talk(wish.words) in {True, False}
    if not wish.has_options:
        assert wish.words.split() == content.split()


@given(st.text(st.characters(exclude_characters="-\u2013\u2014#")), st.booleans())
def test_words_come_back(words: str, after: bool) -> None:
    """An option beside them takes nothing of them away."""
    wish = read_wish(f"{words} --ar 16:9" if after else f"#2 --ar 16:9 {words}")
    assert wish.words.split() == words.split()
    assert wish.aspect_ratio == "16:9"
