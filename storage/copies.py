"""Copies of the database: for nobody else's eyes, and without what opens something."""

import sqlite3
from contextlib import closing
from pathlib import Path


def copy_into(connection: sqlite3.Connection, target: Path) -> None:
    """Copy a database as it stands at one moment; a file that is there already is replaced.

    Raises `sqlite3.Error` or `OSError`, and may leave half a copy behind then.
    """
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)  # it holds what members have written
    connection.execute("VACUUM INTO ?", [str(target)])
    with closing(sqlite3.connect(target)) as copy, copy:
        copy.execute("PRAGMA secure_delete = ON")
        copy.execute("UPDATE jobs SET interaction_token = NULL")  # good for minutes, and a copy lasts
