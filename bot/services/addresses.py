"""The addresses that an image API gets for one call: to tell us of the result, and to fetch the inputs.

Each holds a secret of 256 bits, of which we keep only a hash.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.images import SourceImage


def hashed(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _secret() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of one call below `public_url`; none where the bot cannot be reached from outside."""

    public_url: str | None
    callback_secret: str = field(default_factory=_secret, repr=False)
    inputs_secret: str = field(default_factory=_secret, repr=False)

    def callback(self, api: str) -> str | None:
        """Where an API tells us of the result."""
        return f"{self.public_url}/callbacks/{api}/{self.callback_secret}" if self.public_url else None

    def inputs(self, sources: Sequence[SourceImage]) -> list[SourceImage]:
        """The inputs with the addresses of the cleaned files; without ours, theirs at Discord stays."""
        if not self.public_url:
            return list(sources)
        base = f"{self.public_url}/inputs/{self.inputs_secret}"
        return [replace(source, url=f"{base}/{source.path.name}") for source in sources]
