"""The image APIs there are, and which of them the operator has set up."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from bot.providers.base import Provider
from bot.providers.ruxa import open_ruxa
from bot.providers.xhuo import open_xhuo
from bot.settings import Settings, SettingsError


@dataclass(frozen=True, slots=True)
class Registration:
    """How to open an API, and its settings: key, address, and how many calls it takes at once."""

    open: Callable[[Settings], AbstractAsyncContextManager[Provider]]
    key: str
    base_url: str
    max_in_flight: str


# A new API is one new file, its settings, and one line here (docs/adding-a-provider.md).
REGISTRY: Mapping[str, Registration] = {
    "xhuo": Registration(open_xhuo, "xhuo_api_key", "xhuo_base_url", "xhuo_max_in_flight"),
    "ruxa": Registration(open_ruxa, "ruxa_api_key", "ruxa_base_url", "ruxa_max_in_flight"),
}


def chosen(settings: Settings, registry: Mapping[str, Registration] = REGISTRY) -> list[str]:
    """The APIs to be used, in order of preference: those named, else each whose key is set.

    Raises `SettingsError`.
    """
    with_key = [name for name, each in registry.items() if getattr(settings, each.key) is not None]
    if not with_key:
        keys = " or ".join(each.key.upper() for each in registry.values())
        raise SettingsError([f"{keys} is missing: set one in the environment or in .env"])
    mistakes = []
    for name in settings.image_apis:
        if name not in registry:
            mistakes.append(f"IMAGE_APIS: there is no '{name}', only {', '.join(registry)}")
        elif name not in with_key:
            mistakes.append(f"IMAGE_APIS names {name}, and {registry[name].key.upper()} is missing")
    if mistakes:
        raise SettingsError(mistakes)
    return list(settings.image_apis) or with_key
