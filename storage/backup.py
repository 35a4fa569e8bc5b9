"""A copy of the database while the bot runs; it counts as made once it was opened and audited."""

import os
from pathlib import Path

from storage.audit import Audit, audit, read_only
from storage.copies import copy_into
from storage.errors import StorageError


def back_up(path: Path, target: Path) -> Audit:
    """Copy a database file as it stands at one moment, and give what the audit of the copy has found.

    Where the audit has found problems, or this raises `StorageError` or `OSError`, there is no copy.
    """
    part = target.with_name(f"{target.name}.part")
    if target.exists():
        raise StorageError(f"{target} exists already")
    try:
        with read_only(path) as database:
            copy_into(database, part)
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
