"""`python -m bot audit` and `backup`: the database from outside, also while the bot runs."""

from pathlib import Path
from typing import TextIO

from storage.audit import Audit, audit
from storage.backup import back_up
from storage.errors import StorageError

FINE, WRONG = 0, 1  # exit status


def examine_books(database: Path, output: TextIO) -> int:
    """Recompute every balance and every job's credits from the ledger, and write what does not agree."""
    try:
        found = audit(database)
    except (StorageError, OSError) as error:
        output.write(f"{database} cannot be audited: {error}\n")
        return WRONG
    return _report(found, f"{database} agrees with its ledger", output)


def make_backup(database: Path, target: Path, output: TextIO) -> int:
    """Copy the database to a new file, open and audit the copy, and write what came of it."""
    try:
        found = back_up(database, target)
    except (StorageError, OSError) as error:
        output.write(f"no backup was made: {error}\n")
        return WRONG
    if found.problems:
        output.write("no backup was made, because the copy does not agree with its ledger:\n")
    return _report(found, f"{target} is a backup, opened and audited", output)


def _report(found: Audit, well: str, output: TextIO) -> int:
    output.writelines(f"{problem}\n" for problem in found.problems)
    if found.problems:
        return WRONG
    output.write(f"{well}: {found.jobs} jobs, {found.lines} lines in the ledger\n")
    return FINE
