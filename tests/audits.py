"""What an audit of a test's database finds."""

from storage.audit import audit
from storage.jobs import JobStore


def problems(store: JobStore) -> tuple[str, ...]:
    """What does not agree in the file behind a store, as lines to be read."""
    return audit(store._database.path).problems
