"""What jobs say to their members."""

from dataclasses import replace

from hypothesis import given, settings

from bot import wording
from bot.services.messenger import Delivered
from bot.texts import text
from storage.records import JobRecord, JobState
from tests.bot.test_quoting import hostile
from tests.storage.samples import new_job


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
    one = wording.original_links([(1, "https://a.example")], any_file=False)
    assert one == "[original](https://a.example)"
    pictures = [(1, "https://a.example"), (2, None), (3, "https://c.example")]
    several = wording.original_links(pictures, any_file=False)
    assert several == "[original 1](https://a.example) · [original 3](https://c.example)"
    assert wording.original_links([], any_file=False) == ""


def test_links_beside_files_show_nothing_themselves() -> None:
    """Else Discord would show the picture a second time."""
    beside = wording.original_links([(1, "https://a.example")], any_file=True)
    assert beside == "[original](<https://a.example>)"
    several = wording.original_links([(1, "https://a.example"), (2, "https://b.example")], any_file=True)
    assert several == "[original 1](<https://a.example>) · [original 2](<https://b.example>)"
