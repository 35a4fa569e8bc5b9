"""Which APIs are used: those that the operator names, else each whose key is there."""

from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.providers.registry import REGISTRY, Registration, chosen
from bot.settings import Settings, SettingsError


def settings(**values: Any) -> Settings:
    """Settings with nothing but a Discord token and these values."""
    return Settings(_env_file=None, discord_token="token", **values)


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from an environment without keys."""
    for name in ("IMAGE_APIS", "XHUO_API_KEY", "XHUO_API_KEY_FILE", "RUXA_API_KEY", "RUXA_API_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"xhuo_api_key": "a"}, ["xhuo"]),
        ({"ruxa_api_key": "a"}, ["ruxa"]),
        ({"ruxa_api_key": "a", "xhuo_api_key": "b"}, ["xhuo", "ruxa"]),
        ({"ruxa_api_key": "a", "xhuo_api_key": "b", "image_apis": "ruxa"}, ["ruxa"]),
        ({"ruxa_api_key": "a", "xhuo_api_key": "b", "image_apis": " Ruxa, XHUO,ruxa,"}, ["ruxa", "xhuo"]),
        ({"ruxa_api_key": "a", "image_apis": " , "}, ["ruxa"]),
    ],
)
def test_the_order_of_preference(values: dict[str, Any], names: list[str]) -> None:
    """As it is named, each once; without names each API with a key, in the order of the registry."""
    assert chosen(settings(**values)) == names


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ({}, ["XHUO_API_KEY or RUXA_API_KEY is missing: set one in the environment or in .env"]),
        (
            {"image_apis": "xhuo"},
            ["XHUO_API_KEY or RUXA_API_KEY is missing: set one in the environment or in .env"],
        ),
        (
            {"xhuo_api_key": "a", "image_apis": "xhuo,ruxa"},
            ["IMAGE_APIS names ruxa, and RUXA_API_KEY is missing"],
        ),
        (
            {"xhuo_api_key": "a", "image_apis": "banana,xhuo,ruxa"},
            [
                "IMAGE_APIS: there is no 'banana', only xhuo, ruxa",
                "IMAGE_APIS names ruxa, and RUXA_API_KEY is missing",
            ],
        ),
    ],
)
def test_each_mistake_is_a_line(values: dict[str, Any], lines: list[str]) -> None:
    """The operator mends all of them in one go."""
    with pytest.raises(SettingsError) as error:
        chosen(settings(**values))
    assert error.value.lines == lines


@pytest.mark.parametrize("name", REGISTRY)
async def test_every_api_opens_and_names_itself(name: str) -> None:
    """Its name is the one in the registry, key, address and limit are settings, and it offers something."""
    registration = REGISTRY[name]
    opened = settings(**{registration.key: "key"})
    assert getattr(opened, registration.max_in_flight) > 0
    assert getattr(opened, registration.base_url).startswith("https://")
    async with registration.open(opened) as provider:
        assert provider.name == name
        assert provider.title
        assert provider.offers
        assert provider.images_per_call >= 1


def test_a_third_api_is_chosen_like_the_others() -> None:
    """One more line in the registry is enough, and it is named in the lines about mistakes."""
    third = Registration(
        asynccontextmanager(_nobody), key="public_url", base_url="public_url", max_in_flight="queue_max"
    )
    registry = {**REGISTRY, "third": third}
    both = settings(xhuo_api_key="a", public_url="https://third.example", image_apis="third,xhuo")
    assert chosen(both, registry) == ["third", "xhuo"]
    with pytest.raises(SettingsError, match="PUBLIC_URL is missing"):
        chosen(settings(), registry)


async def _nobody(_: Settings) -> Any:
    """Nothing is opened here."""
    yield
