"""The logins that are remembered."""

from storage.database import Database
from storage.logins import LoginStore


async def test_old_logins_are_forgotten(database: Database) -> None:
    """They come in their order, and those before a moment are gone."""
    store = LoginStore(database)
    for at in (10.0, 30.0, 20.0):
        await store.note(at, forget_before=0.0)
    assert await store.since(10.0) == [20.0, 30.0]
    await store.note(40.0, forget_before=20.0)
    assert await store.since(0.0) == [20.0, 30.0, 40.0]
