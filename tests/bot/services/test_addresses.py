"""The addresses that an API gets for one call: secret, kept as a hash, and none without a public address."""

from pathlib import Path

import pytest

from bot.images import SourceImage
from bot.services.addresses import Addresses, hashed

PUBLIC = "https://bot.example/nano"
SOURCES = [
    SourceImage(Path("/spool/job/source-1.png"), "image/png", 7, "https://cdn.discord.example/1?ex=1"),
    SourceImage(Path("/spool/job/source-2.jpg"), "image/jpeg", 8, None),
]


def test_the_addresses_lie_below_the_public_one() -> None:
    """The API's name and a secret for the callback; another secret and the file's name for an input."""
    addresses = Addresses(PUBLIC)
    assert addresses.callback("ruxa") == f"{PUBLIC}/callbacks/ruxa/{addresses.callback_secret}"
    inputs = addresses.inputs(SOURCES)
    assert [each.url for each in inputs] == [
        f"{PUBLIC}/inputs/{addresses.inputs_secret}/source-1.png",
        f"{PUBLIC}/inputs/{addresses.inputs_secret}/source-2.jpg",
    ]
    assert [each.path for each in inputs] == [each.path for each in SOURCES]
    assert addresses.inputs([]) == []


def test_without_a_public_address_there_is_none() -> None:
    """Nobody is told to call back, and inputs stay where Discord keeps them."""
    addresses = Addresses(None)
    assert addresses.callback("xhuo") is None
    assert addresses.inputs(SOURCES) == SOURCES


def test_every_secret_is_its_own() -> None:
    """256 bits each, fit for a path; knowing one address does not lead to another."""
    secrets = {
        secret
        for _ in range(50)
        for each in [Addresses(PUBLIC)]
        for secret in (each.callback_secret, each.inputs_secret)
    }
    assert len(secrets) == 100
    for secret in secrets:
        assert len(secret) == 43
        assert secret.replace("-", "").replace("_", "").isalnum()
        assert secret.isascii()


def test_no_secret_is_shown_or_kept() -> None:
    """Neither in the words of the object nor in its hash."""
    addresses = Addresses(PUBLIC)
    for secret in (addresses.callback_secret, addresses.inputs_secret):
        assert secret not in repr(addresses)
        assert secret not in hashed(secret)


@pytest.mark.parametrize("secret", ["", "a", "ä", "x" * 5000])
def test_whatever_comes_can_be_hashed(secret: str) -> None:
    """What stands in an address from outside need not be a secret of ours."""
    assert hashed(secret) == hashed(secret)
    assert len(hashed(secret)) == 64
    assert hashed(secret) != hashed(f"{secret} ")
