"""Has Alembic apply the migrations that a database lacks."""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import StaticPool, create_engine


def apply(connection: sqlite3.Connection) -> None:
    """Bring the schema to the newest revision, in one transaction."""
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with engine.begin() as alembics:  # or Alembic would commit after each migration
        connection.execute("BEGIN IMMEDIATE")
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent))
        config.attributes["connection"] = alembics
        command.upgrade(config, "head")
