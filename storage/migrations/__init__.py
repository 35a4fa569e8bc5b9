"""Knows the revisions of the schema, and brings the database up to date at start, after copying it."""

import sqlite3
from functools import cache
from pathlib import Path

from storage.copies import copy_into
from storage.errors import DatabaseTooNew, StorageError

VERSIONS = Path(__file__).parent / "versions"


def upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """Apply the migrations that are missing, in one transaction; an older database is copied first.

    Raises `DatabaseTooNew` when the file was written by a version that knows more migrations, and
    `StorageError` when there is no place for the copy.
    """
    current = revision_of(connection)
    if current == head():
        return
    if current is not None:
        if not is_known(current):
            raise DatabaseTooNew(str(path))
        copy = path.with_name(f"{path.name}.before-{head()}")
        part = copy.with_name(f"{copy.name}.part")
        try:
            copy_into(connection, part)
            part.replace(copy)  # also that of an earlier try
        except OSError as error:
            raise StorageError(f"{copy} cannot be written: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)
    from storage.migrations.alembics import apply  # noqa: PLC0415  (11 MiB that most starts do not need)

    apply(connection)


def revision_of(connection: sqlite3.Connection) -> str | None:
    """The revision of a file's schema, None where there is no schema yet."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchall():
        return None
    rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(rows[0][0]) if rows else None


def head() -> str:
    """The revision of this version's schema."""
    return _revisions()[-1]


def is_known(revision: str) -> bool:
    """Whether this version knows a revision of the schema; a newer one's it does not."""
    return revision in _revisions()


@cache
def _revisions() -> tuple[str, ...]:
    """All revisions, oldest first: each is the number that the name of its file begins with."""
    return tuple(sorted(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py")))
