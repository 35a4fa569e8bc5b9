"""Every word that people read, by key, from one file a language.

A text is a line of `en.toml`; `{name}` stands for a value. A table with `one` and `other` instead of a line
holds two forms, chosen by the value `n`.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def catalogue(language: str = "en") -> dict[str, Any]:
    """The texts of one language, nested as in its file."""
    return tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text("utf-8"))


def text(key: str, **values: object) -> str:
    """The text of a dotted key with its values put in; raises `KeyError` when there is none."""
    found: Any = catalogue()
    for part in key.split("."):
        found = found[part]
    if isinstance(found, dict):
        found = found["one" if values.get("n") == 1 else "other"]
    return str(found).format(**values)
