"""Every journey is made at DEBUG with planted secrets, and none of them may get out."""

from collections.abc import Iterator

import pytest

from tests.local_world import LocalWorld
from tests.secret_watch import secrets_watched


@pytest.fixture
def world(world: LocalWorld, request: pytest.FixtureRequest) -> Iterator[LocalWorld]:
    """The local world, watched; its journey counts in the row of the table of faults."""
    request.node.user_properties.append(("row", "secrets"))
    with secrets_watched(world):
        yield world
