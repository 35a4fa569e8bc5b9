"""Members' own words, made fit to be shown: whatever they hold, one quiet line comes out."""

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import wording
from bot.services.messenger import Delivered
from bot.texts import text
from storage.records import JobRecord, JobState
from tests.storage.samples import new_job

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


def job(*, late: bool = False, **changes: object) -> JobRecord:
    """A job at its end."""
    new = new_job(**changes)  # type: ignore[arg-type]  # named fields only
    values = {name: getattr(new, name) for name in new.__dataclass_fields__}
    return JobRecord(
        **values,
        state=JobState.DELIVERED,
        perhaps_billed=0,
        late=late,
        result_message_id=None,
        outcome=None,
        told=False,
        sent_at=1.0,
        answered_at=9.0,
        ready_at=9.0,
        ended_at=9.0,
    )


@settings(max_examples=200, deadline=None)
@given(hostile, st.integers(5, 250))
@example("https://a\\<t:0:R>", 200)
@example("[**bold**](https://x.example)", 200)
@example("https://x.example/**bold**", 200)
def test_hostile_words_are_one_quiet_line(words: str, limit: int) -> None:
    """Nobody is pinged, nothing is formatted or live, nothing turns the line around or grows out of it."""
    plain, quoted = wording.plain(words, limit), wording.quoted(words, limit)
    assert len(plain) <= limit
    assert plain == plain.strip()
    assert len(plain.splitlines()) <= 1
    assert len(quoted.splitlines()) <= 1
    assert not MENTION.search(quoted)
    assert not LIVE.search(quoted)
    assert "://" not in quoted
    invisible = {c for c in plain if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}}
    assert invisible <= {"\u200c", "\u200d"}
    assert not re.search(r"^[\u200c\u200d]|[\u200c\u200d]{2}", plain)
    plain.encode()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from("abe\u0301\u0323\u0327\u0489\u20dd\u200b\u200d"), max_size=60).map("".join))
def test_marks_do_not_pile_up(words: str) -> None:
    """No letter carries more than a few marks, of whichever kind."""
    run = 0
    for character in wording.plain(words, 250):
        run = run + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        assert run <= wording.MARKS


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
    assert wording.plain(words, 200) == wording.quoted(words) == words


def test_long_words_are_cut_with_a_sign() -> None:
    """The limit includes the sign, and no blank stands before it."""
    assert wording.plain("a" * 201, 200) == "a" * 199 + "…"
    assert wording.plain("a" * 200, 200) == "a" * 200
    assert wording.plain("aa bb", 4) == "aa…"


@settings(max_examples=50, deadline=None)
@given(hostile)
def test_every_message_of_a_job_fits_into_discord(prompt: str) -> None:
    """Progress has a line for each thing it says whatever the prompt holds; an alt text keeps its limit."""
    record = job(prompt=prompt * 20, count=4)
    instead = replace(record, model="nano-banana-pro", asked_model="nano-banana")
    for words, lines in (
        (wording.progress(record, 100.4), 3),
        (wording.waiting(record, 7, 100.4), 3),
        (wording.progress(instead, 100.4), 4),
    ):
        assert len(words.splitlines()) == lines
        assert len(words) < 2000
        assert "Ready about <t:100:R>" in words
    assert len(wording.alt_text(record)) <= 1024


def test_progress_of_one_and_of_many() -> None:
    """One picture and several are spoken of as such; a ratio that is left out is not mentioned."""
    assert "your picture with nano-banana (1K · 1:1)" in wording.progress(job(), 5.0)
    assert "4 pictures" in wording.progress(job(count=4), 5.0)
    assert "(2K)" in wording.progress(job(aspect_ratio=None, resolution="2K"), 5.0)


def test_progress_says_that_another_model_makes_it() -> None:
    """Both models and the price of the whole; without another model there is no such line."""
    instead = job(model="nano-banana-pro", asked_model="nano-banana", count=2, price=4)
    last = wording.progress(instead, 5.0).splitlines()[-1]
    assert last == text("progress.instead", asked="nano-banana", model="nano-banana-pro", n=8)
    assert "instead" not in wording.progress(job(), 5.0)
    assert len(wording.progress(job(), 5.0).splitlines()) == 3


def test_the_end_of_a_late_job_is_free() -> None:
    """Its credits came back long ago: neither a price nor a refund is spoken of."""
    late = job(late=True, count=4, price=2)
    words = wording.done(late, Delivered(1, "https://x.example"), left=3, images=3)
    assert words.splitlines()[1:] == [text("progress.late")]
    assert "free" in words
    assert "back" not in words


def test_the_end_names_link_and_credits() -> None:
    """With a link, or with the words of the answer that became the result; and what came back."""
    linked = wording.done(job(), Delivered(1, "https://discord.com/channels/1/2/3"), left=17, images=1)
    assert linked == text("progress.done", n=17, link="[your picture](https://discord.com/channels/1/2/3)")
    answered = wording.done(job(), Delivered(None, None, "the result"), left=1, images=1)
    assert answered.splitlines() == ["the result", "-# 1 credit left"]
    partly = wording.done(job(count=4, price=2), Delivered(1, "https://x.example"), left=3, images=3)
    assert partly.splitlines()[1] == "Only 3 of 4 came out, and 2 credits are back."


def test_links_to_originals_are_numbered_when_there_are_several() -> None:
    """A picture whose link is gone is left out."""
    assert wording.original_links([(1, "https://a.example")]) == "[original](https://a.example)"
    several = wording.original_links([(1, "https://a.example"), (2, None), (3, "https://c.example")])
    assert several == "[original 1](https://a.example) · [original 3](https://c.example)"
    assert wording.original_links([]) == ""
