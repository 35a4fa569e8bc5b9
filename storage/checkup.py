"""Looks at a database file from outside, also while a bot runs on it; changes nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

from storage import migrations
from storage.errors import DatabaseTooNew, StorageError, translated


def check_file(path: Path) -> str | None:
    """The schema's revision, None where there is no database yet.

    Raises `DatabaseTooNew` for one of a newer version, `StorageError` for a damaged one.
    """
    if not path.exists():
        return None
    with translated(), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        [[verdict]] = database.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != "ok":
            raise StorageError(f"damaged: {verdict}")
        revision = migrations.revision_of(database)
    if revision is not None and not migrations.is_known(revision):
        raise DatabaseTooNew(str(path))
    return revision
