"""A copy of the database while the bot runs; it counts as made once it was opened and audited."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from storage.audit import Audit, audit, read_only
from storage.errors import StorageError, translated


def back_up(path: Path, target: Path) -> Audit:
    """Copy a database file as it stands at one moment, and give what the audit of the copy has found.

    Where the audit has found problems, or this raises `StorageError` or `OSError`, there is no copy.
    """
    part = target.with_name(f"{target.name}.part")
    if target.exists():
        raise StorageError(f"{target} exists already")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)  # it holds what members have written
    try:
        with read_only(path) as database:
            database.execute("VACUUM INTO ?", [str(part)])
        with translated(), closing(sqlite3.connect(part)) as copy, copy:
            copy.execute("PRAGMA secure_delete = ON")
            copy.execute("UPDATE jobs SET interaction_token = NULL")  # good for minutes, and a copy lasts
        found = audit(part)
        if not found.problems:
            _write_through(part)
            part.rename(target)
            _write_through(target.parent)
        return found
    finally:
        part.unlink(missing_ok=True)


def _write_through(path: Path) -> None:
    """Bring a file or a folder to the disk itself."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
