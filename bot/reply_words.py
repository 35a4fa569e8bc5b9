"""What a member writes below a picture: words, options in the manner people know, or only talk.

`#2` at the start names a picture, `--ar 16:9` sets an option; what is left are the words to act on.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.errors import UserError
from bot.quoting import quoted
from bot.texts import text

# The options by their names, and by others that people know.
NAMES = {
    "model": "model",
    "m": "model",
    "ar": "ar",
    "aspect": "ar",
    "aspect_ratio": "ar",
    "ratio": "ar",
    "size": "size",
    "resolution": "size",
    "count": "count",
    "n": "count",
    "spoiler": "spoiler",
}
FLAGS = {"spoiler"}  # they take no value
OPTIONS = text("reply.options")  # that there are
TALK = frozenset(text("reply.talk").split())
QUESTIONS = frozenset(text("reply.questions").split())

_PICTURE = re.compile(r"#(\d{1,2})(?!\w)[,\s]*")
_OPTION = re.compile(r"(?<!\S)(?:--|\u2014|\u2013)([A-Za-z][\w-]*)(?:[=\s]+(?!--|\u2014|\u2013)(\S+))?")
_SHOWN = re.compile(r"<(?:@[!&]?|#|a?:\w{1,32}:)\d+>|https?://\S+")  # mentions, emoji, a GIF by its link
_LETTERS = re.compile(r"[^\W\d_]+|\d+")
_SPACES = re.compile(r"[ \t]{2,}")
_STRETCHED = re.compile(r"(.)\1{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a reply asks for; `pictures` are the numbers of those that it names, all of them where empty."""

    words: str
    pictures: tuple[int, ...] = ()
    model: str | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    count: int = 1
    spoiler: bool | None = None

    @property
    def has_options(self) -> bool:
        """Whether it says more than words."""
        return self != Wish(words=self.words)


def read_wish(content: str) -> Wish:
    """Take a reply apart; raises `UserError` with the list of options where one of them is wrong."""
    pictures: list[int] = []
    words = content.strip()
    while found := _PICTURE.match(words):
        pictures.append(int(found[1]))
        words = words[found.end() :]
    given: dict[str, str] = {}
    words = _OPTION.sub(lambda found: _take(found, given), words)
    count = given.get("count", "1")
    if not (count.isascii() and count.isdecimal()):
        raise UserError(
            "refused.option_value", given=quoted(count, 40), option="count", options=text("reply.options")
        )
    return Wish(
        words=_SPACES.sub(" ", words).strip(),
        pictures=tuple(dict.fromkeys(pictures)),
        model=given.get("model"),
        aspect_ratio=given.get("ar"),
        resolution=given.get("size"),
        count=int(count[:9]),
        spoiler=True if "spoiler" in given else None,
    )


def _take(found: re.Match[str], given: dict[str, str]) -> str:
    """Note one option; gives the words that do not belong to it."""
    name = NAMES.get(found[1].casefold())
    if name is None:
        if not found[0].startswith("--"):
            return found[0]  # a dash of prose; phones also make it of two hyphens
        raise UserError("refused.option_unknown", given=quoted(found[1], 40), options=OPTIONS)
    if name in FLAGS:
        given[name] = ""
        return f" {found[2] or ''}"
    if not found[2]:
        raise UserError("refused.option_empty", option=name, options=OPTIONS)
    given[name] = found[2]
    return " "


def is_talk(words: str) -> bool:
    """Whether nothing can be done with words: none at all, thanks, laughter, emoji, links, a question."""
    said = "".join(sign for sign in _SHOWN.sub(" ", words) if unicodedata.category(sign) != "So")
    rest = unicodedata.normalize("NFKC", said).casefold()  # which makes letters of some emoji
    spoken = _LETTERS.findall(rest.replace("'", "").replace("\u2019", ""))
    asks = bool(spoken) and spoken[0] in QUESTIONS and rest.rstrip().endswith("?")
    return asks or all(_is_talk(word) for word in spoken)


def _is_talk(word: str) -> bool:
    """One word, also with letters held down: "sooo", "cooool", "hahahaha"."""
    spellings = {word, _STRETCHED.sub(r"\1", word), _STRETCHED.sub(r"\1\1", word)}
    laughter = len(word) > 1 and set(word) <= set("hae") and "h" in word
    return bool(spellings & TALK) or laughter or word.isdecimal()


def chosen_of(numbers: Sequence[int], total: int) -> str | None:
    """How a job remembers which of a message's pictures it uses; nothing where there was no choice."""
    return f"{','.join(str(number) for number in numbers)}/{total}" if total > 1 else None


def model_meant(word: str, models: Collection[str]) -> str:
    """The model that a word stands for: "pro" for the only one that ends so."""
    meant = [model for model in models if model.casefold().endswith(f"-{word.casefold()}")]
    return meant[0] if len(meant) == 1 else word
